# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""testing/bench churn: what changes of routes cost that are of no concern.

No guest: in one the processor's time is not that of a real machine. Two charons
run on this machine, in networks of their own, whose kernel need not have ESP:
there is an IKE_SA, but no CHILD_SA."""

import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

from .. import build, paths, steps
from ..steps import say

PLUGINS = "/usr/lib/ipsec/plugins"
CHARON = "/usr/sbin/charon-systemd"
GATEWAY = "192.0.2.1"
# the plugin, and whether charon itself listens to changes of routes, too
VARIANTS = {"stock": (False, True), "plugin": (True, True),
            "plugin, process_route = no": (True, False)}
PATIENCE = 10

CONF = """\
charon-systemd {{
  load = random nonce openssl kdf kernel-netlink socket-default vici{plugin}
  process_route = {process}
  filelog {{
    log {{
      path = {log}
      default = 1
      time_format = %T
      flush_line = yes
    }}
  }}
}}
"""
CONNECTION = """\
connections {{
  home {{
    version = 2
    childless = force
    {addrs}
    local {{ auth = psk
      id = {mine}
    }}
    remote {{ auth = psk
      id = {other}
    }}
  }}
}}
secrets {{
  ike-home {{
    secret = just-for-the-laboratory
  }}
}}
"""


def run(*command, **options):
    result = subprocess.run(
        [str(word) for word in command], text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        **options)
    if result.returncode:
        raise steps.Failed(" ".join(map(str, command)) + "\n" + result.stdout)
    return result.stdout


def wait(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise steps.Failed(f"waited in vain: {what}")
        time.sleep(0.02)


class Host:
    """A network, and a charon in it."""

    def __init__(self, name, results):
        self.name = name
        self._results = results
        self._charon = None
        # tells when it is ready, and ends with us
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-ec",
             "mount -t tmpfs run /run; ip link set lo up; "
             "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6; echo; "
             "exec sleep infinity"], stdout=subprocess.PIPE)
        if not self._holder.stdout.readline():
            raise steps.Failed("creating a network failed")
        self.pid = self._holder.pid

    def command(self, *command):
        return ["nsenter", "--net", "--mount", f"--target={self.pid}",
                *map(str, command)]

    def run(self, *command):
        return run(*self.command(*command))

    def start(self, addrs, other, plugin=False, process=True):
        """Starts charon, and returns its process id."""
        folder = self._results / self.name
        folder.mkdir(exist_ok=True)
        conf, swanctl = folder / "strongswan.conf", folder / "swanctl.conf"
        conf.write_text(CONF.format(
            plugin=" mobility-manager" if plugin else "",
            process="yes" if process else "no", log=folder / "charon.log"))
        swanctl.write_text(CONNECTION.format(addrs=addrs, mine=self.name,
                                             other=other))
        socket = pathlib.Path(f"/proc/{self.pid}/root/run/charon.vici")
        socket.unlink(missing_ok=True)
        with open(folder / "charon.out", "wb") as output:
            self._charon = subprocess.Popen(
                self.command(CHARON), stdin=subprocess.DEVNULL,
                stdout=output, stderr=output,
                env={**os.environ, "STRONGSWAN_CONF": str(conf)})
        wait(f"charon of {self.name}", lambda: socket.exists()
             or self._charon.poll() is not None)
        self.run("swanctl", "--load-all", "--noprompt", "--file", swanctl)
        return self._charon.pid

    def stop(self):
        if self._charon:
            self._charon.terminate()
            self._charon.wait()
            self._charon = None

    def datagrams(self):
        """What was sent by UDP."""
        with open(f"/proc/{self.pid}/net/snmp", encoding="ascii") as file:
            names, values = (line.split() for line in file
                             if line.startswith("Udp:"))
        return int(values[names.index("OutDatagrams")])


class Churn:
    def __init__(self, results, build, options):
        self._options = options
        self._control = build / paths.CONTROL / "mobilityctl"
        self._alice = Host("alice", results)
        self._sun = Host("sun", results)
        for number, net in enumerate(("10.1.0", "10.2.0")):
            self._alice.run(
                "ip", "link", "add", f"eth{number}", "type", "veth", "peer",
                "name", f"eth{number}", "netns", self._sun.pid)
            for address in (f"{net}.1/24", f"{net}.20/24"):
                self._sun.run("ip", "address", "add", address, "dev",
                              f"eth{number}")
            self._sun.run("ip", "link", "set", f"eth{number}", "up")
        self._sun.run("ip", "address", "add", f"{GATEWAY}/32", "dev", "lo")
        self._sun.start(f"local_addrs = {GATEWAY}", "alice")

    def _uplinks(self):
        for number, net in enumerate(("10.1.0", "10.2.0")):
            uplink = f"eth{number}"
            self._alice.run("ip", "address", "flush", "dev", uplink)
            self._alice.run("ip", "link", "set", uplink, "up")
            self._alice.run("ip", "address", "add", f"{net}.10/24", "dev",
                            uplink)
            self._alice.run("ip", "route", "add", "default", "via",
                            f"{net}.1", "metric", 100 * (number + 1))

    def measure(self, variant, batches):
        """(percents of a processor, packets sent)"""
        options, alice = self._options, self._alice
        plugin, process = VARIANTS[variant]
        self._uplinks()
        charon = alice.start(f"remote_addrs = {GATEWAY}", "sun", plugin,
                             process)
        alice.run("swanctl", "--initiate", "--ike", "home", "--timeout",
                  PATIENCE)
        self._expect(plugin, "eth0")
        sent = alice.datagrams()
        said = alice.run(
            paths.TOOLS / "route-churn", options["seconds"], options["rate"],
            options["routes"], batches, charon)
        sent = alice.datagrams() - sent
        self._expect(plugin, "eth0")
        if plugin:
            # it has listened, and still does
            alice.run("ip", "link", "set", "eth0", "down")
            wait("a move after the churn", lambda: self._is_on("eth1"))
        alice.stop()
        return float(re.search(r"([0-9.]+) % of", said).group(1)), sent

    def _is_on(self, uplink):
        # its exit code also says if the session is connected
        said = subprocess.run(
            self._alice.command(self._control, "status", "--json"),
            stdout=subprocess.PIPE, check=False)
        if said.returncode:
            return False
        return [session["uplink"] for session in json.loads(said.stdout)] \
            == [uplink]

    def _expect(self, plugin, uplink):
        if "ESTABLISHED" not in self._alice.run("swanctl", "--list-sas"):
            raise steps.Failed("there is no IKE_SA")
        if plugin:
            wait(f"a session on {uplink}", lambda: self._is_on(uplink))


def show_plugin(plugin):
    """Ours among charon's own, as in a guest."""
    own = [path for path in pathlib.Path(PLUGINS).iterdir()
           if not path.name.startswith("libstrongswan-mobility")]
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "tmpfs", "mnt", "/mnt")
    os.mkdir("/mnt/plugins")
    for path in own:
        shutil.copy(path, "/mnt/plugins")
    shutil.copy(plugin, "/mnt/plugins")
    run("mount", "--bind", "/mnt/plugins", PLUGINS)


