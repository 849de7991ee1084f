# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import os
import pathlib
import subprocess
import tempfile
import unittest
from unittest import mock

from lab import build, paths, steps


class BuildTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.build = self.folder / "build"
        self.missing = ""
        self.done = []
        for target, name, value in (
                (build, "LOGS", self.folder / "log"),
                (paths, "REPOSITORY", self.folder),
                (steps, "run", self.step),
                (subprocess, "run", self.packages)):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def packages(self, command, **_):
        self.assertEqual("--missing", command[1])
        return mock.Mock(stdout=self.missing)

    def step(self, _, command, cwd, log):
        """As if it worked."""
        self.done.append(log.stem)
        if log.stem == "autogen":
            (self.folder / "configure").touch()
        elif log.stem == "configure":
            self.assertEqual(self.build, cwd)
            (cwd / "config.status").touch()
        elif log.stem == "make":
            plugin = cwd / paths.PLUGIN
            plugin.parent.mkdir(parents=True, exist_ok=True)
            plugin.touch()

    def plugin(self, **options):
        self.done.clear()
        return build.plugin(self.build, **options)

    def test_nothing_there(self):
        self.assertEqual(self.build / paths.PLUGIN, self.plugin())
        self.assertEqual(["setup-strongswan", "autogen", "configure", "make"],
                         self.done)

    def test_made_anew_each_time(self):
        self.plugin()
        self.plugin()
        self.assertEqual(["make"], self.done)

    def test_suites(self):
        self.plugin()
        self.plugin(suites=True)
        self.assertEqual(["make", "make-check"], self.done)

    def test_other_release(self):
        """All of it is done there, but configure is made here."""
        release = mock.Mock()
        release.name = "trixie"
        release.run = lambda title, command, cwd, log: self.step(
            title, command, cwd,
            log.with_stem(log.stem.removesuffix("-trixie")))
        with mock.patch.object(steps, "run") as here:
            here.side_effect = self.step
            self.plugin(suites=True, release=release)
        self.assertEqual(["autogen"], [call.args[3].stem
                                       for call in here.call_args_list])
        self.assertEqual(["setup-strongswan", "autogen", "configure", "make",
                          "make-check"], self.done)

    def test_newer_makefile(self):
        """That has to be known before another release makes anything."""
        release = mock.Mock()
        release.name = "trixie"
        self.plugin()
        makefile = self.folder / "src" / "Makefile.am"
        makefile.parent.mkdir()
        makefile.touch()
        os.utime(self.folder / "configure", (1, 1))
        self.plugin(release=release)
        self.assertEqual(["autogen"], self.done)
        self.assertEqual("make-trixie", release.run.call_args.args[3].stem)

    def test_packages(self):
        self.missing = "check\nlibmnl-dev\n"
        with self.assertRaisesRegex(paths.Missing, "check libmnl-dev\n"
                                    "testing/setup build lab "):
            self.plugin()
        self.assertEqual([], self.done)
        self.assertFalse(self.build.exists())


if __name__ == "__main__":
    unittest.main()
