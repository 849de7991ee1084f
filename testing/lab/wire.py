# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Reads IKE and ESP packets out of captures (tcpdump -i any)."""

import ipaddress
import struct

LINUX_SLL2 = 276
EXCHANGES = {34: "IKE_SA_INIT", 35: "IKE_AUTH", 36: "CREATE_CHILD_SA",
             37: "INFORMATIONAL", 43: "IKE_INTERMEDIATE"}
OUTGOING = 4
FRAGMENT = 44           # header of IPv6
LOOPBACK = 1            # its index is the same on all hosts
RESPONSE = 0x20
INITIATOR = 0x08
IKE_HEADER = struct.Struct("!8s8s4B2I")


class Packet:
    # to import dataclasses would take a tool in a guest as long as all else
    source = destination = ""
    length = 0
    is_rest = False     # a fragment, not the first one
    kind = ""           # "ike", "esp" or "keepalive", or none of these
    ports = ()
    spi = sequence = 0
    exchange = ""
    message = 0
    request = from_initiator = False
    ike_spi = b""       # the initiator's

    def __init__(self, time=0, index=0, outgoing=False):
        self.time = time
        self.index = index          # of the interface
        self.outgoing = outgoing

    def describe(self):
        path = f"{self.source} -> {self.destination}"
        if self.kind == "ike":
            return (f"{path} {self.exchange} "
                    f"{'request' if self.request else 'response'} "
                    f"{self.message}")
        if not self.kind:
            return f"{path} in the clear, {self.length} bytes"
        return f"{path} {self.kind} {self.spi:#010x} seq {self.sequence}"


def classify(packet, data, protocol):
    """Fills in what IP payload of that protocol is; None if it's not ours."""
    if protocol == 50 and len(data) >= 8:
        packet.kind = "esp"
        packet.spi, packet.sequence = struct.unpack_from("!II", data)
        return packet
    if protocol != 17 or len(data) < 9:
        return None
    packet.ports = struct.unpack_from("!HH", data)
    payload = data[8:]
    if 4500 in packet.ports:
        if payload[:1] == b"\xff" and len(payload) < 4:
            packet.kind = "keepalive"
            return packet
        if payload[:4] != b"\0\0\0\0":
            if len(payload) < 8:
                return None
            packet.kind = "esp"
            packet.spi, packet.sequence = struct.unpack_from("!II", payload)
            return packet
        payload = payload[4:]
    elif 500 not in packet.ports:
        return None
    if len(payload) < IKE_HEADER.size:
        return None
    fields = IKE_HEADER.unpack_from(payload)
    packet.kind = "ike"
    packet.ike_spi = fields[0]
    packet.exchange = EXCHANGES.get(fields[4], str(fields[4]))
    packet.request = not fields[5] & RESPONSE
    packet.from_initiator = bool(fields[5] & INITIATOR)
    packet.message = fields[6]
    return packet


def parse_ip(packet, data, every=False):
    """Addresses and what is in it; fragments but the first are left out, and
    what is neither IKE nor ESP, unless every packet is wanted."""
    if len(data) < 20:
        return None
    other = packet if every else None
    if data[0] >> 4 == 4:
        header = (data[0] & 15) * 4
        packet.length, = struct.unpack_from("!H", data, 2)
        packet.source = str(ipaddress.IPv4Address(data[12:16]))
        packet.destination = str(ipaddress.IPv4Address(data[16:20]))
        if struct.unpack_from("!H", data, 6)[0] & 0x1fff:
            packet.is_rest = True
            return other
        return classify(packet, data[header:], data[9]) or other
    if data[0] >> 4 == 6 and len(data) >= 40:
        packet.length = struct.unpack_from("!H", data, 4)[0] + 40
        packet.source = str(ipaddress.IPv6Address(data[8:24]))
        packet.destination = str(ipaddress.IPv6Address(data[24:40]))
        if data[6] != FRAGMENT or len(data) < 48:
            return classify(packet, data[40:], data[6]) or other
        if struct.unpack_from("!H", data, 42)[0] & 0xfff8:
            packet.is_rest = True
            return other
        return classify(packet, data[48:], data[40]) or other
    return None


def in_the_clear(packets, networks, since=0):
    """What left this host for one of these networks, but not in a tunnel, of
    every packet.  What only the first fragment tells may be lost; to whom IKE is
    sent it is taken for IKE."""
    networks = [ipaddress.ip_network(network) for network in networks]
    gateways = set()
    for packet in packets:
        if packet.kind == "ike":
            gateways.add(packet.destination)
        if packet.is_rest and packet.destination in gateways:
            continue
        if (packet.outgoing and not packet.kind and packet.time > since
                and packet.index != LOOPBACK):
            target = ipaddress.ip_address(packet.destination)
            if any(target in network for network in networks):
                yield packet


def read(path, every=False):
    """IKE and ESP packets of a capture, also while it is still written; or
    every IP packet."""
    return Capture(path).read(every)


class Capture:
    """One that may become longer: whoever reads gets what is new."""

    HEADER = 24

    def __init__(self, path):
        self._path = path
        self._read = 0          # bytes
        self._order = ""
        self._unit = 0

    def read(self, every=False):
        """IKE and ESP packets, or every IP packet."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._read)
                data = file.read()
        except FileNotFoundError:
            return
        offset = 0
        if not self._read:
            if len(data) < self.HEADER:
                return
            self._begin(data)
            offset = self._read = self.HEADER
        while offset + 16 <= len(data):
            seconds, fraction, captured, _ = struct.unpack_from(
                self._order + "4I", data, offset)
            frame = data[offset + 16:offset + 16 + captured]
            if len(frame) < max(captured, 20):
                break
            offset += 16 + captured
            self._read += 16 + captured
            index, = struct.unpack_from("!I", frame, 4)
            packet = Packet(seconds + fraction / self._unit, index,
                            frame[10] == OUTGOING)
            packet = parse_ip(packet, frame[20:], every)
            if packet:
                yield packet

    def _begin(self, data):
        self._order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1",
                                          b"\x4d\x3c\xb2\xa1") else ">"
        magic, = struct.unpack_from(self._order + "I", data)
        self._unit = 1e9 if magic == 0xa1b23c4d else 1e6
        link, = struct.unpack_from(self._order + "I", data, 20)
        if link & 0xffff != LINUX_SLL2:
            raise ValueError(f"{self._path} was not captured with -i any")
