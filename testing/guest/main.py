# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Inside the guest: builds the hosts, then runs commands in them on request,
until others are wanted.

Requests come from the runner, a JSON object a line, over the first serial
line; so do the answers.  Everything that decides is on the runner's side.
"""

import json
import os
import select
import shutil
import signal
import time
import traceback
import tty

import host
import machine
import system
from lab import network

# where the hosts find the network of the switches
SWITCHES = "/mnt/switches"


class Line:
    """The serial line to the runner."""

    def __init__(self, path):
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._fd)
        self._rest = b""

    def fileno(self):
        return self._fd

    def send(self, **message):
        data = (json.dumps(message) + "\n").encode()
        while data:
            data = data[os.write(self._fd, data):]

    def requests(self):
        """What has come; none if there is no more to come."""
        data = os.read(self._fd, 65536)
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [json.loads(line) for line in lines]


class Laboratory:
    def __init__(self, line):
        self._line = line
        self._hosts = {}
        self._running = {}          # process: (number of the request, its end)
        # a signal wakes up who waits for requests
        self._woken, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wakes)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    @staticmethod
    def _environment(results, path):
        return {
            "PATH": ":".join(["/mnt/bin", machine.GUEST + "/bin", *path,
                              "/usr/sbin:/usr/bin:/sbin:/bin"]),
            "LAB_RESULTS": results, "LAB_GUEST": machine.GUEST,
            "LAB_TERMINAL": os.environ.get("LAB_TERMINAL", ""),
            "HOME": "/run/home", "LANG": "C.UTF-8", "TERM": "dumb",
            "STRONGSWAN_CONF": "/etc/strongswan.conf.testing",
            "PYTHONPATH": machine.PYTHON,
        }

    def _start(self, names, results, path, plugin):
        # what is in there goes with it
        system.unshare("net")
        machine.write(SWITCHES, "")
        system.bind("/proc/self/ns/net", SWITCHES)
        network.build_switches()
        if plugin:
            machine.add_plugin(plugin)
        environment = self._environment(results, path)
        for name in names:
            self._hosts[name] = host.Host(name, environment)
        for name, one in self._hosts.items():
            if not os.read(one.ready, 16):
                raise RuntimeError(f"host {name} did not start")
        network.plug_in({name: one.pid for name, one in self._hosts.items()})
        processes = {
            one.execute("ip -batch - <<END\n"
                        f"{network.boot_commands(name)}END", *_output(name)):
            name for name, one in self._hosts.items()}
        for process, name in processes.items():
            _, status = os.waitpid(process, 0)
            _, error = _read_output(name)
            if status:
                raise RuntimeError(f"host {name}: {error}")

    def _stop(self):
        """Nothing of the hosts is left, nor of the network they were in."""
        for one in self._hosts.values():
            one.kill()
        self._hosts.clear()
        if os.path.exists(SWITCHES):
            system.detach(SWITCHES)
            os.unlink(SWITCHES)
        shutil.rmtree("/mnt/hosts", ignore_errors=True)

    def _execute(self, request):
        number = request["id"]
        process = self._hosts[request["host"]].execute(
            request["command"], *_output(number))
        self._running[process] = number, \
            time.monotonic() + request["timeout"]

    def _patience(self):
        if not self._running:
            return None
        first = min(end for _, end in self._running.values())
        return max(0, first - time.monotonic())

    def _end_late(self):
        for process, (number, end) in list(self._running.items()):
            if time.monotonic() >= end:
                os.killpg(process, signal.SIGKILL)
                del self._running[process]
                self._answer(number, -1, "timed out\n")

    def _reap(self):
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not process:
                return
            if process in self._running:
                number, _ = self._running.pop(process)
                self._answer(number, os.waitstatus_to_exitcode(status))

    def _answer(self, number, code, remark=""):
        out, error = _read_output(number)
        self._line.send(id=number, code=code, out=out, err=error + remark)

    def _request(self, request):
        if "host" in request:
            self._execute(request)
            return
        code, error = 0, ""
        try:
            if "start" in request:
                self._start(**request["start"])
            else:
                self._stop()
        except (OSError, RuntimeError):
            code, error = 1, traceback.format_exc()
        self._line.send(id=request["id"], code=code, out="", err=error)

    def run(self):
        self._line.send(ready=True)
        while True:
            ready, _, _ = select.select([self._line, self._woken], [], [],
                                        self._patience())
            if self._woken in ready:
                os.read(self._woken, 4096)
            if self._line in ready:
                requests = self._line.requests()
                if requests is None:
                    return
                for request in requests:
                    self._request(request)
            self._end_late()
            self._reap()


def _output(number):
    return f"/mnt/out.{number}.1", f"/mnt/out.{number}.2"


def _read_output(number):
    texts = []
    for path in _output(number):
        with open(path, "rb") as file:
            texts.append(file.read().decode("utf-8", "replace"))
        os.unlink(path)
    return texts


machine.prepare()
Laboratory(Line("/dev/ttyS0")).run()
