# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""testing/soak: everything goes wrong at random, then all has to be well."""

import argparse
import concurrent.futures
import datetime
import json
import os
import random
import re
import shlex
import time

from . import build, front, guest, held, ipsecstate, kernels, paths, runner, \
    site, steps, storm, timeline, wire
from .steps import say

trafficlog = timeline.trafficlog

HOSTS = ("alice", "moon", "carol", "sun", "bob")
ENDS = ("alice", "sun")
# seconds: of a storm, until all has to be well again, of the calm in which no
# packet may be lost, for the checks after it, to boot and to log in
STORM, SETTLE, CALM, CHECKS = 90, 45, 15, 10
# for the last packets, on a busy machine
UNDER_WAY = 3
# What a daemon may need more than after its login: in kB, which is for all it
# keeps once about events, peers and paths, and descriptors.
MORE_HEAP, MORE_FILES = 1024, 6
# And for each login since it was started, in kB, which it keeps for a while: a
# stock gateway needs as much.
LOGIN_HEAP = 48

# Of two IKE_SAs that both ends made at once, the one that is not wanted waits
# half a minute for its deletion, which may get no answer.  Half open ones wait
# as long.  This is what is left of it after the calm.
REDUNDANT = 25

GATEWAYS = {"plugin": "with the plugin at the gateway",
            "stock": "with stock strongSwan at the gateway"}

# of IKE_SAs and CHILD_SAs that are in use
LIVE_IKE = ("ESTABLISHED", "REKEYING")
LIVE_CHILD = ("INSTALLED", "REKEYING")

# first, as a daemon that stands still does not answer; needs gdb
STACKS = {"stacks": "gdb -batch -ex 'thread apply all backtrace' -p "
                    "$(cat /run/charon-systemd.pid)"}

# behind sun: what is for that must not leave alice in the clear, but for what is
# for sun itself, such as IKE in IP fragments
NETWORK, GATEWAY = "10.2.0.0/16", "10.2.0.1"

# lines of alice's log
LOGIN = r"IKE_SA home\[\d+\] established between"
MOVE = r"mobility: home moved from"
SECOND = r"mobility: home: gateway had forgotten the session, logged in anew"
ELSEWHERE = r"mobility: home: no answer yet, trying \w+ as well"
# of either log
COLLISION = "detected CHILD_REKEY collision with CHILD_REKEY"
# %, of the packets in the calm: half a second
ENCAP_LOSS = 3

# lines of a log that tell of something wrong, but for those that don't
WRONG = re.compile(
    r"unable to|fail|error|can't|invalid|corrupt|SIGSEGV|killed by signal|"
    r"received signal|refus|unexpected|already|not found|leak|invariant",
    re.IGNORECASE)
FINE = re.compile("|".join((
    # what a cut network causes
    "Network is (unreachable|down)", "error writing to socket",
    "unable to determine source address", "peer not responding",
    "received retransmit of", "already processing",
    # of a route that the kernel has taken away with an interface or address;
    # what becomes of an SA or a policy is told in a line of its own
    "received netlink error", "error uninstalling route installed with policy",
    # of one that needs an address which is gone again, and of a virtual IP
    # then; in the calm both are there
    "unable to install source route", "looking up interface for virtual IP",
    "adding virtual IP .* failed",
    # it was allocated for the address before
    "allocated SPI not found anymore, try to add SAD entry",
    # both ends change keys at once, or one is just doing so, or has done so
    "TEMPORARY_FAILURE", "TEMP_FAIL", "CHILD_SA_NOT_FOUND", "CHILD_NOT_FOUND",
    "NO_PROPOSAL_CHOSEN", "NO_PROP", "rekeying failed, trying again",
    "unable to create CHILD_SA while (rekey|delet)ing IKE_SA",
    "not found (for (rekey|delete|update)|after rekeying)",
    "unable to rekey, ", "unable to reauthenticate in",
    # the answer to a rekeying comes late, to an IKE_SA that was replaced since:
    # another one has its virtual IP
    "no acceptable traffic selectors found",
    "failed to establish CHILD_SA, keeping IKE_SA",
    # of all that were to be terminated, one is gone when it is its turn
    r"unable to terminate IKE_SA: ID \d+ not found",
    # a packet left, or its SAs were to be watched, while they were just
    # replaced; in the calm none is lost
    "trap not found, unable to acquire reqid",
    "watching the traffic of .* failed: No such process",
    # one that was killed has left it
    "unable to create IPv[46] routing table rule",
    # a gateway tells its token beside the DELETE of an IKE_SA that is rekeyed
    "received unexpected notify QUICK_CRASH_DETECTION for rekeyed IKE_SA",
)))


