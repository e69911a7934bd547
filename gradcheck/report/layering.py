"""A layered layout of a directed graph: sources on top, every edge points down.

The steps are those of Sugiyama, Tagawa and Toda (1981): layers by longest path, long edges routed
through a point in each layer they cross, an order in each layer that follows the neighbours' middle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise

Edge = tuple[int, int]
_SWEEPS = 6


@dataclass(frozen=True)
class Layers:
    """``layers``: nodes from top to bottom, left to right; ``routes``: the nodes an edge passes.

    Nodes from ``count`` on are the points at which long edges cross a layer.
    """

    layers: list[list[int]]
    routes: list[list[int]]
    count: int


def layout(count: int, edges: Sequence[Edge]) -> Layers:
    """Layers for nodes 0 .. count - 1.

    Raises ValueError where the edges make a cycle.

    >>> found = layout(3, [(0, 1), (1, 2), (0, 2)])
    >>> found.layers, found.routes
    ([[0], [1, 3], [2]], [[0, 1], [1, 2], [0, 3, 2]])
    """
    depth = depths(count, edges)
    routes, levels = [], dict(enumerate(depth))
    for start, end in edges:
        route = [start]
        for level in range(depth[start] + 1, depth[end]):
            levels[len(levels)] = level
            route.append(len(levels) - 1)
        routes.append([*route, end])
    layers: list[list[int]] = [[] for _ in range(max(depth, default=-1) + 1)]
    for node, level in levels.items():
        layers[level].append(node)
    _untangle(layers, routes)
    return Layers(layers, routes, count)


def depths(count: int, edges: Sequence[Edge]) -> list[int]:
    """The longest path that leads to each node; then sources move down to their first consumer."""
    before: dict[int, list[int]] = {node: [] for node in range(count)}
    after: dict[int, list[int]] = defaultdict(list)
    for start, end in edges:
        before[end].append(start)
        after[start].append(end)
    depth = [0] * count
    for node in TopologicalSorter(before).static_order():
        depth[node] = max((depth[start] + 1 for start in before[node]), default=0)
    for node in after.keys() - {end for _, end in edges}:
        depth[node] = min(depth[end] for end in after[node]) - 1
    return depth


def _untangle(layers: list[list[int]], routes: Sequence[Sequence[int]]) -> None:
    """Order each layer by the mean place of its neighbours, downwards and upwards in turn."""
    above: dict[int, list[int]] = defaultdict(list)
    below: dict[int, list[int]] = defaultdict(list)
    for route in routes:
        for start, end in pairwise(route):
            above[end].append(start)
            below[start].append(end)
    for sweep in range(_SWEEPS):
        up = sweep % 2
        neighbours, ordered = (below, layers[::-1]) if up else (above, layers)
        for fixed, layer in zip([[], *ordered], ordered, strict=False):
            _sort(layer, _places(fixed) | _places(layer), neighbours)


def _places(layer: Sequence[int]) -> dict[int, float]:
    """Where each node is in its layer, from 0 to 1."""
    return {node: (place + 0.5) / len(layer) for place, node in enumerate(layer)}


def _sort(layer: list[int], places: Mapping[int, float], neighbours: Mapping[int, Sequence[int]]) -> None:
    def middle(node: int) -> float:
        found = [places[other] for other in neighbours.get(node, ())]
        return sum(found) / len(found) if found else places[node]

    layer.sort(key=middle)
