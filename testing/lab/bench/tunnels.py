# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The tunnels that testing/bench handover compares: alice is the laptop, sun
the gateway.  Their configurations, with the reasons, are in testing/peers."""

from .. import paths

PEERS = paths.TESTING / "peers"
# the distribution's default is to send on into a pulled cable
HONOUR_CARRIER = "for f in /proc/sys/net/ipv4/conf/*/" \
    "ignore_routes_with_linkdown; do echo %d > $f; done"


def unpacked():
    """Where testing/setup-bench unpacked what is not installed."""
    folder = paths.cache() / "bench" / "peers"
    if not (folder / "versions").exists():
        raise paths.Missing("there is nothing to compare with; "
                            "testing/setup-bench peers gets it")
    return folder


def programs():
    """Folders for PATH."""
    return [unpacked() / "usr" / "bin", unpacked() / "usr" / "sbin"]


def _with_libraries():
    found = sorted(unpacked().glob("*/*-linux-gnu")) + \
        sorted(unpacked().glob("usr/*/*-linux-gnu"))
    return "LD_LIBRARY_PATH=" + ":".join(map(str, found)) + " "


class Tunnel:
    """Once prepare(), then up() and down() per cut, at last finish()."""

    # what a new session leaves in alice's log
    log = pattern = None
    # does the capture of IKE tell what a move costs?
    uses_ike = False

    def __init__(self, place, name):
        self.place = place
        self.name = name

    def prepare(self):
        pass

    def up(self, rekeys=False):
        """rekeys: mid_rekey() will be called."""

    def down(self):
        pass

    def finish(self):
        pass

    def near_rekey(self):
        """Returns when rekey() may be called."""

    def rekey(self):
        """Returns when there is a request of it that has no answer yet.  The
        uplink is dead meanwhile."""
        raise NotImplementedError

    def version(self):
        raise NotImplementedError

    def sessions(self):
        """How many sessions there have been."""
        if not self.log:
            return 0
        return int(self.place.run(
            "alice", f"grep -c '{self.pattern}' {self.log}",
            must=False).out or 0)

    def _file(self, peer, host, path, **replace):
        text = (PEERS / peer / f"{host}.conf").read_text(encoding="utf-8")
        for word, value in replace.items():
            text = text.replace(word, value)
        self.place.write(host, path, text)

    def _until(self, host, command, seconds=20):
        """Polls until a command succeeds."""
        self.place.run(host, f"end=$((SECONDS+{seconds})); until {command}; "
                       "do [ $SECONDS -lt $end ] || exit 1; sleep 0.1; done")


class Charon(Tunnel):
    log, pattern = "/var/log/charon.log", r"IKE_SA home.* established between"
    uses_ike = True

    def __init__(self, place, name, gateway=None, **conf):
        """conf: of alice's charon, as Site.configure() takes it; gateway: the
        same of sun's."""
        super().__init__(place, name)
        self._conf = {"sun": gateway or {}, "alice": conf}

    def prepare(self):
        for host, conf in self._conf.items():
            self.place.configure(host, **conf)
            self._file("strongswan", host, "/etc/swanctl/swanctl.conf")
            self.place.start(host)

    def up(self, rekeys=False):
        self.place.run("alice", "swanctl --initiate --child home")

    def down(self):
        for host in ("alice", "sun"):
            self.place.run(host, "swanctl --terminate --ike home --force "
                           "--timeout 5", must=False)

    def finish(self):
        for host in ("alice", "sun"):
            self.place.stop(host)

    def rekey(self):
        self.place.run("alice", "swanctl --rekey --ike home")
        self.place.clock(0.5)

    def version(self):
        return self.place.run("alice", "swanctl --version").out.strip()


class _RoutedByKernel(Tunnel):
    """Leaves the choice of the uplink to the kernel's routes."""

    def prepare(self):
        self.place.run("alice", HONOUR_CARRIER % 1)

    def finish(self):
        self.place.run("alice", HONOUR_CARRIER % 0)


class WireGuard(_RoutedByKernel):
    # REKEY_AFTER_TIME of the protocol
    REKEY = 120

    def prepare(self):
        super().prepare()
        if self.place.run("alice", "modprobe wireguard", must=False).code:
            raise paths.Missing("this kernel has no WireGuard; use "
                                "--kernel qemu")
        private, public = {}, {}
        for host in ("alice", "sun"):
            private[host] = self.place.run(host, "wg genkey").out.strip()
            public[host] = self.place.run(
                host, f"echo {private[host]} | wg pubkey").out.strip()
        for host, peer in (("alice", "sun"), ("sun", "alice")):
            self._file("wireguard", host, "/etc/wg.conf", KEY=private[host],
                       PEER=public[peer])

    def up(self, rekeys=False):
        for host, address, route in (("sun", "10.3.0.14/28", None),
                                     ("alice", "10.3.0.1/28", "10.2.0.0/16")):
            self.place.run(
                host, "ip link add wg0 type wireguard && "
                "wg setconf wg0 /etc/wg.conf && ip link set wg0 up && "
                f"ip address add {address} dev wg0"
                + (f" && ip route add {route} dev wg0" if route else ""))

    def down(self):
        for host in ("alice", "sun"):
            self.place.run(host, "ip link del wg0", must=False)

    def near_rekey(self):
        command = "echo $((EPOCHSECONDS - $(wg show wg0 latest-handshakes | " \
            "cut -f2)))"
        while int(self.place.run("alice", command).out) < self.REKEY - 5:
            self.place.clock(2)

    def rekey(self):
        self.place.clock(8)

    def version(self):
        kernel = self.place.run("alice", "uname -v").out.strip()
        return f"WireGuard of Linux {kernel}, " + self.place.run(
            "alice", "wg --version").out.split(" - ")[0]


