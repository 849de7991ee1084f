# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""When a host had a session: from its login, when the first CHILD_SA is there,
until somebody ends it, or the daemon.  What replaces an IKE_SA in between does
not."""

import datetime
import math
import re

# after a login, in seconds: what was sent before it, and waited for its turn
# in a queue of the kernel
QUEUED = 0.5

# and what waited for the answer of a neighbour, who is asked three times in three
# seconds: that leaves all at once, much faster than anybody here sends
UNRESOLVED = 3
BURST = 100e-6

_LINE = re.compile(
    r"^(\d+-\d+-\d+ \d+:\d+:\d+\.\d+) .*?(?:"
    r"(?P<managed>mobility: managing )|"
    r"(?P<there>CHILD_SA \S+\{\d+\} established with )|"
    r"(?P<end>vici terminate IKE_SA|mobility: \S+ \S+ -> failed:))",
    re.MULTILINE)


def spans(log, stops):
    """(begin, end) of each, in seconds; log: text of charon's log, stops: when
    the daemon was stopped or killed."""
    happened = [(stop, "end") for stop in stops]
    for match in _LINE.finditer(log):
        time = datetime.datetime.fromisoformat(match[1]).timestamp()
        happened.append((time, match.lastgroup))
    found, managed, begin = [], False, None
    for time, what in sorted(happened, key=lambda each: each[0]):
        if what == "managed":
            managed = True
        elif what == "there" and managed and begin is None:
            begin = time + QUEUED
        elif what == "end":
            if begin is not None and time > begin:
                found.append((begin, time))
            managed, begin = False, None
    if begin is not None:
        found.append((begin, math.inf))
    return found


def _bursts(packets):
    """Times of those that left right before or after another one."""
    times = sorted(packet.time for packet in packets)
    pairs = [pair for pair in zip(times, times[1:]) if pair[1] - pair[0] < BURST]
    return {time for pair in pairs for time in pair}


def within(found, packets):
    """Those packets that left during one of these, and were sent then."""
    packets = list(packets)
    bursts = _bursts(packets)
    return [packet for packet in packets if any(
        begin + (UNRESOLVED - QUEUED if packet.time in bursts else 0)
        < packet.time < end for begin, end in found)]