def alice_conf(draw):
    return f"""connections {{
  home {{
    remote_addrs = 192.168.0.2
    vips = 0.0.0.0
    keyingtries = 0
    dpd_delay = 2s
    encap = {draw.encap}
    rekey_time = {draw.ike[0]}s
    rand_time = {draw.spread}s
    over_time = 1h
    local {{
      auth = pubkey
      certs = aliceCert.pem
      id = alice@strongswan.org
    }}
    remote {{
      auth = pubkey
      id = sun.strongswan.org
    }}
    children {{
      home {{
        remote_ts = 10.2.0.0/16
        rekey_time = {draw.child[0]}s
        rand_time = {draw.spread}s
        life_time = 1h
        start_action = start
        dpd_action = start
      }}
    }}
  }}
}}"""


def sun_conf(draw):
    """At any address, as alice may log in at all that she is told of."""
    return f"""connections {{
  home {{
    pools = home
    dpd_delay = 5s
    encap = {draw.encap}
    rekey_time = {draw.ike[1]}s
    rand_time = {draw.spread}s
    over_time = 1h
    local {{
      auth = pubkey
      certs = sunCert.pem
      id = sun.strongswan.org
    }}
    remote {{
      auth = pubkey
      id = alice@strongswan.org
    }}
    children {{
      home {{
        local_ts = 10.2.0.0/16
        rekey_time = {draw.child[1]}s
        rand_time = {draw.spread}s
        life_time = 1h
      }}
    }}
  }}
}}
pools {{
  home {{
    addrs = 10.3.0.0/28
  }}
}}"""


class Draw:
    """What of the configuration the seed decides."""

    def __init__(self, seed):
        chance = random.Random(f"{seed}")
        # keys change every few seconds, at either end, or at both at once
        self.ike = [chance.choice((6, 9, 15)) for _ in ENDS]
        self.child = [chance.choice((4, 6, 10)) for _ in ENDS]
        self.spread = chance.choice((0, 1, 3))
        self.encap = chance.choice(("no", "no", "yes"))
        self.retry = chance.choice((1, 3, 10))
        self.settle = chance.choice((0, 1, 5))
        self.penalty = chance.choice((5, 30, 300))

    def __str__(self):
        return ", ".join(f"{name} {value}"
                         for name, value in vars(self).items())


# charon's own options.  Before strongSwan 6, a charon that stops while it
# rekeys an IKE_SA may forget the new one if that is in the same row of its
# table, where all are by default, and waits for it for ever.
ROWS = "ikesa_table_size = 1024"
# a gateway without the plugin waits no longer than that
ALICE = ROWS + """
  retransmit_timeout = 1.0
  retransmit_base = 1
  retransmit_tries = 3
  retry_initiate_interval = 2
  delete_rekeyed_delay = 1
  make_before_break = no
  plugins {{
    mobility-manager {{
      retry_interval = {retry}s
      settle_time = {settle}s
      penalty_time = {penalty}s
    }}
  }}"""
SUN = ROWS + """
  delete_rekeyed_delay = 1"""
SUN_TIMEOUTS = "retransmit_timeout = 1.0\n  retransmit_base = 1\n  " \
    "retransmit_tries = 40"


