# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The picture of testing/bench handover: a dot per cut, time on a log scale."""

import math
import statistics

from .. import svg

WIDTH, LEFT, RIGHT, TOP, ROW = 1000, 230, 90, 70, 22
FIRST, LAST = 1, 300000     # milliseconds
COLOURS = ("#2a9d5c", "#6fc294", "#a9dcbf", "#d1344b", "#e08e1b", "#f06c7d",
           "#3a6ea5", "#7b4fa3", "#a98bc4", "#6b6b6b", "#a0a0a0", "#c7b12b")
WAYS = (("gap_out", "from the laptop to the network behind the gateway"),
        ("gap_in", "from there to the laptop"))


def _place(milliseconds):
    share = math.log10(max(milliseconds, FIRST) / FIRST) \
        / math.log10(LAST / FIRST)
    return LEFT + min(share, 1) * (WIDTH - LEFT - RIGHT)


def _axis(drawing, top, bottom, watched):
    decade = FIRST
    while decade <= LAST:
        x = _place(decade)
        drawing.line(x, top, x, bottom, "#ccc")
        label = f"{decade} ms" if decade < 1000 else f"{decade // 1000} s"
        drawing.text(x, bottom + 15, label, 11, "#555", "middle")
        decade *= 10
    if watched:
        drawing.text(WIDTH - RIGHT + 15, top - 8,
                     f"over {watched:.0f} s", 11, "#555")


def _row(drawing, y, cuts, field, colour):
    """A cut that the session did not survive is hollow."""
    times = [getattr(cut, field) for cut in cuts]
    there = [value * 1000 for value in times if value is not None]
    for cut, value in zip(cuts, times):
        if value is not None:
            drawing.circle(_place(value * 1000), y, 3.2,
                           colour if cut.survived else "#fff", stroke=colour,
                           fill_opacity=0.55)
    if there:
        x = _place(statistics.median(there))
        drawing.line(x, y - 8, x, y + 8, "#222", 2)
    if len(there) < len(times):
        drawing.text(WIDTH - RIGHT + 15, y + 4,
                     f"{len(times) - len(there)}x", 11, colour)


def draw(cuts, cases, variants, path):
    """One panel per way; in it, a group of rows per case."""
    cases = [case for case in cases if any(cut.case == case for cut in cuts)]
    colours = {variant: colour for variant, colour in zip(variants, COLOURS)
               if any(cut.variant == variant for cut in cuts)}
    panel = len(cases) * (len(colours) * ROW + 14) + 60
    drawing = svg.Drawing(WIDTH, TOP + panel * len(WAYS))
    drawing.text(20, 24, "For how long nothing arrived after the link event",
                 15, font_weight="bold")
    drawing.text(20, 42, "a dot per cut and rate, hollow if the session died; "
                 "the median as a bar", 12, "#555")
    for index, (field, title) in enumerate(WAYS):
        top = TOP + index * panel
        drawing.text(20, top - 8, title, 13, font_weight="bold")
        _axis(drawing, top, top + panel - 60, min(
            (cut.watched for cut in cuts if getattr(cut, field) is None),
            default=None))
        y = top + ROW / 2
        for case in cases:
            for variant, colour in colours.items():
                drawing.text(LEFT - 12, y + 4, f"{case}, {variant}", 11,
                             anchor="end")
                _row(drawing, y, [cut for cut in cuts if (
                    cut.case, cut.variant) == (case, variant)], field, colour)
                y += ROW
            y += 14
    drawing.write(path)
