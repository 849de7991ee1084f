# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The little of SVG that our figures need."""

import html

FONT = "font-family='sans-serif'"


class Drawing:
    def __init__(self, width, height):
        self._width, self._height = width, height
        self._parts = []

    def rect(self, x, y, width, height, fill, **more):
        self._parts.append(
            f"<rect x='{x:.2f}' y='{y:.2f}' width='{max(width, 0):.2f}' "
            f"height='{height:.2f}' fill='{fill}'{_more(more)}/>")

    def line(self, x1, y1, x2, y2, stroke, width=1.0, **more):
        self._parts.append(
            f"<line x1='{x1:.2f}' y1='{y1:.2f}' x2='{x2:.2f}' y2='{y2:.2f}' "
            f"stroke='{stroke}' stroke-width='{width}'{_more(more)}/>")

    def circle(self, x, y, radius, fill, **more):
        self._parts.append(f"<circle cx='{x:.2f}' cy='{y:.2f}' r='{radius}' "
                           f"fill='{fill}'{_more(more)}/>")

    def text(self, x, y, text, size=12, fill="#222", anchor="start", **more):
        self._parts.append(
            f"<text x='{x:.2f}' y='{y:.2f}' font-size='{size}' "
            f"fill='{fill}' text-anchor='{anchor}' {FONT}{_more(more)}>"
            f"{html.escape(text)}</text>")

    def ticks(self, xs, y1, y2, stroke, width=0.6):
        """Many upright lines at once, as one element."""
        if xs:
            path = "".join(f"M{x:.2f} {y1:.2f}V{y2:.2f}" for x in xs)
            self._parts.append(f"<path d='{path}' stroke='{stroke}' "
                               f"stroke-width='{width}' fill='none'/>")

    def write(self, path):
        path.write_text(
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{self._width}' "
            f"height='{self._height}' viewBox='0 0 {self._width} "
            f"{self._height}'>\n<rect width='100%' height='100%' "
            "fill='#fff'/>\n" + "\n".join(self._parts) + "\n</svg>\n",
            encoding="utf-8")


def _more(attributes):
    return "".join(f" {name.replace('_', '-')}='{value}'"
                   for name, value in attributes.items())
