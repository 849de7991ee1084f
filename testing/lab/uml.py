# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""A guest under User Mode Linux."""

import os
import shutil

from . import compiled, guest, paths, processors, releases

MODULES = "/usr/lib/uml/modules"


class Lab(guest.Lab):
    MEMORY = "640M"
    _processor = None
    # None for that of this machine
    release = None

    @staticmethod
    def _kernel():
        kernel = shutil.which("linux.uml")
        if not kernel:
            raise paths.Missing("User Mode Linux is not installed; "
                                "testing/setup installs it")
        return kernel

    def _command(self, line):
        kernel = releases.KERNEL if self.release else self._kernel()
        self._processor = processors.Claim()
        arguments = [
            kernel, f"mem={self.MEMORY}", "rootfstype=hostfs", "rootflags=/",
            "ro", "security=apparmor",
            f"init={paths.GUEST / 'init'}", "quiet", "con=null",
            "con0=null,fd:1", "ssl=null", f"ssl0=fd:{line.fileno()}",
            f"uml_dir={self._scratch}", "umid=lab", f"LAB_MODULES={MODULES}",
        ]
        arguments += [f"{name}={value}"
                      for name, value in self._variables().items()]
        passed = [line.fileno()]
        if self._terminal is not None:
            arguments += [f"con1=fd:{self._terminal}",
                          "LAB_TERMINAL=/dev/tty1"]
            passed.append(self._terminal)
        environment = {"PATH": os.environ.get("PATH", "/usr/bin"),
                       "HOME": str(self._scratch),
                       "TMPDIR": str(self._scratch),
                       # lets it run on processors with large registers
                       "LD_PRELOAD": str(compiled.make(
                           paths.TESTING / "lab" / "xstate.c", "xstate.so",
                           "-shared", "-fPIC", "-ldl"))}
        if os.path.isdir("/dev/shm"):
            environment["TMPDIR"] = "/dev/shm"
        arguments = [
            "env", "-i", *(f"{name}={value}"
                           for name, value in environment.items()),
            *arguments]
        if self.release:
            arguments = self.release.inside(self._scratch, arguments)
        return ["taskset", "-c", str(self._processor.number), *arguments], \
            {"pass_fds": passed}

    def kill(self):
        super().kill()
        if self._processor:
            self._processor.close()
