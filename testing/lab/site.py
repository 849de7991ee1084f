# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""A laboratory that is driven step by step, by benchmarks and others: alice
with two uplinks, sun, bob, and whichever strongswan.conf is wanted now."""

import contextlib
import shutil

from . import kernels, paths, scenario, steps

# hosts and certificates are those of this scenario, if no other is wanted
SCENARIO = "cable-pull"
CONF = """\
swanctl {{
  load = pem pkcs1 x509 revocation constraints pubkey openssl random
}}
charon-systemd {{
  load = random nonce openssl kdf hmac pem pkcs1 x509 revocation constraints \
pubkey kernel-netlink socket-default updown vici{plugin}
  reuse_ikesa = no
  {timeouts}
  cookie_threshold = 1000
  cookie_threshold_ip = 1000
  block_threshold = 1000
  {options}
}}
"""


# those of charon itself; what all hosts of scenarios have in common, in
# guest/etc/strongswan.conf.testing, is shorter
TIMEOUTS = "retransmit_timeout = 4.0\n  retransmit_base = 1.8\n  " \
    "retransmit_tries = 5"


class Site:
    def __init__(self, name, plugin, options, programs=(), hosts=None,
                 found=SCENARIO, memory=None):
        self.results = paths.generated() / name
        self._lock = paths.claim(self.results)
        shutil.rmtree(self.results, ignore_errors=True)
        self.results.mkdir(parents=True)
        self.scenario = scenario.find(found)
        self.scenario.prepare(self.results, plugin is not None)
        self._hosts = hosts or self.scenario.hosts()
        self._lab = kernels.LABS[options.kernel](
            plugin, [*paths.tools(plugin, options.build), *programs])
        if memory:
            self._lab.MEMORY = memory
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        with steps.Progress("Booting the laboratory"):
            self._stack.enter_context(self._lab)
            self._lab.start(self.results, self._hosts)
        return self

    def __exit__(self, *_):
        self._stack.close()

    def run(self, host, command, must=True, timeout=150):
        result = self._lab.run(host, command, timeout)
        if must and result.code:
            raise steps.Failed(f"{host}# {command}\n{result.out}{result.err}")
        return result

    def submit(self, host, command, timeout=60):
        """Starts a command; the answer is a future."""
        return self._lab.submit(host, command, timeout)

    def clock(self, pause=0):
        """The guest's time in seconds, after a pause by its own clock: it may
        be slower than ours."""
        return float(self.run(
            "alice", f"sleep {pause}; echo $EPOCHREALTIME").out)

    def write(self, host, path, text):
        """By way of the results: the serial line is not made for much."""
        passed = self.results / f"{host}.written"
        passed.write_text(text + "\n", encoding="utf-8")
        self.run(host, f"cp {passed} {path}")

    def configure(self, host, with_plugin=False, options="",
                  timeouts=TIMEOUTS):
        """Its charon must not run now."""
        self.write(host, "/etc/strongswan.conf", CONF.format(
            plugin=" mobility-manager" if with_plugin else "",
            options=options, timeouts=timeouts))

    def nat(self):
        self.run("moon", "iptables -t nat -A POSTROUTING -o eth0 "
                 "-s 10.1.0.0/16 -p udp -j SNAT "
                 "--to-source 192.168.0.1:1024-1100")

    def start(self, host, environment=""):
        self.run(host, f"{environment} systemctl start strongswan")
        self.run(host, "expect-connection home")

    def end_watchers(self, host):
        """Nobody follows the daemon's events from now on: that takes memory of
        it, and the shell that writes them down reads byte by byte."""
        self.run(host, "for pid in $(grep -lxE 'mobilityctl|systemctl' "
                 "/proc/[0-9]*/comm | cut -d/ -f3); do kill -KILL $pid; done; :")

    def stop(self, host):
        self.run(host, "systemctl stop strongswan")
