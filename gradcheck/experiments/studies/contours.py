"""Lines of equal height of a function of two variables, by marching squares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradcheck.experiments.studies.study import Line

Crossing = tuple[str, int, int]  # an edge of the grid, "across" or "up", from the point (row, column)


def contours(
    f: Callable[[np.ndarray, np.ndarray], np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    levels: Sequence[float],
) -> list[Line]:
    """Thin lines along which f has one of the values, on the grid of x and y.

    >>> circle, = contours(lambda x, y: x**2 + y**2, *[np.linspace(-2, 2, 41)] * 2, [1.0])
    >>> bool(np.allclose(np.hypot(circle.x, circle.y), 1, atol=0.01)), circle.x[0] == circle.x[-1]
    (True, True)
    """
    heights = f(*np.meshgrid(x, y))
    return [line for level in levels for line in _zero_lines(heights - level, x, y)]


def _zero_lines(heights: np.ndarray, x: np.ndarray, y: np.ndarray) -> Iterator[Line]:
    """The lines on which the heights are zero."""
    neighbours: dict[Crossing, list[Crossing]] = defaultdict(list)
    for start, end in _segments(heights > 0):
        neighbours[start].append(end)
        neighbours[end].append(start)
    while neighbours:
        ends = [crossing for crossing, others in neighbours.items() if len(others) == 1]
        walk = _walk((ends or list(neighbours))[0], neighbours)
        points = np.array([_point(crossing, heights, x, y) for crossing in walk])
        yield Line("", points[:, 0].round(4).tolist(), points[:, 1].round(4).tolist(), "thin")


def _segments(above: np.ndarray) -> Iterator[tuple[Crossing, Crossing]]:
    """In each cell of the grid, pairs of its edges that the zero line crosses."""
    across, up = above[:, :-1] != above[:, 1:], above[:-1] != above[1:]
    crossed_cells = across[:-1] | across[1:] | up[:, :-1] | up[:, 1:]
    for i, j in np.argwhere(crossed_cells).tolist():
        edges = [
            (("across", i, j), across[i, j]),
            (("up", i, j + 1), up[i, j + 1]),
            (("across", i + 1, j), across[i + 1, j]),
            (("up", i, j), up[i, j]),
        ]
        crossed = [edge for edge, is_crossed in edges if is_crossed]
        yield from zip(crossed[::2], crossed[1::2], strict=True)


def _walk(start: Crossing, neighbours: dict[Crossing, list[Crossing]]) -> list[Crossing]:
    """The crossings of one line in order, taken out of the neighbours; closed lines end as they start."""
    walk = [start]
    while others := neighbours.get(walk[-1]):
        after = others.pop()
        neighbours[after].remove(walk[-1])
        walk.append(after)
        for crossing in walk[-2:]:
            if not neighbours[crossing]:
                del neighbours[crossing]
    return walk


def _point(crossing: Crossing, heights: np.ndarray, x: Any, y: Any) -> tuple[float, float]:
    """Where the zero is on an edge, linearly."""
    kind, i, j = crossing
    k, m = (i, j + 1) if kind == "across" else (i + 1, j)
    share = heights[i, j] / (heights[i, j] - heights[k, m])
    return x[j] + share * (x[m] - x[j]), y[i] + share * (y[k] - y[i])
