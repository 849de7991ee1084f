# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Runs one scenario: boot, pretest, evaltest, posttest, and what it leaves."""

import concurrent.futures
import dataclasses
import re
import shutil
import subprocess
import threading
import time

from . import guest, ipsecstate, kernels, paths, scenario as scenarios, \
    timeline

TIME_LIMIT = 180
# What guest/iptables-tc says if packets should get lost, and don't: what follows
# would show nothing then, though the command only has to be run.
NO_FILTER = "this kernel has no packet filter"
# What is written down of every IPsec host before the scenario is taken down.
STATE = {
    "swanctl.sas": "swanctl --list-sas; swanctl --list-pols",
    "ip.state": "ip -s xfrm state",
    "ip.policy": "ip -s xfrm policy",
    "ip.rule": "ip rule; ip -6 rule",
    "ip.route": "ip route show table all; ip -6 route show table all",
    "ip.address": "ip address",
    # packets that were dropped, and why
    "counters": "grep -v '\\b0$' /proc/net/xfrm_stat; nstat -as; "
                "cat /proc/net/softnet_stat",
}
# rtnetlink protocol of what the plugin installs
PROTOCOL = 230
# What nothing may be left of once charon has stopped.  SAs that were only
# allocated expire by themselves.
LEFT_IPSEC = "ip xfrm state | grep 'proto.*spi' | grep -v 'proto 4' | " \
    "grep -v 'reqid 0 '; ip xfrm policy"
LEFT_ROUTING = "for f in -4 -6; do ip $f rule; ip $f route show table all; " \
    f"done | grep 'proto {PROTOCOL}'"


@dataclasses.dataclass(eq=False)
class Outcome:
    name: str
    passed: bool = False
    seconds: float = 0.0
    checks: int = 0
    failures: list = dataclasses.field(default_factory=list)
    results: object = None
    # other scenarios were in the same guest before
    shared: bool = False
    # in what circumstances it was, if that matters
    how: str = ""
    # that of the run before, if this one counts in its place
    before: object = None

    def fail(self, where, text):
        self.failures.append((where, text))

    def keep(self, suffix):
        """The results, from the next run of the same scenario."""
        kept = self.results.with_name(f"{self.results.name}.{suffix}")
        shutil.rmtree(kept, ignore_errors=True)
        self.results = self.results.rename(kept)

    def in_place_of(self, before, how, how_before):
        self.how, self.before, before.how = how, before, how_before
        return self


class Guests:
    """Guests that wait for their next scenario; make() gives a new one."""

    def __init__(self, make):
        self.make = make
        self._idle = []

    def take(self):
        try:
            return self._idle.pop()
        except IndexError:
            return self.make()

    def give_back(self, lab):
        self._idle.append(lab)

    def end(self):
        while self._idle:
            self._idle.pop().kill()


def guests(options, terminal=None):
    plugin = None if options.stock else paths.plugin(options.build)
    path = paths.tools(plugin, options.build)

    def make():
        lab = kernels.LABS[options.kernel](plugin, path, terminal)
        lab.release = options.release
        return lab

    return Guests(make)


def play(name, options, stage_of, idle):
    """A scenario, in a guest that others may have been in. What they leave
    must not matter; if it does, that is not the fault of this one, so if it
    fails there it is run again in a boot of its own, and that counts."""
    outcome = Run(name, options, stage_of).run(idle)
    if outcome.passed or not outcome.shared or guest.stopped():
        return outcome
    return Run(name, options, stage_of).run(idle, own_boot=True).in_place_of(
        outcome, "in a boot of its own", "in a shared one")


