# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""testing/bench handover: how long a move takes, and what it costs."""

import dataclasses
import json
import statistics
import time

from . import handoverplot, paths, scenario, site, steps, timeline
from .steps import say

trafficlog, wire = timeline.trafficlog, timeline.wire

# name: strongswan.conf
VARIANTS = {
    "plugin": {"with_plugin": True},
    "stock": {},
    "stock-best-path": {"options": "prefer_best_path = yes"},
}
# name: what it is; alice's eth1 goes straight to the gateway, eth0 is NATed
CASES = {
    "cable-pull": "the carrier of the uplink in use is gone, its address and "
                  "route stay",
    "interface-down": "a network manager takes the uplink in use down, with "
                      "its address and route",
    "dormant": "no network at all for 3 seconds, then the carrier of the other "
               "uplink comes back",
    "dormant-managed": "the same, but a network manager takes addresses and "
                       "routes away and sets them again",
    "blink": "no network at all for 3 seconds, then the carrier of the uplink "
             "that was in use comes back",
}
# the uplink that traffic goes to, if it's not eth0
NEW = {"blink": "eth1"}
# A packet that leaves there with the old address does not get anywhere.
ADDRESSES = {name: {address.split("/")[0] for address in addresses}
             for name, _, *addresses, _, _ in scenario.network.HOSTS["alice"]}
# For how long a move may take, and for how long to look at what it costs.
PATIENCE = 5
OUTAGE = 3


@dataclasses.dataclass
class Cut:
    variant: str
    case: str
    event: float                # when the link changed
    end: float = 0.0
    out: float = None           # seconds to the first ESP packet
    into: float = None
    lost_out: int = 0
    lost_in: int = 0
    messages: int = 0
    octets: int = 0


def last_event(results, name):
    return trafficlog.event_time(str(results), name)


class Bench:
    def __init__(self, place, options):
        self._site = place
        self._options = options
        self._alice = lambda command, **more: place.run("alice", command,
                                                        **more)
        self.cuts = []

    def run(self):
        place = self._site
        place.nat()
        place.run("bob", "traffic serve")
        place.configure("sun")
        place.start("sun")
        self._ping()
        for variant in self._options.variant or VARIANTS:
            self._variant(variant)
        self._measure()

    def _ping(self):
        self._alice("ifup eth1")
        self.ping = self._alice(
            "ping -c 20 -i 0.05 -q 192.168.0.2").out.strip().splitlines()[-1]

    def _variant(self, variant):
        place = self._site
        place.configure("alice", **VARIANTS[variant])
        self._alice("ifup eth1")
        place.start("alice")
        self._alice("swanctl --initiate --child home")
        self._alice(f"traffic start 10.2.0.10 --no-tcp --name {variant} "
                    f"--rate {self._options.rate}")
        self._capture(variant)
        for case in self._options.case or CASES:
            with steps.Progress(f"{variant}, {case}, "
                                f"{self._options.count} cuts") as progress:
                for number in range(self._options.count):
                    progress.note(f"cut {number + 1}")
                    self._one(variant, case)
        self._alice(f"traffic stop --name {variant}", must=False)
        self._alice("kill $(cat /run/bench.pid)")
        place.stop("alice")
        self._alice("ifdown eth1")

    def _capture(self, variant):
        """Only what is measured, or the capture itself takes too much."""
        self._alice(
            "tcpdump -U --immediate-mode -Z root -i any -s 120 "
            f"-w /var/log/{variant}.pcap 'esp or udp port 4500' "
            "2>/run/bench.err & echo $! > /run/bench.pid; "
            "until grep -q listening /run/bench.err; do sleep 0.02; done")

    def _one(self, variant, case):
        event = getattr(self, "_do_" + case.replace("-", "_"))()
        self._alice(f"traffic wait {PATIENCE} udp --name {variant}",
                    must=False)
        # what is lost while the receiving side still moves counts, too
        time.sleep(0.5)
        self.cuts.append(Cut(variant, case, event, time.time()))
        self._restore(variant)

    def _do_cable_pull(self):
        self._alice("cable pull eth1")
        return last_event(self._site.results, "cable-pull")

    def _do_interface_down(self):
        self._alice("cable down eth1; ip address flush dev eth1 scope global")
        return last_event(self._site.results, "cable-down")

    def _do_dormant(self):
        self._alice("cable pull eth0 eth1")
        time.sleep(OUTAGE)
        self._alice("cable plug eth0")
        return last_event(self._site.results, "cable-plug")

    def _do_dormant_managed(self):
        self._alice("ip link set eth0 down; ifdown eth1")
        time.sleep(OUTAGE)
        # as it would be after DHCP; the default route comes last
        self._alice(
            "ip link set eth0 up; "
            "ip -6 address add fec1::10/16 dev eth0 nodad 2>/dev/null; "
            "ip address replace 10.1.0.10/16 dev eth0; "
            "event route-back; ip route replace default via 10.1.0.1")
        return last_event(self._site.results, "route-back")

    def _do_blink(self):
        self._alice("cable pull eth0 eth1")
        time.sleep(OUTAGE)
        self._alice("cable plug eth1")
        return last_event(self._site.results, "cable-plug")

    def _restore(self, variant):
        """Back to the first uplink by a fresh start, as stock strongSwan does
        not always find back by itself."""
        self._alice("cable plug eth0 eth1; "
                    "swanctl --terminate --ike home --force --timeout 5 "
                    ">/dev/null 2>&1; ifup eth1; "
                    "ip link set eth0 up; "
                    "ip route replace default via 10.1.0.1", must=False)
        self._site.run("sun", "swanctl --terminate --ike home --force "
                       "--timeout 5", must=False)
        for _ in range(5):
            self._alice("swanctl --initiate --child home", must=False)
            answer = self._alice(f"traffic wait 5 udp --name {variant}",
                                 must=False)
            if answer.code == 0:
                return
        raise steps.Failed("the tunnel does not come up again:\n"
                           + answer.out + answer.err)

    def _measure(self):
        with steps.Progress("Evaluating"):
            self._alice("ip address > /var/log/ip.address")
            names = timeline.interface_names(self._site.results / "alice")
            for variant in self._options.variant or VARIANTS:
                packets = list(wire.read(self._site.results / "alice"
                                         / f"{variant}.pcap"))
                log = trafficlog.Log(str(self._site.results), variant)
                for cut in self.cuts:
                    if cut.variant == variant:
                        _measure_cut(cut, packets, names, log)


