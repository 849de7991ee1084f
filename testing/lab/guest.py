# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""A guest: a kernel whose namespaces are the hosts.  Which kernel, and how it
boots, is up to uml.py and qemu.py."""

import concurrent.futures
import dataclasses
import itertools
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from . import paths

# seconds; a day is more than anybody uses a shell for
FOREVER = 86400

_running = set()
_stopped = threading.Event()
# of both
_lock = threading.Lock()


def kill_all():
    """Whatever still runs, when the whole program stops: none boots any more.
    Who is impatient and interrupts that as well must not leave any behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with _lock:
        _stopped.set()
        running = list(_running)
    for lab in running:
        lab.kill()


def stopped():
    return _stopped.is_set()


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

    def __init__(self, plugin=None, path=(), terminal=None):
        # how often it got hosts
        self.used = 0
        self._job = {"path": [str(p) for p in path],
                     "plugin": str(plugin) if plugin else None}
        self._results = None
        self._terminal = terminal
        self._ids = itertools.count(1)
        self._waiting = {}
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._killing = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._process = None
        self._line = None
        self._scratch = None
        self._over = False

    def __enter__(self):
        try:
            self.boot()
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
            "LAB_GUEST": paths.GUEST, "LAB_SHARED": paths.generated(),
            "LAB_SHOW": ":".join([str(paths.LAB), *self._job["path"],
                                  *self._plugin_folder()]),
        }

    def boot(self):
        paths.generated().mkdir(parents=True, exist_ok=True)
        self._line, theirs = socket.socketpair()
        self._scratch = pathlib.Path(tempfile.mkdtemp(prefix="mm-lab."))
        self._reader.start()
        with theirs, open(self._console(), "wb") as console:
            arguments, options = self._command(theirs)
            with _lock:
                if _stopped.is_set():
                    raise Broken("stopped")
                self._process = subprocess.Popen(
                    arguments, start_new_session=True,
                    **{"stdin": subprocess.DEVNULL, "stdout": console,
                       "stderr": console, "pass_fds": [theirs.fileno()],
                       **options})
                _running.add(self)
        if not self._ready.wait(self.BOOT_TIME) or self._over:
            raise Broken("the guest did not start; its last words:\n"
                         + self._last_words())

    def start(self, results, hosts):
        """Gives it hosts, new ones with nothing of those before, whose logs go
        to a folder of results.  That has what they need, in scenario/ and
        etc/."""
        self._results = results
        self.used += 1
        self._ask(start={"names": list(hosts), "results": str(results),
                         **self._job})

    def stop(self):
        """Ends the hosts; what they wrote is in the results."""
        self._ask(stop=True)
        self._keep_console()

    def _ask(self, **request):
        try:
            answer = self._submit(request).result(self.BOOT_TIME)
        except concurrent.futures.TimeoutError as error:
            raise Broken("the guest does not answer") from error
        if answer.code:
            raise Broken(answer.err)

    def _console(self):
        return self._scratch / "console.txt"

    def _keep_console(self):
        """Of the whole time since it was booted."""
        if self._results and self._console().exists():
            shutil.copy(self._console(), self._results)
        self._results = None

    def _plugin_folder(self):
        """With the unit tests that were built there, two up from .libs."""
        plugin = self._job["plugin"]
        return [os.path.dirname(os.path.dirname(plugin))] if plugin else []

    def _last_words(self, count=15):
        text = self._console().read_text(errors="replace")
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
        last_words = self._last_words() if waiting else ""
        self._ready.set()
        for future in waiting.values():
            future.set_exception(Broken("the guest died; its last words:\n"
                                        + last_words))

    def _send(self, message):
        try:
            self._line.sendall((json.dumps(message) + "\n").encode())
        except OSError as error:
            raise Broken(f"the guest is gone: {error}") from error

    def submit(self, host, command, timeout=60):
        """Starts a command in a host; the answer is a future."""
        return self._submit({"host": host, "command": command,
                             "timeout": timeout})

    def _submit(self, request):
        future = concurrent.futures.Future()
        number = next(self._ids)
        with self._lock:
            if self._over:
                raise Broken("the guest is gone")
            self._waiting[number] = future
        self._send({"id": number, **request})
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
        term = shlex.quote(os.environ.get("TERM", "linux"))
        self.submit(host, "exec <$LAB_TERMINAL >$LAB_TERMINAL 2>&1; "
                    f"stty sane rows {size.lines} cols {size.columns}; "
                    f"export TERM={term} PS1=\"$LAB_HOST# \"; "
                    "exec setsid -c -w bash --norc -i",
                    timeout=FOREVER).result()

    def kill(self):
        """Ends the guest at once; what it wrote is in the results already."""
        # whoever waits for an answer gets to know it before all is gone
        with self._killing:
            process, self._process = self._process, None
            if process:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.wait()
            if self._scratch:
                self._line.shutdown(socket.SHUT_RDWR)
                self._reader.join()
                self._line.close()
                self._keep_console()
                shutil.rmtree(self._scratch, ignore_errors=True)
                self._scratch = None
        with _lock:
            _running.discard(self)
