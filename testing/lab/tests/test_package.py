# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import unittest

from lab import package


class PackageTest(unittest.TestCase):
    def test_build_depends(self):
        self.assertEqual(
            ["debhelper", "check", "libmnl-dev", "pkg-config"],
            package.build_depends(
                "Source: a\nBuild-Depends:\n debhelper-compat (= 13),\n"
                " check <!nocheck>,\n libmnl-dev (>= 1.0.4),\n"
                " pkg-config,\n\nPackage: a\nDepends: b\n"))


if __name__ == "__main__":
    unittest.main()
