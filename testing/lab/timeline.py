# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""What happened when, out of what a run left behind: timeline.txt and .json."""

import dataclasses
import json
import re

from . import trafficlog, wire

# Names of what a line is about; programs may rely on them.
EVENT, STATE, IKE, ESP, LOSS = "event", "state", "ike", "esp", "loss"


@dataclasses.dataclass
class Entry:
    time: float
    kind: str
    host: str
    text: str


def interface_names(folder):
    """Index -> name, from what was collected at the end."""
    try:
        text = (folder / "ip.address").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return {int(index): name for index, name in
            re.findall(r"^(\d+): ([^:@]+)", text, flags=re.MULTILINE)}


def events(results):
    return [Entry(time, EVENT, host, f"{name} {detail}".strip())
            for time, host, name, detail in trafficlog.events(results)]


def _in_words(fields):
    """A line of mobilityctl watch --json."""
    session = fields.get("session", {})
    name = session.get("connection", "")
    if fields.get("event") == "mobility-state":
        text = f"{name}: {fields.get('old-state')} -> {session.get('state')}"
        return f"{text} ({session['cause']})" if session.get("cause") \
            else text
    if fields.get("event") == "mobility-move":
        move = session.get("last-move", {})
        return f"{name}: moved to {session.get('uplink')}, " + " ".join(
            f"{key}={value}" for key, value in move.items())
    if fields.get("event") == "mobility-path":
        return f"{name}: paths " + (", ".join(
            f"{path.get('uplink')} {path.get('local')} -> "
            f"{path.get('remote')}" + ("*" if path.get("current") else "")
            for path in session.get("paths", [])) or "none")
    return json.dumps(fields)


def watched(folder):
    """(time, what mobilityctl watch --json printed then)."""
    try:
        lines = (folder / "mobility.log").read_text(
            encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        time, _, text = line.partition(" ")
        try:
            yield float(time), json.loads(text)
        except ValueError:
            # half a line, or something it said in plain words
            continue


def states(folder):
    return [Entry(time, STATE, folder.name, _in_words(fields))
            for time, fields in watched(folder)]


def ike(folder, packets):
    return [Entry(packet.time, IKE, folder.name,
                  ("sent " if packet.outgoing else "got ")
                  + packet.describe())
            for packet in packets if packet.kind == "ike"]


def path_changes(packets, names):
    """The first ESP packet of each direction whenever its path is another."""
    last = {}
    for packet in packets:
        if packet.kind != "esp":
            continue
        way = "out" if packet.outgoing else "in"
        path = (packet.index, packet.source, packet.destination,
                packet.ports)
        if last.get(way) != path:
            last[way] = path
            yield packet, way, names.get(packet.index, str(packet.index))


def esp(folder, packets):
    names = interface_names(folder)
    return [Entry(packet.time, ESP, folder.name,
                  f"first ESP packet {way} on {name} "
                  f"{packet.source} -> {packet.destination}"
                  + (" (in UDP)" if packet.ports else ""))
            for packet, way, name in path_changes(packets, names)]


def runs_of(numbers):
    """Consecutive numbers, as first and last."""
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None:
            yield first, last
        first = last = number
    if first is not None:
        yield first, last


def losses(results):
    log = trafficlog.Log(results)
    entries = []
    for way, stream in log.streams.items():
        for first, last in runs_of(stream.lost):
            start, end = stream.sent[first] / 1e9, stream.sent[last] / 1e9
            entries.append(Entry(
                start, LOSS, "alice", f"{last - first + 1} packets {way} lost "
                f"in {end - start:.3f} s"))
    return entries, log.report()


def collect(results, hosts):
    entries = events(results)
    for host in hosts:
        folder = results / host
        packets = list(wire.read(folder / "capture.pcap"))
        entries += states(folder) + ike(folder, packets) + \
            esp(folder, packets)
    lost, report = losses(results)
    return sorted(entries + lost, key=lambda entry: entry.time), report


def write(results, scenario):
    hosts = scenario.words("IPSECHOSTS")
    entries, report = collect(results, hosts)
    start = entries[0].time if entries else 0
    with open(results / "timeline.txt", "w", encoding="utf-8") as file:
        for entry in entries:
            print(f"{entry.time - start:9.3f}  {entry.kind:5}  "
                  f"{entry.host:8}  {entry.text}", file=file)
        print("", *report, sep="\n", file=file)
    with open(results / "timeline.json", "w", encoding="utf-8") as file:
        json.dump({"scenario": scenario.name, "start": start,
                   "entries": [dataclasses.asdict(entry)
                               for entry in entries],
                   "traffic": report}, file, indent=1)
