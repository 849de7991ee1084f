# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Long steps with their progress shown, on a terminal and without one."""

import subprocess
import sys
import threading
import time

REMIND = 10


class Failed(Exception):
    """A step did not work; the text says which and shows its last output."""


def say(text=""):
    print(text, flush=True)


class Progress:
    """Shows that a step is under way, and for how long."""

    def __init__(self, title):
        self._title = title
        self._began = time.monotonic()
        self._note = ""
        self._over = threading.Event()
        self._live = sys.stdout.isatty()
        self._thread = threading.Thread(target=self._show, daemon=True)

    def __enter__(self):
        if not self._live:
            say(f"{self._title} ...")
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._over.set()
        self._thread.join()
        seconds = time.monotonic() - self._began
        verdict = "done" if not kind else \
            "failed" if kind is Failed else "stopped"
        if self._live:
            print("\r\033[K", end="")
        say(f"{self._title}: {verdict} ({seconds:.0f} s)")

    def note(self, text):
        self._note = " ".join(text.split())

    def _show(self):
        # half a second on a terminal, a line now and then elsewhere
        while not self._over.wait(0.5 if self._live else REMIND):
            seconds = time.monotonic() - self._began
            if self._live:
                print(f"\r\033[K{self._title} ({seconds:.0f} s) "
                      f"{self._note[:60]}", end="", flush=True)
            else:
                say(f"  still at it after {seconds:.0f} s: "
                    f"{self._note[:80]}")


def run(title, command, cwd, log):
    """Runs a program, its output in a log and its last line as progress."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with Progress(title) as progress, open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen(
            [str(word) for word in command], cwd=cwd, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, errors="replace")
        try:
            for line in process.stdout:
                file.write(line)
                if line.strip():
                    progress.note(line)
            process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if process.returncode != 0:
            file.flush()
            last = log.read_text(encoding="utf-8").splitlines()[-15:]
            raise Failed(f"{title} failed; the end of {log}:\n"
                         + "\n".join(last))
