# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""What the traffic tool wrote down, and what it says.

A log has a line per packet: sent.log its number and time, received.log its
number, when it was sent and when it arrived; times in nanoseconds of the one
clock that all hosts share.
"""

import functools
import os

DIRECTIONS = ("out", "in")
# A machine that stands still for a moment in the middle of a change of paths
# delays some; it does not do that each time.
LATE_PERCENT = 1


def folder(results):
    return os.path.join(results, "traffic")


def file_name(results, name, what):
    return os.path.join(folder(results), f"{name}-{what}.log")


def _numbers(path):
    try:
        with open(path, encoding="ascii") as file:
            text = file.read()
    except FileNotFoundError:
        return []
    # the last line may be half written
    lines = text.splitlines() if text.endswith("\n") \
        else text.splitlines()[:-1]
    return [tuple(map(int, line.split())) for line in lines]


def events(results):
    """(seconds, host, name, detail) of everything done to the network."""
    found = []
    try:
        with open(os.path.join(results, "events.log"),
                  encoding="utf-8") as file:
            for line in file:
                time, host, name, *detail = line.split()
                found.append((float(time), host, name, " ".join(detail)))
    except FileNotFoundError:
        pass
    return found


def event_time(results, name):
    """When the last event of that name was, in seconds."""
    for time, _, event, _ in reversed(events(results)):
        if event == name:
            return time
    raise SystemExit(f"there was no event '{name}'")


class Stream:
    """One direction of the UDP stream, within a span of time."""

    def __init__(self, sent, received, start, end, duplicates):
        self.sent = sent                # number -> when
        self.received = received        # number -> when it arrived
        self.start = start
        self.end = end
        self.duplicates = duplicates    # what arrived more than once

    @functools.cached_property
    def disorder(self):
        """How long after a later one each packet arrived that did, in
        seconds."""
        late, earliest = [], None
        for number in sorted(self.received, reverse=True):
            when = self.received[number]
            if earliest is not None and when > earliest:
                late.append((when - earliest) / 1e9)
            else:
                earliest = when
        return late

    @property
    def worst_disorder(self):
        return max(self.disorder, default=0)

    def late_percent(self, seconds):
        """How many arrived longer than that after a later one."""
        late = sum(each > seconds for each in self.disorder)
        return 100 * late / len(self.sent) if self.sent else 0.0

    @property
    def lost(self):
        return sorted(number for number in self.sent
                      if number not in self.received)

    @property
    def lost_percent(self):
        return 100 * len(self.lost) / len(self.sent) if self.sent else 100.0

    @property
    def longest_gap(self):
        """Longest time without an arrival, in seconds."""
        times = [self.start, *sorted(self.received.values()), self.end]
        times = [time for time in times if time <= self.end]
        return max((after - before for before, after in
                    zip(times, times[1:])), default=0) / 1e9


class Log:
    """All of it, or what was sent from the event since to the event until."""

    def __init__(self, results, name="main", since=None, until=None):
        self._results = results
        self._name = name
        self._since = event_time(results, since) if since else 0
        self._until = event_time(results, until) if until else None
        self.streams = {way: self._stream(way) for way in DIRECTIONS}
        self.tcp = self._tcp()

    def _read(self, what):
        return _numbers(file_name(self._results, self._name, what))

    def _stream(self, way):
        sent_lines = self._read(f"udp-{way}-sent")
        start = int(self._since * 1e9)
        end = max((line[-1] for line in sent_lines), default=0)
        if self._until:
            end = min(end, int(self._until * 1e9))
        else:
            # one that is still under way is not lost
            end -= int(0.2e9)
        sent = {line[0]: line[1] for line in sent_lines
                if start <= line[1] <= end}
        if not start:
            start = min(sent.values(), default=0)
        return self._arrived(way, sent, start, end)

    def _arrived(self, way, sent, start, end):
        lines = [line for line in self._read(f"udp-{way}-received")
                 if line[0] in sent]
        received = {}
        for number, _, when in lines:
            received.setdefault(number, when)
        return Stream(sent, received, start, end, len(lines) - len(received))

    def read_again(self):
        """More may have arrived of what had been sent."""
        self.streams = {
            way: self._arrived(way, stream.sent, stream.start, stream.end)
            for way, stream in self.streams.items()}

    def _tcp(self):
        """(time, bytes that came back) and why it ended, if it did."""
        self.resets = []
        progress = []
        path = file_name(self._results, self._name, "tcp")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    time, word, *rest = line.split()
                    if word == "bytes":
                        progress.append((int(time), int(rest[0])))
                    elif word == "reset":
                        self.resets.append(" ".join(rest))
        return progress

    def tcp_stall(self):
        start = int(self._since * 1e9)
        times = [time for time, _ in self.tcp if time >= start]
        # one that lasts until the end is one as well
        times.append(self.streams["out"].end)
        return max((after - before for before, after in
                    zip(times, times[1:])), default=0) / 1e9

    def report(self):
        lines = []
        for way, stream in self.streams.items():
            lines.append(
                f"udp {way}: sent {len(stream.sent)} "
                f"received {len(stream.received)} lost {len(stream.lost)} "
                f"longest gap {stream.longest_gap * 1000:.0f} ms, "
                f"{stream.duplicates} twice, "
                f"out of order by {stream.worst_disorder * 1000:.0f} ms")
            if stream.lost:
                lines.append("  lost " + self._name_lost(stream))
        if self.tcp or self.resets:
            total = self.tcp[-1][1] if self.tcp else 0
            lines.append(f"tcp: {'reset' if self.resets else 'alive'}, "
                         f"{total} bytes, "
                         f"longest stall {self.tcp_stall() * 1000:.0f} ms"
                         + "".join(f", {why}" for why in self.resets))
        return lines

    def _name_lost(self, stream, most=5):
        """Which, and when they were sent: some in a row, or the whole end?"""
        spans = []
        for number in stream.lost:
            if spans and number == spans[-1][1] + 1:
                spans[-1][1] = number
            else:
                spans.append([number, number])
        named = [(f"{first} to {last}" if last > first else f"{first}") +
                 f" at +{stream.sent[first] / 1e9 - self._since:.3f} s"
                 for first, last in spans[:most]]
        more = len(spans) - len(named)
        return ", ".join(named) + (f" and at {more} more times" if more else
                                   "") + \
            f"; all end at +{stream.end / 1e9 - self._since:.3f} s"

    def excess(self, lost=None, gap=None, tcp=False, disorder=None):
        found = []
        for way, stream in self.streams.items():
            if not stream.sent:
                found.append(f"udp {way}: nothing was sent")
            if lost is not None and stream.lost_percent > lost:
                found.append(f"udp {way}: lost {stream.lost_percent:.1f} %")
            if gap is not None and stream.longest_gap > gap:
                found.append(f"udp {way}: {stream.longest_gap:.1f} s without "
                             "a packet")
            if disorder is not None and stream.duplicates:
                found.append(f"udp {way}: {stream.duplicates} arrived twice")
            if disorder is not None and \
                    stream.late_percent(disorder) > LATE_PERCENT:
                found.append(f"udp {way}: {stream.late_percent(disorder):.1f}"
                             " % out of order by more than "
                             f"{disorder * 1000:.0f} ms")
        if tcp and (self.resets or not self.tcp):
            found.append("the TCP connection did not survive")
        return found