class Run:
    """One run of a scenario; stage_of(NAME) gives what is called with each
    stage of it."""

    def __init__(self, name, options, stage_of):
        self.scenario = scenarios.find(name, options.strongswan_tests)
        self.options = options
        self.outcome = Outcome(self.scenario.name)
        self._say = stage_of(self.scenario.name)
        self._lab = None
        self._log = None
        self._tcpdump = set()
        self._late = False
        # for one command, in seconds
        self._patience = 150
        self._lock = None

    def _results(self):
        base = paths.generated() / "results"
        if self.options.keep:
            base = base / time.strftime("%Y%m%d-%H%M%S")
        suffix = ".stock" if self.options.stock else ""
        if self.options.release:
            suffix += f".{self.options.release.name}"
        results = base / (self.scenario.name.replace("/", "-") + suffix)
        self._lock = paths.claim(results)
        shutil.rmtree(results, ignore_errors=True)
        results.mkdir(parents=True)
        return results

    def run(self, idle, own_boot=False):
        """Never raises for what a scenario or a guest does wrong. Who fails is
        the last one in its guest."""
        outcome = self.outcome
        began = time.monotonic()
        outcome.results = results = self._results()
        self.scenario.prepare(results, not self.options.stock)
        self._lab = lab = idle.make() if own_boot else idle.take()
        outcome.shared = lab.used > 0
        seconds = int(self.scenario.conf.get("TIMELIMIT") or TIME_LIMIT)
        self._patience = max(self._patience, seconds)
        limit = lab.SLOWNESS * seconds
        timer = threading.Timer(limit, self._too_late)
        timer.daemon = True
        with open(results / "console.log", "w", encoding="utf-8") as self._log:
            self._write(f"{lab.used} scenarios were in this guest before")
            try:
                if not self.options.shell:
                    timer.start()
                self._play_in(lab)
            except guest.Broken as error:
                if self._late:
                    outcome.fail(self.scenario.name,
                                 f"not done after {limit} s, killed")
                else:
                    outcome.fail(self.scenario.name, str(error))
            except concurrent.futures.TimeoutError:
                outcome.fail(self.scenario.name, "the guest does not answer")
            finally:
                timer.cancel()
        self._say("timeline")
        timeline.write(results, self.scenario)
        outcome.seconds = time.monotonic() - began
        outcome.passed = not outcome.failures
        if outcome.passed:
            idle.give_back(lab)
        elif outcome.shared:
            outcome.keep("shared")
        # only now may another one use the folder
        self._lock.close()
        return outcome

    def _play_in(self, lab):
        try:
            if not lab.used:
                self._say("boots")
                lab.boot()
            self._say("gets hosts")
            lab.start(self.outcome.results, self.scenario.hosts())
            self._play()
            lab.stop()
        except BaseException:
            lab.kill()
            raise
        if self.outcome.failures:
            lab.kill()

    def _too_late(self):
        self._late = True
        self._lab.kill()

    def _play(self):
        self._start_captures()
        self._steps("pretest.dat")
        if self.options.shell:
            print(f"\nThis is {self.options.shell} in "
                  f"{self.scenario.name}; exit ends the laboratory.\n"
                  f"Results: {self.outcome.results}\n", flush=True)
            self._lab.shell(self.options.shell)
            return
        if self.outcome.failures:
            # nothing that follows would mean anything
            self._collect()
            return
        self._checks("evaltest.dat")
        self._say("takes down")
        self._collect()
        self._check_kernel()
        self._check_plain()
        self._steps("posttest.dat")
        self._check_clean()

    def _write(self, text):
        self._log.write(text if text.endswith("\n") else text + "\n")
        self._log.flush()

    def _start_captures(self):
        """Two kinds: what evaltest.dat greps in, and files to keep."""
        for word in self.scenario.words("TCPDUMPHOSTS"):
            host, _, interface = word.partition(":")
            self._tcpdump.add(host)
            self._lab.run(host, f"start-tcpdump {interface or 'eth0'}")
        for host in self.scenario.words("CAPTUREHOSTS") or \
                self.scenario.words("IPSECHOSTS"):
            self._lab.run(host, "start-capture")

    def _steps(self, name):
        lines = list(self.scenario.lines(name))
        for index, line in enumerate(lines, 1):
            self._say(f"{name.removesuffix('.dat')} {index}/{len(lines)}")
            result = self._lab.run(line.host, line.command, 150)
            self._write(f"{line.host}# {line.command}\n{result.out}"
                        f"{result.err}")
            # strongSwan's own scenarios don't care here
            if result.code != 0 and self.scenario.ours:
                self.outcome.fail(line.where, f"{line.host}# {line.command}\n"
                                  f"ended with {result.code}\n"
                                  + _head(result.out + result.err))

    def _checks(self, name):
        lines = list(self.scenario.lines(name))
        for index, line in enumerate(lines, 1):
            self._say(f"{name.removesuffix('.dat')} {index}/{len(lines)}")
            command = line.command
            if self.options.stock and _needs_plugin(command):
                self._write(f"{line.host}# {command}: left out, as there is "
                            "no plugin")
                continue
            if command == "tcpdump":
                command = "stop-tcpdump; cat /tmp/tcpdump.log"
            result = self._lab.run(line.host, command, self._patience)
            found = _grep(line.pattern, result.out)
            # without a pattern it is only to be done
            wanted = not line.hit or {"YES": found > 0, "NO": found == 0}.get(
                line.hit, found == _number(line.hit))
            wanted = wanted and NO_FILTER not in result.err
            self._write(f"{line.host}# {line.command} | "
                        f"grep '{line.pattern}' [{line.hit}] "
                        f"{'ok' if wanted else 'FAILED'}\n"
                        f"{result.out}{result.err}")
            self.outcome.checks += 1
            if not wanted:
                self.outcome.fail(
                    line.where, f"{line.host}# {line.command}\n"
                    f"wanted [{line.hit}]: {line.pattern}\n"
                    f"found {found} such lines in:\n"
                    + _head(result.out + result.err))

    def _collect(self):
        waiting = []
        for host in self.scenario.words("IPSECHOSTS"):
            command = "".join(f"{{ {command}; }} > /var/log/{name} 2>&1; "
                              for name, command in STATE.items())
            waiting.append(self._lab.submit(host, command))
        for future in waiting:
            future.result(60)

    def _check_kernel(self):
        """Before anything is taken down, the kernel has the SAs and policies
        that charon knows, and no others, at both ends."""
        if not self.scenario.ours:
            return
        where = f"{self.scenario.name}/evaltest.dat"
        for host in self.scenario.words("IPSECHOSTS"):
            wrong, _ = ipsecstate.settle(
                lambda command, host=host: self._lab.run(host, command).out)
            if wrong:
                self.outcome.fail(where, f"{host}, after all checks:\n"
                                  + _head("\n".join(wrong)))

    def _check_plain(self):
        """What belongs into the tunnel has not left in the clear."""
        if (not self.scenario.ours or self.options.stock
                or self.scenario.conf.get("NOPLAINCHECK")):
            return
        where = f"{self.scenario.name}/evaltest.dat"
        for host in self.scenario.words("PLUGINHOSTS"):
            if host == "sun":
                # where tunnels end
                continue
            result = self._lab.run(host, "plain-text check")
            self._write(f"{host}# plain-text check\n{result.out}{result.err}")
            if result.code != 0:
                self.outcome.fail(where, f"{host}, after all checks:\n"
                                  + _head(result.out + result.err))

    def _check_clean(self):
        """Nothing may be left behind, as strongSwan's environment demands;
        and nothing that carries our protocol id."""
        if self.scenario.conf.get("NOCLEANCHECK"):
            return
        where = f"{self.scenario.name}/posttest.dat"
        for host in self.scenario.words("IPSECHOSTS"):
            left = self._lab.run(host, LEFT_IPSEC).out
            if left:
                self.outcome.fail(where, f"{host} still has IPsec state:\n"
                                  + _head(left))
            left = self._lab.run(host, LEFT_ROUTING).out
            if left:
                self.outcome.fail(where, f"{host} still has rules or routes "
                                  "of the plugin:\n" + _head(left))


