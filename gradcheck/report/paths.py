"""Lines as SVG paths: only the points that are needed to see the same line, in as few characters.

Coordinates are whole numbers, ``FINE`` of them to a unit of the plot.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

#: A quarter of a CSS pixel is finer than an eye sees, and whole numbers take the fewest characters.
FINE = 4
_MOST_POINTS = 2_000
_UNSEEN = 1.6  # by which a line may be off: less than half a pixel
_TOUCH = 8  # dots that are no farther apart look like a line: they are 10 thick

Point = tuple[float, float]


class Shape(NamedTuple):
    """A mark around its point, which is the middle of all that it covers.

    Attributes:
        start: where its path begins, from the point.
        path: from there, in relative steps, without another start.
        by: where the path ends, from its start.
    """

    start: tuple[int, int]
    path: str
    by: tuple[int, int] = (0, 0)


def line(points: Sequence[Point | None], height: float) -> str:
    """The path through the points of a frame of this height, broken where one is missing."""
    parts = []
    for present, piece in groupby(_seen(points, height), key=lambda point: point is not None):
        if present:
            corners = _corners(_thinned([(round(x), round(y)) for x, y in filter(None, piece)]))
            parts += ["M{} {}".format(*corners[0])] if corners[1:] else []
            parts += [f"l{c - a} {d - b}" for (a, b), (c, d) in pairwise(corners)]
    return "".join(parts).replace(" -", "-")


def marks(placed: Iterable[tuple[Point, Shape]]) -> str:
    """The path of marks, one after the other: of each its point and its shape.

    >>> marks([((20, 30), Shape((-9, 0), "h18", (18, 0))), ((40, 30), Shape((0, -9), "v18h9z"))])
    'm11 30h18m11-9v18h9z'
    """
    at, parts = (0, 0), []
    for (x, y), shape in placed:
        start = round(x) + shape.start[0], round(y) + shape.start[1]
        parts.append(f"m{start[0] - at[0]} {start[1] - at[1]}{shape.path}")
        at = start[0] + shape.by[0], start[1] + shape.by[1]
    return "".join(parts).replace(" -", "-")


def dots(points: Iterable[Point]) -> str:
    """A very short line at each point, whose round ends are a dot; a long one where dots on a level touch.

    A line of no length is not shown in PDFs.

    >>> dots([(8, 40), (16, 40), (24, 40), (60, 40)])
    'm8 40h17m35 0h1'
    """
    at, parts = (0, 0), []
    for run in _runs([(round(x), round(y)) for x, y in points]):
        (x, y), length = run[0], run[-1][0] - run[0][0] + 1
        parts.append(f"m{x - at[0]} {y - at[1]}h{length}")
        at = (x + length, y)
    return "".join(parts).replace(" -", "-")


def _runs(points: Iterable[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Points in a row: those on a level that are no farther apart than dots are thick, to the right."""
    run: list[tuple[int, int]] = []
    for x, y in points:
        if run and not (y == run[-1][1] and 0 <= x - run[-1][0] <= _TOUCH):
            yield run
            run = []
        run.append((x, y))
    if run:
        yield run


def _seen(points: Sequence[Point | None], height: float) -> list[Point | None]:
    """Without the points between others that all lie above the frame, or all below, where noise is."""
    sides = [point and _side(point, height) for point in points]
    around = zip([None, *sides], sides, [*sides[1:], None], strict=False)
    unseen = [bool(side) and {before, after} <= {side, None} for before, side, after in around]
    return [None if hidden else point for hidden, point in zip(unseen, points, strict=True)]


def _side(point: Point, height: float) -> int:
    """-1 above the frame, 1 below it, 0 in between."""
    return 1 if point[1] > height else -1 if point[1] < 0 else 0


def _thinned(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of very many points some: there are no more pixels, and corners may take the square of their time."""
    every = -(-len(points) // _MOST_POINTS)
    return points if every < 2 else [*points[:-1:every], points[-1]]


def _corners(points: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The points that are needed to see the same line (Douglas and Peucker, 1973).

    >>> _corners([(0, 0), (4, 0), (8, 0), (12, 20)])
    [(0, 0), (8, 0), (12, 20)]
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
