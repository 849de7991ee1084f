# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import concurrent.futures
import os
import pathlib
import signal
import sys
import tempfile
import threading
import unittest
from unittest import mock

from lab import guest, paths

# As guest/main.py, on the same line, but all it has of a host is an echo.
GUEST = """
import json, os, sys
line = os.fdopen(int(sys.argv[1]), "r+b", 0)
def send(**message):
    line.write((json.dumps(message) + "\\n").encode())
print("it boots", flush=True)
send(ready=True)
while True:
    request = json.loads(line.readline())
    number, command = request["id"], request.get("command")
    if command == "die":
        print("Oops", flush=True)
        sys.exit()
    if command == "hang":
        continue
    if request.get("start", {}).get("names") == ["nobody"]:
        send(id=number, code=1, out="", err="who is nobody?")
        continue
    send(id=number, code=0, out=json.dumps(request), err="")
"""


class Lab(guest.Lab):
    program = GUEST

    def _command(self, line):
        number = line.fileno()
        return [sys.executable, "-c", self.program, str(number)], {}


class LabTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.scratch = self.folder / "tmp"
        self.scratch.mkdir()
        for patch in (
                mock.patch.object(paths, "generated",
                                  return_value=self.folder / "made"),
                mock.patch.object(guest, "_stopped", threading.Event()),
                mock.patch.object(tempfile, "tempdir", str(self.scratch))):
            patch.start()
            self.addCleanup(patch.stop)
        self.lab = Lab()
        self.addCleanup(self.lab.kill)

    def check_nothing_left(self):
        self.assertEqual([], os.listdir(self.scratch))
        self.assertEqual(set(), guest._running)

    def test_one_after_another(self):
        self.lab.boot()
        for used, hosts in enumerate((["alice"], ["alice", "sun"]), 1):
            results = self.folder / str(used)
            results.mkdir()
            self.lab.start(results, hosts)
            self.assertEqual(used, self.lab.used)
            self.assertIn('"command": "true"',
                          self.lab.run("alice", "true").out)
            self.lab.stop()
            self.assertEqual("it boots\n",
                             (results / "console.txt").read_text())
        self.lab.kill()
        self.check_nothing_left()

    def test_does_not_boot(self):
        self.lab.program = "print('I panic')"
        with self.assertRaisesRegex(guest.Broken, "I panic"):
            self.lab.boot()
        self.lab.kill()
        self.check_nothing_left()

    def test_host_does_not_start(self):
        self.lab.boot()
        with self.assertRaisesRegex(guest.Broken, "who is nobody"):
            self.lab.start(self.folder, ["nobody"])

    def test_dies(self):
        self.lab.boot()
        self.lab.start(self.folder, ["alice"])
        waiting = self.lab.submit("alice", "hang")
        for ask in (lambda: self.lab.run("alice", "die"), waiting.result):
            with self.assertRaisesRegex(guest.Broken, "Oops"):
                ask()
        with self.assertRaises(guest.Broken):
            self.lab.run("alice", "true")
        self.lab.kill()
        self.assertIn("Oops", (self.folder / "console.txt").read_text())
        self.check_nothing_left()

    def test_killed_while_it_works(self):
        self.lab.boot()
        self.lab.start(self.folder, ["alice"])
        waiting = self.lab.submit("alice", "hang")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(lambda kill: kill(), [self.lab.kill] * 4))
        with self.assertRaises(guest.Broken):
            waiting.result(10)
        self.check_nothing_left()

    def test_all_end(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        self.lab.boot()
        guest.kill_all()
        self.check_nothing_left()
        other = Lab()
        with self.assertRaises(guest.Broken):
            with other:
                self.fail("it has booted")
        self.check_nothing_left()


if __name__ == "__main__":
    unittest.main()
