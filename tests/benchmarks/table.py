"""The table of all benchmarks: what is chosen is measured row by row, and printed as it comes."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import growth, imports, machine
from tests.benchmarks.checkouts import Checkout
from tests.benchmarks.entries import Entry, entries
from tests.benchmarks.rows import BEFORE, BY_HAND, OURS, TORCH, Row, heading, line, measured, summary
from tests.benchmarks.steps import Arrays, Step

GROWTH = "growth"  # the table of what is no time beside another's


@dataclass(frozen=True)
class Choice:
    """What is to be measured."""

    entries: Sequence[Entry]
    growth: bool


def chosen(
    names: Sequence[str] | None = None,
    tables: Sequence[str] | None = None,
    sizes: Sequence[str] | None = None,
) -> Choice:
    """The entries of these tables and sizes whose names contain, or fit, one of these patterns; None: all."""

    def fits(entry: Entry) -> bool:
        name = entry.workload.name
        return (
            (names is None or any(each in name or fnmatchcase(name, each) for each in names))
            and (tables is None or entry.table in tables)
            and (sizes is None or entry.size in sizes)
        )

    return Choice(
        [entry for entry in entries() if fits(entry)],
        growth=GROWTH in tables if tables else names is None and sizes is None,
    )


class Sides:
    """Who takes part: dezero, another checkout's dezero, PyTorch, NumPy by hand.

    Args:
        torch: PyTorch, or None.
        before: the folder of another checkout, or None.
    """

    def __init__(self, torch: Any, before: Path | None) -> None:
        self._torch = torch
        self._before = Checkout(before) if before else None
        self._entries: dict[Any, Entry] = {}
        if self._before:
            with self._before:
                there = importlib.import_module("tests.benchmarks.entries").entries()
            self._entries = {entry.key: entry for entry in there}
        present = {BEFORE: self._before, TORCH: torch, BY_HAND: True}
        self.names = [name for name, side in present.items() if side]

    def of(self, entry: Entry) -> dict[str, Step]:
        """The steps of one entry, dezero's first, each on arrays of its own."""

        def arrays() -> Arrays:
            return entry.workload.draw(np.random.default_rng(0))

        steps = {OURS: entry.workload.ours(arrays())}
        if self._before and (earlier := self._entries.get(entry.key)):
            with self._before:
                steps[BEFORE] = earlier.workload.ours(arrays())
        if self._torch:
            step = entry.workload.in_torch(self._torch, [self._torch.from_numpy(x) for x in arrays()])
            steps |= {TORCH: step} if step else {}
        if hasattr(entry.workload, "by_hand"):
            steps[BY_HAND] = entry.workload.by_hand(arrays())
        return steps


def measure(choice: Choice, rounds: int | None = None, before: Path | None = None) -> dict[str, Any]:
    """Measure and print; what `--json` writes."""
    sides = Sides(torch := _torch(), before)
    about = machine.describe(torch)
    print(*_about(about), sep="\n")
    gc.collect()
    gc.freeze()  # torch's hundreds of thousands of objects are not the garbage collector's meanwhile
    rows = [*_rows(choice.entries, sides, rounds)]
    found = {"machine": about, "rows": [row.as_json() for row in rows], "summary": summary(rows)}
    print("\ngeometric means of the ratios", *map(_mean, found["summary"]), sep="\n")
    if choice.growth:
        found[GROWTH] = [*_grown()]
        imports.compare()
    return found


def _rows(entries: Sequence[Entry], sides: Sides, rounds: int | None) -> Iterator[Row]:
    above = None
    for entry in entries:
        row = measured(entry, sides.of(entry), rounds)
        title = " ".join(filter(None, (row.table, row.size, row.unit)))
        if title != above:
            print(f"\n{title}", heading(sides.names), sep="\n")
        above = title
        print(line(row, sides.names), flush=True)
        yield row


def _grown() -> Iterator[dict[str, Any]]:
    print(f"\n{GROWTH}")
    for each in growth.growths():
        print(
            f"  {each.name:46}{each.value:10.3f} {each.unit:6}{each.base}: {each.base_value:.3f}, "
            f"ratio {each.ratio:.2f} (at most {each.limit})",
            flush=True,
        )
        yield each.as_json()


def _mean(group: dict[str, Any]) -> str:
    name = f"{group['table']} {group['size']}".strip()
    return (
        f"  {name:22} beside {group['beside']:8}{group['mean']:6.2f}   "
        f"{group['above']} of {group['rows']} above their limit"
    )


def _about(about: dict[str, Any]) -> list[str]:
    limits = about["limits"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    threads = ", ".join(f"{name}={count}" for name, count in about["threads"].items())
    return [
        f"{about['processor']}, {about['cores']} cores, {about['system']}; {versions}; threads: {threads}",
        "NumPy alone: " + ", ".join(f"{name} {value:.3g}" for name, value in limits.items()),
    ]


def _torch() -> Any:
    """PyTorch with one thread, where it is installed."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        print("torch is not installed: it does not take part")
        return None
    torch.set_num_threads(1)
    return torch
