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


QUERY = "2026-01-02 10:00:01.700 06[KNL] <home|9> querying policy failed: No " \
    "such file or directory (2)"


class OneWay(unittest.TestCase):

    def test_waits(self):
        self.assertEqual(soak._one_way(REKEYED_TWICE[:1] + [QUERY]), {QUERY})

    def test_installed(self):
        self.assertFalse(soak._one_way(
            REKEYED_TWICE[:1] + [INSTALLED, QUERY]))
        self.assertFalse(soak._one_way(REKEYED_TWICE[:2] + [QUERY]))
        self.assertFalse(soak._one_way([QUERY] + REKEYED_TWICE[:1]))


class Unprotected(unittest.TestCase):

    PACKET = "2026-01-02 10:00:01.500 06[NET] <home|1> received packet: from b to a"
    PLAIN = "2026-01-02 10:00:01.501 06[ENC] <home|1> payload type NOTIFY was " \
        "not encrypted"
    FAILED = "2026-01-02 10:00:01.502 06[IKE] <home|1> integrity check failed"

    def test_token(self):
        self.assertEqual(soak._unprotected(
            [self.PACKET, self.PLAIN, self.FAILED]), {self.FAILED})

    def test_corrupt(self):
        self.assertFalse(soak._unprotected([self.PACKET, self.FAILED]))
        self.assertFalse(soak._unprotected(
            [self.PLAIN, self.PACKET, self.FAILED]))
        self.assertFalse(soak._unprotected(
            [self.PLAIN, self.FAILED.replace(" 06[", " 07[")]))


REKEYED = "2026-01-02 10:00:01.{} 06[IKE] <home|{}> IKE_SA home[{}] rekeyed " \
    "between a...b\n"
DELETE = "2026-01-02 10:00:01.600 06[IKE] <home|4> sending DELETE for IKE_SA " \
    "home[4]\n"
PACKET = "2026-01-02 10:00:01.601 06[NET] <home|4> sending packet: from a to b\n"
FORGOTTEN = "2026-01-02 10:00:03.900 05[IKE] <home|4> destroying IKE_SA in " \
    "state DELETING without notification\n"
ERROR = "2026-01-02 10:00:01.601 04[NET] error writing to socket: Network is " \
    "unreachable\n"


class Undeleted(unittest.TestCase):

    LOG = REKEYED.format(500, 4, 5) + DELETE + PACKET + ERROR
    PEERS = REKEYED.format(480, 7, 8)

    def test_never_left(self):
        self.assertEqual(soak.undeleted(self.LOG, self.PEERS), ["7"])
        self.assertEqual(soak.undeleted(
            self.LOG + PACKET + ERROR, self.PEERS.replace("10:00", "09:00")
            + self.PEERS), ["7"])

    def test_forgotten(self):
        log = REKEYED.format(500, 4, 5) + DELETE + PACKET
        self.assertEqual(soak.undeleted(log, self.PEERS), [])
        self.assertEqual(soak.undeleted(log + FORGOTTEN, self.PEERS), ["7"])

    def test_left(self):
        self.assertEqual(soak.undeleted(
            self.LOG + PACKET + PACKET, self.PEERS), [])
        self.assertEqual(soak.undeleted(
            REKEYED.format(500, 4, 5) + DELETE, self.PEERS), [])
        self.assertEqual(soak.undeleted(
            REKEYED.format(500, 4, 5), self.PEERS), [])
        self.assertEqual(soak.undeleted(
            self.LOG, REKEYED.format(480, 7, 8).replace("01.", "03.")), [])


if __name__ == "__main__":
    unittest.main()
