"""The table of all benchmarks: what is chosen is measured row by row, and printed as it comes."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import growth, imports, machine
from tests.benchmarks.checkouts import Before
from tests.benchmarks.entries import Entry, entries
from tests.benchmarks.rows import BEFORE, BY_HAND, OURS, TORCH, Effort, Row, heading, line, measured, summary
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
    """The entries of these tables and sizes whose names fit; None: all."""
    found = [
        entry
        for entry in entries()
        if fits(entry.workload.name, names)
        and (tables is None or entry.table in tables)
        and (sizes is None or entry.size in sizes)
    ]
    return Choice(found, growth=GROWTH in tables if tables else names is None and sizes is None)


def fits(name: str, patterns: Sequence[str] | None) -> bool:
    """Whether the name contains, or fits, one of the patterns; None: any does."""
    return patterns is None or any(each in name or fnmatchcase(name, each) for each in patterns)


class Sides:
    """Who takes part: dezero, another checkout's dezero, PyTorch, NumPy by hand.

    Args:
        torch: PyTorch, or None.
        folder: of another checkout, or None.
    """

    def __init__(self, torch: Any, folder: Path | None) -> None:
        self._torch = torch
        self._before = Before(folder, "tests.benchmarks.entries") if folder else None
        present = {BEFORE: self._before, TORCH: torch, BY_HAND: True}
        self.names = [name for name, side in present.items() if side]

    def of(self, entry: Entry) -> dict[str, Step]:
        """The steps of one entry, dezero's first, each on arrays of its own."""

        def arrays() -> Arrays:
            return entry.workload.draw(np.random.default_rng(0))

        workload, torch = entry.workload, self._torch
        steps = {
            OURS: workload.ours(arrays()),
            BEFORE: self._before and self._before.step(entry, arrays()),
            TORCH: torch and workload.in_torch(torch, [torch.from_numpy(x) for x in arrays()]),
            BY_HAND: workload.by_hand(arrays()) if hasattr(workload, "by_hand") else None,
        }
        return {side: step for side, step in steps.items() if step}


def measure(choice: Choice, effort: Effort, before: Path | None = None) -> dict[str, Any]:
    """Measure and print; what `--json` writes."""
    sides = Sides(torch := peer(), before)
    about = machine.describe(torch)
    print(*_about(about), sep="\n")
    with _frozen():
        rows = [*_rows(choice.entries, sides, effort)]
        grown = [*_grown()] if choice.growth else []
    found = {
        "machine": about,
        "rows": [row.as_json() for row in rows],
        "summary": summary(rows),
        GROWTH: grown,
    }
    if rows:
        print("\ngeometric means of the ratios", *map(_mean, found["summary"]), sep="\n")
    if choice.growth:
        imports.compare()
    return found


@contextmanager
def _frozen() -> Iterator[None]:
    """What there is, torch's hundreds of thousands of objects, is not the garbage collector's meanwhile."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _rows(entries: Sequence[Entry], sides: Sides, effort: Effort) -> Iterator[Row]:
    above = None
    for entry in entries:
        row = measured(entry, sides.of(entry), effort)
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
        *(
            f"ns an element, {dtype}: " + ", ".join(f"{name} {value:.2f}" for name, value in prices.items())
            for dtype, prices in about["prices"].items()
        ),
    ]


def peer() -> Any:
    """PyTorch with one thread, where it is installed."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        print("torch is not installed: it does not take part")
        return None
    torch.set_num_threads(1)
    return torch
