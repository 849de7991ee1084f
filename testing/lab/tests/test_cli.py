# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import argparse
import unittest

from lab import cli, paths, scenario


class SelectedTest(unittest.TestCase):
    def selected(self, *names, repeat=1):
        return cli.selected(argparse.Namespace(scenario=names, repeat=repeat))

    def test_all(self):
        names = self.selected()
        limits = [scenario.find(name).time_limit() for name in names]
        self.assertEqual(sorted(limits, reverse=True), limits)
        self.assertEqual("many-cut-off", names[0])
        self.assertIn("cable-pull", names)
        self.assertEqual(scenario.ours(), sorted(names))

    def test_named(self):
        self.assertEqual(["costs", *paths.MOBIKE, "cable-pull"],
                         self.selected("costs", "strongswan", "cable-pull"))

    def test_repeated(self):
        self.assertEqual(["costs", "blackhole"] * 3,
                         self.selected("costs", "blackhole", repeat=3))


if __name__ == "__main__":
    unittest.main()
