# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Reads the traffic tool's logs while they grow."""

from . import timeline

trafficlog = timeline.trafficlog

DIRECTIONS = trafficlog.DIRECTIONS


class Growing:
    """A log that is read as far as it has got."""

    def __init__(self, path):
        self._path = path
        self._offset = 0
        self._rest = ""

    def lines(self):
        try:
            with open(self._path, encoding="ascii") as file:
                file.seek(self._offset)
                text = file.read()
        except FileNotFoundError:
            return []
        self._offset += len(text)
        *whole, self._rest = (self._rest + text).split("\n")
        return [tuple(map(int, line.split())) for line in whole if line]


class Live:
    """Counts of packets sent and received since it was asked last."""

    def __init__(self, results, name="main"):
        self._logs = {
            (way, what): Growing(trafficlog.file_name(
                str(results), name, f"udp-{way}-{what}"))
            for way in DIRECTIONS for what in ("sent", "received")}

    def counts(self):
        return {key: len(log.lines()) for key, log in self._logs.items()}
