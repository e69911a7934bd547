"""Line plots as inline SVG: axes, ticks, dashed and marked lines, in a frame. No ids, so many fit one page.

Colours, dashes and widths are the style sheet's, by class, so a page can be dark and paper light.

What `figures.js` reads is here too: the scales of the axes (``data-x``, ``data-y``), and a group of class
``line`` for each line, in the order of the columns of the plot's data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from gradcheck.report import paths
from gradcheck.report.frame import (
    BOTTOM,
    DOT,
    TOP,
    WIDTH,
    DrawnLine,
    Frame,
    Style,
    text_width,
)
from gradcheck.report.paths import FINE, Point, Shape
from gradcheck.report.scales import Scale, Tick
from gradcheck.system.texts import printable

_MARKS_PER_LINE = 3  # of those that have more points than a few, which all have one
_FEW = 8
_NOTHING = Markup()
_DASH = Shape((-9, 0), "h18", (18, 0))  # stands for a point that is drawn apart from its line
_DOWN, _UP = Shape((-10, -18), "h20l-10 16z"), Shape((-10, 18), "h20l-10-16z")  # at an edge: it lies beyond
_INSIDE = 10  # from an edge to the line that joins the marks there


def plot(
    lines: Sequence[DrawnLine], frame: Frame, alt: str, on_top: Markup = _NOTHING, behind: Markup = _NOTHING
) -> Markup:
    """The plot as an image whose text alternative is ``alt``; lines lie on top of what is ``behind``."""
    named = len(lines) > 1
    inside = _NOTHING.join([behind, *(_drawn(line, frame, named=named) for line in lines), on_top])
    apart = _NOTHING if frame.apart is None else Markup(' data-apart="{}"').format(f"{frame.apart:g}")
    return Markup(
        '<svg class="plot" role="img" aria-label="{}" viewBox="0 0 {} {}" data-x="{}" data-y="{}"{}>{}'
        '<svg class="frame" x="{}" y="{}" width="{}" height="{}" viewBox="0 0 {} {}">{}</svg></svg>'
    ).format(
        printable(alt), WIDTH, frame.height + TOP + BOTTOM, _ends(frame.x), _ends(frame.y), apart,
        _axes(frame), frame.left, TOP, frame.width, frame.height, *frame.size, inside,
    )  # fmt: skip


def key(style: Style, kind: str = "line") -> Markup:
    """A short piece of a line in that style, for a legend."""
    width, middle = 34 * FINE, 6 * FINE
    stroke = _stroke(f"M0 {middle}h{width}" if style.joined else "")
    return Markup('<svg class="key"><g class="{} {}">{}</g></svg>').format(
        kind, style.look, stroke + _marks([(width / 2, middle)], style.mark)
    )


def key_mark(name: str) -> Markup:
    """A mark that lines of all styles share, for a legend: ``apart`` or ``edge``."""
    y, shape = {"apart": (24, _DASH), "edge": (34, _DOWN)}[name]
    return Markup('<svg class="key"><g class="guide">{}</g></svg>').format(_marks([(68, y)], shape))


def ring(point: Point) -> Markup:
    """A circle around a point that is to be noticed."""
    return Markup('<circle class="ring" cx="{:.0f}" cy="{:.0f}" r="22"/>').format(*point)


def upright(x: float, height: float) -> Markup:
    """A thin vertical line through the whole frame."""
    return Markup('<path class="upright" d="M{:.0f} 0V{:.0f}"/>').format(x, height)


def guides(frame: Frame, look: str, lines: Sequence[tuple[str, Sequence[Point]]]) -> Markup:
    """Thin straight lines, each between two points of the data, with a label where it leaves the frame."""
    places = [(label, [frame.place(x, y) for x, y in ends]) for label, ends in lines]
    seen = [(label, ends, path) for label, ends in places if (path := paths.line(ends, frame.size[1]))]
    if not seen:
        return _NOTHING
    return Markup('<g class="guide {}">{}{}</g>').format(
        look,
        _stroke("".join(path for _, _, path in seen)),
        _NOTHING.join(_text(*_label_place(frame, ends, label), label) for label, ends, _ in seen),
    )


def _label_place(frame: Frame, points: Sequence[Point], label: str) -> Point:
    """Beside the line's left end, or where it comes into the frame; whole inside the frame."""
    (x, y), (far, high) = sorted(points)
    width, height = frame.size
    bottom, top = height - 12.0, 44.0
    if not 0 <= y <= height and high != y:
        edge = height if y > height else 0.0
        x, y = x + (far - x) * (edge - y) / (high - y), edge
    room = text_width(label) * FINE
    return min(max(x + 10, 4.0), width - room), min(max(y, top), bottom)