class Soak:
    """One guest: one kind of gateway."""

    def __init__(self, gateway, options, end):
        self._gateway = gateway
        self._options = options
        self._encap = Draw(options.seed).encap == "yes"
        self._end = end             # of the monotonic clock
        self._place = None
        self._logins_allowed = 1
        self._pids = {}
        self._stream = self._address = None
        self._streams = 0
        self._tcp_flows = True
        self._growth = []
        self._capture = None        # of alice
        self._first = {}            # host: (heap, descriptors)
        self._read = {}             # lines of each log that were looked at
        self.rounds = self.failed = 0
        self.packets = self.happened = self.plain = 0
        self.summary = ""

    def run(self):
        """True if all was well."""
        plugin = paths.plugin(self._options.build)
        with site.Site(f"soak-{self._gateway}{self._options.suffix}", plugin,
                       self._options, hosts=HOSTS) as self._place:
            self._start()
            number = self._options.round
            while True:
                faults = self._one_round(number, self._storm_time())
                if faults:
                    self._tell(number, faults)
                    self.failed += 1
                self.rounds += 1
                number += 1
                if self._storm_time() < STORM / 3:
                    break
                if faults:
                    self._start_again()
            faults = self._stop()
            if faults:
                self._tell("end", faults)
                self.failed += 1
        timeline.write(self._place.results, self._place.scenario)
        return not self.failed

    def _storm_time(self):
        """What is left for one, with the calm that follows."""
        return min(STORM, self._end - time.monotonic() - SETTLE - CALM
                   - CHECKS - REDUNDANT)

    def _tell(self, number, faults):
        """What is wrong, and keeps how all was then."""
        for line in "\n".join(faults).splitlines():
            self.say(f"  {line}")
        self.say("  the end of what was done:")
        lines = (self._place.results / "events.log").read_text().splitlines()
        for line in lines[-20:]:
            self.say(f"    {line}")
        self._keep(number)

    def _keep(self, number):
        """How all is."""
        for host in ENDS:
            self._run(host, "".join(
                f"timeout 30 sh -c {shlex.quote(command)} "
                f"> /var/log/{number}.{name} 2>&1; "
                for name, command in (STACKS | runner.STATE).items()),
                must=False, timeout=120)

    @property
    def results(self):
        return self._place.results if self._place else None

    def say(self, text):
        say(f"{self._gateway}: {text}")

    def _run(self, host, command, must=True, timeout=60):
        return self._place.run(host, command, must, timeout)

    # ------------------------------------------------------------------ start

    def _start(self):
        place, draw = self._place, Draw(self._options.seed)
        self.say(f"{draw}")
        place.nat()
        self._run("carol", "ip link set eth1 up; ip address replace "
                  "10.4.0.1/16 dev eth1; iptables -t nat -A "
                  + storm.snat("carol", "1024-1100").format(""))
        self._run("alice", "ifup eth1")
        for router in ("moon", "carol"):
            # without a tunnel it does not count
            self._run(router, "iptables -A FORWARD -s 10.3.0.0/28 -j DROP")
        place.configure("sun", self._gateway == "plugin", SUN, SUN_TIMEOUTS)
        place.configure("alice", True, ALICE.format(**vars(draw)), "")
        place.write("sun", "/etc/swanctl/swanctl.conf", sun_conf(draw))
        place.write("alice", "/etc/swanctl/swanctl.conf", alice_conf(draw))
        for host in ENDS:
            self._run(host, "start-capture")
        self._capture = wire.Capture(self.results / "alice" / "capture.pcap")
        self._run("bob", "traffic serve")
        self._log_in()
        self._run("alice", "plain-text send 10.2.0.10")
        for host in ENDS:
            self._first[host] = self._needs(host)

    def _log_in(self):
        self._place.start("sun")
        self._place.start("alice")
        self._run("alice", "wait-output 20 INSTALLED swanctl --list-sas")
        self._start_traffic()
        self._note_pids()

    def _start_again(self):
        """What is wrong is not to be found once more after the next storm."""
        for host in ENDS:
            self._run(host, "; ".join(storm.KILL[:-1]))
        self._log_in()
        self._logins_allowed = self._count(LOGIN)
        for host in ENDS:
            self._log_faults(host)

    def _virtual_ip(self):
        found = re.findall(r"inet (10\.3\.0\.\d+)/", self._run(
            "alice", "ip -o address show", must=False).out)
        return " and ".join(found)

    def _start_traffic(self):
        """Once more if alice has logged in while the gateway thought that her
        address is in use: then it gives her another one."""
        if self._stream:
            self._run("alice", f"traffic stop --name {self._stream}",
                      must=False)
        self._address = self._virtual_ip()
        self._streams += 1
        self._stream = f"stream{self._streams}"
        self._run("alice", f"traffic start 10.2.0.10 --name {self._stream}",
                  must=False)

    def _note_pids(self):
        for host in ENDS:
            self._pids[host] = self._run(
                host, "cat /run/charon-systemd.pid").out.strip()

    # ------------------------------------------------------------------ storm

    def _one_round(self, number, seconds):
        """Returns what is wrong, in words."""
        done = self._storm(number, seconds)
        self.happened += len(done)
        self._logins_allowed += sum(event.logins for event in done)
        began = time.monotonic()
        faults = self._calm_down()
        if not faults:
            settled = time.monotonic() - began
            passing = {host: _passing(self._state(host)[1], ())
                       for host in ENDS}
            moves = self._count(MOVE)
            self._run("alice", "event calm")
            self._place.clock(CALM)
            self._run("alice", "event calm-over")
            moved = self._count(MOVE) > moves
            faults = self._traffic_faults(moved) + \
                self._state_faults(passing) + self._rule_faults()
        faults += self._daemon_faults() + self._plain_faults() + \
            self._login_faults(done)
        logins = self._count(LOGIN)
        if logins > self._logins_allowed:
            faults.append(f"{logins} logins, {self._logins_allowed} have a "
                          "reason")
        # what was not needed is none in the next round
        self._logins_allowed = logins
        self.summary = self._in_words()
        text = f"round {number}: {len(done)} events, {self.summary}, " \
            f"{'; '.join(self._growth)}, "
        self.say(text + ("WRONG:" if faults else "well again after "
                         f"{settled:.0f} s, no packet lost in {CALM} s"))
        return faults

    def _in_words(self):
        """What has happened until now."""
        return f"{self._count(LOGIN)} logins, {self._count(SECOND)} of them " \
            f"of one forgotten, {self._count(ELSEWHERE)} times another path " \
            f"was tried, {self.plain} packets in the clear"

    def _storm(self, number, seconds):
        """Each host does what is to be done in it.  Returns the events that a
        slow machine has got to."""
        events = list(storm.Storm(
            f"{self._options.seed}/{number}",
            not self._options.no_restarts).events(seconds))
        self._run("alice", f"event storm {number}")
        # there is time to start the players
        begin = self._place.clock() + 3
        all_done, players = [], []
        for host in storm.CALM:
            mine = [event for event in events if host in event.steps]
            plan = {"begin": begin, "end": begin + seconds,
                    "calm": storm.CALM[host], "events": [
                        {"time": event.time, "word": _word(event.name),
                         "steps": event.steps[host],
                         "background": event.background,
                         "restarts": event.restarts,
                         "whole": event.whole} for event in mine]}
            path = self._place.results / f"storm.{host}.json"
            path.write_text(json.dumps(plan, indent=1), encoding="utf-8")
            players.append((mine, self._place.submit(
                host, f"storm-player {path}", seconds + 60)))
        for mine, player in players:
            result = player.result(seconds + 70)
            if result.code:
                self._keep(number)
                raise steps.Failed(f"a player failed: {result.err}")
            # one that is for two hosts happens once
            all_done += [mine[number] for number in json.loads(result.out)
                         if mine[number] not in all_done]
        return all_done

    # ------------------------------------------------------------------- calm

    def _calm_down(self):
        """Until all is as it has to be, apart from what only time shows."""
        end = time.monotonic() + SETTLE
        self._run("alice", "event repaired")
        self._note_pids()
        left = int(max(5, end - time.monotonic()))
        faults = []
        result = self._run("alice", f"wait-state home connected {left}",
                           must=False, timeout=left + 20)
        if result.code:
            faults.append("alice is " + result.out.strip())
        left = int(max(5, end - time.monotonic()))
        if self._virtual_ip() != self._address:
            self._start_traffic()
        result = self._run(
            "alice", f"traffic wait {left} udp --name {self._stream}",
            must=False, timeout=left + 20)
        if result.code:
            faults.append("alice and bob have " + result.out.strip())
        left = int(max(5, end - time.monotonic()))
        self._tcp_flows = self._run(
            "alice", f"traffic wait {left} tcp --name {self._stream}",
            must=False, timeout=left + 20).code == 0
        if not self._tcp_flows:
            faults += self._tcp_faults()
        for host in ENDS:
            wrong, _ = self._state(host, _one_of_each,
                                   max(10, end - time.monotonic()))
            faults += [f"{host}: {text}" for text in wrong]
        return faults

    def _tcp_faults(self):
        """None if it waits: it has met so many outages that it does not try for
        up to 2 minutes, as no packet has shown that it may."""
        mine = self._run("alice", "ss -Htno state established dst 10.2.0.10",
                         must=False).out
        theirs = self._run("bob", "ss -Htn state established sport = :7000",
                           must=False).out
        if re.search(r"timer:\((on|persist),", mine) and \
                self._address in theirs:
            return []
        return ["there is no TCP connection anymore", mine, theirs]

    def _state(self, host, wanted=lambda state: [], patience=0):
        return ipsecstate.settle(
            lambda command: self._run(host, command).out, wanted, patience)

    def _traffic_faults(self, moved):
        """moved: alice went back to the uplink she prefers, as it is no longer
        put aside.  That changes UDP encapsulation, at each end at another time,
        unless there always is one: then a stock gateway follows what is still
        on its way over the other uplink, and comes back."""
        always = self._encap and self._gateway == "plugin"
        lost = ENCAP_LOSS if moved and not always else 0
        log = trafficlog.Log(str(self._place.results), self._stream, "calm",
                             "calm-over")
        end = time.monotonic() + UNDER_WAY
        while True:
            faults = log.excess(lost=lost, gap=1, tcp=True)
            if not faults or time.monotonic() > end:
                break
            time.sleep(0.2)
            log.read_again()
        for stream in log.streams.values():
            self.packets += len(stream.sent)
        if self._tcp_flows and log.tcp_stall() > 2:
            faults.append(f"TCP stood still for {log.tcp_stall():.1f} s")
        return faults + log.report() if faults else []

    def _state_faults(self, passing):
        """passing: what was on its way when the calm began."""
        faults = []
        kept = self._kept()
        for host in ENDS:
            forgotten = self._forgotten(host) + kept[host]
            fine = self._mangled(host)
            silent = self._undeleted(host)
            wrong = self._state(
                host, lambda state, fine=fine:
                    [each for each in _one_of_each(state)
                     if not each.startswith(fine)],
                CHECKS)[0] or self._state(
                host, lambda state, before=passing[host]:
                    [f"{each} stays" for each in
                     before & _passing(state, forgotten) - silent],
                REDUNDANT)[0]
            faults += [f"{host}: {text}" for text in wrong]
        return faults

    def _log(self, host):
        """What its charon has logged since it was started."""
        log = (self._place.results / host / "charon.log").read_text(
            errors="replace")
        return log.rpartition("loaded plugins:")[2]

    def _forgotten(self, host):
        """Numbers of CHILD_SAs that charon was to delete a moment after they
        had been replaced, and could not find as their IKE_SA was just being
        rekeyed: they stay until that ends."""
        return re.findall(r"CHILD_SA \{(\d+)\} not found for delete",
                          self._log(host))

    def _mangled(self, host):
        """How faults begin that are about SAs which stock was to move between
        IPv4 and IPv6: it fails, and leaves them with as many bytes of the new
        addresses as the old ones have, until they expire."""
        if host == "alice" or self._gateway == "plugin":
            return ()
        return tuple(f"SA {spi} " for spi in re.findall(
            r"unable to update SAD entry with SPI (\w+)", self._log(host)))

    def _undeleted(self, host):
        """IKE_SAs that an end keeps as the DELETE of the other one never left:
        until their lifetime is over, with the plugin for 165 s."""
        other = "sun" if host == "alice" else "alice"
        return {f"IKE_SA home[{number}], REKEYED" for number in
                undeleted(self._log(other), self._log(host))}

    def _kept(self):
        """Numbers of CHILD_SAs, by host, that both ends have rekeyed at once and
        none deletes: who was to had this queued when the other one rekeyed the
        IKE_SA."""
        kept = {host: [] for host in ENDS}
        if any(COLLISION in self._log(host) for host in ENDS):
            rekeyed = {host: [child for child in self._state(host)[1].children
                              if child.state == "REKEYED"] for host in ENDS}
            for mine in rekeyed["alice"]:
                for theirs in rekeyed["sun"]:
                    if (mine.spi_in, mine.spi_out) == \
                            (theirs.spi_out, theirs.spi_in):
                        kept["alice"].append(mine.number)
                        kept["sun"].append(theirs.number)
        return kept

    def _rule_faults(self):
        """alice has a pin for the path in use, with its route, once all tests
        of others are over; charon's own route, and one virtual IP."""
        end = time.monotonic() + CHECKS
        while True:
            # beside the rules that keep plain text in, which all sessions have
            pins = "".join(
                f"{line}\n" for line in self._run(
                    "alice", runner.LEFT_ROUTING, must=False).out.splitlines()
                if re.match(r"219:|default ", line))
            routes = self._run("alice", "ip route show table 220",
                               must=False).out
            if len(pins.splitlines()) == 2 and len(routes.splitlines()) == 1:
                break
            if time.monotonic() > end:
                return [f"alice has these rules and routes:\n{pins}{routes}"]
            time.sleep(0.5)
        if self._virtual_ip() != self._address:
            return [f"alice had the virtual IP {self._address}, has "
                    + self._virtual_ip()]
        return []

    def _daemon_faults(self):
        faults = []
        self._growth = []
        for host in ENDS:
            pid = self._run(host, f"pgrep -x charon-systemd", must=False
                            ).out.split()
            if pid != [self._pids[host]]:
                faults.append(f"{host}: charon was {self._pids[host]}, is "
                              f"{' '.join(pid) or 'gone'}")
                continue
            heap, files = self._needs(host)
            first_heap, first_files = self._first[host]
            self._growth.append(f"{host} {heap} kB, {files} files")
            logins = len(re.findall(r"IKE_SA .* established between",
                                    self._log(host)))
            if heap > first_heap + MORE_HEAP + logins * LOGIN_HEAP:
                faults.append(f"{host}: charon uses {heap} kB after {logins} "
                              f"logins, {first_heap} kB after the first")
            if files > first_files + MORE_FILES:
                faults.append(f"{host}: charon has {files} descriptors open, "
                              f"after its login {first_files}")
            if host == "alice" or self._gateway == "plugin":
                faults += self._log_faults(host)
        return faults

    def _plain_faults(self):
        """What has left alice in the clear while she had a session."""
        events = trafficlog.events(self.results)
        stops = [time for time, host, name, _ in events
                 if host == "alice" and name == "charon-stop"]
        log = (self.results / "alice" / "charon.log").read_text(
            errors="replace")
        left = held.within(held.spans(log, stops), wire.in_the_clear(
            self._capture.read(every=True), [NETWORK]))
        left = [packet for packet in left if packet.destination != GATEWAY]
        self.plain += len(left)
        return [f"{len(left)} packets left in the clear, the first ones:"] + [
            f"  {datetime.datetime.fromtimestamp(packet.time)}, interface "
            f"{packet.index}: {packet.describe()}" for packet in left[:5]
        ] if left else []

    def _login_faults(self, done):
        """What has to log in whatever is dead has done so soon enough."""
        words = {_word(event.name): event.login_within for event in done
                 if event.login_within}
        logins = [datetime.datetime.fromisoformat(time).timestamp()
                  for time in re.findall(rf"^(\S+ \S+) .*{LOGIN}", (
                      self.results / "alice" / "charon.log").read_text(
                          errors="replace"), re.MULTILINE)]
        events = trafficlog.events(self.results)
        since = trafficlog.event_time(self.results, "storm")
        return [f"no login within {words[name]} s after {name}"
                for time, host, name, _ in events
                if host == "alice" and time > since and name in words
                and not any(time < login < time + words[name]
                            for login in logins)]

    def _needs(self, host):
        """(kB of the heap in use, descriptors) of charon."""
        stats = self._run(host, "swanctl --stats").out
        used = re.search(r"used (\d+)", stats)
        files = self._run(host, "ls /proc/$(cat /run/charon-systemd.pid)/fd |"
                          " wc -l").out
        return int(used[1]) // 1024 if used else 0, int(files)

    def _log_faults(self, host):
        folder = self._place.results / host
        found = {}
        for name in ("charon.log", "charon.out"):
            if not (folder / name).exists():
                continue
            lines = (folder / name).read_text(errors="replace").splitlines()
            seen = self._read.get((host, name), 0)
            self._read[host, name] = len(lines)
            keyless = _keyless(lines)
            explained = _one_way(lines) | _unprotected(lines)
            for line in lines[seen:]:
                if WRONG.search(line) and not FINE.search(line) and \
                        not (keyless and keyless.search(line)) and \
                        line not in explained:
                    # the same of another SA counts once
                    found.setdefault(re.sub(
                        r"^.*?\[\w+\]|[0-9a-f]{8}|\d+", "", line), line)
        return [f"{host}: log: {line}" for line in found.values()]

    def _count(self, pattern):
        text = (self._place.results / "alice" / "charon.log").read_text(
            errors="replace")
        return len(re.findall(pattern, text))

    # -------------------------------------------------------------------- end

    def _stop(self):
        """And nothing is left of it."""
        self._run("alice", f"traffic stop --name {self._stream}", must=False)
        faults = []
        for host in ENDS:
            self._run(host, "ip address > /var/log/ip.address")
            self._run(host, "systemctl stop strongswan", timeout=60)
        for host in ENDS:
            for command in (runner.LEFT_IPSEC, runner.LEFT_ROUTING,
                            "ip route show table 220",
                            "ip -o address | grep 10.3.0."):
                out = self._run(host, command, must=False).out
                if out:
                    faults.append(f"{host}: left: {out}")
        return faults


