# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""A guest: a kernel whose namespaces are the hosts.  Which kernel, and how it
boots, is up to uml.py and qemu.py."""

import concurrent.futures
import dataclasses
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from . import paths

_running = set()


def kill_all():
    """Whatever still runs, when the whole program stops."""
    for lab in list(_running):
        lab.kill()


class Broken(Exception):
    """The guest did not start, died, or does not answer."""


@dataclasses.dataclass
class Result:
    code: int
    out: str
    err: str


class Lab:
    """One guest.  Use as a context manager: leaving it leaves nothing."""

    BOOT_TIME = 60
    # how many seconds one of the guest may take
    SLOWNESS = 1

    def __init__(self, results, hosts, plugin=None, path=(), terminal=None):
        self.results = results
        self._job = {"hosts": list(hosts), "path": [str(p) for p in path],
                     "plugin": str(plugin) if plugin else None}
        self._terminal = terminal
        self._ids = itertools.count(1)
        self._waiting = {}
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._process = None
        self._line = None
        self._scratch = None
        self._over = False

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_):
        self.kill()

    def _command(self, line):
        """(arguments, further options for Popen) that boot the kernel, with
        its serial line at that socket."""
        raise NotImplementedError

    def _variables(self):
        """What guest/init gets to know by the kernel's command line."""
        return {
            "LAB_GUEST": paths.GUEST, "LAB_RESULTS": self.results,
            "LAB_SHOW": ":".join([str(paths.LAB), *self._job["path"],
                                  *self._plugin_folder()]),
        }

    def _start(self):
        (self.results / "job.json").write_text(json.dumps(self._job, indent=1))
        self._scratch = tempfile.mkdtemp(prefix="mm-lab.")
        self._line, theirs = socket.socketpair()
        with theirs, open(self.results / "console.txt", "wb") as console:
            arguments, options = self._command(theirs)
            self._process = subprocess.Popen(
                arguments, start_new_session=True,
                **{"stdin": subprocess.DEVNULL, "stdout": console,
                   "stderr": console, "pass_fds": [theirs.fileno()],
                   **options})
        _running.add(self)
        threading.Thread(target=self._read, daemon=True).start()
        if not self._ready.wait(self.BOOT_TIME) or self._over:
            raise Broken("the guest did not start; its last words:\n"
                         + self.last_words())

    def _plugin_folder(self):
        """With the unit tests that were built there, two up from .libs."""
        plugin = self._job["plugin"]
        return [os.path.dirname(os.path.dirname(plugin))] if plugin else []

    def last_words(self, count=15):
        text = (self.results / "console.txt").read_text(errors="replace")
        return "\n".join(text.splitlines()[-count:])

    def _read(self):
        """Hands answers to whoever waits for them, until the line is cut."""
        try:
            for line in self._line.makefile("rb"):
                try:
                    answer = json.loads(line)
                except ValueError:
                    continue
                if answer.get("ready"):
                    self._ready.set()
                    continue
                with self._lock:
                    future = self._waiting.pop(answer.get("id"), None)
                if future:
                    future.set_result(Result(answer["code"], answer["out"],
                                             answer["err"]))
        except OSError:
            pass
        with self._lock:
            self._over = True
            waiting, self._waiting = self._waiting, {}
        self._ready.set()
        for future in waiting.values():
            future.set_exception(Broken("the guest died; its last words:\n"
                                        + self.last_words()))

    def _send(self, message):
        try:
            self._line.sendall((json.dumps(message) + "\n").encode())
        except OSError as error:
            raise Broken(f"the guest is gone: {error}") from error

    def submit(self, host, command, timeout=60, **more):
        """Starts a command in a host; the answer is a future."""
        future = concurrent.futures.Future()
        number = next(self._ids)
        with self._lock:
            if self._over:
                raise Broken("the guest is gone")
            self._waiting[number] = future
        self._send({"id": number, "host": host, "command": command,
                    "timeout": timeout, **more})
        return future

    def run(self, host, command, timeout=60):
        """Runs a command in a host and waits for it."""
        try:
            return self.submit(host, command, timeout).result(
                timeout * self.SLOWNESS + 10)
        except concurrent.futures.TimeoutError as error:
            raise Broken(f"the guest does not answer: {command}") from error

    def shell(self, host):
        """An interactive shell in a host, on the terminal given at start."""
        size = shutil.get_terminal_size()
        self.submit(host, "", shell=True, term=os.environ.get("TERM", "linux"),
                    size=[size.lines, size.columns]).result()

    def kill(self):
        """Ends the guest at once; what it wrote is in the results already."""
        _running.discard(self)
        process, self._process = self._process, None
        if process:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        if self._line:
            self._line.close()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
