# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""testing/bench gateway: thousands of clients asleep, and all back at once."""

import datetime
import json
import re
import statistics
import time

from . import idle, scale
from .. import build, paths, site, steps, timeline
from ..steps import say

trafficlog, wire = timeline.trafficlog, timeline.wire

# For how many IKE_SAs charon looks at one with each packet otherwise, and
# messages of those that are there before logins (see docs/gateway.md).
CHARON = """\
ikesa_table_size = 4096
  ikesa_table_segments = 16
  processor {
    priority_threads {
      high = 1
    }
  }
"""
# What docs/gateway.md recommends for clients that share an address.
LIMITS = """\
cookie_threshold = 30
  cookie_threshold_ip = 3
  block_threshold = 1000
"""
# The gateway gives up on a request after 4 s, so that it does not take minutes
# until the last client is asleep.
SHORT = "retransmit_timeout = 1.0\n  retransmit_base = 1.0\n  " \
    "retransmit_tries = 3"
VARIANTS = "stock", "plugin"
DPD_DELAY = 60
# what the last request that is not answered may take
MARGIN = 15
MEMORY = "2G"
LIMIT = 1800

CAROL = """connections {
  home {
    remote_addrs = 192.168.0.2
""" + scale.ENDS.format(mine="carol", at="@", other="sun.strongswan.org") + """\
    children {
      home {
        local_ts = 192.168.0.100/32
        remote_ts = 10.2.0.0/16
        rekey_time = 0
        start_action = start
      }
    }
  }
}
"""


def gateway(dpd_delay):
    """swanctl.conf of sun, for the clients that alice is, and for carol."""
    return scale.gateway().replace(
        "rekey_time = 0\n    unique",
        f"rekey_time = 0\n    dpd_delay = {dpd_delay}s\n    unique") + \
        scale.gateway().replace("home {", "carol {").replace("alice@", "carol@")


class Gateway:
    def __init__(self, place, options):
        self._site = place
        self._options = options
        self.figures = []

    def run(self):
        place = self._site
        place.nat()
        place.run("bob", "traffic serve")
        for variant in self._options.variant or VARIANTS:
            with steps.Progress(f"{variant}, {self._options.count} "
                                "clients") as step:
                self.figures.append(self._one(variant, step))

    def _one(self, variant, progress):
        place, count = self._site, self._options.count
        with_plugin = variant == "plugin"
        place.configure("sun", with_plugin, CHARON + "  " + LIMITS, SHORT)
        place.write("sun", "/etc/swanctl/swanctl.conf",
                    gateway(DPD_DELAY if with_plugin else 0))
        place.start("sun", idle.NO_CACHES)
        place.end_watchers("sun")
        place.configure("carol")
        place.write("carol", "/etc/swanctl/swanctl.conf", CAROL)
        place.start("carol")
        place.run("carol", "traffic start 10.2.0.10 --no-tcp --name "
                  + variant, timeout=60)
        figures = {"variant": variant, "clients": count,
                   "seconds": self._options.seconds, "empty": scale.heap(place, "sun")}
        progress.note("log in")
        place.configure("alice", True, CHARON)
        place.write("alice", "/etc/swanctl/swanctl.conf", scale.laptop(count))
        place.run("alice", "systemctl start strongswan", timeout=300)
        scale.wait_for(place, "alice", "ESTABLISHED", count, LIMIT)
        place.end_watchers("alice")
        figures["connected"] = scale.heap(place, "sun")
        self._sleep(figures, progress)
        progress.note("come back")
        self._return(figures)
        place.run("carol", f"traffic stop --name {variant}")
        for host in ("alice", "carol", "sun"):
            scale.kill(place, host)
        return figures

    def _sleep(self, figures, progress):
        """All lose their network at once, until the gateway knows."""
        place = self._site
        place.run("alice", "cable pull eth0")
        progress.note("fall asleep")
        if figures["variant"] == "plugin":
            self._wait_log("sun", "1", "-> dormant", figures["clients"])
            # charon's own job for each comes once more
            place.clock(DPD_DELAY)
        else:
            place.clock(DPD_DELAY + MARGIN)
        progress.note("sleep")
        figures["asleep"] = scale.heap(place, "sun")
        before = scale.cpu(place, "sun"), \
            sum(idle.switches(place, "sun").values())
        place.run("sun", f"event quiet-{figures['variant']}")
        place.clock(self._options.seconds)
        figures["cpu asleep"] = scale.cpu(place, "sun") - before[0]
        figures["switches"] = \
            sum(idle.switches(place, "sun").values()) - before[1]

    def _wait_log(self, host, position, what, count):
        """Until charon's log has so many lines from there on."""
        end = time.monotonic() + LIMIT
        while True:
            found = int(self._site.run(
                host, f"tail -c +{position} {scale.LOG} | grep -c -e "
                f"'{what}'", must=False).out or 0)
            if found >= count:
                return
            if time.monotonic() > end:
                raise steps.Failed(f"only {found} of {count} on {host}: "
                                   f"{what}")
            time.sleep(0.5)

    def _return(self, figures):
        """The network is back, for all of them."""
        place, variant = self._site, figures["variant"]
        scale.capture(place, f"gateway-{variant}")
        position = place.run("alice", f"stat -c %s {scale.LOG}").out.strip()
        before = scale.cpu(place, "sun")
        place.run("alice", "cable plug eth0")
        self._wait_log("alice", position, "-> connected", figures["clients"])
        place.run("sun", f"event back-{variant}")
        figures["cpu back"] = scale.cpu(place, "sun") - before
        place.run("alice", "kill $(cat /run/bench.pid)")
        figures["times"] = scale.times(place, f"gateway-{variant}",
                                       "cable-plug", "10.1.0.10")
        figures["asked"] = asked(
            place.results / "alice" / f"gateway-{variant}.pcap")
        results = str(place.results)
        for phase, since, until in (
                ("quiet", f"quiet-{variant}", "cable-plug"),
                ("storm", "cable-plug", f"back-{variant}")):
            log = trafficlog.Log(results, variant, since, until)
            figures[phase] = {way: delays(stream)
                              for way, stream in log.streams.items()}


