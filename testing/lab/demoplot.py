# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The picture of the demo: every packet of both runs, and the cuts."""

from . import svg

WIDTH, LEFT, RIGHT = 1100, 120, 30
LANE, GAP, PANEL, TOP = 42, 10, 170, 60
ARRIVED, LOST, CUT = "#2a9d5c", "#d1344b", "#30475e"


def title(story):
    return "With the mobility manager" if story.with_plugin else \
        "Stock strongSwan, with its default timeouts and dpd_action = restart"


def _span(story):
    """From two seconds before the first cut to the last packet."""
    start = story.cuts[0].time - 2
    end = max((max(stream.sent.values(), default=0) / 1e9
               for stream in story.log.streams.values()), default=start + 1)
    return start, end


def _panel(drawing, story, top, seconds):
    start, end = _span(story)
    scale = (WIDTH - LEFT - RIGHT) / seconds

    def place(when):
        return LEFT + (when - start) * scale

    drawing.text(LEFT, top - 22, title(story), 15, font_weight="bold")
    for index, (way, name) in enumerate((("out", "alice to bob"),
                                         ("in", "bob to alice"))):
        stream = story.log.streams[way]
        y = top + index * (LANE + GAP)
        drawing.text(LEFT - 10, y + LANE / 2 + 4, name, 12, anchor="end")
        drawing.rect(LEFT, y, (end - start) * scale, LANE, "#f4f4f4")
        for colour, wanted in ((ARRIVED, True), (LOST, False)):
            drawing.ticks([place(when / 1e9) for number, when in
                           stream.sent.items()
                           if (number in stream.received) == wanted
                           and when / 1e9 >= start], y, y + LANE, colour)
    bottom = top + 2 * LANE + GAP
    for cut in story.cuts:
        x = place(cut.time)
        drawing.line(x, top - 12, x, bottom + 4, CUT, 1.5,
                     stroke_dasharray="4 3")
        drawing.text(x + 3, top - 6, cut.title, 11, CUT)
    for second in range(0, int(seconds) + 1, 5 if seconds < 100 else 20):
        x = LEFT + second * scale
        drawing.line(x, bottom, x, bottom + 4, "#888")
        drawing.text(x, bottom + 17, f"{second} s", 10, "#666", "middle")


def draw(stories, path):
    seconds = max(end - start for start, end in map(_span, stories))
    drawing = svg.Drawing(WIDTH, TOP + PANEL * len(stories) + 30)
    for index, story in enumerate(stories):
        _panel(drawing, story, TOP + index * PANEL, seconds)
    y = TOP + PANEL * len(stories)
    for x, colour, text in ((LEFT, ARRIVED, "a packet that arrived"),
                            (LEFT + 200, LOST, "a packet that was lost")):
        drawing.rect(x, y, 12, 12, colour)
        drawing.text(x + 18, y + 11, text, 11)
    drawing.write(path)
