"""What a schema cannot say of a row: lists that go together are of one length, a graph has no cycle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def contradiction(row: Row) -> str:
    """In what a row that conforms to the schema contradicts itself; empty where it does not.

    >>> contradiction({"kind": "range", "x": [1.0, 2.0], "error_ulp": [0.5]})
    'x has 2 items, error_ulp 1'
    """
    found = _FINDERS.get(row["kind"])
    return found(row) if found else ""


def _uneven(lists: Row, *names: str) -> str:
    lengths = [len(lists[name]) for name in names]
    if len(set(lengths)) < 2:
        return ""
    first, *others = (f"{name} has {length} items" for name, length in zip(names, lengths, strict=True))
    return ", ".join([first, *(told.replace(" has", "").removesuffix(" items") for told in others)])


def _first(found: Iterable[tuple[str, str]]) -> str:
    """The first that says something, after the place where it is."""
    return next((f"{where}: {told}" for where, told in found if told), "")


def _curve(row: Row) -> str:
    lists = [(f"schemes: {name}", _uneven(each, "step", "error")) for name, each in row["schemes"].items()]
    return _first([*lists, ("model", _uneven(row["model"], "step", "truncation", "rounding"))])


def _section(row: Row) -> str:
    numeric = _first([("numeric", _uneven(row["numeric"], "x", "value", "bound"))])
    return _uneven(row, "x", "analytic", "error_ulp") or numeric


def _figure(row: Row) -> str:
    return _first((f"lines[{n}]", _uneven(line, "x", "y")) for n, line in enumerate(row["lines"]))


def _table(row: Row) -> str:
    width = len(row["columns"])
    return _first(
        (f"cells[{n}]", "" if len(cells) == width else f"expected {width} of them, got {len(cells)}")
        for n, cells in enumerate(row["cells"])
    )


def _graph(row: Row) -> str:
    count, edges = len(row["nodes"]), row["edges"]
    for n, edge in enumerate(edges):
        if max(edge) >= count:
            return f"edges[{n}]: there is no node {max(edge)}"
    return "" if is_acyclic(count, edges) else "edges: they make a cycle"


def is_acyclic(count: int, edges: Sequence[Sequence[int]]) -> bool:
    """Whether nodes 0 .. count - 1 can be put in an order in which every edge points on.

    >>> is_acyclic(2, [(0, 1)]), is_acyclic(2, [(0, 1), (1, 0)])
    (True, False)
    """
    following: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for start, end in edges:
        following[start].append(end)
        missing[end] += 1
    ready = [node for node in range(count) if not missing[node]]
    for node in ready:  # it grows
        for end in following[node]:
            missing[end] -= 1
            if not missing[end]:
                ready.append(end)
    return len(ready) == count


_FINDERS = {
    "curve": _curve,
    "range": lambda row: _uneven(row, "x", "error_ulp"),
    "section": _section,
    "figure": _figure,
    "table": _table,
    "graph": _graph,
}
