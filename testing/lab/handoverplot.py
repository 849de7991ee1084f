# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The picture of testing/bench handover: a dot per cut, time on a log scale."""

import math
import statistics

from . import svg

WIDTH, LEFT, RIGHT, TOP, ROW = 1000, 230, 90, 70, 26
FIRST, LAST = 1, 10000      # milliseconds
COLOURS = ("#2a9d5c", "#d1344b", "#e08e1b")
WAYS = (("out", "first ESP packet out"), ("into", "first ESP packet in"))


def _place(milliseconds):
    share = math.log10(max(milliseconds, FIRST) / FIRST) \
        / math.log10(LAST / FIRST)
    return LEFT + min(share, 1) * (WIDTH - LEFT - RIGHT)


def _axis(drawing, top, bottom):
    decade = FIRST
    while decade <= LAST:
        x = _place(decade)
        drawing.line(x, top, x, bottom, "#ccc")
        label = f"{decade} ms" if decade < 1000 else f"{decade // 1000} s"
        drawing.text(x, bottom + 15, label, 11, "#555", "middle")
        decade *= 10
    drawing.text(WIDTH - RIGHT + 15, top - 8, "never", 11, "#555")


def _row(drawing, y, cuts, field, colour):
    times = [getattr(cut, field) for cut in cuts]
    there = [value * 1000 for value in times if value is not None]
    for value in there:
        drawing.circle(_place(value), y, 3.2, colour, fill_opacity=0.55)
    if there:
        x = _place(statistics.median(there))
        drawing.line(x, y - 9, x, y + 9, "#222", 2)
    if len(there) < len(times):
        drawing.text(WIDTH - RIGHT + 15, y + 4,
                     f"{len(times) - len(there)}x", 11, colour)


def draw(cuts, cases, variants, path):
    """One panel per way; in it, a group of rows per case."""
    cases = [case for case in cases if any(cut.case == case for cut in cuts)]
    variants = [variant for variant in variants
                if any(cut.variant == variant for cut in cuts)]
    panel = len(cases) * (len(variants) * ROW + 14) + 60
    drawing = svg.Drawing(WIDTH, TOP + panel * len(WAYS))
    drawing.text(20, 26, "From the link event to traffic on the new path, a "
                 "dot per cut, the median as a bar", 15, font_weight="bold")
    for index, (field, title) in enumerate(WAYS):
        top = TOP + index * panel
        drawing.text(20, top - 8, title, 13, font_weight="bold")
        _axis(drawing, top, top + panel - 60)
        y = top + ROW / 2
        for case in cases:
            for variant, colour in zip(variants, COLOURS):
                drawing.text(LEFT - 12, y + 4, f"{case}, {variant}", 11,
                             anchor="end")
                _row(drawing, y, [cut for cut in cuts if (
                    cut.case, cut.variant) == (case, variant)], field, colour)
                y += ROW
            y += 14
    drawing.write(path)