def _needs_plugin(command):
    """Those that ask the plugin itself tell nothing about stock."""
    return bool(re.search(r"\b(wait-state|mobilityctl)\b", command))


def _number(text):
    return int(text) if text.isdigit() else -1


def _grep(pattern, text):
    """The number of lines in which grep finds it; its syntax, not Python's."""
    done = subprocess.run(["grep", "-c", "-e", pattern], input=text, text=True,
                          stdout=subprocess.PIPE, check=False)
    return int(done.stdout or 0)


def _head(text, count=12):
    lines = text.splitlines()
    more = [f"... {len(lines) - count} more lines"] if len(lines) > count \
        else []
    return "\n".join(lines[:count] + more) or "(no output)"


def log_ends(outcome, count=15):
    """The last lines of every charon's log, and of what it said before it had
    one, or when it crashed; and why packets were dropped."""
    found = outcome.results.glob
    for log in sorted(found("*/charon.log")) + sorted(found("*/charon.out")):
        lines = log.read_text(errors="replace").splitlines()
        lost = [line for line in lines[:-count] if "packets may get lost" in line]
        if lines:
            yield log, [line.rstrip() for line in lost + lines[-count:]]
    for counters in sorted(found("*/counters")):
        lines = [line for line in counters.read_text().splitlines()
                 if line.startswith("Xfrm")]
        if lines:
            yield counters, lines