def _word(name):
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-")


def _keyless(lines):
    """Pattern of what stock logs about SAs that it adds without their keys, and
    the kernel refuses, None if there are none: the peer rekeys a CHILD_SA, and
    before it deletes the old one the new one is rekeyed from here.  With that
    charon wipes the keys of an SA that was not installed yet (remove_outbound()
    of child_sa.c), and with the DELETE for the old one it installs it after all
    (install_outbound() of child_delete.c).  Another CHILD_SA is in use then."""
    text = "\n".join(lines)
    spis = set(re.findall(r"inbound CHILD_SA .* (\w{8})_o ", text))
    spis &= set(re.findall(r"closing CHILD_SA .* (\w{8})_o \(0 bytes\)", text))
    spis -= set(re.findall(r"outbound CHILD_SA .* (\w{8})_o ", text))
    seconds = [re.escape(found) for spi in sorted(spis) for found in re.findall(
        rf"^(.{{19}}).*unable to add SAD entry with SPI {spi} ", text,
        re.MULTILINE)]
    return re.compile(
        rf"unable to add SAD entry with SPI ({'|'.join(sorted(spis))}) |"
        rf"^({'|'.join(seconds)}).*unable to install outbound IPsec SA \(SAD\)"
    ) if seconds else None


def _one_way(lines):
    """Lines about a policy that is not there as stock has not installed it yet: the
    peer has rekeyed a CHILD_SA, and the outbound half of the new one waits for
    the DELETE of the old one.  If a rekeying of that from here is refused just
    then, it counts as never rekeyed, and the half waits for the next rekeying."""
    waiting, found = set(), set()
    for line in lines:
        half = re.search(r"(inbound|outbound) CHILD_SA (\S+) established", line)
        end = re.search(r"closing CHILD_SA (\S+) ", line)
        if half and half[1] == "inbound":
            waiting.add(half[2])
        elif half or end:
            waiting.discard(half[2] if half else end[1])
        elif waiting and "querying policy failed: No such file" in line:
            found.add(line)
    return found