def _measure_cut(cut, packets, names, log):
    uplink = NEW.get(cut.case, "eth0")
    for packet in packets:
        if not cut.event <= packet.time <= cut.end:
            continue
        if packet.kind == "ike":
            cut.messages += 1
            cut.octets += packet.length
        elif packet.kind == "esp" and names.get(packet.index) == uplink and \
                {packet.source, packet.destination} & ADDRESSES[uplink]:
            field = "out" if packet.outgoing else "into"
            if getattr(cut, field) is None:
                setattr(cut, field, packet.time - cut.event)
    for way, field in (("out", "lost_out"), ("in", "lost_in")):
        stream = log.streams[way]
        setattr(cut, field, sum(
            number not in stream.received
            for number, when in stream.sent.items()
            if cut.event <= when / 1e9 <= cut.end - 0.2))


def _figures(values, scale=1, unit=""):
    """Median and worst; what never happened is the worst."""
    there = [value for value in values if value is not None]
    if not there:
        return "never"
    text = f"{statistics.median(there) * scale:.0f}/" \
        f"{max(there) * scale:.0f}{unit}"
    never = len(values) - len(there)
    return text + (f", {never}x never" if never else "")


def table(cuts):
    rows = [("case", "variant", "first out [ms]", "first in [ms]",
             "lost out", "lost in", "IKE messages", "IKE bytes")]
    for case in CASES:
        for variant in VARIANTS:
            mine = [cut for cut in cuts
                    if (cut.case, cut.variant) == (case, variant)]
            if not mine:
                continue
            rows.append((
                case, variant,
                _figures([cut.out for cut in mine], 1000),
                _figures([cut.into for cut in mine], 1000),
                _figures([cut.lost_out for cut in mine]),
                _figures([cut.lost_in for cut in mine]),
                _figures([cut.messages for cut in mine]),
                _figures([cut.octets for cut in mine])))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width
                      in zip(row, widths)).rstrip() for row in rows]


def main(options):
    needs_plugin = not options.variant or "plugin" in options.variant
    plugin = paths.plugin(options.build) if needs_plugin else None
    with site.Site("bench-handover", plugin, options) as place:
        bench = Bench(place, options)
        bench.run()
    say(f"\n{options.count} cuts per case, {options.rate} packets/s each "
        "way; median/worst")
    say("to the gateway: " + bench.ping)
    for case in options.case or CASES:
        say(f"  {case}: {CASES[case]}")
    say()
    for line in table(bench.cuts):
        say(line)
    output = paths.generated() / "handover"
    output.with_suffix(".json").write_text(json.dumps(
        [dataclasses.asdict(cut) for cut in bench.cuts], indent=1),
        encoding="utf-8")
    handoverplot.draw(bench.cuts, list(CASES), list(VARIANTS),
                      output.with_suffix(".svg"))
    say(f"\nevery cut: {output}.json, as a picture: {output}.svg")
