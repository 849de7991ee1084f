# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""testing/bench idle: what the plugin costs while nothing happens."""

import json
import re
import time

from .. import build, paths, site, steps
from ..steps import say

# threads by name, each with its number of switches to and fro
SWITCHES = r"""
for task in /proc/$(cat /run/charon-systemd.pid)/task/*
do
	echo $(cat $task/comm) $(sed -n 's/^.*voluntary_ctxt_switches://p' $task/status)
done
"""
SETTLE = 5
# Free blocks that a thread keeps for itself, of which charon has many, would
# count as memory in use.
NO_CACHES = "GLIBC_TUNABLES=glibc.malloc.tcache_count=0"


def switches(place, host):
    """How often each of charon's threads has slept or was interrupted."""
    counts = {}
    for line in place.run(host, SWITCHES).out.splitlines():
        name, *numbers = line.split()
        counts[name] = counts.get(name, 0) + sum(map(int, numbers))
    return counts


def connections(count):
    """swanctl.conf of alice with so many connections to sun."""
    child = "start_action = start\n          remote_ts = 10.2.0.0/16"
    text = """connections {
  home {
    remote_addrs = 192.168.0.2
    vips = 0.0.0.0
    unique = never
    rekey_time = 0
    local { auth = pubkey
      certs = aliceCert.pem
      id = alice@strongswan.org
    }
    remote { auth = pubkey
      id = sun.strongswan.org
    }
    children {
      home {
          %s
          rekey_time = 0
      }
    }
  }
""" % child
    for number in range(2, count + 1):
        text += f"  home{number} : connections.home {{\n  }}\n"
    return text + "}\n"


def up_sun(place):
    """A gateway for as many sessions as are wanted."""
    place.configure("sun")
    place.run("sun", "sed -i 's/^ *pools = home/&\\nunique = never/; "
              "s#10.3.0.0/28#10.3.0.0/16#' /etc/swanctl/swanctl.conf")
    place.start("sun")


def up_alice(place, with_plugin, count):
    """So many sessions of hers, which nobody follows."""
    place.configure("alice", with_plugin)
    place.write("alice", "/etc/swanctl/swanctl.conf", connections(count))
    place.start("alice", NO_CACHES)
    place.run("alice", f"wait-output 120 '^{count}$' sh -c "
              "'swanctl --list-sas | grep -c INSTALLED'")
    place.end_watchers("alice")


class Idle:
    def __init__(self, place, options):
        self._site = place
        self._options = options
        self.figures = {}

    def run(self):
        place = self._site
        place.configure("sun")
        place.run("sun", "sed -i 's/^ *pools = home/&\\nunique = never/; "
                  "s#10.3.0.0/28#10.3.0.0/16#' /etc/swanctl/swanctl.conf")
        place.start("sun")
        place.run("alice", "ifup eth1")
        for variant, with_plugin in (("stock", False), ("plugin", True)):
            self.figures[variant] = {
                "memory": {count: self._memory(variant, with_plugin, count)
                           for count in (1, self._options.sessions)},
                "wakeups": self._wakeups(variant, with_plugin),
            }

    def _down(self):
        self._site.stop("alice")
        self._site.run("sun", "swanctl --terminate --ike home --force "
                       "--timeout 5", must=False)

    def _memory(self, variant, with_plugin, count):
        """Bytes of the heap in use, as the daemon itself reports."""
        with steps.Progress(f"Memory, {variant}, {count} sessions"):
            up_alice(self._site, with_plugin, count)
            time.sleep(SETTLE)
            stats = self._site.run("alice", "swanctl --stats").out
            self._down()
        found = re.search(r"used (\d+)", stats)
        if not found:
            raise steps.Failed("charon does not tell its memory:\n" + stats)
        return int(found.group(1))

    def _wakeups(self, variant, with_plugin):
        with steps.Progress(f"Wake-ups, {variant}, {self._options.seconds} s "
                            "of quiet"):
            up_alice(self._site, with_plugin, 1)
            time.sleep(SETTLE)
            before = switches(self._site, "alice")
            time.sleep(self._options.seconds)
            after = switches(self._site, "alice")
            self._down()
        return {name: count - before.get(name, 0)
                for name, count in after.items()
                if count != before.get(name, 0)}


def main(options):
    plugin = build.plugin(options.build)
    with site.Site("bench-idle", plugin, options) as place:
        bench = Idle(place, options)
        bench.run()
    count = options.sessions
    per_session = {}
    say("\nheap in use [bytes]  1 session  "
        f"{count} sessions  each further one")
    for variant, figures in bench.figures.items():
        one, many = figures["memory"][1], figures["memory"][count]
        per_session[variant] = (many - one) / (count - 1)
        say(f"{variant:19}  {one:9}  {many:11}  "
            f"{per_session[variant]:16.0f}")
    more = per_session["plugin"] - per_session["stock"]
    say(f"the plugin takes {more:.0f} bytes per session")
    say(f"\nwake-ups of charon in {options.seconds} s, connected and quiet")
    for variant, figures in bench.figures.items():
        threads = ", ".join(f"{name} {number}" for name, number
                            in sorted(figures["wakeups"].items()))
        say(f"{variant:19}  {sum(figures['wakeups'].values()):3}"
            + (f"  ({threads})" if threads else ""))
    output = paths.generated() / "idle.json"
    output.write_text(json.dumps(bench.figures, indent=1), encoding="utf-8")
    say(f"\nall figures: {output}")
