"""A graph as an SVG picture without Graphviz: nodes in rows, each edge points down.

A node's row is the longest path that leads to it. An edge that crosses rows passes a point in each; then
each row is laid out, downwards and upwards in turn, as near as it can be to the middle of its neighbours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

SWEEPS = 12
ROW, HEIGHT, GAP, MARGIN = 64, 30, 16, 12  # pixels: from row to row, a node's height, between nodes, around
LETTER = 7.3  # the width of one, at 12 pixels


ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto"><path d="M0 1 8 4 0 7z"/></marker></defs>'
)
Edges = Sequence[tuple[int, int]]
Places = Mapping[int, tuple[float, float]]


class Node(NamedTuple):
    """What is shown: a box, or an ellipse."""

    label: str
    color: str
    is_box: bool = False


def svg(nodes: Mapping[int, Node], edges: Edges) -> str:
    """The document. `nodes` are named by numbers from 0 on, and `edges` make no cycle.

    >>> svg({0: Node("x", "orange"), 1: Node("Exp", "lightblue", True)}, [(0, 1)]).count("<text")
    2
    """
    routes, row_of = _routed(edges, _rows(nodes, edges))
    xs = _laid_out({i: _width(nodes[i]) if i in nodes else 0.0 for i in row_of}, row_of, routes)
    places = {i: (x, row_of[i] * ROW + HEIGHT / 2) for i, x in xs.items()}
    shapes = [_path([places[i] for i in route]) for route in routes]
    shapes += [_shape(node, *places[i]) for i, node in nodes.items()]
    left = min(xs[i] - _width(node) / 2 for i, node in nodes.items()) - MARGIN
    width = max(xs[i] + _width(node) / 2 for i, node in nodes.items()) + MARGIN - left
    height = max(row_of.values()) * ROW + HEIGHT + 2 * MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{left:.0f} {-MARGIN} {width:.0f} {height:.0f}" style="background:white" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="12">{ARROW}\n'
        + "\n".join(shapes)
        + "\n</svg>\n"
    )


def _width(node: Node) -> float:
    return max(54.0, LETTER * len(node.label) + (14 if node.is_box else 34))


def _rows(nodes: Iterable[int], edges: Edges) -> dict[int, int]:
    """The row of each node; what nothing leads to stands just above what it leads to first."""
    after: dict[int, list[int]] = defaultdict(list)
    missing = dict.fromkeys(nodes, 0)
    for start, end in edges:
        after[start].append(end)
        missing[end] += 1
    rows = dict.fromkeys(missing, 0)
    ready = sources = [i for i, count in missing.items() if not count]
    while ready:
        ready, before = [], ready
        for i in before:
            for end in after[i]:
                rows[end] = max(rows[end], rows[i] + 1)
                missing[end] -= 1
                if not missing[end]:
                    ready.append(end)
    for i in sources:
        rows[i] = min((rows[end] for end in after[i]), default=1) - 1
    return rows


def _routed(edges: Edges, rows: dict[int, int]) -> tuple[list[list[int]], dict[int, int]]:
    """The points that each edge passes, and the rows with these: numbers that no node has."""
    routes, rows = [], dict(rows)
    for start, end in edges:
        between = range(len(rows), len(rows) + rows[end] - rows[start] - 1)
        rows.update(zip(between, range(rows[start] + 1, rows[end]), strict=True))
        routes.append([start, *between, end])
    return routes, rows


def _laid_out(
    widths: Mapping[int, float], row_of: Mapping[int, int], routes: Iterable[Sequence[int]]
) -> dict[int, float]:
    """The x of each point."""
    above: dict[int, list[int]] = defaultdict(list)
    below: dict[int, list[int]] = defaultdict(list)
    for route in routes:
        for start, end in pairwise(route):
            above[end].append(start)
            below[start].append(end)
    rows: list[list[int]] = [[] for _ in range(max(row_of.values()) + 1)]
    for i, row in row_of.items():
        rows[row].append(i)
    xs = dict.fromkeys(row_of, 0.0)
    for sweep in range(SWEEPS):
        neighbours = below if sweep % 2 else above
        for points in reversed(rows) if sweep % 2 else rows:
            wanted = {i: _mean((xs[j] for j in neighbours[i]), xs[i]) for i in points}
            points.sort(key=wanted.__getitem__)
            xs.update(_apart(points, wanted, widths))
    return xs


def _apart(
    points: Sequence[int], wanted: Mapping[int, float], widths: Mapping[int, float]
) -> Iterator[tuple[int, float]]:
    """Points in their order, as near to what is wanted as their widths let them be."""
    found: list[float] = []
    for before, i in pairwise([points[0], *points]):
        room = (widths[before] + widths[i]) / 2 + GAP
        found.append(max(wanted[i], found[-1] + room) if found else wanted[i])
    shift = _mean(x - wanted[i] for i, x in zip(points, found, strict=True))
    return zip(points, (x - shift for x in found), strict=True)


def _mean(values: Iterable[float], default: float = 0.0) -> float:
    values = list(values)
    return sum(values) / len(values) if values else default


def _path(points: Sequence[tuple[float, float]]) -> str:
    """A curve that leaves and enters each point vertically, with an arrow at its end."""
    (x, y), *passed, (x_end, y_end) = points
    d, y = f"M{x:.1f} {y + HEIGHT / 2:.1f}", y + HEIGHT / 2
    for x_next, y_next in (*passed, (x_end, y_end - HEIGHT / 2)):
        middle = (y + y_next) / 2
        d += f" C{x:.1f} {middle:.1f} {x_next:.1f} {middle:.1f} {x_next:.1f} {y_next:.1f}"
        x, y = x_next, y_next
    return f'<path d="{d}" fill="none" stroke="#444" marker-end="url(#arrow)"/>'


def _shape(node: Node, x: float, y: float) -> str:
    from html import escape  # a table of names that only pictures need

    w, h = _width(node), HEIGHT
    label = "".join(c if c.isprintable() else "\ufffd" for c in node.label)  # XML has no control characters
    box = f'<rect x="{x - w / 2:.1f}" y="{y - h / 2:.1f}" width="{w:.1f}" height="{h}"'
    ellipse = f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{w / 2:.1f}" ry="{h / 2}"'
    text = f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{escape(label)}</text>'
    return f'{box if node.is_box else ellipse} fill="{node.color}"/>{text}'
