# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""testing/bench patterns: how often the peer is asked for nothing."""

import re

from . import idle
from .. import build, paths, site, steps
from ..steps import say

# of one of the directions: a round-trip time that is ordinary, and not constant
DELAY = "delay 25ms 5ms"
SETTLE = 5


class Patterns:
    def __init__(self, place, minutes):
        self._site = place
        self._minutes = minutes
        self._names = sorted(path.name for path in paths.PATTERNS.iterdir()
                             if not path.suffix)

    def run(self):
        """Requests by pattern."""
        place = self._site
        count = len(self._names)
        idle.up_sun(place)
        place.run("alice", "ifup eth1; "
                  f"tc qdisc add dev eth1 root netem {DELAY}")
        idle.up_alice(place, True, count)
        place.run("bob", "traffic serve")
        sessions = self._sessions()
        for _, address in sessions:
            # there are other reasons to ask while nothing has come over a path
            place.run("alice", f"ping -c 2 -i 0.2 -I {address} 10.2.0.10")
        place.clock(SETTLE)
        before = self._requests()
        with steps.Progress(f"{self._minutes} minutes of "
                            + ", ".join(self._names)):
            for name, (_, address) in zip(self._names, sessions):
                place.run("alice", f"traffic start 10.2.0.10 --pattern {name} "
                          f"--source {address} --name {name}")
            for _ in range(self._minutes):
                place.clock(60)
        after = self._requests()
        for name in self._names:
            place.run("alice", f"traffic stop --name {name}")
        return {name: after.get(connection, 0) - before.get(connection, 0)
                for name, (connection, _) in zip(self._names, sessions)}

    def _sessions(self):
        """(connection, its address in the tunnel) of each session."""
        text = self._site.run("alice", "swanctl --list-sas").out
        found = re.findall(r"^(home\d*): #.*?^  local .*?\[([\d.]+)\]$", text,
                           re.MULTILINE | re.DOTALL)
        if len(found) != len(self._names):
            raise steps.Failed("not all sessions are there:\n" + text)
        return found

    def _requests(self):
        """By connection."""
        counts = {}
        log = self._site.results / "alice" / "daemon.log"
        for connection in re.findall(
                r"<(home\d*)\|\d+> generating INFORMATIONAL request",
                log.read_text(encoding="utf-8", errors="replace")):
            counts[connection] = counts.get(connection, 0) + 1
        return counts


def main(options):
    plugin = build.plugin(options.build)
    with site.Site("bench-patterns", plugin, options) as place:
        counts = Patterns(place, options.minutes).run()
    say(f"\nrequests in {options.minutes} minutes, for nothing")
    for name, count in counts.items():
        say(f"  {name:16} {count}")
