"""Lines as SVG paths: only the points that are needed to see the same line, in as few characters.

Coordinates are whole numbers, ``FINE`` of them to a unit of the plot.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

#: A quarter of a CSS pixel is finer than an eye sees, and whole numbers take the fewest characters.
FINE = 4
_MOST_POINTS = 2_000
_UNSEEN = 1.2  # by which a line may be off: less than a third of a pixel

Point = tuple[float, float]


def line(points: Sequence[Point | None], height: float) -> str:
    """The path through the points of a frame of this height, broken where one is missing."""
    parts = []
    for present, piece in groupby(_seen(points, height), key=lambda point: point is not None):
        if present:
            corners = _corners(_thinned([(round(x), round(y)) for x, y in filter(None, piece)]))
            parts.append("M{} {}".format(*corners[0]))
            parts += [f"l{c - a} {d - b}" for (a, b), (c, d) in pairwise(corners)]
    return "".join(parts).replace(" -", "-")


def marks(points: Iterable[Point], shape: str) -> str:
    """The path of a mark's shape at each of the points."""
    return "".join(f"M{round(x)} {round(y)}{shape}" for x, y in points).replace(" -", "-")


def dots(points: Iterable[Point]) -> str:
    """A very short path at each point, whose round ends are a dot; one of no length is not shown in PDFs."""
    at, parts = (0, 0), []
    for x, y in ((round(x), round(y)) for x, y in points):
        parts.append(f"m{x - at[0]} {y - at[1]}h1")
        at = (x + 1, y)
    return "".join(parts).replace(" -", "-")


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
