"""What a schema cannot say of a row: lists that go together are of one length, a graph has no cycle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
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
    return ", ".join([first, *(text.replace(" has", "").removesuffix(" items") for text in others)])


def _first_found(found: Iterable[tuple[str, str]]) -> str:
    """The first that says something, after the place where it is."""
    return next((f"{where}: {text}" for where, text in found if text), "")


def _curve(row: Row) -> str:
    lists = [(f"schemes: {name}", _uneven(each, "step", "error")) for name, each in row["schemes"].items()]
    return _first_found([*lists, ("model", _uneven(row["model"], "step", "truncation", "rounding"))])


def _section(row: Row) -> str:
    numeric = _first_found([("numeric", _uneven(row["numeric"], "x", "value", "bound"))])
    return _uneven(row, "x", "analytic", "error_ulp") or numeric


def _figure(row: Row) -> str:
    return _first_found((f"lines[{n}]", _uneven(line, "x", "y")) for n, line in enumerate(row["lines"]))


def _table(row: Row) -> str:
    width = len(row["columns"])
    return _first_found(
        (f"cells[{n}]", "" if len(cells) == width else f"expected {width} of them, got {len(cells)}")
        for n, cells in enumerate(row["cells"])
    )


def _graph(row: Row) -> str:
    count, before = len(row["nodes"]), TopologicalSorter[int]()
    for n, (start, end) in enumerate(row["edges"]):
        if max(start, end) >= count:
            return f"edges[{n}]: there is no node {max(start, end)}"
        before.add(end, start)
    try:
        before.prepare()
    except CycleError:
        return "edges: they make a cycle"
    return ""


_FINDERS = {
    "curve": _curve,
    "range": lambda row: _uneven(row, "x", "error_ulp"),
    "section": _section,
    "figure": _figure,
    "table": _table,
    "graph": _graph,
}