def _unprotected(lines):
    """Lines about messages that are not encrypted, which stock refuses: a gateway
    that has lost an IKE_SA says so by a token, as it can't by anything else."""
    current, found = set(), set()
    for line in lines:
        thread = re.match(r".{24}(\d+)\[", line)
        if not thread:
            continue
        if "payload type NOTIFY was not encrypted" in line:
            current.add(thread[1])
        elif "received packet" in line:
            current.discard(thread[1])
        elif thread[1] in current and re.search(
                r"integrity check failed|message ID \d+ processing failed", line):
            found.add(line)
    return found


def undeleted(log, peers_log):
    """Numbers that the peer has given to IKE_SAs which were rekeyed from here, and
    whose DELETE never got there: the address was gone by then, and stock repeats
    what it has sent, from there; or all was forgotten here before it was answered.
    Both ends log a rekeying when it is answered."""
    rekeyed = {}
    for when, old in re.findall(
            r"^(.{23}) .*<home\|(\d+)> IKE_SA home\[\d+\] rekeyed", log,
            re.MULTILINE):
        _, _, rest = log.partition(f"sending DELETE for IKE_SA home[{old}]\n")
        packets = re.findall(
            rf"<home\|{old}> sending packet: .*\n(.*)", rest)
        if f"<home|{old}> destroying IKE_SA in state DELETING" in rest or \
                packets and all("error writing to socket" in after
                                for after in packets):
            rekeyed[old] = datetime.datetime.fromisoformat(when)
    return [theirs for when, theirs in re.findall(
        r"^(.{23}) .*<home\|(\d+)> IKE_SA home\[\d+\] rekeyed", peers_log,
        re.MULTILINE)
            if any(abs(datetime.datetime.fromisoformat(when) - mine)
                   < datetime.timedelta(seconds=1)
                   for mine in rekeyed.values())]


