# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""When a host had a session: from its login, when the first CHILD_SA is there,
until somebody ends it, or the daemon.  What replaces an IKE_SA in between does
not."""

import datetime
import math
import re

# after a login, in seconds: what was sent before it, and waited for its turn
# in a queue of the kernel or for the answer of a neighbour
QUEUED = 0.5

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


def within(found, packets):
    """Those packets that left during one of these."""
    return [packet for packet in packets
            if any(begin < packet.time < end for begin, end in found)]
