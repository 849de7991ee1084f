# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""testing/bench handover: how long a move takes, and what it costs."""

import dataclasses
import json
import statistics

from . import handoverplot, tunnels
from .. import build, compiled, livetraffic, paths, site, steps, timeline
from ..steps import say

trafficlog, wire = timeline.trafficlog, timeline.wire

SHORT = site.TIMEOUTS.replace("1.8", "1")
UNPROVEN = """plugins {
    mobility-manager {
      gateway {
        return_routability = no
      }
    }
  }"""
# name: how to make it, and what to know of it; all have their default timeouts
# but those that are called short
VARIANTS = {
    "plugin": (lambda *about: tunnels.Charon(*about, with_plugin=True),
               "the mobility manager, default timeouts"),
    "plugin-both": (lambda *about: tunnels.Charon(
        *about, gateway={"with_plugin": True}, with_plugin=True),
        "the mobility manager at both ends, default timeouts"),
    "plugin-both-no": (lambda *about: tunnels.Charon(
        *about, gateway={"with_plugin": True, "options": UNPROVEN},
        with_plugin=True),
        "the same, but the client proves nothing (return_routability = no)"),
    "stock": (tunnels.Charon, "strongSwan without it, default timeouts: it "
              "gives up after 165 s, and logs in anew (dpd_action = restart, "
              "keyingtries = 0)"),
    "stock-best-path": (lambda *about: tunnels.Charon(
        *about, options="prefer_best_path = yes"),
        "the same with prefer_best_path = yes"),
    "stock-short": (lambda *about: tunnels.Charon(*about, timeouts=SHORT),
                    "stock with shorter timeouts: it gives up after 24 s "
                    "(retransmit_base = 1)"),
    "stock-best-path-short": (lambda *about: tunnels.Charon(
        *about, timeouts=SHORT, options="prefer_best_path = yes"),
        "both"),
    "wireguard": (tunnels.WireGuard, "its timeouts can't be changed"),
    "openvpn": (tunnels.OpenVPN, "default timeouts; keepalive 10 60, as its "
                "manual has it"),
    "openvpn-short": (lambda *about: tunnels.OpenVPN(*about, short=True),
                      "shorter timeouts: keepalive 1 5, connect-retry 1 1, "
                      "connect-timeout 3"),
    "libreswan": (tunnels.Libreswan, "default timeouts; dpddelay = 30, "
                  "dpdtimeout = 120, dpdaction = restart"),
    "libreswan-short": (lambda *about: tunnels.Libreswan(*about, short=True),
                        "shorter timeouts: dpddelay = 1, dpdtimeout = 5, "
                        "retransmit-timeout = 5"),
}
# those that need nothing but what testing/setup installs
OWN = ("plugin", "stock", "stock-best-path")
WITH_PLUGIN = {"plugin", "plugin-both", "plugin-both-no"}

HOSTS = ("alice", "moon", "carol", "sun", "bob")
# alice's uplinks: the cable is the cheaper one, both routers do NAT
CABLE = "ip address replace 10.4.0.10/16 dev eth1; " \
    "ip route replace default via 10.4.0.1 dev eth1 metric 100"
WIFI = "ip address replace 10.1.0.10/16 dev eth0; " \
    "ip route replace default via 10.1.0.1 dev eth0 metric 600"


# for how long traffic flows until the plugin knows how that looks if all is
# well, in seconds
LEARN = 15


@dataclasses.dataclass(frozen=True)
class Case:
    about: str
    # done to alice before the tunnel is set up
    before: str = ""
    # done to alice while traffic flows, with pauses of so many seconds
    acts: tuple = ()
    # the event of these from which time counts
    since: str = ""
    # for how long to look at least, in seconds
    watch: float = 0.5
    # on whom else something is done first
    carol: str = ""
    # the tunnel changes its keys meanwhile
    rekeys: bool = False
    # of round-trip time that both uplinks have more, in ms
    far: int = 0


