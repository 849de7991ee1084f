# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import os
import pathlib
import subprocess
import tempfile
import unittest
from unittest import mock

from lab import paths, roots, steps


class RootsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = pathlib.Path(folder.name)
        self.made = []
        for target, name, value in (
                (paths, "cache", lambda: self.cache),
                (roots.shutil, "which", lambda _: "/usr/bin/mmdebstrap"),
                (os, "geteuid", lambda: 0),
                (subprocess, "run", self.sources),
                (steps, "run", self.make)):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def sources(self, command, **_):
        folder = pathlib.Path(command[-1])
        folder.mkdir(parents=True)
        (folder / "system.list").touch()
        (folder / "system.sources").write_text("Types: deb\n")

    def make(self, _, command, cwd, log):
        """As mmdebstrap does."""
        start = command.index("--skip=cleanup/apt/lists")
        packages, release, target, *lists = command[start + 1:]
        # none that is empty
        self.assertEqual(["system.sources"], [path.name for path in lists])
        self.made.append((release, packages))
        (target / "etc/apt/sources.list.d").mkdir(parents=True)
        (target / "usr/sbin").mkdir(parents=True)
        (target / "etc/apt/sources.list.d/0000system.sources").touch()

    def test_kept(self):
        first = roots.root("trixie", ("b", "a"))
        self.assertEqual(first, roots.root("trixie", ("a", "b", "a")))
        self.assertEqual([("trixie", "--include=a,b")], self.made)
        self.assertEqual(
            ["system.list", "system.sources"], sorted(
                path.name for path in
                (first / "etc/apt/sources.list.d").iterdir()))
        self.assertNotEqual(first, roots.root("trixie", ("a",)))
        self.assertNotEqual(first, roots.root("sid", ("a", "b")))

    def test_not_root(self):
        with mock.patch.object(os, "geteuid", lambda: 1000):
            self.assertRaises(paths.Missing, roots.root, "trixie")

    def test_command(self):
        command = roots.command("/r", "/l", ["ls", "-l"],
                                {"/a": "/b", "/c": "/d"}, network=False)
        self.assertIn("--net", command)
        self.assertEqual(["sh", "/l", "/r", "/a:/b\n/c:/d", "ls", "-l"],
                         command[-6:])
        self.assertNotIn("--net", roots.command("/r", "/l", ["true"]))


if __name__ == "__main__":
    unittest.main()
