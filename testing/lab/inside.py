# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The command line of testing/inside."""

import argparse
import subprocess
import tempfile

from . import build, front, paths, releases


def arguments():
    parser = argparse.ArgumentParser(
        prog="testing/inside",
        description="Builds the plugin and its unit tests in another release "
        "of Debian, with the strongSwan of that, and runs a command there.")
    front.add_build(parser)
    parser.add_argument("release", metavar="RELEASE", help="e.g. trixie, sid")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="in the "
                        "folder of the build, for example: make check")
    return parser.parse_args()


def main():
    options = arguments()
    releases.settle(options)
    build.plugin(options.build, True, options.release)
    if not options.command:
        return 0
    folder = paths.build(options.build)
    if not options.release:
        return subprocess.run(options.command, cwd=folder, check=False).returncode
    with tempfile.TemporaryDirectory(prefix="mm-layer.") as layer:
        return subprocess.run(
            options.release.inside(layer, options.command, folder),
            check=False).returncode
