# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import os
import unittest
from unittest import mock

from lab import processors


@mock.patch.object(processors, "NAME", f"\0{os.getpid()}.test.{{}}")
class ClaimTest(unittest.TestCase):
    def setUp(self):
        self.allowed = mock.patch.object(os, "sched_getaffinity",
                                         return_value={3, 5, 8})
        self.allowed.start()
        self.addCleanup(self.allowed.stop)

    def claim(self, count):
        claims = [processors.Claim() for _ in range(count)]
        for claim in claims:
            self.addCleanup(claim.close)
        return claims

    def test_each_has_its_own(self):
        self.assertEqual([3, 5, 8], [one.number for one in self.claim(3)])

    def test_more_than_there_are(self):
        for one in self.claim(6)[3:]:
            self.assertIn(one.number, (3, 5, 8))

    def test_free_again(self):
        claims = self.claim(3)
        claims[1].close()
        self.assertEqual(5, self.claim(1)[0].number)

    def test_one_too_many_does_not_free_it(self):
        claims = self.claim(4)
        claims[3].close()
        self.assertIn(self.claim(1)[0].number, (3, 5, 8))
        claims[0].close()
        self.assertEqual(3, self.claim(1)[0].number)


if __name__ == "__main__":
    unittest.main()
