# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import datetime
import math
import unittest

from lab import held, wire

START = datetime.datetime.fromisoformat("2026-01-02 03:04:00").timestamp()


def line(seconds, text):
    return f"2026-01-02 03:04:{seconds:06.3f} 07[IKE] <home|1> {text}\n"


def login(seconds):
    return line(seconds, "mobility: managing home[1]") + line(
        seconds + 0.01, "CHILD_SA home{1} established with SPIs c1_i c2_o")


class Held(unittest.TestCase):
    def spans(self, log, *stops):
        return [(round(begin - held.QUEUED - START, 3), round(end - START, 3)
                 if end < math.inf else None)
                for begin, end in held.spans(
                    log, [START + stop for stop in stops])]

    def test_from_the_first_child_sa(self):
        self.assertEqual(self.spans(""), [])
        self.assertEqual(self.spans(line(1, "mobility: managing home[1]")), [])
        self.assertEqual(self.spans(login(1)), [(1.01, None)])

    def test_what_comes_in_between(self):
        log = login(1) + line(2, "inbound CHILD_SA home{2} established with "
                              "SPIs c3_i c4_o") + login(3)
        self.assertEqual(self.spans(log), [(1.01, None)])

    def test_ends(self):
        for end in ("vici terminate IKE_SA 'home'",
                    "mobility: home connected -> failed: refused"):
            log = login(1) + line(5, end)
            self.assertEqual(self.spans(log), [(1.01, 5)])
            # one that is just being replaced comes to nothing
            log += line(6, "CHILD_SA home{3} established with SPIs c5_i c6_o")
            self.assertEqual(self.spans(log), [(1.01, 5)])
            self.assertEqual(self.spans(log + login(9)),
                             [(1.01, 5), (9.01, None)])

    def test_the_daemon_is_killed(self):
        self.assertEqual(self.spans(login(1) + login(8), 5),
                         [(1.01, 5), (8.01, None)])
        self.assertEqual(self.spans(login(1), 1.2), [])

    def test_within(self):
        packets = [wire.Packet(time) for time in (1, 2, 3, 4, 9)]
        left = held.within([(1, 3), (8, math.inf)], packets)
        self.assertEqual([packet.time for packet in left], [2, 9])

    def test_unresolved(self):
        """What the answer of a neighbour lets go was sent before the login."""
        packets = [wire.Packet(time) for time in
                   (1, 1.00005, 1.0001, 1.5, 2, 2.01, 4, 4.00005)]
        left = held.within([(0.5, math.inf)], packets)
        self.assertEqual([packet.time for packet in left],
                         [1.5, 2, 2.01, 4, 4.00005])
