# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Where things are: the sources, the build, the cache, the results."""

import fcntl
import os
import pathlib

TESTING = pathlib.Path(__file__).resolve().parent.parent
REPOSITORY = TESTING.parent
GUEST = TESTING / "guest"
LAB = TESTING / "lab"
TOOLS = TESTING / "tools"
# what FreeRADIUS runs
FREERADIUS = REPOSITORY / "conf" / "freeradius"
PATTERNS = LAB / "patterns"
TESTS = TESTING / "tests" / "mobility"
# what scenarios have in common
BASE = TESTING / "tests" / "base"

SOURCES = "src/plugins/mobility_manager"
PLUGIN = SOURCES + "/.libs/libstrongswan-mobility-manager.so"
CONTROL = "src/mobilityctl"
# strongSwan's own scenarios that are about what the plugin does
MOBIKE = ("ikev2/mobike", "ikev2/mobike-nat-mappings",
          "ikev2/mobike-virtual-ip", "ikev2/mobike-virtual-ip-nat")


class Missing(Exception):
    """Something that has to be there is not; the text says what to do."""


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base) / "mobility-manager"


def build(given=None):
    return pathlib.Path(given or os.environ.get("MM_BUILD")
                        or REPOSITORY / "build").resolve()


def generated():
    """What the laboratory makes: keys, its library, results."""
    return REPOSITORY / "build" / "testing"


def plugin(given=None):
    path = build(given) / PLUGIN
    if not path.exists():
        raise Missing(f"the plugin is not built: there is no {path}\n"
                      "build it, or name another build with --build")
    return path


def claim(folder):
    """Waits until no other run uses a folder of results.  The claim ends with
    the file that is returned."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = open(folder.with_name(folder.name + ".lock"), "w",
                encoding="ascii")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def tools(plugin, given=None):
    """Folders of programs that every host has in its PATH."""
    network_manager = cache() / "bench" / "networkmanager" / "usr" / "sbin"
    return [TOOLS, network_manager, FREERADIUS] + \
        ([build(given) / CONTROL] if plugin else [])


def strongswan_tests(given=None):
    """strongSwan's own scenarios, from its source package."""
    if given:
        candidates = [pathlib.Path(given)]
    else:
        candidates = sorted(cache().glob("*/testing/tests")) + \
            sorted(cache().glob("*/*/testing/tests"))
    for path in candidates:
        for tests in (path, path / "testing" / "tests"):
            if (tests / MOBIKE[0] / "evaltest.dat").exists():
                return tests.resolve()
    raise Missing("strongSwan's own scenarios are not here; fetch its source "
                  "package with testing/setup-strongswan or name the folder "
                  "with --strongswan-tests")
