"""Where a plot's points are: styles of lines, and the frame inside the axes.

A plot has its own small coordinate system of ``WIDTH`` by ``HEIGHT`` units; a unit is about a CSS
pixel when it is shown at its natural width. Inside the axes there are ``FINE`` coordinates to a unit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from gradcheck.report.paths import FINE, Point, Shape
from gradcheck.report.scales import Scale

WIDTH, HEIGHT = 340, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 24, 38
DOT, CIRCLE = "dot", "circle"
_LETTER = 11.0  # the size of tick labels
_WIDTHS = {**dict.fromkeys("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", 0.45), **dict.fromkeys(".,·:;'|ijlIt()[] ", 0.42)}
_WIDTHS |= {**dict.fromkeys("\N{MINUS SIGN}+=<>", 0.84), **dict.fromkeys("mwMW—…%", 1.0)}


@dataclass(frozen=True)
class Style:
    """How a line is drawn. Dash and mark tell lines apart without colour.

    Attributes:
        look: the class that the style sheet knows.
        mark: DOT, CIRCLE or a shape of its own; None where there are no marks.
        joined: False: marks only, one for each point.
    """

    look: str
    mark: str | Shape | None = None
    joined: bool = True


@dataclass(frozen=True)
class DrawnLine:
    label: str
    x: Sequence[float]
    y: Sequence[float]
    style: Style


class Places(NamedTuple):
    """Where a line's points are drawn: those on the line (None where it is broken), apart, at the edges.

    Of those of a joined line that are below in a row ``below`` has the first and the last, ``rows`` both.
    """

    points: list[Point | None]
    apart: list[Point]
    below: list[Point]
    above: list[Point]
    rows: list[tuple[Point, Point]]


@dataclass(frozen=True)
class Frame:
    """The area inside the axes.

    Attributes:
        height: in units of the plot.
        apart: points with this y are no part of their line, which they would bend for nothing.
    """

    x: Scale
    y: Scale
    height: int = HEIGHT - TOP - BOTTOM
    apart: float | None = None

    @cached_property
    def left(self) -> int:
        """So far right of the image's edge that its labels have room."""
        return max(LEFT, *(math.ceil(text_width(text)) + 8 for _, text in self.y.ticks()))

    @property
    def width(self) -> int:
        return WIDTH - RIGHT - self.left

    @property
    def size(self) -> Point:
        """In fine coordinates."""
        return self.width * FINE, self.height * FINE

    def place(self, x: float, y: float) -> Point:
        """Where the point is, in fine coordinates; far outside the frame it stays just far outside."""
        across, up = min(max(self.x(x), -9), 9), min(max(self.y(y), -9), 9)
        return across * self.size[0], (1 - up) * self.size[1]

    def places(self, line: DrawnLine) -> Places:
        """Where the points of a line are; what has no logarithm, and marks beyond the frame, at its edge."""
        pairs = list(zip(line.x, line.y, strict=True))
        found = [(self._kind(line.style, x, y), self.place(x, y)) for x, y in pairs]
        width, height = self.size
        edge = {"below": height, "above": 0.0}
        runs = [
            (kind, [(min(max(x, 0), width), edge.get(kind, y)) for _, (x, y) in run])
            for kind, run in groupby(found, key=lambda each: each[0])
        ]
        rows = [(run[0], run[-1]) for kind, run in runs if kind == "below" and line.style.joined and run[1:]]

        def at(where: str) -> list[Point]:
            of_kind = [run for kind, run in runs if kind == where]
            short = [[run[0], run[-1]] if (run[0], run[-1]) in rows else run for run in of_kind]
            return [point for run in short for point in run]

        points = [point if kind == "line" else None for kind, point in found]
        return Places(points, at("apart"), at("below"), at("above"), rows)

    def _kind(self, style: Style, x: float, y: float) -> str:
        if not (math.isfinite(x) and math.isfinite(y)):
            return "missing"
        if self.y.log and y <= 0:
            return "below"
        if y == self.apart:
            return "apart"
        if style.joined or self.holds(self.place(x, y)):
            return "line"
        return "above" if y > self.y.high else "below"

    def holds(self, point: Point) -> bool:
        """Whether the point is inside, up to rounding."""
        return all(-1 <= at <= end + 1 for at, end in zip(point, self.size, strict=True))


def text_width(text: str) -> float:
    """How wide a tick label is at most, in units of the plot: fonts differ.

    >>> text_width("10⁻⁸") < text_width("0.00012")
    True
    """
    return _LETTER * sum(_WIDTHS.get(letter, 0.66) for letter in text)
