# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The little of the laboratory that is C, compiled when it is needed."""

import fcntl
import shutil
import subprocess

from . import paths


def make(source, name, *options):
    """Where it is, made from that source if it is older."""
    made = paths.generated() / name
    made.parent.mkdir(parents=True, exist_ok=True)
    with open(made.with_suffix(".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists() or \
                made.stat().st_mtime < source.stat().st_mtime:
            compiler = shutil.which("cc") or shutil.which("gcc")
            if not compiler:
                raise paths.Missing("the laboratory needs a C compiler; "
                                    "testing/setup installs one")
            # the libraries come after what needs them
            subprocess.run([compiler, "-O2", "-o", str(made), str(source),
                            *options], check=True)
    return made
