# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import argparse
import pathlib
import subprocess
import tempfile
import unittest
from unittest import mock

from lab import guest, paths, releases, roots, uml


class ReleasesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for target, name, value in (
                (paths, "cache", lambda: self.folder / "cache"),
                (roots, "system", lambda: "bookworm"),
                (roots, "root", self.root),
                (subprocess, "run", mock.Mock(
                    return_value=mock.Mock(stdout="gcc\nmake\n")))):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def root(self, release, packages):
        self.assertIn("make", packages)
        self.assertIn("mount", packages)
        return self.folder / release

    def settle(self, release, build=None, kernel="uml"):
        options = argparse.Namespace(release=release, build=build,
                                     kernel=kernel)
        releases.settle(options)
        return options

    def test_own(self):
        for name in (None, "bookworm"):
            options = self.settle(name)
            self.assertEqual((None, None), (options.release, options.build))

    def test_own_folder(self):
        self.assertEqual(paths.build() / "trixie",
                         self.settle("trixie").build)
        self.assertEqual(self.folder,
                         self.settle("trixie", self.folder).build)

    def test_qemu(self):
        with self.assertRaisesRegex(paths.Missing, "--kernel uml"):
            self.settle("trixie", kernel="qemu")

    def test_inside(self):
        """Sources, build and layer are where they are here."""
        release = self.settle("trixie", self.folder / "b").release
        command = release.inside(self.folder / "layer", ["make", "check"],
                                 self.folder / "b")
        self.assertEqual(["env", "-C", str(self.folder / "b"), "make",
                          "check"], command[-5:])
        text = "\n".join(command)
        for folder in (paths.REPOSITORY, self.folder / "b",
                       self.folder / "layer"):
            self.assertIn(f"\n{folder}:{folder}\n", text + "\n")
        self.assertIn(f"{self.folder}/cache/releases/trixie:"
                      "/root/.cache/mobility-manager", text)
        self.assertTrue((self.folder / "b").is_dir())

    def test_guest(self):
        """Its own kernel is booted in its root."""
        release = self.settle("trixie", self.folder / "b").release
        lab = uml.Lab()
        lab.release = release
        lab._scratch = self.folder
        with mock.patch.object(uml.compiled, "make", return_value="x.so"), \
                mock.patch.object(guest.Lab, "_variables", return_value={}):
            arguments, options = lab._command(mock.Mock(fileno=lambda: 7))
        self.addCleanup(lab._processor.close)
        self.assertEqual("taskset", arguments[0])
        self.assertIn(str(self.folder / "trixie"), arguments)
        self.assertIn("LD_PRELOAD=x.so", arguments)
        self.assertLess(arguments.index("env"), arguments.index(
            releases.KERNEL))
        self.assertEqual([7], options["pass_fds"])


if __name__ == "__main__":
    unittest.main()
