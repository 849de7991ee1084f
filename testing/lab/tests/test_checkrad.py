# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from lab import paths

OFFLINE, ONLINE, UNKNOWN = 0, 1, 2


def session(number, peer, state, role="anchor"):
    return {"unique-id": number, "peer": peer, "state": state,
            "role": role}


class CheckradTest(unittest.TestCase):
    """conf/freeradius/mobility-checkrad, with programs that stand in for those
    of the gateway."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self._folder = pathlib.Path(folder.name)

    def _program(self, name, output):
        (self._folder / (name + ".out")).write_text(output, encoding="utf-8")
        program = self._folder / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> "$0.log"\n'
                           'cat "$0.out"\n', encoding="utf-8")
        program.chmod(0o755)

    def _check(self, number, user, sessions, sas=""):
        self._program("mobilityctl", json.dumps(sessions))
        self._program("swanctl", sas)
        # the port is that of FreeRADIUS's queries
        return self._run("strongswan", "192.168.0.2", "0", user,
                         f"1795295470-{number}")

    def _run(self, *arguments):
        return subprocess.run(
            [paths.FREERADIUS / "mobility-checkrad", *arguments],
            env={**os.environ, "PATH": f"{self._folder}:/usr/bin:/bin"},
            stderr=subprocess.DEVNULL, check=False).returncode

    def test_state(self):
        for state, result in (("connected", ONLINE), ("dormant", OFFLINE),
                              ("failed", OFFLINE)):
            self.assertEqual(
                self._check(3, "alice", [session(3, "alice", state)]),
                result, state)

    def test_two_devices(self):
        """One device of the user sleeps, another one is there."""
        sessions = [session(3, "alice", "dormant"),
                    session(4, "alice", "connected")]
        self.assertEqual(self._check(3, "alice", sessions), OFFLINE)
        self.assertEqual(self._check(4, "alice", sessions), ONLINE)

    def test_rekeyed(self):
        """The IKE_SA has another number than when RADIUS was told, or it is of
        a daemon that was there before."""
        sessions = [session(7, "alice", "connected"),
                    session(3, "bob", "dormant")]
        self.assertEqual(self._check(3, "alice", sessions), ONLINE)
        sessions[0]["state"] = "dormant"
        sessions[1]["state"] = "connected"
        self.assertEqual(self._check(3, "alice", sessions), OFFLINE)

    def test_without_session(self):
        sessions = [session(3, "alice", "connected", "mobile"),
                    session(4, "carol", "connected")]
        for sas, result in (
                ("", OFFLINE),
                ("list-sa event {net {uniqueid=3 state=ESTABLISHED "
                 "remote-id=c remote-eap-id=alice established=3 }}", ONLINE),
                ("list-sa event {net {uniqueid=3 state=ESTABLISHED "
                 "remote-id=alice established=3 }}", ONLINE),
                ("list-sa event {net {uniqueid=3 state=CONNECTING "
                 "remote-id=alice established=3 }}", OFFLINE),
                ("list-sa event {net {uniqueid=3 state=ESTABLISHED "
                 "remote-id=alice2 established=3 }}", OFFLINE)):
            self.assertEqual(self._check(3, "alice", sessions, sas), result)
        # the one that logs in waits for us
        log = (self._folder / "swanctl.log").read_text(encoding="utf-8")
        self.assertIn("--noblock", log)

    def test_nothing_of_a_user_is_run(self):
        self._check(3, "$(touch x);x", [])
        for name in ("mobilityctl", "swanctl"):
            log = (self._folder / (name + ".log")).read_text(encoding="utf-8")
            self.assertNotIn("touch", log)

    def test_nobody_answers(self):
        self.assertEqual(self._run("strongswan", "192.168.0.2", "3"), UNKNOWN)
        self._program("mobilityctl", "")
        self.assertEqual(
            self._run("strongswan", "192.168.0.2", "3", "alice", "1-3"),
            UNKNOWN)


if __name__ == "__main__":
    unittest.main()
