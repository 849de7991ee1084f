# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import os
import tempfile
import unittest

from lab import trafficlog

MS = 1000000
BEGIN = 1000 * 1000 * MS        # second 1000


class Logs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.results = folder.name
        os.mkdir(trafficlog.folder(self.results))

    def write(self, what, lines, end="\n"):
        with open(trafficlog.file_name(self.results, "main", what), "w",
                  encoding="ascii") as file:
            file.write("\n".join(" ".join(map(str, line)) for line in lines)
                       + (end if lines else ""))

    def events(self, *lines):
        with open(os.path.join(self.results, "events.log"), "w",
                  encoding="ascii") as file:
            file.writelines(line + "\n" for line in lines)

    def stream(self, way, count, lost=(), delay=5 * MS, twice=(), late=()):
        """A packet each 10 ms; those late take 100 ms longer."""
        sent = [(n, BEGIN + n * 10 * MS) for n in range(count)]
        received = [(n, when, when + delay + (100 * MS if n in late else 0))
                    for n, when in sent if n not in lost]
        received += [line for line in received if line[0] in twice]
        self.write(f"udp-{way}-sent", sent)
        self.write(f"udp-{way}-received", received)

    def both(self, **options):
        for way in trafficlog.DIRECTIONS:
            self.stream(way, 200, **options)

    def test_nothing_lost(self):
        self.both()
        log = trafficlog.Log(self.results)
        for stream in log.streams.values():
            # those of the last 0.2 s may still be under way
            self.assertEqual(len(stream.sent), 180)
            self.assertEqual((stream.lost, stream.lost_percent), ([], 0))
            self.assertEqual(stream.worst_disorder, 0)
        self.assertEqual(log.excess(lost=0, gap=0.3, disorder=0), [])

    def test_lost(self):
        self.both(lost=range(50, 68))
        log = trafficlog.Log(self.results)
        stream = log.streams["out"]
        self.assertEqual(stream.lost, list(range(50, 68)))
        self.assertEqual(stream.lost_percent, 10)
        self.assertAlmostEqual(stream.longest_gap, 0.19)
        self.assertEqual(log.excess(lost=10), [])
        self.assertEqual(log.excess(lost=9), ["udp out: lost 10.0 %",
                                              "udp in: lost 10.0 %"])
        self.assertEqual(len(log.excess(gap=0.1)), 2)
        self.assertIn("lost 50 to 67 at", "\n".join(log.report()))

    def test_one_direction_is_enough(self):
        self.stream("out", 200)
        self.stream("in", 200, lost=range(200))
        log = trafficlog.Log(self.results)
        self.assertEqual(log.excess(lost=50), ["udp in: lost 100.0 %"])

    def test_nothing_sent_is_no_success(self):
        log = trafficlog.Log(self.results)
        self.assertEqual(log.streams["in"].lost_percent, 100)
        self.assertEqual(len(log.excess(lost=100)), 2)
        self.assertIn("the TCP connection did not survive", log.excess(tcp=True))

    def test_twice_and_out_of_order(self):
        self.both(twice=[3], late=range(10, 20))
        log = trafficlog.Log(self.results)
        stream = log.streams["in"]
        self.assertEqual(stream.duplicates, 1)
        self.assertAlmostEqual(stream.worst_disorder, 0.09)
        self.assertAlmostEqual(stream.late_percent(0.075), 100 * 2 / 180)
        self.assertEqual(log.excess(disorder=1),
                         ["udp out: 1 arrived twice", "udp in: 1 arrived twice"])
        self.assertEqual(len(log.excess(disorder=0.01)), 4)

    def test_span_of_events(self):
        self.both(lost=range(20))
        self.events("999.0 alice cut eth1", "1000.5 alice cut eth1",
                    "1001.0 alice plug eth1")
        log = trafficlog.Log(self.results, since="cut", until="plug")
        stream = log.streams["out"]
        # of several of that name, the last
        self.assertEqual((min(stream.sent), max(stream.sent)), (50, 100))
        self.assertEqual(log.excess(lost=0), [])
        self.assertEqual(trafficlog.event_time(self.results, "cut"), 1000.5)
        with self.assertRaises(SystemExit):
            trafficlog.Log(self.results, since="never")

    def test_half_a_line(self):
        self.write("udp-out-sent", [(0, BEGIN), (1, BEGIN + 500 * MS), (2, 17)],
                   end="")
        self.write("udp-out-received", [(0, BEGIN, BEGIN + MS), (1, BEGIN)],
                   end="")
        stream = trafficlog.Log(self.results).streams["out"]
        self.assertEqual((list(stream.sent), list(stream.received)), ([0], [0]))

    def test_more_arrives(self):
        self.both(lost=[100])
        log = trafficlog.Log(self.results)
        self.assertEqual(len(log.excess(lost=0)), 2)
        self.both()
        log.read_again()
        self.assertEqual(log.excess(lost=0), [])

    def test_tcp(self):
        self.both()
        self.write("tcp", [(BEGIN, "bytes", 10), (BEGIN + 300 * MS, "bytes", 20),
                           (BEGIN + 1900 * MS, "bytes", 30)])
        log = trafficlog.Log(self.results)
        self.assertAlmostEqual(log.tcp_stall(), 1.6)
        self.assertEqual(log.excess(tcp=True), [])
        self.assertIn("tcp: alive, 30 bytes", log.report()[2])
        self.write("tcp", [(BEGIN, "bytes", 10), (BEGIN, "reset", "by", "peer")])
        log = trafficlog.Log(self.results)
        self.assertEqual(log.resets, ["by peer"])
        self.assertEqual(log.excess(tcp=True),
                         ["the TCP connection did not survive"])


if __name__ == "__main__":
    unittest.main()
