# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""What a run shows: a live line on a terminal, a line per scenario, a table."""

import sys
import threading

from . import runner


class Display:
    def __init__(self, total, stock):
        self._total = total
        self._stock = stock
        self._stages = {}
        self._outcomes = []
        self._lock = threading.Lock()
        self._live = sys.stdout.isatty()

    def stage_of(self, name):
        """A function that takes what the scenario is doing now."""
        def say(stage):
            with self._lock:
                first = name not in self._stages
                self._stages[name] = stage
                if self._live:
                    self._draw()
                elif first:
                    print(f"{name} ...", flush=True)
        return say

    def _draw(self):
        text = "  ".join(f"{name.removeprefix('mobility/')}: {stage}"
                         for name, stage in self._stages.items())
        line = f"[{len(self._outcomes)}/{self._total}] {text}"
        print("\r\033[K" + line[:150], end="", flush=True)

    def done(self, outcome):
        with self._lock:
            if outcome.before in self._outcomes:
                self._outcomes.remove(outcome.before)
            self._outcomes.append(outcome)
            self._stages.pop(outcome.name, None)
            if self._live:
                print("\r\033[K", end="")
            print(f"{outcome.name}: {_verdict(outcome)} "
                  f"({outcome.seconds:.0f} s)", flush=True)
            if not outcome.passed:
                self._explain(outcome)
            elif outcome.before and outcome.before.shared:
                self._explain(outcome.before)
            if self._live and self._stages:
                self._draw()

    def failed(self):
        """Those that failed, in the order of their names."""
        return [outcome for outcome in self._sorted() if not outcome.passed]

    def _sorted(self):
        return sorted(self._outcomes, key=lambda outcome: outcome.name)

    def _explain(self, outcome):
        failures = outcome.failures[:1] if self._stock else outcome.failures
        for where, text in failures:
            print(f"  {where}")
            for line in text.splitlines():
                print(f"    {line}")
        if len(failures) < len(outcome.failures):
            print(f"  and {len(outcome.failures) - len(failures)} more")
        if not self._stock:
            for log, lines in runner.log_ends(outcome):
                print(f"  end of {log}")
                for line in lines:
                    print(f"    {line}")
        print(f"  all of it: {outcome.results}", flush=True)

    def table(self):
        """The table and the last line; true if all passed."""
        outcomes = self._sorted()
        width = max((len(outcome.name) for outcome in outcomes), default=8)
        stock = "stock: " if self._stock else ""
        print()
        for outcome in outcomes:
            verdict = _verdict(outcome)
            if len(outcome.failures) > 1:
                verdict += f" and {len(outcome.failures) - 1} more"
            print(f"{outcome.name:{width}}  {outcome.seconds:5.0f} s  "
                  f"{outcome.checks:3} checks  {stock}{verdict}")
        failed = sum(not outcome.passed for outcome in outcomes)
        print(f"{len(outcomes) - failed} passed, {failed} failed", flush=True)
        return failed == 0


def _verdict(outcome):
    if outcome.before:
        return f"{_result(outcome)} {outcome.how}, " \
            f"{_result(outcome.before)} {outcome.before.how}"
    return _result(outcome)


def _result(outcome):
    if outcome.passed:
        return "passed"
    return f"failed at {outcome.failures[0][0].rsplit('/', 1)[-1]}"
