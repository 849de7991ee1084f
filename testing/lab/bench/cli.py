# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The command line of testing/bench."""

import argparse

from . import churn, gateway, handover, idle, patterns, scale
from .. import front, kernels


def arguments():
    parser = argparse.ArgumentParser(
        prog="testing/bench",
        description="Measures the plugin against stock strongSwan and "
        "others, in the laboratory.")
    front.add_build(parser)
    kernels.add_option(parser)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "handover", help="how long a move takes and what it costs",
        description="Cuts the path in use N times per case, with the plugin, "
        "with stock strongSwan, with its prefer_best_path, or with the tunnels "
        "that people would use instead, and measures for how long nothing "
        "arrived, lost packets, whether the session survived, and IKE messages "
        "and bytes. The other tunnels need testing/setup-bench, and WireGuard "
        "--kernel qemu. Their configurations are in testing/peers.")
    command.add_argument("count", metavar="N", nargs="?", type=int,
                         default=3, help="cuts per case (%(default)s)")
    command.add_argument("--case", action="append", choices=handover.CASES,
                         help="only this one; may be given several times")
    command.add_argument("--variant", action="append",
                         choices=handover.VARIANTS,
                         help="this one; may be given several times (" +
                         ", ".join(handover.OWN) + ")")
    command.add_argument("--rate", type=int, action="append",
                         help="packets a second each way; may be given several "
                         "times for so many streams at once (50, 200)")
    command.add_argument("--patience", metavar="SECONDS", type=int,
                         default=200, help="for how long to wait for traffic "
                         "after a cut; stock strongSwan gives up after 165 s "
                         "and starts anew (%(default)s)")
    command = commands.add_parser(
        "idle", help="memory per session and wake-ups while nothing happens",
        description="Brings sessions up, leaves them alone and counts how "
        "often charon's threads wake up, with the plugin and without it; and "
        "compares the memory of one session with that of many.")
    command.add_argument("--seconds", type=int, default=60,
                         help="for how long to look (%(default)s)")
    command.add_argument("--sessions", type=int, default=50,
                         help="for the memory (%(default)s)")
    command = commands.add_parser(
        "patterns", help="how often the peer is asked for nothing",
        description="Plays each of testing/lab/patterns through a session of "
        "its own, over a path where nothing is wrong, and counts the requests "
        "that are sent as nothing returned for a while.")
    command.add_argument("--minutes", type=int, default=10,
                         help="for how long (%(default)s)")
    command = commands.add_parser(
        "scale", help="one link event, many sessions",
        description="Logs in with many sessions from one charon, takes the "
        "uplink in use down, and measures how long it takes until the last "
        "session is moved, and the time of the processor and the memory this "
        "takes, beside stock strongSwan.")
    command.add_argument("--sessions", type=int, action="append",
                         help="how many; may be given several times (1, 100, "
                         "1000)")
    command = commands.add_parser(
        "gateway", help="thousands of clients asleep, and all back at once",
        description="Has N clients log in at a gateway, takes their network "
        "away until the gateway knows that they sleep, and gives it back to "
        "all at once: memory and time of the processor of the gateway, how long "
        "it takes until all are back, and what becomes of a connected client's "
        "packets meanwhile, beside stock strongSwan that never asks if its "
        "clients are there. Then an office logs in from one address, with "
        "stock's limits and without them.")
    command.add_argument("count", metavar="N", nargs="?", type=int,
                         default=2000, help="clients (%(default)s)")
    command.add_argument("--seconds", type=int, default=60,
                         help="for how long to look at the gateway while they "
                         "sleep (%(default)s)")
    command.add_argument("--variant", action="append",
                         choices=gateway.VARIANTS,
                         help="gateway; may be given several times (both)")
    command.add_argument("--office", type=int, default=100,
                         help="clients of the office (%(default)s)")
    command = commands.add_parser(
        "churn", help="changes of routes that do not concern the peer",
        description="Changes routes that lead elsewhere, all the time, and "
        "measures what charon takes of a processor for that, with the plugin "
        "and without it, and what it sends. With process_route = no charon "
        "itself does not listen, so the plugin is left. This runs on this "
        "machine's own kernel, in networks of its own, not in a guest.")
    command.add_argument("--seconds", type=int, default=10,
                         help="for how long (%(default)s)")
    command.add_argument("--rounds", type=int, default=3,
                         help="how often (%(default)s)")
    command.add_argument("--routes", type=int, default=1000,
                         help="how many (%(default)s)")
    command.add_argument("--rate", type=int, default=1000,
                         help="changes a second (%(default)s)")
    command.add_argument("--batches", type=int, action="append",
                         help="in which they come, a second; may be given "
                         "several times (20, 1)")
    return parser.parse_args()


def main():
    options = arguments()
    {"churn": churn.main, "gateway": gateway.main, "handover": handover.main,
     "idle": idle.main, "patterns": patterns.main,
     "scale": scale.main}[options.command](options)