def _one_of_each(state):
    """As configured: one IKE_SA with one CHILD_SA, in charon and the kernel,
    beside those that come and go."""
    ikes = sum(ike.state in LIVE_IKE for ike in state.ikes)
    children = sum(child.state in LIVE_CHILD for child in state.children)
    return ([] if ikes == 1 else [f"{ikes} IKE_SAs"]) + \
        ([] if children == 1 else [f"{children} CHILD_SAs"]) + \
        state.differences()


def _passing(state, forgotten):
    """Those that come and go: none of them may stay, but for CHILD_SAs with the
    numbers that are forgotten."""
    return {f"IKE_SA {ike.name}[{ike.number}], {ike.state}"
            for ike in state.ikes if ike.state not in LIVE_IKE} | {
        f"CHILD_SA {child.name} {child.spi_in}, {child.state}"
        for child in state.children if child.state not in LIVE_CHILD
        and child.number not in forgotten}


# ----------------------------------------------------------------------------
#  command line
# ----------------------------------------------------------------------------

def arguments():
    parser = argparse.ArgumentParser(
        prog="testing/soak",
        description="Flaps links, cuts upstreams, changes NAT mappings and "
        "addresses, loses packets, changes keys every few seconds at both "
        "ends, reauthenticates and kills daemons, has the gateway forget "
        "its client, all at random; then repairs the network and looks "
        "whether no packet is lost or has left in the clear, and nothing is "
        "left of it.  All decisions come from the seed.")
    parser.add_argument("--minutes", type=float, default=3, metavar="N",
                        help="at most that long (%(default)s)")
    parser.add_argument("--seed", type=int, metavar="S",
                        help="repeats a run; otherwise one is drawn")
    parser.add_argument("--gateway", choices=[*GATEWAYS, "both"],
                        default="both", help="both run at once, or one after "
                        "the other if there is but one processor "
                        "(%(default)s)")
    parser.add_argument("--round", type=int, default=1, metavar="N",
                        help="begin with that round of the seed")
    parser.add_argument("--again", action="store_true",
                        help="run what failed once more at the end, alone: "
                        "what fails beside others may be the machine's fault")
    parser.add_argument("--no-restarts", action="store_true",
                        help="neither kill nor restart a daemon")
    front.add_build(parser)
    kernels.add_option(parser)
    return parser.parse_args()


