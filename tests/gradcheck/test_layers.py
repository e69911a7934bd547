"""The layout of graphs: every edge points down, nothing is lost, nothing overlaps."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.report import graphs
from gradcheck.report.layering import layout
from tests.gradcheck.sample_rows import graph_row


@st.composite
def acyclic(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    """A graph whose edges lead from lower to higher numbers, then renumbered."""
    count = draw(st.integers(1, 12))
    names = draw(st.permutations(range(count)))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = draw(st.lists(pairs.filter(lambda pair: pair[0] < pair[1]), max_size=20)) if count > 1 else []
    return count, [(names[a], names[b]) for a, b in edges]


@given(acyclic())
def test_every_edge_goes_down_one_layer_at_a_time(graph: tuple[int, list[tuple[int, int]]]):
    count, edges = graph
    found = layout(count, edges)
    level = {node: depth for depth, layer in enumerate(found.layers) for node in layer}
    assert set(range(count)) <= set(level)
    assert sum(map(len, found.layers)) == len(level)
    assert [(route[0], route[-1]) for route in found.routes] == edges
    for route in found.routes:
        depths = [level[node] for node in route]
        assert depths == list(range(depths[0], depths[-1] + 1))
        assert all(node >= count for node in route[1:-1])


def test_a_cycle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        layout(2, [(0, 1), (1, 0)])


def test_an_uncrossed_order_is_found():
    below = {0: 3, 1: 2}
    top, bottom = layout(4, list(below.items())).layers
    assert [below[node] for node in top] == bottom


@given(acyclic())
def test_boxes_do_not_overlap(graph: tuple[int, list[tuple[int, int]]]):
    count, edges = graph
    nodes = [{"label": "F" * (n + 1), "function": True} for n in range(count)]
    image = graphs.picture(graph_row(nodes=nodes, edges=[list(edge) for edge in edges]))
    assert image is not None
    boxes = [tuple(map(int, box)) for box in re.findall(r"M(-?\d+) (-?\d+)h(\d+)v24h", image)]
    assert len(boxes) == count
    for x, y, width in boxes:
        assert not any(y == v and x < u < x + width for u, v, _ in boxes)


def test_dot_has_every_node_and_edge():
    text = graphs.dot(graph_row())
    assert text.count("label=") == 3
    assert "\n0 -> 1\n" in text
    assert "\n1 -> 2\n" in text