CASES = {
    "cable-pull": Case(
        "the carrier of the uplink in use is gone, its address and route stay",
        acts=("cable pull eth1",), since="cable-pull"),
    "interface-down": Case(
        "a network manager takes the uplink in use down, with its address and "
        "route",
        acts=("cable down eth1; ip address flush dev eth1 scope global",),
        since="cable-down"),
    "bring-back": Case(
        "the cheaper uplink comes back, first its carrier, then its address "
        "and route",
        before="cable pull eth1; ip address flush dev eth1 scope global",
        acts=("cable plug eth1; event link-back; " + CABLE,),
        since="link-back", watch=5),
    "preferred-dead": Case(
        "the same, but its router has no connection to the world",
        before="cable pull eth1; ip address flush dev eth1 scope global",
        carol="cable mute eth0",
        acts=("cable plug eth1; event link-back; " + CABLE,),
        since="link-back", watch=10),
    "black-hole": Case(
        "the router of the uplink in use loses its connection to the world",
        acts=(LEARN, "carol:cable mute eth0"), since="cable-mute", watch=2),
    "black-hole-far": Case(
        "the same, with a round-trip time of 30 ms",
        acts=(LEARN, "carol:cable mute eth0"), since="cable-mute", watch=2,
        far=30),
    "dormant": Case(
        "no network at all for 3 seconds, then the carrier of the other "
        "uplink comes back",
        acts=("cable pull eth0 eth1", 3, "cable plug eth0"),
        since="cable-plug"),
    "dormant-managed": Case(
        "the same, but a network manager takes addresses and routes away and "
        "sets them again",
        acts=("ip link set eth0 down; ip link set eth1 down; "
              "ip address flush dev eth0 scope global; "
              "ip address flush dev eth1 scope global", 3,
              "ip link set eth0 up; event route-back; " + WIFI),
        since="route-back"),
    "blink": Case(
        "no network at all for 3 seconds, then the carrier of the uplink that "
        "was in use comes back",
        acts=("cable pull eth0 eth1", 3, "cable plug eth1"),
        since="cable-plug"),
    "both-down": Case(
        "no network at all for 30 seconds, then both carriers come back",
        acts=("cable pull eth0 eth1", 30, "cable plug eth0 eth1"),
        since="cable-plug", watch=2),
    "mid-rekey": Case(
        "the carrier is gone while the keys are being changed: a request is "
        "on its way and gets no answer",
        acts=("near rekey", "carol:cable mute eth0", "rekey",
              "cable pull eth1"),
        since="cable-pull", rekeys=True),
}


@dataclasses.dataclass
class Cut:
    """What a cut did to one of the streams."""
    variant: str
    case: str
    rate: int
    number: int
    survived: bool              # the same session carries traffic again
    watched: float = None       # for how many seconds after the event
    gap_out: float = None       # seconds of silence, None if it did not end
    gap_in: float = None
    lost_out: int = 0
    lost_in: int = 0
    messages: int = None        # of IKE, where it is what is spoken
    octets: int = None


def silence(stream, event, looked, end):
    """The longest time for which something was under way and nothing arrived,
    from the event on.  A sender that pauses is not silence.  None if nothing
    arrived of what was sent after somebody looked whether it does."""
    if not any(looked <= stream.sent[number] / 1e9 <= end
               for number in stream.received):
        return None
    sent = sorted(when / 1e9 for when in stream.sent.values()
                  if event <= when / 1e9 <= end)
    arrived = sorted(when / 1e9 for when in stream.received.values()
                     if event <= when / 1e9 <= end)
    longest, index = 0, 0
    for arrival in arrived:
        if index < len(sent):
            longest = max(longest, arrival - sent[index])
        while index < len(sent) and sent[index] <= arrival:
            index += 1
    return longest