class OpenVPN(_RoutedByKernel):
    log, pattern = "/var/log/openvpn.log", "Initialization Sequence Completed"
    REKEY = 15
    TIMEOUTS = {"sun": "keepalive 10 60", "alice": ""}
    # the client sends every second and starts anew after 5 without an answer
    SHORT = {"sun": "keepalive 1 5",
             "alice": "connect-retry 1 1\nconnect-timeout 3"}

    def __init__(self, place, name, short=False):
        super().__init__(place, name)
        self._timeouts = self.SHORT if short else self.TIMEOUTS

    def prepare(self):
        super().prepare()
        for host in ("alice", "sun"):
            self.place.run(host, "modprobe tun; mkdir -p /dev/net; "
                           "[ -e /dev/net/tun ] || "
                           "mknod /dev/net/tun c 10 200")
            self._file("openvpn", host, "/etc/openvpn.conf",
                       TIMEOUTS=self._timeouts[host])
        self._start("sun")
        self._until("sun", "ip link show tun0 >/dev/null 2>&1")

    def _start(self, host, more=""):
        self.place.run(
            host, f"{_with_libraries()} openvpn --config /etc/openvpn.conf "
            f"{more} --daemon --writepid /run/openvpn.pid")

    def _stop(self, host):
        self.place.run(
            host, "pid=$(cat /run/openvpn.pid) && kill $pid; "
            "while kill -0 $pid 2>/dev/null; do sleep 0.05; done", must=False)

    def up(self, rekeys=False):
        before = self.sessions()
        self._began = self.place.clock()
        self._start("alice", f"--reneg-sec {self.REKEY}" if rekeys else "")
        self._until("alice", f"[ $(grep -c '{self.pattern}' {self.log}) "
                    f"-gt {before} ]")
        self._key = self.place.clock()

    def down(self):
        self._stop("alice")

    def finish(self):
        self._stop("sun")
        super().finish()

    def near_rekey(self):
        # from when it may have got the key at the earliest
        self._sleep_until(self._began + self.REKEY - 1)

    def rekey(self):
        self._sleep_until(self._key + self.REKEY + 1)

    def _sleep_until(self, moment):
        self.place.clock(max(0, moment - self.place.clock()))

    def version(self):
        return self.place.run("alice", f"{_with_libraries()} openvpn "
                              "--version | head -1", must=False).out.strip()


class Libreswan(_RoutedByKernel):
    log, pattern = "/var/log/pluto.log", "established IKE SA; authenticated"
    uses_ike = True
    # others than those of DPD, which is off otherwise, are its own
    TIMEOUTS = "dpddelay=30\n\tdpdtimeout=120"
    SHORT = "dpddelay=1\n\tdpdtimeout=5\n\tretransmit-interval=500\n\t" \
        "retransmit-timeout=5"

    def __init__(self, place, name, short=False):
        super().__init__(place, name)
        self._timeouts = self.SHORT if short else self.TIMEOUTS
        folder = unpacked() / "usr" / "libexec"
        self._environment = f"{_with_libraries()} IPSEC_NSSDIR=/run/pluto.nss "
        self._programs = f"{folder}/ipsec"

    def _ipsec(self, host, command, **more):
        return self.place.run(host, self._environment + "ipsec " + command,
                              **more)

    def prepare(self):
        super().prepare()
        for host in ("alice", "sun"):
            self._file("libreswan", host, "/etc/ipsec.conf",
                       TIMEOUTS=self._timeouts)
            self.place.write(host, "/etc/ipsec.secrets",
                             "@alice @sun : PSK \"of this laboratory only\"")
            # its programs look for each other there
            self.place.run(
                host, "mount -t tmpfs libexec /usr/libexec && ln -s "
                f"{self._programs} /usr/libexec/ && "
                "mkdir -p /run/pluto /run/pluto.nss /etc/ipsec.d")
            self._ipsec(host, "initnss --nssdir /run/pluto.nss")
            self.place.run(
                host, f"{self._environment} setsid {self._programs}/pluto "
                "--config /etc/ipsec.conf --nhelpers 1 </dev/null "
                ">>/var/log/pluto.out 2>&1")
            self._until(host, "[ -S /run/pluto/pluto.ctl ]")
            self._until(host, self._environment + "ipsec whack --listen "
                        ">/dev/null 2>&1")
            self._ipsec(host, "auto --add home")

    def up(self, rekeys=False):
        # as it looks for the default route only then
        self._ipsec("alice", "auto --replace home")
        before = self.sessions()
        # it goes on trying when this has given up
        self._ipsec("alice", "auto --up home", must=False)
        self._until("alice", f"[ $(grep -c '{self.pattern}' {self.log}) "
                    f"-gt {before} ]", 30)

    def down(self):
        for host in ("alice", "sun"):
            self._ipsec(host, "auto --delete home", must=False)
        self._ipsec("sun", "auto --add home")

    def finish(self):
        for host in ("alice", "sun"):
            self._ipsec(host, "whack --shutdown", must=False)
            self.place.run(host, "umount /usr/libexec", must=False)
        super().finish()

    def rekey(self):
        self._ipsec("alice", "whack --rekey-ike --name home --asynchronous",
                    must=False)
        self.place.clock(0.5)

    def version(self):
        return self._ipsec("alice", "--version").out.strip()
