# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import pathlib
import random
import tempfile
import unittest

from lab import wire
from lab.tests import captures as make

ALICE, SUN = "10.1.0.10", "192.168.0.2"
INITIATOR, RESPONSE = 0x08, 0x20
OUT = {"kind": wire.OUTGOING}


class Captures(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "capture.pcap"

    def read(self, data):
        self.path.write_bytes(data)
        return list(wire.read(self.path))

    def every(self):
        return wire.read(self.path, every=True)

    def one(self, packet, **options):
        frames = [(7, 500000, make.frame(packet, **options))]
        return self.read(make.capture(frames))

    def test_esp(self):
        packet, = self.one(make.ip(ALICE, SUN, 50, make.esp(0xc0ffee, 17)),
                           index=5, kind=wire.OUTGOING)
        self.assertEqual((packet.kind, packet.spi, packet.sequence, packet.ports),
                         ("esp", 0xc0ffee, 17, ()))
        self.assertEqual((packet.source, packet.destination), (ALICE, SUN))
        self.assertEqual((packet.time, packet.index, packet.outgoing,
                          packet.length), (7.5, 5, True, 44))
        self.assertEqual(packet.describe(),
                         f"{ALICE} -> {SUN} esp 0x00c0ffee seq 17")

    def test_esp_in_udp(self):
        packet, = self.one(make.ip(ALICE, SUN, 17, make.udp(
            1024, 4500, make.esp(1, 2))))
        self.assertEqual((packet.kind, packet.spi, packet.ports, packet.outgoing),
                         ("esp", 1, (1024, 4500), False))

    def test_ike(self):
        for exchange, name in ((34, "IKE_SA_INIT"), (36, "CREATE_CHILD_SA"),
                               (99, "99")):
            packet, = self.one(make.ip(ALICE, SUN, 17, make.udp(
                500, 500, make.ike(exchange, INITIATOR, 3))))
            self.assertEqual((packet.kind, packet.exchange, packet.message),
                             ("ike", name, 3))
            self.assertTrue(packet.request and packet.from_initiator)
            self.assertEqual(packet.ike_spi, b"initiato")

    def test_ike_response_at_the_port_for_nat(self):
        packet, = self.one(make.ip(SUN, ALICE, 17, make.udp(
            4500, 4500, bytes(4) + make.ike(37, RESPONSE, 4))))
        self.assertEqual((packet.kind, packet.request, packet.from_initiator),
                         ("ike", False, False))
        self.assertEqual(packet.describe(),
                         f"{SUN} -> {ALICE} INFORMATIONAL response 4")

    def test_keepalive(self):
        packet, = self.one(make.ip(ALICE, SUN, 17, make.udp(4500, 4500, b"\xff")))
        self.assertEqual(packet.kind, "keepalive")

    def test_ipv6(self):
        packet, = self.one(make.ip("fec1::10", "fec0::2", 50, make.esp(9, 1)))
        self.assertEqual((packet.source, packet.destination, packet.length),
                         ("fec1::10", "fec0::2", 64))
        packet, = self.one(make.ip("fec1::10", "fec0::2", 17, make.udp(
            500, 500, make.ike(34, INITIATOR, 0))))
        self.assertEqual(packet.exchange, "IKE_SA_INIT")

    def test_in_the_clear(self):
        frames = [(time, 0, make.frame(packet, **options))
                  for time, packet, options in (
            (1, make.ip(ALICE, "10.2.0.10", 17, make.udp(7, 9, bytes(4))), OUT),
            # the rest of a packet, and one that is too short for a header
            (2, make.ip(ALICE, "10.2.0.10", 17, bytes(40), 185), OUT),
            (3, make.ip("fec1::10", "fec2::10", 6, b""), OUT),
            # another network, what comes in, and what does not leave
            (4, make.ip(ALICE, SUN, 17, make.udp(7, 9, bytes(4))), OUT),
            (5, make.ip(ALICE, "10.2.0.10", 1, bytes(8)), {}),
            (6, make.ip(ALICE, "10.2.0.10", 1, bytes(8)),
             {**OUT, "index": wire.LOOPBACK}),
            # in a tunnel to a gateway that is in the network as well
            (7, make.ip(ALICE, "10.2.0.1", 50, make.esp(1, 2)), OUT),
            (8, make.ip(ALICE, "10.2.0.1", 17, make.udp(
                500, 500, make.ike(34, INITIATOR, 0))), OUT))]
        self.path.write_bytes(make.capture(frames))
        networks = ["10.2.0.0/16", "fec2::/16"]
        self.assertEqual([packet.time for packet in wire.in_the_clear(
            self.every(), networks)], [1, 2, 3])
        packet, = wire.in_the_clear(self.every(), networks, 2)
        self.assertEqual(packet.describe(), "fec1::10 -> fec2::10 in the "
                         "clear, 40 bytes")

    def test_fragments_in_the_clear(self):
        request = make.udp(500, 500, make.ike(34, INITIATOR, 0))
        for source, gateway, bob in ((ALICE, "10.2.0.1", "10.2.0.10"),
                                     ("fec1::10", "fec2::1", "fec2::10")):
            frames = [(time, 0, make.frame(packet, **OUT)) for time, packet in (
                # nobody knows what that is
                (1, make.ip(source, gateway, 17, bytes(40), 185)),
                (2, make.ip(source, gateway, 17, request)),
                (3, make.ip(source, gateway, 17, bytes(40), 185)),
                (4, make.ip(source, bob, 17, bytes(40), 185)),
                (5, make.ip(source, gateway, 17, make.udp(7, 9, bytes(4)))))]
            self.path.write_bytes(make.capture(frames))
            self.assertEqual([packet.time for packet in wire.in_the_clear(
                self.every(), ["10.2.0.0/16", "fec2::/16"])], [1, 4, 5])

    def test_others_are_left_out(self):
        for packet in (
                make.ip(ALICE, SUN, 6, bytes(20)),
                make.ip(ALICE, SUN, 17, make.udp(53, 5353, bytes(40))),
                make.ip(ALICE, SUN, 17, make.udp(500, 500, bytes(10))),
                make.ip(ALICE, SUN, 17, make.udp(4500, 4500, b"\1\2\3\4\5")),
                make.ip(ALICE, SUN, 50, bytes(3)),
                # the second fragment has no header, whatever it looks like
                make.ip(ALICE, SUN, 50, make.esp(1, 1), fragment=0x00b9),
                b"\x50" + bytes(60), b"\x45"):
            self.assertEqual(self.one(packet), [])

    def test_order_and_unit(self):
        frames = [(1, 250000000, make.frame(make.ip(ALICE, SUN, 50,
                                                    make.esp(1, 1))))]
        for order in "<>":
            packet, = self.read(make.capture(frames, make.NANOSECONDS, order))
            self.assertEqual(packet.time, 1.25)

    def test_while_it_is_written(self):
        frames = [(n, 0, make.frame(make.ip(ALICE, SUN, 50, make.esp(1, n))))
                  for n in range(1, 4)]
        data = make.capture(frames)
        for length in range(len(data)):
            numbers = [packet.sequence for packet in self.read(data[:length])]
            self.assertEqual(numbers, [1, 2, 3][:len(numbers)])
        self.assertEqual(len(self.read(data)), 3)

    def test_what_is_new(self):
        frames = [(n, 0, make.frame(make.ip(ALICE, SUN, 50, make.esp(1, n))))
                  for n in range(1, 4)]
        data = make.capture(frames)
        for length in range(len(data)):
            capture = wire.Capture(self.path)
            self.path.write_bytes(data[:length])
            before = [packet.sequence for packet in capture.read()]
            self.path.write_bytes(data)
            after = [packet.sequence for packet in capture.read()]
            self.assertEqual(before + after, [1, 2, 3])
            self.assertEqual(list(capture.read()), [])

    def test_no_capture(self):
        self.assertEqual(list(wire.read(self.path)), [])

    def test_of_one_interface(self):
        with self.assertRaises(ValueError):
            self.read(make.capture([], link=1))

    def test_nonsense(self):
        randomly = random.Random(1)
        for _ in range(2000):
            packet = make.ip(ALICE, SUN, randomly.choice((17, 50)),
                             randomly.randbytes(randomly.randrange(40)))
            damaged = bytearray(packet)
            damaged[randomly.randrange(len(damaged))] = randomly.randrange(256)
            self.assertLessEqual(len(self.one(bytes(damaged))), 1)


if __name__ == "__main__":
    unittest.main()