class Bench:
    def __init__(self, place, options):
        self._site = place
        self._options = options
        self._alice = lambda command, **more: place.run("alice", command,
                                                        **more)
        self.cuts = []
        self.versions = {}
        self.failures = []

    def run(self, variant):
        make, _ = VARIANTS[variant]
        tunnel = make(self._site, variant)
        self._capture(variant)
        tunnel.prepare()
        self.versions[variant] = tunnel.version()
        for case in self._options.case or CASES:
            self._series(tunnel, case)
        tunnel.finish()
        self._alice("kill $(cat /run/bench.pid)")

    def network(self):
        place = self._site
        place.nat()
        for router in ("moon", "carol"):
            # without a tunnel it does not count
            place.run(router, "iptables -A FORWARD -s 10.3.0.0/28 -j DROP")
        place.run("carol", "ip link set eth1 up; "
                  "ip address replace 10.4.0.1/16 dev eth1; "
                  "iptables -t nat -A POSTROUTING -o eth0 -s 10.4.0.0/16 "
                  "-j SNAT --to-source 192.168.0.100")
        # a router that loses its upstream need not notice and tell
        place.run("carol", "ip neigh replace 192.168.0.2 lladdr "
                  "fe:fd:c0:a8:00:02 dev eth0 nud permanent")
        place.run("sun", "ip neigh replace 192.168.0.100 lladdr "
                  "fe:fd:c0:a8:00:64 dev eth0 nud permanent")
        self._alice("cable plug eth1 net3; ip link set eth1 up; "
                    "ip route del default; " + WIFI + ";" + CABLE)
        self.ping = self._alice(
            "ping -c 20 -i 0.05 -q 192.168.0.2").out.strip().splitlines()[-1]
        self.kernel = self._alice("uname -sr").out.strip()

    def _capture(self, variant):
        """Only of IKE: to capture all takes too much."""
        self._alice(
            "tcpdump -U --immediate-mode -Z root -i any -s 120 "
            f"-w /var/log/{variant}.pcap 'udp port 500 or "
            "(udp port 4500 and udp[8:4] = 0)' "
            "2>/run/bench.err & echo $! > /run/bench.pid; "
            "until grep -q listening /run/bench.err; do sleep 0.02; done")

    def _series(self, tunnel, case):
        with steps.Progress(f"{tunnel.name}, {case}, "
                            f"{self._options.count} cuts") as progress:
            for number in range(1, self._options.count + 1):
                progress.note(f"cut {number}")
                try:
                    self._one(tunnel, case, number)
                except steps.Failed as error:
                    # what was measured already is worth more than to stop
                    say(f"  not measured: {error}")
                    self.failures.append((tunnel.name, case))
                self._restore(tunnel)

    def _one(self, tunnel, name, number):
        case = CASES[name]
        streams = {rate: f"{tunnel.name}-{name}-{number}-{rate}"[-31:]
                   for rate in self._options.rate}
        self._site.run("bob", "pace serve")
        self._alice(case.before or "true")
        if case.far:
            self._delay(f"replace dev {{}} root netem delay {case.far}ms")
        if case.carol:
            self._site.run("carol", case.carol)
        tunnel.up(case.rekeys)
        self._alice("pace start 10.2.0.10 " + " ".join(
            f"{rate} {stream}" for rate, stream in streams.items()))
        if not self._flows(streams.values(), 10):
            raise steps.Failed(f"no traffic through {tunnel.name}")
        self._site.clock(0.5)
        sessions = tunnel.sessions()
        for act in case.acts:
            self._act(tunnel, act)
        looked = self._site.clock(case.watch)
        flows = self._flows(streams.values(), self._options.patience)
        # what is lost while the receiving side still moves counts, too
        self._site.clock(0.5)
        self._alice("event cut-end")
        same = tunnel.sessions() == sessions
        for host in ("alice", "bob"):
            self._site.run(host, "pace stop")
        self._measure(tunnel, name, number, streams, looked, flows and same)

    def _act(self, tunnel, act):
        if isinstance(act, (int, float)):
            self._site.clock(act)
        elif act == "near rekey":
            tunnel.near_rekey()
        elif act == "rekey":
            tunnel.rekey()
        else:
            host, colon, command = act.partition(":")
            self._site.run(*(host, command) if colon else ("alice", act))

    def _flows(self, streams, patience):
        """Does what is sent from now on arrive, in all streams both ways?"""
        results = str(self._site.results)
        since = now = self._site.clock()
        waiting = [livetraffic.Growing(trafficlog.file_name(
            results, stream, f"udp-{way}-received"))
            for stream in streams for way in trafficlog.DIRECTIONS]
        while waiting and now < since + patience:
            now = self._site.clock(0.2)
            waiting = [log for log in waiting if not any(
                sent > since * 1e9 for _, sent, _ in log.lines())]
        return not waiting

    def _restore(self, tunnel):
        for host in ("alice", "bob"):
            self._site.run(host, "pace stop")
        tunnel.down()
        self._site.run("carol", "cable unmute eth0")
        self._delay("delete dev {} root 2>/dev/null")
        self._alice("cable plug eth0 eth1; ip link set eth0 up; "
                    f"ip link set eth1 up; {WIFI}; {CABLE}")

    def _delay(self, change):
        self._alice("".join(f"tc qdisc {change.format(uplink)}; "
                            for uplink in ("eth0", "eth1")) + ":")

    def _measure(self, tunnel, case, number, streams, looked, survived):
        results = self._site.results
        event = trafficlog.event_time(str(results), CASES[case].since)
        end = trafficlog.event_time(str(results), "cut-end")
        ike = [packet for packet in wire.read(
            results / "alice" / f"{tunnel.name}.pcap")
            if packet.kind == "ike" and event <= packet.time <= end] \
            if tunnel.uses_ike else None
        for rate, name in streams.items():
            cut = Cut(tunnel.name, case, rate, number, survived, end - event)
            log = trafficlog.Log(str(results), name)
            for way in ("out", "in"):
                stream = log.streams[way]
                setattr(cut, f"gap_{way}", silence(
                    stream, event, looked, end))
                setattr(cut, f"lost_{way}", sum(
                    sequence not in stream.received
                    for sequence, when in stream.sent.items()
                    if event <= when / 1e9 <= end - 0.2))
            if ike is not None:
                cut.messages = len(ike)
                cut.octets = sum(packet.length for packet in ike)
            self.cuts.append(cut)


