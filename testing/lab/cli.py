# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The command line of testing/run."""

import argparse
import concurrent.futures
import os
import pathlib
import sys
import termios

from . import build, display, front, guest, kernels, paths, releases, \
    runner, scenario as scenarios


def arguments():
    parser = argparse.ArgumentParser(
        prog="testing/run",
        description="Runs scenarios in a laboratory of User Mode Linux: real "
        "charon daemons, real kernel ESP, cables that can be pulled.",
        epilog="Without a scenario, all of ours. 'strongswan' stands for "
        "strongSwan's own about MOBIKE: " + ", ".join(paths.MOBIKE) + ".")
    parser.add_argument("scenario", nargs="*",
                        help="a name, e.g. cable-pull or ikev2/mobike")
    parser.add_argument("--list", action="store_true",
                        help="list the scenarios and what they are about")
    parser.add_argument("--export", metavar="DIR",
                        help="write the scenarios with all their files to "
                        "DIR, for strongSwan's own environment")
    parser.add_argument("--stock", action="store_true",
                        help="without the plugin, to see what it changes")
    parser.add_argument("--keep", action="store_true",
                        help="results in a folder of this run's own, so that "
                        "the next run does not overwrite them")
    parser.add_argument("--jobs", type=int, metavar="N",
                        default=_jobs(),
                        help="run N at once (default: %(default)s)")
    parser.add_argument("--again", action="store_true",
                        help="run what failed once more at the end, alone: "
                        "what fails beside others may be the machine's fault")
    parser.add_argument("--repeat", type=int, metavar="N", default=1,
                        help="run each N times, for what depends on chance; "
                        "with --keep each run has a folder of its own")
    kernels.add_option(parser)
    releases.add_option(parser)
    parser.add_argument("--shell", metavar="HOST",
                        help="bring the scenario up and give a shell in HOST")
    front.add_build(parser)
    parser.add_argument("--strongswan-tests", metavar="DIR",
                        help="strongSwan's own scenarios (default: those "
                        "testing/setup-strongswan fetched)")
    return parser.parse_args()


def _jobs():
    """Scenarios mostly wait, each takes about half a processor."""
    return max(1, min(4, (os.cpu_count() or 1) * 3 // 2))


def show_list(options):
    for name in scenarios.ours():
        print(f"{name:22} {scenarios.find(name).summary()}")
    try:
        for name in paths.MOBIKE:
            found = scenarios.find(name, options.strongswan_tests)
            print(f"{name:22} {found.summary()}")
    except paths.Missing as missing:
        print(missing)


def _all():
    """Those that may take long first: one that began last would have the others
    wait for it."""
    return sorted(scenarios.ours(),
                  key=lambda name: -scenarios.find(name).time_limit())


def selected(options):
    names = []
    for name in options.scenario or _all():
        names += paths.MOBIKE if name == "strongswan" else [name]
    return names * options.repeat


def _runs_suites(names, options):
    return any(scenarios.find(name, options.strongswan_tests).runs_suites()
               for name in names)


def export(folder, names):
    for name in names:
        found = scenarios.find(name)
        target = pathlib.Path(folder) / found.name
        if target.exists():
            raise paths.Missing(f"{target} is there already")
        found.export(target)
        print(target)


def _show_stage(_):
    return lambda stage: print(f"  {stage}", end="\r")


def run_shell(options, names):
    if len(names) != 1 or not sys.stdin.isatty():
        sys.exit("--shell needs one scenario and a terminal")
    # the guest's console sets it raw
    before = termios.tcgetattr(0)
    terminal = os.dup(0)
    try:
        runner.Run(names[0], options, _show_stage).run(
            runner.guests(options, terminal))
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
    return 0


def run_all(options, names):
    shown = display.Display(len(names), options.stock)
    idle = runner.guests(options)
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        futures = [pool.submit(runner.play, name, options, shown.stage_of,
                               idle) for name in names]
        try:
            for future in concurrent.futures.as_completed(futures):
                shown.done(future.result())
            for outcome in shown.failed() if options.again else ():
                idle.end()
                with paths.claim(outcome.results):
                    outcome.keep("first")
                again = pool.submit(runner.play, outcome.name, options,
                                    shown.stage_of, idle).result()
                shown.done(again.in_place_of(outcome, "alone",
                                             "beside others"))
        finally:
            for future in futures:
                future.cancel()
            guest.kill_all()
    return 0 if shown.table() else 1


def main():
    options = arguments()
    if options.list:
        show_list(options)
        return 0
    names = selected(options)
    if options.export:
        export(options.export, names)
        return 0
    releases.settle(options)
    if not options.stock:
        build.plugin(options.build, _runs_suites(names, options),
                     options.release)
    if options.shell:
        return run_shell(options, names)
    return run_all(options, names)
