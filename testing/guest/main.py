# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Inside the guest: builds the hosts, then runs commands in them on request.

Requests come from the runner, a JSON object a line, over the first serial
line; so do the answers.  Everything that decides is on the runner's side.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import tty

from lab import network

# What of the machine's /etc programs in the hosts need.
ETC = ("passwd", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
       "protocols", "services", "localtime", "bash.bashrc", "profile",
       "alternatives", "python3", "gdb", "iproute2",
       "ethertypes", "terminfo", "inputrc",
       # of the one that runs this
       f"python{sys.version_info[0]}.{sys.version_info[1]}")

GUEST = os.environ["LAB_GUEST"]
RESULTS = os.environ["LAB_RESULTS"]
PLUGINS = "/usr/lib/ipsec/plugins"


class Line:
    """The serial line to the runner."""

    def __init__(self, path):
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._fd)
        self._lock = threading.Lock()
        self._input = os.fdopen(os.dup(self._fd), "rb", 0)

    def send(self, **message):
        data = (json.dumps(message) + "\n").encode()
        with self._lock:
            while data:
                data = data[os.write(self._fd, data):]

    def requests(self):
        rest = b""
        while True:
            data = os.read(self._fd, 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                yield json.loads(line)


def prepare_etc():
    os.makedirs("/mnt/etc")
    present = [os.path.join("/etc", name) for name in ETC
               if os.path.lexists(os.path.join("/etc", name))]
    # some of it is not readable for the user who runs this
    subprocess.run(["cp", "-a", *present, "/mnt/etc/"], check=False,
                   stderr=subprocess.DEVNULL)
    files = {
        "hosts": network.etc_hosts(),
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n"
                         "protocols: files\nservices: files\n",
        "resolv.conf": "",
        "mtab": "",
    }
    for name in ("iptables.flush", "ip6tables.flush",
                 "strongswan.conf.testing"):
        with open(os.path.join(GUEST, "etc", name), encoding="utf-8") as file:
            files[name] = file.read()
    for name, text in files.items():
        with open(os.path.join("/mnt/etc", name), "w",
                  encoding="utf-8") as file:
            file.write(text)


def prepare_tools():
    """The kernel has no nft_chain_nat, so iptables is the legacy one."""
    for name in ("iptables", "ip6tables", "iptables-restore",
                 "ip6tables-restore", "iptables-save", "ip6tables-save"):
        os.symlink("/usr/sbin/xtables-legacy-multi", "/mnt/bin/" + name)


def prepare_plugins(plugin):
    """Shows charon its plugins and, if there is one, ours among them."""
    mine = os.path.basename(plugin) if plugin else None
    os.makedirs("/mnt/plugins.real")
    subprocess.run(["mount", "--bind", PLUGINS, "/mnt/plugins.real"],
                   check=True)
    subprocess.run(["mount", "-t", "tmpfs", "plugins", PLUGINS], check=True)
    for name in os.listdir("/mnt/plugins.real"):
        if not name.startswith("libstrongswan-mobility-manager"):
            os.symlink("/mnt/plugins.real/" + name,
                       os.path.join(PLUGINS, name))
    if plugin:
        # a copy: a build meanwhile must not change the code of a running daemon
        shutil.copy(plugin, os.path.join(PLUGINS, mine))


class Hosts:
    def __init__(self, path):
        self._path = path
        self.pids = {}
        os.makedirs("/mnt/ready")
        os.makedirs("/mnt/ns")
        with open("/mnt/ns/switches", "w", encoding="ascii"):
            pass
        subprocess.run(["mount", "--bind", "/proc/self/ns/net",
                        "/mnt/ns/switches"], check=True)

    def environment(self, host):
        return {
            "PATH": self._path, "LAB_HOST": host, "LAB_RESULTS": RESULTS,
            "LAB_GUEST": GUEST, "LAB_SHOW": os.environ.get("LAB_SHOW", ""),
            "HOME": "/run/home", "LANG": "C.UTF-8",
            "TERM": os.environ.get("LAB_TERM", "dumb"),
            "STRONGSWAN_CONF": "/etc/strongswan.conf.testing",
            "PYTHONDONTWRITEBYTECODE": "1", "PS1": f"{host}# ",
            "PYTHONPATH": os.environ["PYTHONPATH"],
        }

    def start(self, names):
        with open("/mnt/sysctl", "w", encoding="ascii") as file:
            file.write(network.SYSCTL)
        starters = {}
        for name in names:
            etc = f"/mnt/hosts/{name}/etc/network"
            os.makedirs(etc)
            log = f"{RESULTS}/{name}"
            os.makedirs(log, exist_ok=True)
            if not os.path.lexists(log + "/daemon.log"):
                os.symlink("charon.log", log + "/daemon.log")
            with open(etc + "/interfaces", "w", encoding="utf-8") as file:
                file.write(network.etc_interfaces(name))
            starters[name] = subprocess.Popen(
                ["unshare", "--net", "--mount", "--uts", "--pid", "--fork",
                 "--propagation", "private",
                 os.path.join(GUEST, "host-init"), name],
                env=self.environment(name), stdin=subprocess.DEVNULL)
        for name, starter in starters.items():
            while not os.path.exists("/mnt/ready/" + name):
                if starter.poll() is not None:
                    raise RuntimeError(f"host {name} did not start")
                time.sleep(0.01)
            with open(f"/proc/{starter.pid}/task/{starter.pid}/children",
                      encoding="ascii") as file:
                self.pids[name] = int(file.read().split()[0])
        network.plug_in(self.pids)
        for name in names:
            subprocess.run(
                ["nsenter", "-t", str(self.pids[name]), "-n", "ip", "-batch",
                 "-"], input=network.boot_commands(name), text=True,
                check=True)

    def popen(self, host, command, **options):
        return subprocess.Popen(
            ["nsenter", "-t", str(self.pids[host]), "-n", "-m", "-u", "-p",
             "-w/", "bash", "-c", command],
            env=self.environment(host), start_new_session=True,
            stdin=options.pop("stdin", subprocess.DEVNULL), **options)


def run_command(hosts, line, request):
    """One command in one host; output goes through files, so that a daemon
    which keeps them open does not keep us waiting."""
    base = f"/mnt/out.{request['id']}"
    with open(base + ".1", "w+b") as out, open(base + ".2", "w+b") as err:
        process = hosts.popen(request["host"], request["command"],
                              stdout=out, stderr=err)
        try:
            code = process.wait(request.get("timeout", 60))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            code = -1
            err.write(b"timed out\n")
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    os.unlink(base + ".1")
    os.unlink(base + ".2")
    line.send(id=request["id"], code=code, out=texts[0], err=texts[1])


def run_shell(hosts, line, request):
    """An interactive shell on the runner's terminal, the second console."""
    environment = dict(hosts.environment(request["host"]),
                       TERM=request.get("term", "linux"))
    rows, columns = request.get("size", (24, 80))
    path = os.environ["LAB_TERMINAL"]
    with open(path, "r+b", 0) as terminal:
        subprocess.run(["stty", "sane", "rows", str(rows), "cols",
                        str(columns)], stdin=terminal, check=False)
    subprocess.run(
        ["setsid", "-c", "-w", "nsenter", "-t",
         str(hosts.pids[request["host"]]), "-n", "-m", "-u", "-p", "-w/",
         "bash", "--norc", "-i"],
        env=environment, check=False, stdin=open(path, "rb", 0),
        stdout=open(path, "wb", 0), stderr=subprocess.STDOUT)
    line.send(id=request["id"], code=0, out="", err="")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    line = Line("/dev/ttyS0")
    prepare_etc()
    prepare_tools()
    prepare_plugins(job.get("plugin"))
    network.build_switches()
    hosts = Hosts(":".join(["/mnt/bin", os.path.join(GUEST, "bin")]
                           + job.get("path", [])
                           + ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]))
    hosts.start(job["hosts"])
    line.send(ready=True)
    for request in line.requests():
        if request.get("halt"):
            return
        target = run_shell if request.get("shell") else run_command
        threading.Thread(target=target, args=(hosts, line, request),
                         daemon=True).start()


main()