def aside(line: DrawnLine, frame: Frame) -> Markup:
    """A line that has no column in the plot's data; nothing where it has no points."""
    return _drawn(line, frame, "aside", named=bool(line.label)) if line.x else _NOTHING


def _drawn(line: DrawnLine, frame: Frame, kind: str = "line", named: bool = True) -> Markup:
    style, places = line.style, frame.places(line)
    inside = [point for point in places.points if point and frame.holds(point)]
    every = -(-len(inside) // _MARKS_PER_LINE) if style.joined and len(inside) > _FEW else 1
    beside = ((places.apart, _DASH), (places.below, _DOWN), (places.above, _UP))
    along = "".join(f"M{x:.0f} {y - _INSIDE:.0f}H{end:.0f}" for (x, y), (end, _) in places.rows)
    parts = [
        _stroke(paths.line(places.points, frame.size[1]) if style.joined else ""),
        Markup('<path class="edge" d="{}"/>').format(along) if along else _NOTHING,
        _marks(inside[::every], style.mark),
        _shapes([(point, shape) for points, shape in beside for point in points], "marks edge"),
    ]
    name = Markup("<title>{}</title>").format(printable(line.label)) if named else _NOTHING
    return Markup('<g class="{} {}">{}{}</g>').format(kind, style.look, name, _NOTHING.join(parts))


def _stroke(path: str) -> Markup:
    return Markup('<path d="{}"/>').format(path) if path else _NOTHING


def _marks(points: Sequence[Point], mark: str | Shape | None) -> Markup:
    if not (points and mark):
        return _NOTHING
    if isinstance(mark, Shape):
        return _shapes([(point, mark) for point in points])
    path = paths.dots(points)
    kinds = ("dots",) if mark == DOT else ("dots rim", "dots hole")
    return _NOTHING.join(Markup('<path class="{}" d="{}"/>').format(kind, path) for kind in kinds)


def _shapes(placed: Sequence[tuple[Point, Shape]], kind: str = "marks") -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(kind, paths.marks(placed)) if placed else _NOTHING


def _ends(scale: Scale) -> str:
    return f"{'log' if scale.log else 'linear'} {scale.low:.6g} {scale.high:.6g}"


def _axes(frame: Frame) -> Markup:
    """Of each axis its grid lines, its name and the labels of its ticks, in a group of its own."""
    bottom, right = TOP + frame.height, frame.left + frame.width
    across = [(frame.left + frame.x(value) * frame.width, text) for value, text in frame.x.ticks()]
    up = [(TOP + (1 - frame.y(value)) * frame.height, text) for value, text in frame.y.ticks()]
    return _axis(
        "x",
        "".join(f"M{x:.0f} {TOP}V{bottom}" for x, _ in across),
        _name(right, bottom + 31, frame.x.label),
        [_text(x, bottom + 14, text) for x, text in _apart(across)],
    ) + _axis(
        "y",
        "".join(f"M{frame.left} {y:.0f}H{right}" for y, _ in up),
        _name(0, 11, frame.y.label),
        [_text(frame.left - 5, y + 3.5, text) for y, text in up],
    )


def _axis(which: str, grid: str, name: Markup, ticks: Sequence[Markup]) -> Markup:
    return Markup('<g class="{}"><path d="{}"/>{}{}</g>').format(which, grid, name, _NOTHING.join(ticks))


def _apart(labels: Sequence[Tick]) -> list[Tick]:
    """As many of the labels as there is room for, moved inwards where they would be cut off."""
    for every in range(1, max(2, len(labels))):
        shown, end = [], -math.inf
        for x, text in labels[::every]:
            half = text_width(text) / 2
            middle = min(max(x, half), WIDTH - half)
            fits = middle - half > end
            shown.append((middle, text))
            end = middle + half + 3 if fits else math.inf
        if end < math.inf:
            return shown
    return []


def _name(x: float, y: float, name: str) -> Markup:
    """The name of an axis, cut short where it is longer than the plot is wide."""
    text = printable(name)
    while text_width(text) > WIDTH:
        text = text[: int(len(text) * 0.9)].rstrip("…") + "…"
    return Markup('<text class="name" x="{}" y="{}">{}</text>').format(x, y, text)


def _text(x: float, y: float, text: str) -> Markup:
    return Markup('<text x="{:.0f}" y="{:.0f}">{}</text>').format(x, y, printable(text))
