# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Makes the plugin from the sources as they are now: what runs in the
laboratory is never older than they are."""

import os
import subprocess

from . import paths, steps

LOGS = paths.generated() / "log"
SETUP = paths.TESTING / "setup"


def _step(log, title, *command, cwd=paths.REPOSITORY):
    steps.run(title, command, cwd, LOGS / f"{log}.txt")


def install_packages(*groups):
    """What the groups need; returns at once if all of it is there."""
    _step("setup", "Installing what is missing of " + " and ".join(groups),
          SETUP, *groups)


def _check_packages(*groups):
    missing = subprocess.run([SETUP, "--missing", *groups], check=False,
                             stdout=subprocess.PIPE, text=True).stdout.split()
    if missing:
        raise paths.Missing(f"not installed: {' '.join(missing)}\n"
                            f"testing/setup {' '.join(groups)} installs it")


def _configure(build):
    _check_packages("build", "lab")
    _step("setup-strongswan", "Getting strongSwan's headers",
          paths.TESTING / "setup-strongswan")
    if not (paths.REPOSITORY / "configure").exists():
        _step("autogen", "Making configure", "./autogen.sh")
    build.mkdir(parents=True, exist_ok=True)
    _step("configure", "Configuring", paths.REPOSITORY / "configure",
          cwd=build)


def plugin(given=None, suites=False):
    """Makes what is older than its sources, in a folder that gets configured
    if it is not yet: the plugin, whose path is returned, the tool, and if
    wanted the unit tests."""
    build = paths.build(given)
    jobs = f"-j{os.cpu_count() or 1}"
    with paths.claim(LOGS / "make"):
        if not (build / "config.status").exists():
            _configure(build)
        _step("make", "Building", "make", jobs, cwd=build)
        if suites:
            _step("make-check", "Building the unit tests", "make", jobs,
                  "check", "TESTS=", cwd=build / paths.SOURCES)
    return paths.plugin(given)