def _figures(values):
    """Median and worst."""
    return f"{statistics.median(values):.0f}/{max(values):.0f}"


def _gaps(cuts, field):
    """The same in ms; nobody knows when those would have ended that did not
    while somebody watched."""
    gaps = [getattr(cut, field) for cut in cuts]
    there = [gap * 1000 for gap in gaps if gap is not None]
    endless = [cut.watched for cut, gap in zip(cuts, gaps) if gap is None]
    words = [_figures(there)] if there else []
    if endless:
        words.append((f"{len(endless)}x " if there else "")
                     + f"nothing in {min(endless):.0f} s")
    return ", ".join(words)


HEAD = ("case", "variant", "packets/s", "gap out [ms]", "gap in [ms]",
        "lost out", "lost in", "survived", "IKE messages", "IKE bytes")


def _row(mine):
    speaks = mine[0].messages is not None
    return (mine[0].case, mine[0].variant, str(mine[0].rate),
            _gaps(mine, "gap_out"), _gaps(mine, "gap_in"),
            _figures([cut.lost_out for cut in mine]),
            _figures([cut.lost_in for cut in mine]),
            f"{sum(cut.survived for cut in mine)} of {len(mine)}",
            _figures([cut.messages for cut in mine]) if speaks else "-",
            _figures([cut.octets for cut in mine]) if speaks else "-")


def table(cuts):
    rows = [HEAD]
    for case in CASES:
        for variant in VARIANTS:
            for rate in sorted({cut.rate for cut in cuts}):
                mine = [cut for cut in cuts if (cut.case, cut.variant, cut.rate)
                        == (case, variant, rate)]
                if mine:
                    rows.append(_row(mine))
    return rows


def aligned(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width
                      in zip(row, widths)).rstrip() for row in rows]


def markdown(bench, options):
    """The same to be kept with the sources."""
    cases = options.case or CASES
    command = " ".join(
        ["testing/bench", f"--kernel {options.kernel}", "handover",
         str(options.count)]
        + [f"--variant {name}" for name in options.variant or ()]
        + [f"--case {name}" for name in options.case or ()]
        + [f"--rate {rate}" for rate in options.rate]
        + [f"--patience {options.patience}"])
    first, *rows = table(bench.cuts)
    return "\n".join(
        ["Measured with", "", "    " + command, "",
         f"in {bench.kernel}, {bench.ping} to the gateway. Median/worst of "
         f"{options.count} cuts each.", ""]
        + [f"- {name}: {VARIANTS[name][1]}. {version}" for name, version
           in bench.versions.items()] + [""]
        + [f"- {name}: {CASES[name].about}." for name in cases] + [""]
        + ["| " + " | ".join(row) + " |" for row in
           [first, ["---"] * len(first), *rows]]) + "\n"


def _write(bench, options):
    output = paths.generated() / "handover"
    output.with_suffix(".json").write_text(json.dumps({
        "kernel": bench.kernel, "versions": bench.versions,
        "cuts": [dataclasses.asdict(cut) for cut in bench.cuts]}, indent=1),
        encoding="utf-8")
    output.with_suffix(".md").write_text(markdown(bench, options),
                                         encoding="utf-8")
    handoverplot.draw(bench.cuts, list(CASES), list(VARIANTS),
                      output.with_suffix(".svg"))
    return output


def main(options):
    options.rate = options.rate or [50, 200]
    variants = options.variant or OWN
    plugin = build.plugin(options.build) \
        if WITH_PLUGIN.intersection(variants) else None
    pace = compiled.make(paths.TOOLS / "pace.c", "bin/pace")
    programs = [pace.parent]
    if set(variants) - WITH_PLUGIN.union(OWN):
        programs += tunnels.programs()
    with site.Site("bench-handover", plugin, options, hosts=HOSTS,
                   programs=programs) as place:
        bench = Bench(place, options)
        bench.network()
        for variant in variants:
            bench.run(variant)
            # it takes long, and may be stopped
            output = _write(bench, options)
    say(f"\n{options.count} cuts per case; median/worst")
    say("to the gateway: " + bench.ping)
    for variant in variants:
        say(f"  {variant}: {VARIANTS[variant][1]}")
    for case in options.case or CASES:
        say(f"  {case}: {CASES[case].about}")
    say()
    for line in aligned(table(bench.cuts)):
        say(line)
    say(f"\nevery cut: {output}.json, the table: {output}.md, "
        f"as a picture: {output}.svg")
    if bench.failures:
        raise steps.Failed("not measured: " + ", ".join(
            " ".join(failure) for failure in bench.failures))
