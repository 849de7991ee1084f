# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""What the front doors of the laboratory have in common."""

import signal
import sys

from . import guest, paths, steps


def add_build(parser):
    parser.add_argument(
        "--build", metavar="DIR", help="where to build the plugin (default: "
        "$MM_BUILD, else build/); what is older than its sources is built "
        "first")


def run(action):
    """Its exit code; however it ends, no guest is left."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return action()
    except (paths.Missing, steps.Failed, guest.Broken) as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; nothing is left running", file=sys.stderr)
        return 130
    finally:
        guest.kill_all()