def asked(capture):
    """What clients ask for that wait: IKE messages that left, of each kind, and
    how many there were without those that were only sent again."""
    sent, known = {}, {}
    for packet in wire.read(capture):
        if packet.kind == "ike" and packet.outgoing and packet.request:
            sent[packet.exchange] = sent.get(packet.exchange, 0) + 1
            known.setdefault(packet.exchange, set()).add(
                (packet.ike_spi, packet.message))
    return {kind: {"sent": sent[kind], "requests": len(known[kind])}
            for kind in sent}


def delays(stream):
    """What became of the packets that a client sent or got meanwhile."""
    took = sorted((stream.received[number] - stream.sent[number]) / 1e6
                  for number in stream.sent if number in stream.received)
    return {"lost": len(stream.lost), "sent": len(stream.sent),
            "median": statistics.median(took) if took else None,
            "p99": took[len(took) * 99 // 100] if took else None,
            "worst": took[-1] if took else None}


# What the gateway does with logins that come at once from one address: stock's
# own limits, and what docs/gateway.md recommends.
OFFICE_LIMITS = {
    "stock's limits": LIMITS.replace("1000", "5"),
    "block_threshold = 1000": LIMITS,
}
LOGGED = re.compile(r"^(\S+ \S+) \d+\[IKE\] .*(initiating IKE_SA |IKE_SA \S+ "
                    "established)")


class Office:
    """An office behind one address, whose clients all log in anew."""

    def __init__(self, place, options):
        self._site = place
        self._options = options
        self.figures = []

    def run(self):
        count = self._options.office
        for name, limits in OFFICE_LIMITS.items():
            with steps.Progress(f"{count} logins from one address, {name}"):
                self.figures.append({"limits": name, "clients": count,
                                     **self._one(count, CHARON + "  " + limits)})

    def _one(self, count, options):
        place = self._site
        place.configure("sun", False, options)
        place.write("sun", "/etc/swanctl/swanctl.conf", gateway(0))
        place.start("sun")
        place.configure("alice")
        place.write("alice", "/etc/swanctl/swanctl.conf", scale.laptop(count))
        place.run("alice", f": > {scale.LOG}; cable plug eth0; "
                  "systemctl start strongswan", timeout=300)
        scale.wait_for(place, "alice", "ESTABLISHED", count, LIMIT)
        ignored = place.run("sun", "grep -c 'ignoring IKE_SA setup' "
                            f"{scale.LOG}", must=False).out
        times = self._times()
        for host in ("alice", "sun"):
            scale.kill(place, host)
            place.run(host, f": > {scale.LOG}")
        return {"ignored": int(ignored or 0), "times": times}

    def _times(self):
        """Seconds from the first IKE_SA_INIT of all until each client is in."""
        began, established = None, []
        log = self._site.results / "alice" / "charon.log"
        for line in log.read_text(encoding="utf-8").splitlines():
            found = LOGGED.match(line)
            if not found:
                continue
            when = datetime.datetime.fromisoformat(found.group(1))
            if found.group(2).startswith("initiating"):
                began = began or when
            else:
                established.append((when - began).total_seconds())
        return established


def show(figures):
    say("\nClients that lose their network at once, for good minutes, and get "
        "it back at once; seconds until one has the last of its answers")
    say(f"{'':6} {'clients':>7}  {'asleep [B each]':>15}  "
        f"{'CPU asleep [s/min]':>18}  {'switches/min':>12}  {'first':>6}  "
        f"{'median':>6}  {'last':>6}  {'CPU back [s]':>12}")
    for one in figures:
        minute = 60 / one["seconds"]
        first, median, last = scale.seconds(one["times"])
        say(f"{one['variant']:6} {one['clients']:7}  "
            f"{(one['asleep'] - one['empty']) / one['clients']:15.0f}  "
            f"{one['cpu asleep'] * minute:18.2f}  "
            f"{one['switches'] * minute:12.0f}  {first:>6}  {median:>6}  "
            f"{last:>6}  {one['cpu back']:12.2f}")
    say("\nA client that is connected, meanwhile: packets lost, and ms that "
        "they take, out and in")
    say(f"{'':6} {'':18}  {'lost':>11}  {'median':>11}  {'99 %':>13}  "
        f"{'worst':>15}")
    for one in figures:
        for phase, name in (("quiet", "all others sleep"),
                            ("storm", "they come back")):
            out, into = one[phase]["out"], one[phase]["in"]
            say(f"{one['variant']:6} {name:18}  "
                + "  ".join(f"{cell:>{width}}" for cell, width in (
                    (f"{out['lost']}/{into['lost']}", 11),
                    *((f"{out[key]:.1f}/{into[key]:.1f}", width)
                      for key, width in (("median", 11), ("p99", 13),
                                         ("worst", 15))))))


def show_office(figures):
    say("\nAs many clients behind one address that log in at once, at stock's "
        "gateway; seconds until one is in")
    say(f"{'':22} {'clients':>7}  {'dropped IKE_SA_INITs':>20}  {'first':>6}  "
        f"{'median':>6}  {'last':>6}")
    for one in figures:
        first, median, last = scale.seconds(one["times"])
        say(f"{one['limits']:22} {one['clients']:7}  {one['ignored']:20}  "
            f"{first:>6}  {median:>6}  {last:>6}")


def main(options):
    plugin = build.plugin(options.build)
    hosts = ("alice", "moon", "carol", "sun", "bob")
    with site.Site("bench-gateway", plugin, options, hosts=hosts,
                   memory=MEMORY) as place:
        asleep = Gateway(place, options)
        if options.count:
            asleep.run()
        office = Office(place, options)
        if options.office:
            office.run()
    if asleep.figures:
        show(asleep.figures)
    if office.figures:
        show_office(office.figures)
    output = paths.generated() / "gateway.json"
    output.write_text(json.dumps([asleep.figures, office.figures], indent=1),
                      encoding="utf-8")
    say(f"\nall figures: {output}")
