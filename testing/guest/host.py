# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""A host: namespaces, with an /etc, /run, /tmp and /var/log of its own.

No process is forked, as that would take much longer than all else here:
whoever makes hosts goes there, starts a program, and returns.
"""

import os
import select
import shutil
import signal
import socket

import machine
import system
from lab import network

# those that Python itself does not take as they come
SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ)


class Host:
    """Its first process tells by a line from ready that it is there."""

    def __init__(self, name, environment):
        self.name = name
        self._environment = {**environment, "LAB_HOST": name}
        self.ready, tells = os.pipe()
        home = system.Namespaces()
        try:
            system.unshare(*system.NAMESPACES)
            self._move_in()
            self.pid = self._spawn(["bash", machine.GUEST + "/host-init"],
                                   [(os.POSIX_SPAWN_DUP2, tells, 1)])
            self._namespaces = system.Namespaces()
        finally:
            home.enter()
            home.close()
            os.close(tells)

    def _move_in(self):
        results = self._environment["LAB_RESULTS"]
        system.mount("none", "/", flags=system.MS_REC | system.MS_PRIVATE)
        system.mount("sysfs", "/sys", "sysfs")
        socket.sethostname(self.name)
        for line in network.SYSCTL.splitlines():
            value, key = line.split()
            machine.write("/proc/sys/net/" + key, value)
        machine.private_folders()
        os.makedirs(self._environment["HOME"])
        etc = f"/mnt/hosts/{self.name}"
        machine.make_etc(etc)
        os.makedirs(etc + "/network")
        machine.write(etc + "/network/interfaces",
                      network.etc_interfaces(self.name))
        for own in (f"{results}/etc/{self.name}",
                    f"{results}/scenario/hosts/{self.name}/etc"):
            if os.path.isdir(own):
                shutil.copytree(own, etc, dirs_exist_ok=True)
        system.bind(etc, "/etc")
        logs = f"{results}/{self.name}"
        os.makedirs(logs, exist_ok=True)
        if not os.path.lexists(logs + "/daemon.log"):
            os.symlink("charon.log", logs + "/daemon.log")
        system.bind(logs, "/var/log")

    def _spawn(self, command, files):
        return os.posix_spawn(
            "/bin/bash", command, self._environment, file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), *files],
            setsid=True, setsigdef=SIGNALS)

    def execute(self, command, *output):
        """A process id; output and errors go to files, so that a daemon which
        keeps them open does not keep anybody waiting."""
        home = system.Namespaces()
        try:
            self._namespaces.enter()
            return self._spawn(["bash", "-c", command], [
                (os.POSIX_SPAWN_OPEN, number, path, os.O_WRONLY | os.O_CREAT,
                 0o600) for number, path in enumerate(output, 1)])
        finally:
            home.enter()
            home.close()

    def kill(self):
        """Returns once no process is left there."""
        watched = os.pidfd_open(self.pid)
        os.kill(self.pid, signal.SIGKILL)
        select.select([watched], [], [])
        os.close(watched)
        os.close(self.ready)
        self._namespaces.close()
