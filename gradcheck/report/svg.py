"""Line plots as inline SVG: axes, ticks, dashed and marked lines. No ids, so many fit one page.

A plot has its own small coordinate system of ``WIDTH`` by ``HEIGHT`` units; a unit is about a CSS
pixel when it is shown at its natural width. Colours of text and axes come from the page's style
sheet by class, those of lines from their ``Style``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise

from markupsafe import Markup

from gradcheck.report.formatting import power_of_ten, significant
from gradcheck.system.texts import printable

WIDTH, HEIGHT = 340, 250
LEFT, RIGHT, TOP, BOTTOM = 42, 12, 24, 38
Point = tuple[float, float]
DOT, CIRCLE = "dot", "circle"
_RADIUS = 2.4  # of a circle
_MARKS_PER_LINE = 4
_MOST_POINTS = 2_000
_NOTHING = Markup()
_UNSEEN = 0.2  # units by which a line may be off: a fifth of a pixel
_CONSTANT = 1e-4  # relative differences that are no more to be seen
_HUGE = 1e290  # beyond this, differences and ratios overflow


@dataclass(frozen=True)
class Style:
    """How a line is drawn. Dash and mark tell lines apart without colour."""

    color: str
    dash: str = ""
    mark: str = ""  # DOT, CIRCLE or a path relative to the point
    width: float = 1.6  # 0: marks only, one for each point
    mark_width: float = 1.3


@dataclass(frozen=True)
class DrawnLine:
    label: str
    x: Sequence[float]
    y: Sequence[float]
    style: Style


@dataclass(frozen=True)
class Scale:
    """A scale from ``low`` to ``high``, both finite; positive where it is logarithmic."""

    label: str
    low: float
    high: float
    log: bool

    def __call__(self, value: float) -> float:
        """Where the value is: 0 at ``low``, 1 at ``high``; a log axis puts 0 at its low end."""
        low, high = self._ends
        drawn = self.low if self.log and value <= 0 else value
        return (self._scaled(drawn) - low) / (high - low)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        return self._scaled(self.low), self._scaled(self.high)

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def ticks(self) -> list[tuple[float, str]]:
        """At most seven (value, label)."""
        return self._decades() if self.log else self._steps()

    def _decades(self) -> list[tuple[float, str]]:
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        if last - first < 2:
            return self._within_decades(first, last)
        every = max(1, math.ceil((last - first + 1) / 6))
        first = math.ceil(first / every) * every
        return [(10.0**k, power_of_ten(k)) for k in range(first, last + 1, every)]

    def _within_decades(self, first: int, last: int) -> list[tuple[float, str]]:
        """Ticks between powers of ten, where these alone are too few to read the axis by."""
        digits = (1, 2, 5) if last <= first else (1, 3)
        values = [digit * 10.0**k for k in range(first - 1, last + 1) for digit in digits]
        inside = [v for v in values if self.low <= v <= self.high]
        return [(v, significant(v, 1)) for v in inside] if len(inside) > 1 else self._steps()

    def _steps(self) -> list[tuple[float, str]]:
        rough = (self.high - self.low) / 5
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        digits = max(3, math.ceil(math.log10(max(abs(self.low), abs(self.high)) / step)) + 1)
        return [(k * step, significant(k * step, digits)) for k in range(first, last + 1)]


def log_axis(label: str, values: Iterable[float], floor: float, ceiling: float) -> Scale:
    """A logarithmic axis over the positive values, kept within ``floor`` and ``ceiling``."""
    floor, ceiling = max(floor, 1 / _HUGE), min(ceiling, _HUGE)
    inside = [v for v in values if floor <= v <= ceiling] or [floor, ceiling]
    low, high = min(inside), max(inside)
    room = max(1.6, min(high / low, _HUGE) ** 0.03)  # for half a mark
    return Scale(label, low / room, high * room, log=True)


def linear_axis(label: str, values: Sequence[float]) -> Scale:
    """A linear axis over the finite values: with a little room at its ends, with much if they hardly move."""
    finite = [min(max(v, -_HUGE), _HUGE) for v in values if math.isfinite(v)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    size = max(abs(low), abs(high))
    room = 0.04 * (high - low) if high - low > _CONSTANT * size else 0.5 * size
    room = room if room > 1 / _HUGE else 0.5
    return Scale(label, low - room, high + room, log=False)


@dataclass(frozen=True)
class Frame:
    """The area inside the axes, in units of the plot."""

    x: Scale
    y: Scale
    height: float = HEIGHT - TOP - BOTTOM
    width: float = WIDTH - LEFT - RIGHT

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where the point is; far outside the frame it stays just far outside."""
        across, up = min(max(self.x(x), -9), 9), min(max(self.y(y), -9), 9)
        return across * self.width, (1 - up) * self.height

    def points(self, line: DrawnLine) -> list[Point | None]:
        """The line's points, None where it has none (NaN or infinite)."""
        return [
            self.place(x, y) if math.isfinite(x) and math.isfinite(y) else None
            for x, y in zip(line.x, line.y, strict=True)
        ]