def inside(job):
    """The first process of namespaces in which all others end with it."""
    results = pathlib.Path(job["results"])
    show_plugin(job["plugin"])
    churn = Churn(results, pathlib.Path(job["build"]), job)
    figures = []
    for batches in job["batches"]:
        for number in range(job["rounds"]):
            for variant in VARIANTS:
                with steps.Progress(f"{variant}, {batches} batches a second, "
                                    f"{number + 1} of {job['rounds']}"):
                    cpu, sent = churn.measure(variant, batches)
                figures.append({"variant": variant, "batches": batches,
                                "cpu": cpu, "sent": sent})
    (results / "churn.json").write_text(json.dumps(figures, indent=1))


def main(options):
    plugin = build.plugin(options.build)
    results = paths.generated() / "bench-churn"
    job = {"results": str(results), "plugin": str(plugin),
           "build": str(paths.build(options.build)),
           "batches": options.batches or [20, 1], "rounds": options.rounds,
           "seconds": options.seconds, "rate": options.rate,
           "routes": options.routes}
    with paths.claim(results):
        shutil.rmtree(results, ignore_errors=True)
        results.mkdir(parents=True)
        # whoever is not root may create networks as the root of a user namespace
        code = subprocess.run(
            ["unshare", *(["--map-root-user"] if os.geteuid() else []),
             "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
             sys.executable, "-B", "-m", "lab.bench.churn", json.dumps(job)],
            cwd=paths.TESTING, stdin=subprocess.DEVNULL, check=False).returncode
        if code:
            raise steps.Failed(f"the measurement failed; logs: {results}")
        figures = json.loads((results / "churn.json").read_text())
    say(f"\n{options.routes} routes, {options.rate} changes a second of "
        f"routes that lead elsewhere, for {options.seconds} s; median/worst "
        f"of {options.rounds}")
    say(f"{'':28}  {'batches/s':>9}  {'CPU [% of a core]':>17}  "
        f"{'packets sent':>12}")
    for batches in job["batches"]:
        for variant in VARIANTS:
            found = [one for one in figures if one["variant"] == variant
                     and one["batches"] == batches]
            cpu = [one["cpu"] for one in found]
            cpu = f"{statistics.median(cpu):.2f}/{max(cpu):.2f}"
            say(f"{variant:28}  {batches:9}  {cpu:>17}  "
                f"{sum(one['sent'] for one in found):12}")
    say(f"\nall figures: {results / 'churn.json'}")


if __name__ == "__main__":
    try:
        inside(json.loads(sys.argv[1]))
    except steps.Failed as error:
        say(f"\n{error}")
        sys.exit(1)
