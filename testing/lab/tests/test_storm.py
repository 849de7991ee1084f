# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import unittest

from lab import storm

SECONDS = 90
STORMS = [list(storm.Storm(seed).events(SECONDS)) for seed in range(40)]


class Storms(unittest.TestCase):
    def test_the_seed_decides(self):
        for seed, events in enumerate(STORMS):
            self.assertEqual(events, list(storm.Storm(seed).events(SECONDS)))

    def test_in_order_and_for_known_hosts(self):
        for events in STORMS:
            times = [event.time for event in events]
            self.assertEqual(times, sorted(times))
            for event in events:
                self.assertTrue(event.steps.keys() <= storm.CALM.keys())
                self.assertTrue(all(event.steps.values()))

    def test_logins_have_time(self):
        for events in STORMS:
            times = [event.time for event in events if event.logins]
            for before, after in zip(times, times[1:]):
                self.assertGreaterEqual(after - before, storm.LOGIN_PAUSE)

    def test_nothing_disturbs_a_login_elsewhere(self):
        for events in STORMS:
            for event, after in zip(events, events[1:]):
                if event.login_within:
                    self.assertGreater(after.time,
                                       event.time + event.login_within)

    def test_each_kind_comes_up(self):
        names = {event.name for events in STORMS for event in events}
        for name in ("gives up on alice", "sun forgets all", "sun starts anew",
                     "sun loses what alice asks", "sun loses what alice gets",
                     "moon loses", "carol loses", "login while", "restart while",
                     "kill -9 while", "no ESP", "ip address flush"):
            self.assertTrue(any(name in each for each in names), name)

    def test_without_restarts(self):
        for seed in range(40):
            self.assertFalse(any(
                event.restarts for event in storm.Storm(
                    seed, with_restarts=False).events(SECONDS)))
