# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Builds the plugin, as far as it is not built yet."""

import os
import shutil

from . import paths, steps


def install_packages(*groups):
    """What the groups need; returns at once if all of it is there."""
    steps.run("Installing what is missing of " + " and ".join(groups),
              [paths.TESTING / "setup", *groups], paths.REPOSITORY,
              paths.generated() / "log" / "setup.txt")


def plugin(given=None):
    """Configures and makes in the build folder; returns the plugin's path."""
    build = paths.build(given)
    logs = paths.generated() / "log"
    build.mkdir(parents=True, exist_ok=True)
    steps.run("Getting strongSwan's headers",
              [paths.TESTING / "setup-strongswan"], paths.REPOSITORY,
              logs / "setup-strongswan.txt")
    if not (paths.REPOSITORY / "configure").exists():
        steps.run("Making configure", ["./autogen.sh"], paths.REPOSITORY,
                  logs / "autogen.txt")
    if not (build / "config.status").exists():
        steps.run("Configuring", [paths.REPOSITORY / "configure"], build,
                  logs / "configure.txt")
    steps.run("Building", [shutil.which("make") or "make",
                           f"-j{os.cpu_count() or 1}"], build,
              logs / "make.txt")
    return paths.plugin(given)
