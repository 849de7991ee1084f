# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Makes captures as tcpdump -i any writes them."""

import ipaddress
import struct

from lab import wire

MICROSECONDS, NANOSECONDS = 0xa1b2c3d4, 0xa1b23c4d


def ip(source, destination, protocol, payload, fragment=0):
    source, destination = map(ipaddress.ip_address, (source, destination))
    if source.version == 4:
        return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, fragment,
                           64, protocol, 0) + \
            source.packed + destination.packed + payload
    if fragment:
        payload = struct.pack("!2BHI", protocol, 0, fragment << 3, 1) + payload
        protocol = wire.FRAGMENT
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + \
        source.packed + destination.packed + payload


def udp(source, destination, payload):
    return struct.pack("!4H", source, destination, 8 + len(payload), 0) + payload


def ike(exchange, flags, message, spi=b"initiato"):
    return wire.IKE_HEADER.pack(spi, b"responde", 46, 0x20, exchange, flags,
                                message, wire.IKE_HEADER.size)


def esp(spi, sequence):
    return struct.pack("!II", spi, sequence) + bytes(16)


def frame(packet, index=2, kind=0):
    """With the header of a "cooked" packet of any interface, in its second
    version."""
    return struct.pack("!HHIHBB8s", 0x0800, 0, index, 1, kind, 6, bytes(8)) + \
        packet


def capture(frames, magic=MICROSECONDS, order="<", link=wire.LINUX_SLL2):
    """frames: (seconds, fraction, frame)"""
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)
    for seconds, fraction, packet in frames:
        data += struct.pack(order + "4I", seconds, fraction, len(packet),
                            len(packet)) + packet
    return data
