# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""What the kernel has of IPsec beside what charon knows of it."""

import re
import time

# The kernel is asked before charon and after it: what comes or goes meanwhile
# tells nothing.
_KERNEL = "ip xfrm state; echo ---; ip xfrm policy; echo ---; "
COMMAND = _KERNEL + "swanctl --list-sas --raw 2>/dev/null; echo ---; " \
    "swanctl --list-pols --raw 2>/dev/null; echo ---; " + _KERNEL
# The plugin keeps copies of SAs for 2 seconds at most, and the incoming
# policies follow half a second after a peer.
PATIENCE = 4

WAYS = ("out", "in", "fwd")


def _blocks(text):
    return re.split(r"^(?=src )", text, flags=re.MULTILINE)[1:]


def kernel_sas(text):
    """(SPI, source, destination) of those that are complete: those that were
    only allocated, or wait for keys, expire by themselves."""
    found = set()
    for block in _blocks(text):
        match = re.match(r"src (\S+) dst (\S+)\s+proto (?:esp|ah) "
                         r"spi 0x([0-9a-f]+)", block)
        if match and re.search(r"^\t(aead|enc|auth)", block, re.MULTILINE):
            source, destination, spi = match.groups()
            found.add((int(spi, 16), source, destination))
    return found


def kernel_policies(text):
    """(direction, source selector, destination selector, source of the
    template, its destination); no ends if there is no template.  Not those of
    the plugin, which drop what no other one takes."""
    found = set()
    for block in _blocks(text):
        if "action block" in block and "priority 4294967295" in block:
            continue
        match = re.match(r"src (\S+) dst (\S+).*\n\s+dir (in|out|fwd) ", block)
        if match:
            ends = re.search(r"tmpl src (\S+) dst (\S+)", block)
            found.add((match[3], match[1], match[2],
                       *(ends.groups() if ends else (None, None))))
    return found


class Child:
    """A CHILD_SA, as vici lists it, with the addresses of its IKE_SA."""

    def __init__(self, local, remote, text):
        def value(name):
            match = re.search(rf"\b{name}=(\S+)", text)
            return match[1] if match else None

        def selectors(name):
            match = re.search(rf"\b{name}=\[([^\]]*)\]", text)
            return match[1].split() if match else []

        self.name = value("name")
        self.number = value("uniqueid")
        self.state = value("state")
        self.local, self.remote = local, remote
        self.spi_in, self.spi_out = value("spi-in"), value("spi-out")
        self.pairs = [(mine, theirs) for mine in selectors("local-ts")
                      for theirs in selectors("remote-ts")
                      # no packet goes from one family to the other
                      if (":" in mine) == (":" in theirs)]

    def sas(self):
        """As kernel_sas() has them."""
        found = set()
        if self.spi_in:
            found.add((int(self.spi_in, 16), self.remote, self.local))
        if self.spi_out:
            found.add((int(self.spi_out, 16), self.local, self.remote))
        return found

    def policies(self):
        """As kernel_policies() has them."""
        return {(way, mine, theirs, self.local, self.remote)
                if way == "out" else
                (way, theirs, mine, self.remote, self.local)
                for mine, theirs in self.pairs for way in WAYS}


class Ike:
    """An IKE_SA, as vici lists it."""

    def __init__(self, line):
        match = re.match(r"list-sa event \{(\S+) \{uniqueid=(\d+) version=\d "
                         r"state=(\S+)(?: local-host=(\S+))?", line)
        self.name, self.number, self.state, local = match.groups()
        remote = re.search(r" remote-host=(\S+)", line)
        _, _, children = line.partition(" child-sas {")
        self.children = [
            Child(local, remote[1] if remote else None, text) for text in
            re.findall(r"\S+ (\{name=[^}]*\})", children)]


class State:
    """Of one host."""

    def __init__(self, text):
        (states, policies, listed, traps, states_after, policies_after,
         _) = text.split("---\n")
        self._sas = kernel_sas(states), kernel_sas(states_after)
        self._policies = kernel_policies(policies), \
            kernel_policies(policies_after)
        self.ikes = [Ike(line) for line in listed.splitlines()
                     if line.startswith("list-sa event {")]
        self._has_traps = "list-policy event {" in traps

    @property
    def children(self):
        return [child for ike in self.ikes for child in ike.children]

    def differences(self):
        """In words, what one has and the other has not."""
        found = [f"SA {spi:08x} {source} -> {destination}: {text}"
                 for (spi, source, destination), text in self._compare(
                     self._sas, lambda child: child.sas())]
        # what has no selectors of the kernel's form, or is not listed with
        # its addresses, can't be compared
        if self._has_traps or any(
                not re.fullmatch(r"[0-9a-f.:]+/\d+", selector)
                for child in self.children for pair in child.pairs
                for selector in pair):
            return found
        return found + [
            f"policy {way} {source} -> {destination} by {start} -> {end}: "
            f"{text}" for (way, source, destination, start, end), text
            in self._compare(self._policies, lambda child: child.policies(),
                             # several with the same selectors share it
                             lambda policy: policy[:3])]

    def _compare(self, kernel, of_child, key=lambda what: what):
        known = set().union(*map(of_child, self.children))
        used = set().union(*(of_child(child) for child in self.children
                             if child.state == "INSTALLED"))
        before, after = kernel
        there = {key(what) for what in before | after}
        for left in sorted((before & after) - known, key=str):
            yield left, "in the kernel, of no CHILD_SA"
        for missing in sorted(used, key=str):
            if key(missing) not in there:
                yield missing, "of a CHILD_SA, not in the kernel"


def settle(run, wanted=State.differences, patience=PATIENCE):
    """Asks until a host's state is as wanted; run executes a command there and
    returns its output.  Returns what is wrong in the end, and the state.
    Anything may be in the middle of something: only what stays is wrong."""
    end = time.monotonic() + patience
    while True:
        state = State(run(COMMAND))
        wrong = wanted(state)
        if not wrong or time.monotonic() > end:
            return wrong, state
        time.sleep(0.2)
