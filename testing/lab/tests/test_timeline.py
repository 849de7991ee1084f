# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import json
import pathlib
import tempfile
import unittest

from lab import timeline, trafficlog
from lab.tests import captures as make

ALICE, WIFI, SUN = "192.168.0.50", "10.1.0.10", "192.168.0.2"


class FakeScenario:
    name = "mobility/fake"

    @staticmethod
    def words(_):
        return ["alice"]


class Timeline(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.results = pathlib.Path(folder.name)
        self.alice = self.results / "alice"
        self.alice.mkdir()

    def test_runs(self):
        runs = timeline.runs_of
        self.assertEqual(list(runs([])), [])
        self.assertEqual(list(runs([4])), [(4, 4)])
        self.assertEqual(list(runs([1, 2, 3, 7, 9, 10])),
                         [(1, 3), (7, 7), (9, 10)])

    def test_states(self):
        lines = [
            {"event": "mobility-state", "old-state": "connected", "session": {
                "connection": "home", "state": "dormant", "cause": "no carrier"}},
            {"event": "mobility-move", "session": {
                "connection": "home", "uplink": "eth0",
                "last-move": {"duration": 12}}},
            {"event": "mobility-path", "session": {
                "connection": "home", "paths": [
                    {"uplink": "eth0", "local": WIFI, "remote": SUN,
                     "current": True}]}},
            {"event": "mobility-path", "session": {"connection": "home"}},
        ]
        self.alice.joinpath("mobility.log").write_text(
            "".join(f"{n}.5 {json.dumps(line)}\n"
                    for n, line in enumerate(lines))
            + "17.0 Ctrl-C ends this\n18.0 {\"event\": \"mobi",
            encoding="utf-8")
        entries = timeline.states(self.alice)
        self.assertEqual([entry.time for entry in entries], [0.5, 1.5, 2.5, 3.5])
        self.assertEqual([entry.text for entry in entries], [
            "home: connected -> dormant (no carrier)",
            "home: moved to eth0, duration=12",
            f"home: paths eth0 {WIFI} -> {SUN}*",
            "home: paths none",
        ])
        self.assertEqual({entry.kind for entry in entries}, {timeline.STATE})

    def capture(self):
        def esp(second, source, destination, index, kind):
            return (second, 0, make.frame(make.ip(
                source, destination, 50, make.esp(1, second)), index, kind))

        self.alice.joinpath("capture.pcap").write_bytes(make.capture([
            esp(1, ALICE, SUN, 3, 4), esp(2, ALICE, SUN, 3, 4),
            esp(2, SUN, ALICE, 3, 0),
            (3, 0, make.frame(make.ip(WIFI, SUN, 17, make.udp(
                4500, 4500, bytes(4) + make.ike(37, 8, 5))), 2, 4)),
            esp(4, WIFI, SUN, 2, 4), esp(5, WIFI, SUN, 2, 4),
        ]))
        self.alice.joinpath("ip.address").write_text(
            "1: lo: <LOOPBACK>\n2: eth0@if9: <UP>\n", encoding="utf-8")

    def test_packets(self):
        self.capture()
        entries, report = timeline.collect(self.results, ["alice"])
        self.assertEqual([(entry.time, entry.kind, entry.text)
                          for entry in entries], [
            (1, "esp", f"first ESP packet out on 3 {ALICE} -> {SUN}"),
            (2, "esp", f"first ESP packet in on 3 {SUN} -> {ALICE}"),
            (3, "ike", f"sent {WIFI} -> {SUN} INFORMATIONAL request 5"),
            (4, "esp", f"first ESP packet out on eth0 {WIFI} -> {SUN}"),
        ])
        self.assertIn("sent 0 received 0", report[0])

    def test_written(self):
        self.capture()
        self.results.joinpath("events.log").write_text(
            "0.5 alice cable-pull eth1\n", encoding="utf-8")
        traffic = pathlib.Path(trafficlog.folder(self.results))
        traffic.mkdir()
        traffic.joinpath("main-udp-out-sent.log").write_text(
            "".join(f"{n} {n * 100000000}\n" for n in range(10, 60)),
            encoding="ascii")
        traffic.joinpath("main-udp-out-received.log").write_text(
            "".join(f"{n} {n * 100000000} {n * 100000000 + 1}\n"
                    for n in range(10, 60) if n not in (20, 21, 22)),
            encoding="ascii")
        timeline.write(self.results, FakeScenario)
        text = self.results.joinpath("timeline.txt").read_text(encoding="utf-8")
        lines = text.splitlines()
        self.assertEqual(lines[0].split(None, 3),
                         ["0.000", "event", "alice", "cable-pull eth1"])
        self.assertIn("3 packets out lost in 0.200 s", text)
        written = json.loads(self.results.joinpath("timeline.json").read_text(
            encoding="utf-8"))
        self.assertEqual(written["start"], 0.5)
        self.assertEqual({entry["kind"] for entry in written["entries"]},
                         {"event", "esp", "ike", "loss"})

    def test_nothing_left(self):
        timeline.write(self.results, FakeScenario)
        self.assertTrue(self.results.joinpath("timeline.txt").exists())


if __name__ == "__main__":
    unittest.main()
