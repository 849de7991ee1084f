# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import argparse
import contextlib
import io
import pathlib
import tempfile
import unittest
from unittest import mock

from lab import display, guest, keys, paths, runner, timeline

OPTIONS = argparse.Namespace(keep=False, stock=False, shell=None,
                             strongswan_tests=None, release=None)


class Lab:
    """A guest in which everything goes well, or what fails() says fails."""

    SLOWNESS = 1

    def __init__(self, fails):
        self._fails = fails
        self.used = 0
        self.is_dead = False

    def boot(self):
        assert not self.used and not self.is_dead

    def start(self, results, hosts):
        assert hosts and results.is_dir() and not self.is_dead
        self.used += 1
        self.name = results.name

    def run(self, host, command, timeout=60):
        assert not self.is_dead
        # what checks look for first, and no state of IPsec
        out = "---\n" * 6 if "---" in command else "ok\n"
        return guest.Result(int(self._fails(self)), out, "")

    def submit(self, host, command):
        future = mock.Mock()
        future.result.return_value = self.run(host, command)
        return future

    def stop(self):
        assert not self.is_dead

    def kill(self):
        self.is_dead = True


class PlayTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in keys.IDENTITIES:
            (self.folder / "keys" / name).mkdir(parents=True)
        for target, name, value in (
                (paths, "generated", lambda: self.folder),
                (keys, "folder", lambda: self.folder / "keys"),
                (timeline, "write", lambda *_: None),
                # all that is asked is whether commands work
                (runner.Run, "_checks", lambda *_: None),
                (runner.Run, "_check_clean", lambda *_: None)):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.labs = []
        self.idle = runner.Guests(self.make)
        self.fails = lambda lab: False

    def make(self):
        self.labs.append(Lab(lambda lab: self.fails(lab)))
        return self.labs[-1]

    def play(self, name):
        return runner.play(name, OPTIONS, lambda _: lambda _: None, self.idle)

    def test_one_boot(self):
        for name in ("cable-pull", "full-tunnel", "costs"):
            outcome = self.play(name)
            self.assertTrue(outcome.passed)
            self.assertIsNone(outcome.before)
        self.assertEqual([3], [lab.used for lab in self.labs])
        self.idle.end()
        self.assertTrue(self.labs[0].is_dead)

    def test_fails_in_its_own(self):
        self.fails = lambda lab: True
        outcome = self.play("cable-pull")
        self.assertFalse(outcome.passed)
        self.assertIsNone(outcome.before)
        self.assertEqual([True], [lab.is_dead for lab in self.labs])

    def test_only_in_a_shared_one(self):
        self.play("cable-pull")
        self.fails = lambda lab: lab.used > 1
        outcome = self.play("full-tunnel")
        self.assertTrue(outcome.passed)
        self.assertFalse(outcome.before.passed)
        self.assertEqual("mobility-full-tunnel.shared",
                         outcome.before.results.name)
        self.assertTrue(outcome.before.results.is_dir())
        self.assertTrue(outcome.results.is_dir())
        self.assertEqual([True, False], [lab.is_dead for lab in self.labs])
        # the other one may be used again
        self.fails = lambda lab: False
        self.play("costs")
        self.assertEqual([2, 2], [lab.used for lab in self.labs])

    def test_in_both(self):
        self.play("cable-pull")
        self.fails = lambda lab: lab.name.startswith("mobility-full-tunnel")
        outcome = self.play("full-tunnel")
        self.assertFalse(outcome.passed)
        self.assertFalse(outcome.before.passed)
        self.assertEqual([True, True], [lab.is_dead for lab in self.labs])
        self.assertTrue(self.play("costs").passed)
        self.assertEqual(3, len(self.labs))

    def test_guest_breaks(self):
        def dies(lab):
            raise guest.Broken("Oops")
        self.fails = dies
        outcome = self.play("cable-pull")
        self.assertEqual([("mobility/cable-pull", "Oops")], outcome.failures)
        self.assertTrue(self.labs[0].is_dead)

    def test_says_so(self):
        self.play("cable-pull")
        self.fails = lambda lab: lab.used > 1
        outcome = self.play("full-tunnel")
        with contextlib.redirect_stdout(io.StringIO()) as said:
            shown = display.Display(1, False)
            shown.done(outcome)
            self.assertTrue(shown.table())
        self.assertIn("full-tunnel: passed in a boot of its own, failed at "
                      "pretest.dat:1 in a shared one", said.getvalue())
        self.assertIn("mobility-full-tunnel.shared", said.getvalue())
        self.assertIn("1 passed, 0 failed", said.getvalue())

    def test_alone(self):
        self.fails = lambda lab: True
        before = self.play("cable-pull")
        before.keep("first")
        self.fails = lambda lab: False
        with contextlib.redirect_stdout(io.StringIO()) as said:
            shown = display.Display(1, False)
            shown.done(before)
            self.assertEqual([before], shown.failed())
            shown.done(self.play("cable-pull").in_place_of(
                before, "alone", "beside others"))
            self.assertTrue(shown.table())
        self.assertIn("passed alone, failed at pretest.dat:1 beside others",
                      said.getvalue())


if __name__ == "__main__":
    unittest.main()
