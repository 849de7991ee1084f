# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Calls of the kernel that Python does not have.  A program for each of them
would make most of the time it takes to boot."""

import ctypes
import os

MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
# as they are called in /proc/PID/ns; that of processes is for those to come
NAMESPACES = {"mnt": 0x00020000, "uts": 0x04000000, "net": 0x40000000,
              "pid_for_children": 0x20000000}

_libc = ctypes.CDLL(None, use_errno=True)
# hosts have a /proc of their own, which we are not in
_namespaces = os.open("/proc/self/ns", os.O_RDONLY | os.O_DIRECTORY)


def _check(result, what):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), what)


def mount(source, target, kind="none", flags=0, options=""):
    _check(_libc.mount(source.encode(), target.encode(), kind.encode(),
                       ctypes.c_ulong(flags), options.encode()), target)


def bind(source, target):
    mount(source, target, flags=MS_BIND)


def detach(target):
    _check(_libc.umount2(target.encode(), MNT_DETACH), target)


def unshare(*kinds):
    _check(_libc.unshare(sum(NAMESPACES[kind] for kind in kinds)), str(kinds))


class Namespaces:
    """Those this process is in when this is made."""

    def __init__(self):
        self._files = {kind: os.open(kind, os.O_RDONLY, dir_fd=_namespaces)
                       for kind in NAMESPACES}

    def enter(self):
        for kind, file in self._files.items():
            _check(_libc.setns(file, NAMESPACES[kind]), kind)

    def close(self):
        for file in self._files.values():
            os.close(file)