def soak(gateway, options, end):
    """True if all was well."""
    one = Soak(gateway, options, end)
    try:
        passed = one.run()
    except (steps.Failed, guest.Broken,
            concurrent.futures.TimeoutError) as error:
        passed = False
        one.say(str(error) or "the guest does not answer")
    verdict = "passed" if passed else f"FAILED in {one.failed or 1} of"
    one.say(f"{verdict} {one.rounds} rounds, {one.happened} events, "
            f"{one.summary}, {one.packets} packets in the calm; all of it: "
            f"{one.results}")
    return passed


def soak_all(options, gateways):
    """At once, if there are processors for it."""
    began, seconds = time.monotonic(), options.minutes * 60
    if (os.cpu_count() or 1) == 1:
        ends = [began + seconds * (number + 1) / len(gateways)
                for number in range(len(gateways))]
        return [soak(gateway, options, end)
                for gateway, end in zip(gateways, ends)]
    with concurrent.futures.ThreadPoolExecutor(len(gateways)) as pool:
        futures = [pool.submit(soak, gateway, options, began + seconds)
                   for gateway in gateways]
        try:
            return [future.result() for future in futures]
        except BaseException:
            guest.kill_all()
            raise


def main():
    options = arguments()
    options.suffix = ""
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(10 ** 9)
    gateways = list(GATEWAYS) if options.gateway == "both" \
        else [options.gateway]
    say(f"seed {options.seed}; to repeat it: testing/soak --seed "
        f"{options.seed} --minutes {options.minutes:g}")
    build.plugin(options.build)
    passed = soak_all(options, gateways)
    if options.again and not all(passed):
        say("once more what failed, alone:")
        options.suffix = "-again"
        passed = [done or soak(gateway, options, time.monotonic()
                               + options.minutes * 60)
                  for gateway, done in zip(gateways, passed)]
    if not all(passed):
        say(f"seed {options.seed} failed")
    say(f"{sum(passed)} passed, {len(passed) - sum(passed)} failed")
    return 0 if all(passed) else 1
