# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""A processor for each guest.

User Mode Linux is one process that traces those of its guest: with each system
call and each page fault one goes to sleep and wakes the other up.  If both are
on the same processor that takes half the time, for anything there is.
"""

import os
import random
import socket

# an address that no file belongs to: it is free once its owner is gone
NAME = "\0mobility-manager.lab.processor.{}"


class Claim:
    """One that no other guest on this machine has, if there is such a one, else
    any; number says which.  It lasts until close()."""

    def __init__(self):
        allowed = sorted(os.sched_getaffinity(0))
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        for self.number in allowed:
            try:
                self._socket.bind(NAME.format(self.number))
                return
            except OSError:
                continue
        self.number = random.choice(allowed)

    def close(self):
        self._socket.close()
