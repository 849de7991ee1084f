# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""What the soak does to the network and to the daemons.

A seed decides all of it, and the time of each event; nothing here looks at a
clock or at what the events have done.  alice has two uplinks: eth1 is in the
gateway's own network, eth0 behind moon, or, at another access point, behind
carol; both do NAT.
"""

import dataclasses
import random

# for how long there may be no path at all, in seconds: a gateway without the
# plugin does not wait for ever
LONGEST_OUTAGE = 10
# between two events that make somebody log in anew
LOGIN_PAUSE = 12
RESTART_PAUSE = 25
# that she needs to do so by herself
QUIET = 12
# how long a login may take that has to find out that the preferred uplink is
# dead, with what a slow machine needs to start programs
DEAD_LOGIN = 12

# of eth0: who its router is at which access point, and alice's addresses there
PLACES = {
    "net1": ("moon", "10.1.0.1", ("10.1.0.10", "10.1.0.11", "10.1.0.12")),
    "net3": ("carol", "10.4.0.1", ("10.4.0.60", "10.4.0.61")),
}
ETH1_V6 = "fec0::5/16"
ETH1 = ("192.168.0.50", "192.168.0.51", "192.168.0.52")
NAT = {"moon": ("10.1.0.0/16", "192.168.0.1"),
       "carol": ("10.4.0.0/16", "192.168.0.100")}
# where packets get lost or late
LINES = (("alice", "eth1"), ("moon", "eth0"), ("moon", "eth1"),
         ("carol", "eth0"), ("sun", "eth0"))


# unless the daemon has been restarted meanwhile, and does it by itself
INITIATE = "swanctl --list-sas | grep -q ^home: || " \
    "swanctl --initiate --child home --timeout 3"
# what a daemon had in the kernel stays there, also that of stock; the client's
# virtual IP goes first (a gateway has none): without policies it would be but
# another address of the uplink, and what is bound to it go out in the clear,
# before the plugin has started again and removes it
KILL = ["systemctl kill strongswan", "ip address flush to 10.3.0.0/28",
        "ip xfrm policy flush", "ip xfrm state flush",
        "ip route flush table 220", "systemctl start strongswan"]


# in the gateway's network; a slow machine may not have got to all of them
ESP_RULES = [(tables, chain + " -p esp -j DROP")
             for tables in ("iptables", "ip6tables")
             for chain in ("INPUT", "OUTPUT")]
BLOCK_ESP = [f"{tables} -A {rule}" for tables, rule in ESP_RULES]
PASS_ESP = [f"while {tables} -D {rule} 2>/dev/null; do :; done"
            for tables, rule in ESP_RULES]


def lose(chain, *what):
    """Commands that lose what goes through that chain, in a table that nothing
    else of the storm uses."""
    return [f"{tables} -t mangle -A {chain} {each} -j DROP"
            for tables in ("iptables", "ip6tables") for each in what]


LOSE_NOTHING = ["iptables -t mangle -F", "ip6tables -t mangle -F"]
# all that a gateway says at its end, as when it is its host that goes
LOSE_GOODBYES = lose("POSTROUTING", "-p udp --sport 500",
                     "-p udp --sport 4500")
# all but IKE_SA_INIT: what alice asks, or what she gets; at the gateway, or at
# a router, where there is no ESP but in UDP
LOSE_SESSION = {
    "sun": {"asks": lose("INPUT", "-p udp --dport 4500", "-p esp"),
            "gets": lose("POSTROUTING", "-p udp --sport 4500", "-p esp")},
    "router": {"asks": lose("FORWARD", "-o eth0 -p udp --dport 4500"),
               "gets": lose("FORWARD", "-i eth0 -p udp --sport 4500")},
}


@dataclasses.dataclass
class Event:
    time: float         # seconds since the storm began
    name: str
    steps: dict         # host: commands, one after the other
    logins: int = 0     # that it is a reason for, at most
    login_within: float = 0     # there has to be one, in seconds
    restarts: bool = False      # there is another daemon afterwards
    background: bool = False    # what follows doesn't wait for it
    whole: bool = False         # no host may leave out its part


def snat(router, ports):
    """Arguments for the only rule a router has."""
    inside, outside = NAT[router]
    return f"POSTROUTING {{}} -o eth0 -s {inside} -p udp -j SNAT " \
        f"--to-source {outside}:{ports}"


class Storm:
    def __init__(self, seed, with_restarts=True):
        self._chance = random.Random(seed)
        self._time = 0.0
        self._with_restarts = with_restarts
        self._unplugged = set()         # of alice's uplinks
        self._down = set()
        self._muted = set()             # (host, interface) in the switches
        self._weather = set()           # of LINES
        self._place = "net1"
        self._address = {"eth0": "10.1.0.10", "eth1": ETH1[0]}
        self._dark = None               # since when there is no path
        self._login = self._restart = 0.0
        self._before_break = False
        self._no_esp = False            # in the gateway's network

    # ------------------------------------------------------------------ state

    def _usable(self, uplink):
        router = PLACES[self._place][0]
        return not (uplink in self._unplugged or uplink in self._down
                    or ("alice", uplink) in self._muted
                    or (uplink == "eth0" and (router, "eth0") in self._muted))

    def _has_path(self):
        return ("sun", "eth0") not in self._muted and (
            self._usable("eth0") or self._usable("eth1"))

    def _unmute(self, uplinks):
        """A port of a switch that comes up again forwards."""
        self._muted -= {("alice", uplink) for uplink in uplinks}

    # ----------------------------------------------------------------- events

    def events(self, seconds):
        """Those of so many seconds."""
        kinds = {
            self._cable: 10, self._both: 5, self._flap: 3, self._upstream: 8,
            self._nat: 5, self._renew: 4, self._move_in: 6, self._interface: 4,
            self._access_point: 3, self._rekey: 12, self._collide: 4,
            self._loss: 6, self._clear: 4, self._switch: 5, self._prefer: 3,
            self._flush: 2, self._freeze: 3, self._style: 2, self._esp: 4,
            self._reauthenticate: 3, self._leave: 2, self._kill: 2,
            self._restart_client: 1, self._kill_gateway: 1,
            self._forget: 6, self._remember: 4, self._log_in_elsewhere: 3,
        }
        while self._time < seconds:
            # many at nearly the same moment, and a few long pauses
            self._time += 0.01 * 400 ** self._chance.random()
            if self._dark is not None and \
                    self._time - self._dark > LONGEST_OUTAGE:
                kind = self._repair
            else:
                kind = self._chance.choices(
                    list(kinds), list(kinds.values()))[0]
            events = kind()
            yield from [events] if isinstance(events, Event) else events or ()
            if self._has_path():
                self._dark = None
            elif self._dark is None:
                self._dark = self._time

    def _event(self, name, steps, **more):
        return Event(self._time, name, steps, **more)

    def _cable(self):
        uplink = self._chance.choice(("eth0", "eth1"))
        return self._set_cables({uplink}, uplink in self._unplugged)

    def _both(self):
        both = {"eth0", "eth1"}
        return self._set_cables(both, bool(self._unplugged))

    def _set_cables(self, uplinks, plugged):
        self._unplugged = self._unplugged - uplinks if plugged \
            else self._unplugged | uplinks
        self._unmute(uplinks)
        action = "plug" if plugged else "pull"
        names = " ".join(sorted(uplinks))
        return self._event(f"{action} {names}",
                           {"alice": [f"cable {action} {names}"]})

    def _flap(self):
        """Leaves them plugged."""
        uplinks = self._chance.choice((("eth0",), ("eth1",), ("eth0", "eth1")))
        steps, plugged = [], {name: name not in self._unplugged
                              for name in uplinks}
        count = self._chance.randint(3, 10)
        event = self._event(f"{count} flaps of {' '.join(uplinks)}",
                            {"alice": steps})
        for _ in range(count):
            uplink = self._chance.choice(uplinks)
            plugged[uplink] = not plugged[uplink]
            # many short ones and a few long ones, as a loose plug does
            pause = 0.01 * 100 ** self._chance.random()
            steps += [f"cable {'plug' if plugged[uplink] else 'pull'} "
                      f"{uplink}", f"sleep {pause:.3f}"]
            self._time += pause
        steps.append("cable plug " + " ".join(uplinks))
        self._unplugged -= set(uplinks)
        self._unmute(uplinks)
        return event

    def _upstream(self):
        """A router, or alice's network, has no connection to the rest; only
        the gateway's own is not off for long."""
        line = self._chance.choice((
            ("alice", "eth0"), ("alice", "eth1"), ("alice", "eth1"),
            (PLACES[self._place][0], "eth0"), (PLACES[self._place][0], "eth0"),
            ("sun", "eth0")))
        if line[0] == "alice" and (line[1] in self._unplugged | self._down):
            return None
        return self._set_upstream(line, line in self._muted)

    def _set_upstream(self, line, connected):
        self._muted = self._muted - {line} if connected \
            else self._muted | {line}
        action = "unmute" if connected else "mute"
        return self._event(f"{action} {' '.join(line)}",
                           {line[0]: [f"cable {action} {line[1]}"]})

    def _repair(self):
        """Somebody does something about it at last."""
        if ("sun", "eth0") in self._muted:
            return self._set_upstream(("sun", "eth0"), True)
        uplink = self._chance.choice(("eth0", "eth1"))
        if uplink in self._unplugged:
            return self._set_cables({uplink}, True)
        if uplink in self._down:
            return self._set_interface(uplink, True)
        for line in sorted(self._muted):
            if line == ("alice", uplink) or \
                    (uplink == "eth0" and line[0] != "alice"):
                return self._set_upstream(line, True)
        return None

    def _all_fine(self):
        """Both uplinks lead to the gateway, and nothing gets lost."""
        down, self._down = sorted(self._down), set()
        self._unplugged = set()
        self._muted = set()
        self._weather = set()
        steps = {}
        for host, interface in LINES:
            steps.setdefault(host, []).append(self._fine(interface))
        for uplink in down:
            steps["alice"] += [f"ip link set {uplink} up",
                               *self._addressing(uplink)]
        steps["alice"] += ["cable plug eth0 eth1", "cable unmute eth0 eth1"]
        for host in ("moon", "carol", "sun"):
            steps[host].append("cable unmute eth0")
        return self._event("all is fine", steps)

    def _nat(self):
        """The router forgets its mappings; new ones are as before or not."""
        router = PLACES[self._place][0]
        steps = ["conntrack -F"]
        if self._chance.random() < 0.7:
            first = self._chance.randrange(1024, 60000)
            steps.insert(0, "iptables -t nat -R " + snat(
                router, f"{first}-{first + 99}").format("1"))
        return self._event("NAT mappings change", {router: steps})

    def _renew(self):
        """The lease is renewed: the same address, perhaps after a moment
        without."""
        uplink = self._chance.choice(("eth0", "eth1"))
        pause = self._chance.choice((None, None, 0, 0.05, 1))
        return self._set_address(uplink, self._address[uplink], pause,
                                 "the same address")

    def _move_in(self):
        """Another address, perhaps one of before."""
        uplink = self._chance.choice(("eth0", "eth1"))
        choices = PLACES[self._place][2] if uplink == "eth0" else ETH1
        address = self._chance.choice(choices)
        pause = self._chance.choice((None, 0, 0.2, 2))
        return self._set_address(uplink, address, pause, "address " + address)

    def _set_address(self, uplink, address, pause, name):
        """pause: between the old one and the new one, None if they overlap."""
        old, self._address[uplink] = self._address[uplink], address
        steps = [] if pause is None else [
            f"ip address flush dev {uplink} scope global", f"sleep {pause}"]
        steps += self._addressing(uplink)
        if pause is None and old != address:
            steps.append(f"ip address del {old}/{self._prefix(uplink)} "
                         f"dev {uplink}")
            # with the first address of a network go all others, and routes
            steps += self._addressing(uplink)
        event = self._event(f"{uplink}: {name}", {"alice": steps})
        self._time += pause or 0
        return event

    @staticmethod
    def _prefix(uplink):
        return 16 if uplink == "eth0" else 24

    def _addressing(self, uplink):
        steps = [f"ip address replace {self._address[uplink]}/"
                 f"{self._prefix(uplink)} dev {uplink} valid_lft 3600 "
                 "preferred_lft 3600"]
        if uplink == "eth1":
            # the kernel forgets it when the interface is down
            steps.append(f"ip address replace {ETH1_V6} dev eth1 nodad")
        if uplink == "eth0" and "eth0" not in self._down:
            steps.append("ip route replace default via "
                         f"{PLACES[self._place][1]} dev eth0")
        return steps

    def _interface(self):
        uplink = self._chance.choice(("eth0", "eth1"))
        return self._set_interface(uplink, uplink in self._down)

    def _set_interface(self, uplink, is_up):
        self._down = self._down - {uplink} if is_up \
            else self._down | {uplink}
        self._unmute({uplink})
        steps = [f"ip link set {uplink} up", *self._addressing(uplink)] \
            if is_up else [f"ip address flush dev {uplink} scope global",
                           f"ip link set {uplink} down"]
        return self._event(f"{uplink} {'up' if is_up else 'down'}",
                           {"alice": steps})

    def _access_point(self):
        """eth0 associates with the other one."""
        self._place = "net3" if self._place == "net1" else "net1"
        self._address["eth0"] = self._chance.choice(PLACES[self._place][2])
        self._unplugged.discard("eth0")
        self._unmute({"eth0"})
        steps = ["cable pull eth0", "ip address flush dev eth0 scope global",
                 f"cable plug eth0 {self._place}", *self._addressing("eth0")]
        return self._event(f"eth0 in {self._place}", {"alice": steps})

    def _rekey(self):
        host = self._chance.choice(("alice", "sun"))
        what = self._chance.choice(("ike", "child"))
        return self._event(f"{host} rekeys {what}", {
            host: [f"swanctl --rekey --{what} home"]}, background=True)

    def _collide(self):
        """Both at once."""
        mine, theirs = (self._chance.choice(("ike", "child"))
                        for _ in range(2))
        return self._event(f"alice rekeys {mine}, sun rekeys {theirs}", {
            "alice": [f"swanctl --rekey --{mine} home"],
            "sun": [f"swanctl --rekey --{theirs} home"]}, background=True)

    def _loss(self):
        host, interface = line = self._chance.choice(LINES)
        self._weather.add(line)
        what = self._chance.choice((
            "loss 5%", "loss 30%", "delay 20ms", "delay 150ms",
            "delay 80ms 40ms loss 5%", "delay 30ms reorder 20% 50%",
            "loss 100%", "duplicate 10%"))
        steps = [f"tc qdisc replace dev {interface} root netem {what} "
                 "limit 10000"]
        if what == "loss 100%":
            # not for long: nobody keeps account of that
            steps += ["sleep 1.5", self._fine(interface)]
            self._weather.discard(line)
        return self._event(f"{host} {interface}: {what}", {host: steps},
                           background=len(steps) > 1)

    @staticmethod
    def _fine(interface):
        return f"tc qdisc del dev {interface} root 2>/dev/null"

    def _clear(self):
        if not self._weather:
            return None
        line = self._chance.choice(sorted(self._weather))
        self._weather.discard(line)
        return self._event(f"{' '.join(line)}: fine",
                           {line[0]: [self._fine(line[1])]})

    def _switch(self):
        uplink = self._chance.choice(("eth0", "eth1"))
        return self._event(f"switch to {uplink}", {
            "alice": [f"timeout 20 mobilityctl switch home {uplink}"]},
            background=True)

    def _prefer(self):
        uplink = self._chance.choice(("eth0", "eth1"))
        how = self._chance.choice(("--cost 50", "--cost 900", "--prefer",
                                   "--avoid", "--reset", "--reset"))
        return self._event(f"{uplink} {how}", {
            "alice": [f"mobilityctl interface {uplink} {how}"]},
            background=True)

    def _flush(self):
        """Somebody deletes what is not his."""
        what = self._chance.choice((
            "ip rule flush protocol 230",
            "ip route flush table all protocol 230",
            "ip route flush table 220",
            "ip address flush to 10.3.0.0/28"))
        return self._event(what, {"alice": [what]})

    def _esp(self):
        """The gateway's network passes no ESP but what is in UDP, or it does
        again."""
        self._no_esp = not self._no_esp
        steps = BLOCK_ESP if self._no_esp else PASS_ESP
        return self._event(f"{'no ' if self._no_esp else ''}ESP",
                           {"sun": steps})

    def _freeze(self):
        """A daemon gets no processor for a while."""
        host = self._chance.choice(("alice", "sun"))
        pause = self._chance.choice((0.3, 1, 3))
        return self._event(f"{host}'s charon stands still for {pause} s", {
            host: ["pid=$(cat /run/charon-systemd.pid)", "kill -STOP $pid",
                   f"sleep {pause}", "kill -CONT $pid"]}, background=True)

    def _style(self):
        """alice changes how she reauthenticates."""
        self._before_break = not self._before_break
        value = "yes" if self._before_break else "no"
        return self._event(f"make_before_break = {value}", {
            "alice": ["sed -i 's/make_before_break = .*/make_before_break = "
                      f"{value}/' /etc/strongswan.conf",
                      "swanctl --reload-settings"]}, background=True)

    # what makes somebody log in

    def _login_event(self, name, steps, logins=1, **more):
        self._login = self._time
        return self._event(name, steps, logins=logins, background=True,
                           **more)

    def _may_login(self):
        return self._time - self._login >= LOGIN_PAUSE

    def _may_restart(self):
        return self._with_restarts and self._may_login() and \
            self._time - self._restart >= RESTART_PAUSE

    def _reauthenticate(self):
        if not self._may_login():
            return None
        return self._login_event("alice reauthenticates", {
            "alice": ["swanctl --rekey --ike home --reauth"]})

    def _leave(self):
        """alice ends the connection and wants it again."""
        if not self._may_login():
            return None
        pause = self._chance.choice((0, 0.5, 2))
        return self._login_event("alice leaves and comes back", {
            "alice": ["swanctl --terminate --ike home --timeout 5",
                      f"sleep {pause}", INITIATE]})

    def _restarting(self, name, steps, **more):
        if not self._may_restart():
            return None
        self._restart = self._time
        return self._login_event(name, steps, restarts=True, **more)

    def _kill(self):
        return self._restarting("kill -9 of alice's charon", {"alice": KILL})

    def _restart_client(self):
        return self._restarting("restart of alice's charon", {
            "alice": ["systemctl restart strongswan"]})

    def _kill_gateway(self):
        """The gateway has forgotten all, and alice's user sees that it does
        not work, unless she has logged in by herself."""
        killed = "$LAB_RESULTS/killed"
        return self._restarting("kill -9 of sun's charon", {
            "sun": [*KILL, f"touch {killed}"],
            # not before, or she logs in to the one that is going to forget her
            "alice": [f"until rm {killed}; do sleep 1; done 2>/dev/null",
                      "sleep 2", "swanctl --terminate --ike home --force "
                      "--timeout 5", INITIATE]}, logins=2, whole=True)

    # what makes alice log in by herself

    def _forget(self):
        """The gateway doesn't know alice anymore, and she is not told, perhaps
        as she is off."""
        if not self._may_login():
            return
        name, steps = self._chance.choice((
            ("gives up on alice", ["swanctl --terminate --ike home --force"]),
            ("forgets all", KILL),
            ("starts anew", ["systemctl restart strongswan"])))
        restarts = steps[0].startswith("systemctl")
        if restarts and not self._may_restart():
            return
        both = {"eth0", "eth1"}
        sleeps = self._chance.random() < 0.6
        if sleeps:
            yield self._set_cables(both, False)
            self._time += 0.5
        if restarts:
            self._restart = self._time
        yield self._login_event(f"sun {name}", {
            "sun": [*LOSE_GOODBYES, *steps, *LOSE_NOTHING]}, restarts=restarts)
        if sleeps:
            self._time += self._chance.uniform(2, LONGEST_OUTAGE)
            yield self._set_cables(both, True)
        if self._chance.random() < 0.6:
            # or it is only when the storm is over that she finds out
            yield self._all_fine()
            self._time += QUIET

    def _remember(self):
        """For a while alice has to believe that the gateway has forgotten her,
        as it answers nothing but IKE_SA_INIT, or the router of eth0 passes
        nothing else."""
        if not self._may_login():
            return
        quiet = self._chance.random() < 0.6
        if quiet:
            yield self._all_fine()
        pause = self._chance.choice((2, 6, 10, 18))
        where = self._chance.choice(("sun", "sun", "router"))
        what = self._chance.choice(("asks", "gets"))
        host = "sun" if where == "sun" else PLACES[self._place][0]
        yield self._login_event(
            f"{host} loses what alice {what} for {pause} s", {
                host: [*LOSE_SESSION[where][what], f"sleep {pause}",
                       *LOSE_NOTHING]})
        # that is when it may log in
        self._login += pause
        self._time += pause if quiet else 0

    def _log_in_elsewhere(self):
        """The uplink that alice prefers is up, but dead behind it.  Nothing
        else happens until she is in."""
        if not self._may_login():
            return
        choices = [("login", ["swanctl --terminate --ike home --force "
                              "--timeout 2", INITIATE])]
        if self._may_restart():
            choices += [("restart", ["systemctl restart strongswan"]),
                        ("kill -9", KILL)]
        how, steps = self._chance.choice(choices)
        restarts = how != "login"
        if restarts:
            self._restart = self._time
        yield self._all_fine()
        self._muted.add(("alice", "eth1"))
        self._time += 1
        yield self._login_event(f"{how} while eth1 is dead", {
            "alice": ["cable mute eth1", *steps]}, restarts=restarts,
            login_within=DEAD_LOGIN)
        self._time += DEAD_LOGIN


# What each host does after a storm, whatever that was: all is as before it.
CALM = {
    "sun": ["cable unmute eth0", Storm._fine("eth0"), *PASS_ESP],
    "moon": ["cable unmute eth0", Storm._fine("eth0"), Storm._fine("eth1")],
    "carol": ["cable unmute eth0", Storm._fine("eth0")],
    "alice": [
        Storm._fine("eth1"), "ip link set eth0 up", "ip link set eth1 up",
        "cable plug eth0 net1", "cable plug eth1", "cable unmute eth0 eth1",
        "ip address flush dev eth0 scope global",
        "ip address replace 10.1.0.10/16 dev eth0",
        "ip route replace default via 10.1.0.1 dev eth0",
        "ip address flush dev eth1 scope global",
        f"ip address replace {ETH1[0]}/24 dev eth1",
        f"ip address replace {ETH1_V6} dev eth1 nodad",
        "mobilityctl interface eth0 --reset",
        "mobilityctl interface eth1 --reset",
        "sed -i 's/make_before_break = .*/make_before_break = no/' "
        "/etc/strongswan.conf; swanctl --reload-settings"],
}
