# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""testing/demo: the same cuts with the plugin and without it, live."""

import argparse
import dataclasses
import json
import time

from . import build, demoplot, front, livetraffic, paths, site, steps, \
    timeline
from .steps import say

SCENARIO = "dormant-and-back"
# What one would give somebody who moves. All timeouts are strongSwan's own: it
# gives up 165 seconds after the first unanswered packet, and starts anew.
SWANCTL = """connections {
  home {
    dpd_delay = 2s
    keyingtries = 0
    children {
      home {
        dpd_action = restart
        close_action = start
      }
    }
  }
}
"""
CABLE, WIFI = "eth1", "eth0"
UPLINKS = {CABLE: "the cable", WIFI: "the Wi-Fi"}
QUIET, AFTER_PULL, OUTAGE, PATIENCE = 3, 6, 12, 200
# seconds with a line for each
CLOSE_LOOK, INTERVAL = 20, 10


@dataclasses.dataclass
class Cut:
    """Something done to the network, and what it did to the traffic."""
    title: str
    time: float
    network: bool           # whether there still is one
    watched: float = None   # seconds until the next one, or the end
    back: float = None      # seconds until traffic flowed both ways, if it did
    lost: dict = None


class Story:
    """One run: with the plugin or without."""

    def __init__(self, name, plugin, options):
        self.with_plugin = plugin is not None
        self.log = self.tcp = None
        self.cuts = []
        self._place = site.Site(f"demo/{name}", plugin, options,
                                found=SCENARIO)
        self.results = self._place.results
        self._live = livetraffic.Live(self.results)
        self._watched = 0

    def tell(self):
        try:
            with self._place:
                self._connect()
                self._watch(QUIET)
                self._cut("The cable is pulled", f"cable pull {CABLE}",
                          AFTER_PULL, stop_when_back=False)
                self._cut("The Wi-Fi is gone as well", f"cable pull {WIFI}",
                          OUTAGE, comes_back=False)
                self._cut("The Wi-Fi is back", f"cable plug {WIFI}", PATIENCE)
                self._watch(QUIET)
                self._place.run("alice", "swanctl --list-sas", must=False)
                self._place.run("alice", "ip address > /var/log/ip.address")
                self._place.run("alice", "traffic stop", must=False)
        finally:
            timeline.write(self.results, self._place.scenario)
        self._count()

    def _connect(self):
        with steps.Progress("Bringing the tunnel up"):
            passed = self.results / "swanctl.conf"
            passed.write_text(SWANCTL, encoding="utf-8")
            self._place.run(
                "alice", f"cp {passed} /etc/swanctl/conf.d/scenario.conf; "
                f"echo 'charon-systemd {{\n  {site.TIMEOUTS}\n}}' "
                "> /etc/strongswan.d/scenario.conf")
            self._place.run("alice", "start-capture")
            for line in self._place.scenario.lines("pretest.dat"):
                self._place.run(line.host, line.command)
        say("  alice talks to bob through the tunnel, over the cable: 50 "
            "packets a second each way, and a TCP connection")
        self._live.counts()

    def _watch(self, seconds):
        """A line a second about the traffic."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(max(0, min(1, end - time.monotonic())))
            self._line()

    def _line(self):
        counts = self._live.counts()
        words = []
        for way, title in (("out", "alice -> bob"), ("in", "bob -> alice")):
            sent = counts[way, "sent"]
            received = min(sent, counts[way, "received"])
            bar = round(20 * received / sent) if sent else 0
            words.append(f"{title} {'#' * bar}{'.' * (20 - bar)} "
                         f"{received:3}/{sent:<3}")
        say(f"  {time.strftime('%H:%M:%S')}  " + "   ".join(words)
            + self._news())

    def _news(self):
        """What the plugin has told since the last line."""
        told = [fields["session"] for _, fields
                in timeline.watched(self.results / "alice")
                if fields.get("event") == "mobility-state"]
        new, self._watched = told[self._watched:], len(told)
        if not new:
            return ""
        words = [session.get("state", "") for session in new]
        return "   [" + ", then ".join(words) + "]"

    def _cut(self, title, command, seconds, comes_back=True,
             stop_when_back=True):
        say(f"\n{title}.")
        self._place.run("alice", command)
        cut = Cut(title, timeline.trafficlog.events(
            str(self.results))[-1][0], comes_back)
        self.cuts.append(cut)
        answer = self._place.submit(
            "alice", f"traffic wait {seconds} udp", seconds + 10)
        start = time.monotonic()
        while (left := start + seconds - time.monotonic()) > 0:
            step = 1 if left > seconds - CLOSE_LOOK else INTERVAL
            shown = time.monotonic() + min(step, left)
            while time.monotonic() < shown and not (
                    answer.done() and stop_when_back):
                time.sleep(max(0, min(1, shown - time.monotonic())))
            self._line()
            if answer.done() and stop_when_back:
                break
        flows = answer.result().out.startswith("traffic flows")
        if comes_back:
            say("  traffic flows again" if flows else
                f"  nothing came through in {seconds} seconds")

    def _count(self):
        """What each cut cost, from the packets themselves."""
        log = timeline.trafficlog.Log(str(self.results))
        last = max(when for stream in log.streams.values()
                   for when in stream.sent.values()) / 1e9
        ends = [cut.time for cut in self.cuts[1:]] + [last]
        for cut, end in zip(self.cuts, ends):
            cut.lost = {}
            cut.watched = end - cut.time
            backs = []
            for way, stream in log.streams.items():
                span = [number for number, when in stream.sent.items()
                        if cut.time <= when / 1e9 <= end]
                cut.lost[way] = (sum(number not in stream.received
                                     for number in span), len(span))
                arrived = [stream.received[number] for number in span
                           if number in stream.received]
                backs.append(min(arrived, default=None))
            if None not in backs:
                cut.back = max(backs) / 1e9 - cut.time
        self.log = log
        self.tcp = "was reset" if log.resets else \
            "is alive" if self._tcp_moves(log) else "stands still"

    def _tcp_moves(self, log):
        """Whether anything came back after the last cut."""
        return bool(log.tcp) and log.tcp[-1][0] / 1e9 > self.cuts[-1].time


def summary(stories):
    say("\nWhat the cuts cost:")
    for story in stories:
        say("\n  " + demoplot.title(story))
        for cut in story.cuts:
            lost = ", ".join(f"{lost} of {sent} packets {way}"
                             for way, (lost, sent) in cut.lost.items())
            back = "no network" if not cut.network else \
                f"no traffic in {cut.watched:.0f} s" if cut.back is None else \
                f"traffic again after {cut.back * 1000:.0f} ms"
            say(f"    {cut.title}: {back}; lost {lost}")
        say(f"    The TCP connection {story.tcp}.")


def write_json(stories, path):
    path.write_text(json.dumps(
        {demoplot.title(story): [dataclasses.asdict(cut)
                                 for cut in story.cuts]
         for story in stories}, indent=1), encoding="utf-8")


def arguments():
    parser = argparse.ArgumentParser(
        prog="testing/demo", description="Shows what the plugin does: installs "
        "what is needed, builds, boots a laboratory of User Mode Linux and "
        "pulls cables there, with the plugin and with stock strongSwan.")
    parser.set_defaults(kernel="uml")
    front.add_build(parser)
    parser.add_argument("--no-setup", action="store_true",
                        help="install and build nothing")
    parser.add_argument("--stock-only", action="store_true",
                        help=argparse.SUPPRESS)
    return parser.parse_args()


def tell_all(options):
    if options.no_setup:
        plugin = None if options.stock_only else paths.plugin(options.build)
    else:
        build.install_packages("build", "lab")
        plugin = build.plugin(options.build)
    folder = paths.generated() / "demo"
    stories = []
    for name, library in (("plugin", plugin), ("stock", None)):
        if name == "plugin" and options.stock_only:
            continue
        story = Story(name, library, options)
        say("\n== " + demoplot.title(story) + " ==")
        story.tell()
        stories.append(story)
    summary(stories)
    picture = paths.generated() / "demo.svg"
    demoplot.draw(stories, picture)
    write_json(stories, paths.generated() / "demo.json")
    say(f"\nEvery packet of both, as a picture: {picture}")
    say(f"Captures, logs and timelines: {folder}")


def main():
    tell_all(arguments())
