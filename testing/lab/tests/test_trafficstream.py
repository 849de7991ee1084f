# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The traffic tool loses nothing that the network has not lost."""

import socket
import unittest

from lab import trafficstream


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


if __name__ == "__main__":
    unittest.main()
