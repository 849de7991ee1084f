# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""testing/bench scale: one link event, many sessions."""

import json
import os
import re
import statistics
import time

from .. import build, paths, site, steps, timeline
from ..steps import say

trafficlog, wire = timeline.trafficlog, timeline.wire

NEW, PATIENCE = "10.1.0.10", 120
LOGIN = 600
LOG = "/var/log/charon.log"
LARGE = 1000         # bytes, larger than any request that moves something
HERTZ = os.sysconf("SC_CLK_TCK")

ENDS = """    local {{ auth = pubkey
      certs = {mine}Cert.pem
      id = {mine}{at}strongswan.org
    }}
    remote {{ auth = pubkey
      id = {other}
    }}
    rekey_time = 0
    unique = never
"""


def gateway():
    """swanctl.conf of sun, which takes whoever alice says she is."""
    return "connections {\n  home {\n    local_addrs = 192.168.0.2\n" \
        + ENDS.format(mine="sun", at=".", other="alice@strongswan.org") + \
        """    children {
      home {
        local_ts = 10.2.0.0/16
        remote_ts = 0.0.0.0/0
        rekey_time = 0
      }
    }
  }
}
"""


def laptop(count):
    """swanctl.conf of alice: as many connections, each for an address of its
    own, or the policies would be the same."""
    text = "connections {\n"
    for number in range(count):
        text += f"  home{number} {{\n    remote_addrs = 192.168.0.2\n" \
            + ENDS.format(mine="alice", at="@", other="sun.strongswan.org") \
            + f"""    children {{
      home{number} {{
        local_ts = 10.100.{number // 250}.{number % 250 + 1}/32
        remote_ts = 10.2.0.0/16
        rekey_time = 0
        start_action = start
      }}
    }}
  }}
"""
    return text + "}\n"


def wait_for(place, host, what, count, patience=LOGIN):
    """Until so many IKE_SAs are like that."""
    end = time.monotonic() + patience
    while True:
        found = int(place.run(
            host, f"swanctl --list-sas --raw | grep -c '{what}'",
            must=False, timeout=60).out or 0)
        if found >= count:
            return
        if time.monotonic() > end:
            raise steps.Failed(f"only {found} of {count} on {host}: {what}")
        time.sleep(0.5)


def capture(place, name):
    """IKE messages of alice, until the process in /run/bench.pid ends."""
    place.run(
        "alice", "tcpdump -U --immediate-mode -Z root -i any -s 120 "
        f"-B 16384 -w /var/log/{name}.pcap 'udp port 500 or "
        "(udp port 4500 and udp[8:4] = 0)' "
        "2>/run/bench.err & echo $! > /run/bench.pid; "
        "until grep -q listening /run/bench.err; do sleep 0.02; done")


def heap(place, host):
    """Bytes of the heap that charon uses."""
    stats = place.run(host, "swanctl --stats").out
    found = re.search(r"used (\d+)", stats)
    if not found:
        raise steps.Failed("charon does not tell its memory:\n" + stats)
    return int(found.group(1))


def cpu(place, host):
    """Seconds charon has used."""
    stat = place.run(
        host, "cat /proc/$(cat /run/charon-systemd.pid)/stat").out
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


def times(place, name, event, address):
    """Seconds from the event until the last exchange is answered there, of each
    session: the first one of stock only asks if the peer is there. An answer
    counts once. To ask if large packets get through comes after the move, and
    is large itself."""
    began = trafficlog.event_time(str(place.results), event)
    last, later = {}, set()
    for packet in wire.read(place.results / "alice" / f"{name}.pcap"):
        if packet.kind != "ike":
            continue
        if packet.outgoing and packet.length > LARGE:
            later.add((packet.ike_spi, packet.message))
        if not packet.outgoing and not packet.request and \
                packet.time > began and packet.destination == address and \
                (packet.ike_spi, packet.message) not in later:
            known = last.get(packet.ike_spi)
            if not known or packet.message > known[0]:
                last[packet.ike_spi] = packet.message, packet.time - began
    return sorted(when for _, when in last.values())


def kill(place, host):
    """Ends charon without 1000 goodbyes."""
    place.run(host, "systemctl kill strongswan; ip xfrm state flush; "
              "ip xfrm policy flush; ip route flush table 220; "
              "ip rule flush protocol 230; rm -f /run/charon-systemd.pid")


