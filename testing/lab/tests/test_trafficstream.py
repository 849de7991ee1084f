# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The traffic tool loses nothing that the network has not lost."""

import itertools
import socket
import unittest

from lab import paths, trafficstream


class Echo(unittest.TestCase):
    def setUp(self):
        self.loop = trafficstream.Loop()
        self.client, self.server = socket.socketpair()
        self.client.setblocking(False)
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.echo = trafficstream.Echo(self.loop, self.server)
        self.loop.watch(self.server, self.echo.data)

    def tearDown(self):
        self.client.close()
        self.server.close()

    def got(self):
        """How much comes back."""
        count = 0
        try:
            while data := self.client.recv(65536):
                count += len(data)
        except BlockingIOError:
            pass
        return count

    def test_burst(self):
        sent = self.client.send(bytes(50000))
        self.echo.data()
        back = self.got()
        self.assertGreater(back, 0)
        self.assertLess(back, sent)
        while back < sent:
            # the client goes on sending
            sent += self.client.send(bytes(1))
            self.echo.data()
            more = self.got()
            self.assertGreater(more, 0)
            back += more
        self.assertEqual(back, sent)

    def test_end(self):
        self.client.close()
        self.echo.data()
        self.assertEqual(self.server.fileno(), -1)


class Pauses(unittest.TestCase):
    def times(self, pattern, column, end):
        """When packets are sent before that, in ms."""
        pauses = trafficstream.pauses(50, pattern, column)
        when = (round(1000 * each) for each in itertools.accumulate(pauses))
        return list(itertools.takewhile(lambda time: time < end, when))

    def test_rate(self):
        self.assertEqual(self.times("", 1, 100), [20, 40, 60, 80])

    def test_patterns(self):
        """As they are written down, from the first line to the last and on."""
        names = [path.name for path in paths.PATTERNS.iterdir()
                 if path.suffix != ".md"]
        self.assertEqual(len(names), 5)
        for name in names:
            text = (paths.PATTERNS / name).read_text(encoding="ascii")
            phases = [line.split() for line in text.splitlines()
                      if line[:1] != "#"] * 2
            total = sum(int(phase[0]) for phase in phases)
            for column in 1, 2:
                start, expected = 0, []
                for phase in phases:
                    end = start + int(phase[0])
                    if phase[column] != "-":
                        expected += range(start, end, int(phase[column]))
                    start = end
                self.assertEqual(self.times(name, column, total), expected)


if __name__ == "__main__":
    unittest.main()
