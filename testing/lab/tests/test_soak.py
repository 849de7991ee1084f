# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""What the log of a soak may say."""

import unittest

from lab import soak

REKEYED_TWICE = [
    "2026-01-02 10:00:01.500 06[IKE] <home|9> inbound CHILD_SA home{9} "
    "established with SPIs c410690f_i c5fa6307_o and TS a === b",
    "2026-01-02 10:00:02.000 11[IKE] <home|9> closing CHILD_SA home{9} with "
    "SPIs c410690f_i (2160 bytes) c5fa6307_o (0 bytes) and TS a === b",
    "2026-01-02 10:00:02.900 16[KNL] <home|9> unable to add SAD entry with SPI "
    "c5fa6307 (FAILED)",
    "2026-01-02 10:00:02.901 16[IKE] <home|9> unable to install outbound IPsec "
    "SA (SAD) in kernel",
]
INSTALLED = "2026-01-02 10:00:01.600 06[IKE] <home|9> outbound CHILD_SA " \
    "home{9} established with SPIs c410690f_i c5fa6307_o and TS a === b"
OTHERS = [
    "2026-01-02 10:00:02.950 16[KNL] <home|9> unable to add SAD entry with SPI "
    "c5fa6308 (FAILED)",
    "2026-01-02 10:00:03.951 16[IKE] <home|9> unable to install outbound IPsec "
    "SA (SAD) in kernel",
]


class Keyless(unittest.TestCase):

    def test_keyless(self):
        pattern = soak._keyless(REKEYED_TWICE + OTHERS)
        self.assertEqual([line for line in REKEYED_TWICE + OTHERS
                          if pattern.search(line)], REKEYED_TWICE[2:])

    def test_others(self):
        self.assertIsNone(soak._keyless([INSTALLED] + REKEYED_TWICE))
        self.assertIsNone(soak._keyless(REKEYED_TWICE[:2] + OTHERS))
        self.assertIsNone(soak._keyless(REKEYED_TWICE[1:]))
        self.assertIsNone(soak._keyless([]))


if __name__ == "__main__":
    unittest.main()