def seconds(values):
    """The first, median and last of them."""
    return tuple(f"{value:.2f}" for value in (
        values[0], statistics.median(values), values[-1])) if values \
        else ("never",) * 3


class Scale:
    def __init__(self, place, options):
        self._site = place
        self._options = options
        self.figures = []

    def run(self):
        place = self._site
        place.nat()
        place.configure("sun")
        place.write("sun", "/etc/swanctl/swanctl.conf", gateway())
        for count in self._options.sessions or (1, 100, 1000):
            for variant in ("stock", "plugin"):
                with steps.Progress(f"{variant}, {count} sessions") as step:
                    self.figures.append(self._one(variant, count, step))

    def _one(self, variant, count, progress):
        place = self._site
        place.run("alice", "ip link set eth0 up; ifup eth1")
        place.run("sun", "systemctl start strongswan")
        place.configure("alice", variant == "plugin")
        place.write("alice", "/etc/swanctl/swanctl.conf", laptop(count))
        progress.note("logs in")
        place.run("alice", "systemctl start strongswan")
        wait_for(place, "alice", "ESTABLISHED", count)
        place.end_watchers("alice")
        name = f"scale-{variant}-{count}"
        capture(place, name)
        figures = {"variant": variant, "sessions": count,
                   "heap": heap(place, "alice"),
                   "resident": self._status("VmRSS")}
        progress.note("moves")
        before = cpu(place, "alice"), cpu(place, "sun")
        length = place.run("sun", f"stat -c %s {LOG}").out.strip()
        place.run("alice", "cable down eth1; "
                  "ip address flush dev eth1 scope global")
        figures["moved"] = self._wait_moved(length, count)
        # what follows a move is part of it
        time.sleep(1)
        figures["cpu"] = cpu(place, "alice") - before[0]
        figures["gateway"] = cpu(place, "sun") - before[1]
        figures["peak"] = self._status("VmHWM")
        place.run("alice", "kill $(cat /run/bench.pid)")
        figures["times"] = times(place, name, "cable-down", NEW)
        for host in ("alice", "sun"):
            kill(place, host)
        return figures

    def _wait_moved(self, length, count):
        """Until sun has moved so many since its log had that length; returns
        how many it has.  Asking charon for a list of all would keep it from
        moving them."""
        end = time.monotonic() + PATIENCE
        while True:
            moved = int(self._site.run(
                "sun", f"tail -c +{length} {LOG} | grep -c "
                "'remote endpoint changed .* to 192.168.0.1\\['",
                must=False).out)
            if moved >= count or time.monotonic() > end:
                return moved
            time.sleep(0.5)

    def _status(self, key):
        return int(self._site.run(
            "alice", f"sed -n 's/^{key}:[^0-9]*//p' "
            "/proc/$(cat /run/charon-systemd.pid)/status").out.split()[0])


def main(options):
    plugin = build.plugin(options.build)
    with site.Site("bench-scale", plugin, options) as place:
        bench = Scale(place, options)
        bench.run()
    say("\nThe uplink in use goes down, with its address; seconds until a "
        "session has the last of its answers on the other one")
    say(f"{'':6} {'sessions':>8}  {'moved':>5}  {'first':>6}  {'median':>6}  "
        f"{'last':>6}  {'CPU [s]':>7}  {'per session [ms]':>16}  "
        f"{'gateway [s]':>11}  "
        f"{'heap [kB]':>9}  {'resident, peak [kB]':>19}")
    for one in bench.figures:
        first, median, last = seconds(one["times"])
        say(f"{one['variant']:6} {one['sessions']:8}  {one['moved']:5}  "
            f"{first:>6}  {median:>6}  {last:>6}  {one['cpu']:7.2f}  "
            f"{one['cpu'] * 1000 / one['sessions']:16.1f}  "
            f"{one['gateway']:11.2f}  "
            f"{one['heap'] // 1024:9}  "
            f"{one['resident']:10}, {one['peak']:7}")
    output = paths.generated() / "scale.json"
    output.write_text(json.dumps(bench.figures, indent=1), encoding="utf-8")
    say(f"\nall figures: {output}")
