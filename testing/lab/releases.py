# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Other releases of Debian than this machine's: the kernel, the daemons and the
programs of one, in a root file system of its own."""

import subprocess
import tempfile

from . import paths, roots, steps

# what the guest needs that is in no group of testing/setup: machines have it
PACKAGES = ("mount", "network-manager")
KERNEL = "/usr/bin/linux.uml"


class Release:
    """built is where the plugin is built for it."""

    def __init__(self, name, built):
        self.name = name
        self._built = built
        groups = subprocess.run(
            [paths.TESTING / "setup", "--list", "build", "lab"], check=True,
            stdout=subprocess.PIPE, text=True).stdout.split()
        self._root = roots.root(name, [*groups, *PACKAGES])

    def inside(self, layer, command, cwd="/"):
        """A command line that runs one there. Sources and build, and layer,
        which has what is written anywhere else, are where they are here; and
        strongSwan's headers are kept."""
        headers = paths.cache() / "releases" / self.name
        for folder in (headers, self._built):
            folder.mkdir(parents=True, exist_ok=True)
        binds = {path: path for path in (paths.REPOSITORY, self._built, layer)}
        binds[headers] = "/root/.cache/mobility-manager"
        return roots.command(self._root, layer, ["env", "-C", cwd, *command],
                             binds)

    def run(self, title, command, cwd, log):
        """A step of steps.py, there."""
        with tempfile.TemporaryDirectory(prefix="mm-layer.") as layer:
            steps.run(f"{title} for {self.name}",
                      self.inside(layer, command, cwd), cwd, log)


def add_option(parser):
    parser.add_argument(
        "--release", metavar="NAME", help="that of Debian whose strongSwan, "
        "kernel and programs are used, e.g. trixie or sid (default: this "
        "machine's own)")


def settle(options):
    """Has options.release be the one that is meant, None if it is the
    machine's own, and options.build a folder for what is built for it."""
    name, options.release = options.release, None
    if name and name != roots.system():
        if getattr(options, "kernel", "uml") != "uml":
            raise paths.Missing("--release has a kernel of its own, which is "
                                "one for --kernel uml")
        options.build = options.build or paths.build() / name
        options.release = Release(name, paths.build(options.build))
