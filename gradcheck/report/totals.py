"""Totals of a run: where the time went, and the function that is furthest off at each order."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable

from gradcheck.records.jsonl import Row
from gradcheck.report.answers import part_lost
from gradcheck.report.formatting import words
from gradcheck.report.judged import Cell, badness
from gradcheck.report.summary import Summary


def durations(rows: Iterable[Row]) -> dict[str, tuple[int, float]]:
    """Where the time went: what was measured -> how often, and its seconds, the longest first.

    The rows of one oracle of a case share its seconds.
    """
    found: dict[str, dict[Hashable, float]] = {}
    key: Hashable
    for row in rows:
        if row["kind"] == "case":
            name, key = f"oracle: {words(row['oracle'])}", (row["run"], row["case"])
        elif row["kind"] == "study":
            name, key = f"study: {row['title']}", row["study"]
        elif row["kind"] == "network":
            name, key = "networks", (row["run"], row["name"], row["parameter"])
        else:
            continue
        seconds = found.setdefault(name, {})
        seconds[key] = seconds.get(key, 0.0) + row["seconds"]
    totals = {name: (len(each), math.fsum(each.values())) for name, each in found.items()}
    return dict(sorted(totals.items(), key=lambda item: -item[1][1]))


def worst_per_order(summary: Summary) -> dict[int, tuple[str, Cell]]:
    """Order -> the function that loses most of its digits there, or is furthest off, and its cell."""
    found: dict[int, tuple[str, Cell]] = {}
    for order in summary.orders:
        cells = [(f.op, f.cells[order]) for f in summary.functions if order in f.cells]
        found[order] = max(cells, key=lambda item: (part_lost(item[1].digits), badness(item[1].error_ulp)))
    return found
