# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import os
import shutil
import unittest

from lab import paths, scenario

PATH = os.pathsep.join([str(paths.TOOLS), str(paths.TOOLS.parent / "guest/bin"),
                        os.environ["PATH"], "/usr/sbin", "/sbin"])
# of the shell, and what is built
KNOWN = ("for", "mobilityctl")


def commands(name):
    """(where, first word) of each line."""
    for file in (each for each in scenario.FILES if each.endswith(".dat")):
        path = paths.TESTS / name / file
        for line in path.read_text(encoding="utf-8").splitlines() \
                if path.exists() else ():
            fields = line.split("::")
            if not line.startswith("#") and len(fields) > 1:
                yield f"{name}/{file}", fields[1].split()[0]


class CommandsTest(unittest.TestCase):
    @unittest.skipUnless(shutil.which("swanctl", path=PATH),
                         "needs the packages of the laboratory")
    def test_there(self):
        """A check that always fails shows, but a command that has no pattern,
        or one that it does not find, would never."""
        for name in scenario.ours():
            for where, word in commands(name):
                with self.subTest(where):
                    self.assertTrue(word in KNOWN
                                    or shutil.which(word, path=PATH), word)


if __name__ == "__main__":
    unittest.main()