def plot(lines: Sequence[DrawnLine], frame: Frame, alt: str, on_top: Markup = _NOTHING) -> Markup:
    """The plot as an image whose text alternative is ``alt``; ``on_top`` is drawn last."""
    inside = _NOTHING.join([*(_drawn(line, frame) for line in lines), on_top])
    return Markup(
        '<svg class="plot" role="img" aria-label="{}" viewBox="0 0 {} {}">{}'
        '<svg x="{}" y="{}" width="{}" height="{}">{}</svg></svg>'
    ).format(
        printable(alt), WIDTH, frame.height + TOP + BOTTOM, _axes(frame),
        LEFT, TOP, frame.width, frame.height, inside,
    )  # fmt: skip


def key(style: Style) -> Markup:
    """A short piece of a line in that style, for a legend."""
    width, middle = 34, 6
    path = f"M0 {middle}h{width}" if style.width else ""
    return Markup('<svg class="key" viewBox="0 0 {} 12" aria-hidden="true">{}</svg>').format(
        width, _stroke(path, style) + _marks([(width / 2, middle)], style)
    )


def ring(x: float, y: float) -> Markup:
    """A circle around a point that is to be noticed."""
    return Markup('<circle class="ring" cx="{}" cy="{}" r="5.5"/>').format(_short(x), _short(y))


def upright(x: float, height: float) -> Markup:
    """A thin vertical line through the whole frame."""
    return Markup('<path class="upright" d="M{} 0V{}"/>').format(_short(x), _short(height))


