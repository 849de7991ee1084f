# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Makes the plugin from the sources as they are now: what runs in the
laboratory is never older than they are."""

import os
import subprocess

from . import paths, steps

LOGS = paths.generated() / "log"
SETUP = paths.TESTING / "setup"


def _step(log, title, *command, cwd=paths.REPOSITORY, release=None):
    if release:
        release.run(title, command, cwd, LOGS / f"{log}-{release.name}.txt")
    else:
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


def _autogen():
    """By the machine's own, always: those of others have other versions."""
    configure = paths.REPOSITORY / "configure"
    sources = [paths.REPOSITORY / "configure.ac",
               *(source for pattern in ("*.am", "m4/*.m4", "[!b]*/**/*.am")
                 for source in paths.REPOSITORY.glob(pattern))]
    if not configure.exists() or any(
            source.stat().st_mtime > configure.stat().st_mtime
            for source in sources if source.exists()):
        _step("autogen", "Making configure", "./autogen.sh")


def _configure(build, release):
    _check_packages("build", "lab")
    _step("setup-strongswan", "Getting strongSwan's headers",
          paths.TESTING / "setup-strongswan", release=release)
    _autogen()
    build.mkdir(parents=True, exist_ok=True)
    _step("configure", "Configuring", paths.REPOSITORY / "configure",
          cwd=build, release=release)


def plugin(given=None, suites=False, release=None):
    """Makes what is older than its sources, in a folder that gets configured
    if it is not yet: the plugin, whose path is returned, the tool, and if
    wanted the unit tests."""
    build = paths.build(given)
    jobs = f"-j{os.cpu_count() or 1}"
    lock = f"make-{release.name}" if release else "make"
    with paths.claim(LOGS / lock):
        if not (build / "config.status").exists():
            _configure(build, release)
        if release:
            _autogen()
        _step("make", "Building", "make", jobs, cwd=build, release=release)
        if suites:
            _step("make-check", "Building the unit tests", "make", jobs,
                  "check", "TESTS=", cwd=build / paths.SOURCES,
                  release=release)
    return paths.plugin(given)