def _drawn(line: DrawnLine, frame: Frame) -> Markup:
    points = frame.points(line)
    present = [point for point in points if point]
    every = max(1, len(present) // _MARKS_PER_LINE) if line.style.width else 1
    return Markup("<g><title>{}</title>{}{}</g>").format(
        printable(line.label), _stroke(_path(points), line.style), _marks(present[::every], line.style)
    )


def _path(points: Iterable[Point | None]) -> str:
    """Pieces of a line, broken where a point is missing; steps from point to point, which are short."""
    parts = []
    for present, piece in groupby(points, key=lambda point: point is not None):
        if present:
            corners = _corners(_thinned([(round(x, 1), round(y, 1)) for x, y in filter(None, piece)]))
            parts.append("M{} {}".format(*map(_short, corners[0])))
            parts += [f"l{_short(c - a)} {_short(d - b)}" for (a, b), (c, d) in pairwise(corners)]
    return "".join(parts).replace(" -", "-")


def _thinned(points: list[Point]) -> list[Point]:
    """Of very many points some: there are no more pixels, and corners may take the square of their time."""
    every = -(-len(points) // _MOST_POINTS)
    return points if every < 2 else [*points[:-1:every], points[-1]]


def _corners(points: Sequence[Point]) -> list[Point]:
    """The points that are needed to see the same line (Douglas and Peucker, 1973).

    >>> _corners([(0, 0), (1, 0.1), (2, 0), (3, 5)])
    [(0, 0), (2, 0), (3, 5)]
    """
    needed, waiting = {0, len(points) - 1}, [(0, len(points) - 1)]
    while waiting:
        first, last = waiting.pop()
        distance, furthest = max(_distances(points, first, last), default=(0.0, 0))
        if distance <= _UNSEEN:
            continue
        needed.add(-furthest)
        waiting += [(first, -furthest), (-furthest, last)]
    return [points[n] for n in sorted(needed)]


def _distances(points: Sequence[Point], first: int, last: int) -> Iterator[tuple[float, int]]:
    """Of each point between two others its distance from the segment, and its number, negative."""
    (x, y), (end_x, end_y) = points[first], points[last]
    dx, dy = end_x - x, end_y - y
    length = dx * dx + dy * dy
    for n in range(first + 1, last):
        px, py = points[n]
        share = ((px - x) * dx + (py - y) * dy) / length if length else 0.0
        if share < 0.0:
            share = 0.0
        elif share > 1.0:
            share = 1.0
        yield math.hypot(px - x - share * dx, py - y - share * dy), -n


def _stroke(path: str, style: Style) -> Markup:
    if not (path and style.width):
        return _NOTHING
    dash = Markup(' stroke-dasharray="{}"').format(style.dash) if style.dash else _NOTHING
    return Markup('<path d="{}" fill="none" stroke="{}" stroke-width="{}"{}/>').format(
        path, style.color, style.width, dash
    )


def _marks(points: Sequence[Point], style: Style) -> Markup:
    if not (points and style.mark):
        return _NOTHING
    if style.mark == DOT:
        return _dots(points, style.color, style.mark_width)
    if style.mark == CIRCLE:
        inner = 2 * _RADIUS - style.mark_width
        outer = 2 * _RADIUS + style.mark_width
        return _dots(points, style.color, outer) + _dots(points, "#fff", inner)
    path = "".join(f"M{_short(x)} {_short(y)}{style.mark}" for x, y in points)
    return Markup('<path class="marks" d="{}" stroke="{}" stroke-width="{}"/>').format(
        path, style.color, style.mark_width
    )


def _dots(points: Sequence[Point], color: str, width: float) -> Markup:
    """Round ends of lines that have all but no length: a few bytes for each point."""
    at, parts = (0.0, 0.0), []
    for x, y in ((round(x, 1), round(y, 1)) for x, y in points):
        parts.append(f"m{_short(x - at[0])} {_short(y - at[1])}h.01")
        at = (x + 0.01, y)
    path = "".join(parts).replace(" -", "-")
    return Markup('<path class="dots" d="{}" stroke="{}" stroke-width="{}"/>').format(
        path, color, _short(width)
    )


def _axes(frame: Frame) -> Markup:
    """Grid lines, tick labels and the names of the axes."""
    bottom = TOP + frame.height
    grid, below, at_left = [], [], []
    for value, text in frame.x.ticks():
        x = LEFT + frame.x(value) * frame.width
        grid.append(f"M{_short(x)} {TOP}V{_short(bottom)}")
        below.append(_text(x, bottom + 14, text))
    for value, text in frame.y.ticks():
        y = TOP + (1 - frame.y(value)) * frame.height
        grid.append(f"M{LEFT} {_short(y)}H{LEFT + frame.width}")
        at_left.append(_text(LEFT - 5, y + 3.5, text))
    names = [
        _anchored("end", [_text(LEFT + frame.width, bottom + 31, frame.x.label)], "axis-name"),
        _anchored("start", [_text(0, 11, frame.y.label)], "axis-name"),
    ]
    labels = [_anchored("middle", below), _anchored("end", at_left), *names]
    return Markup('<path class="grid" d="{}"/>{}').format("".join(grid), _NOTHING.join(labels))


def _anchored(anchor: str, texts: Sequence[Markup], name: str = "tick") -> Markup:
    return Markup('<g class="{}" text-anchor="{}">{}</g>').format(name, anchor, _NOTHING.join(texts))


def _text(x: float, y: float, text: str) -> Markup:
    return Markup('<text x="{}" y="{}">{}</text>').format(_short(x), _short(y), printable(text))


def _short(number: float) -> str:
    """A tenth of a unit is finer than a screen shows."""
    return f"{number:.1f}".removesuffix(".0")
