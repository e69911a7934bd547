"""A row of the table: how it is measured, and how it reads in the terminal and in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import geometric_mean, median
from typing import Any

import numpy as np

from tests.benchmarks.entries import Entry
from tests.benchmarks.machine import one_pass
from tests.benchmarks.steps import Step
from tests.benchmarks.timing import Clock, in_turns, processor, ratio, repeated

OURS, BEFORE, TORCH, BY_HAND = "ours", "before", "torch", "by hand"
TICK = 1e-3  # seconds that one measurement takes at least: short works are repeated


@dataclass(frozen=True)
class Effort:
    """How long a row is measured: about `spent` seconds, of `least` to `most` rounds."""

    spent: float = 0.25
    least: int = 7
    most: int = 41

    def rounds(self, seconds: float) -> int:
        """How many, of so many seconds each."""
        return int(np.clip(self.spent / seconds, self.least, self.most))


@dataclass(frozen=True)
class Beside:
    """What dezero is compared with.

    Attributes:
        time: its median.
        ratio: dezero's time divided by its time, the median of the rounds' ratios.
        limit: the most that the ratio may be, if there is such a limit.
    """

    time: float
    ratio: float
    limit: float | None = None

    @property
    def kept(self) -> bool:
        return self.limit is None or self.ratio <= self.limit


@dataclass(frozen=True)
class Row:
    """The figures of one entry.

    Attributes:
        unit: of times: "ms", or "us" for one of many operations.
        ours: dezero's time, the median.
        beside: "before", "torch" or "by hand" -> what was found there.
        passes: dezero's time in passes over the memory: reading its largest array once, and writing it.
            None where arrays are small.
        reason: why it is above its limits, where that is known.
    """

    table: str
    size: str
    name: str
    unit: str
    rounds: int
    ours: float
    beside: Mapping[str, Beside]
    passes: float | None
    reason: str = ""

    @property
    def kept(self) -> bool:
        return all(each.kept for each in self.beside.values())

    def as_json(self) -> dict[str, Any]:
        beside = {
            side: {"time": each.time, "ratio": each.ratio, "limit": each.limit, "kept": each.kept}
            for side, each in self.beside.items()
        }
        return {
            "table": self.table, "size": self.size, "name": self.name, "unit": self.unit,
            "rounds": self.rounds, "ours": self.ours, "beside": beside, "passes": self.passes,
            "kept": self.kept, "reason": self.reason,
        }  # fmt: skip


# Measuring ----------------------------------------------------------------------------------------------


def measured(
    entry: Entry,
    sides: Mapping[str, Step],
    effort: Effort,
    clocks: Sequence[Clock] | Clock = processor,
) -> Row:
    """The row of an entry, of sides that take turns; dezero is the first."""
    steps = [*sides.values()]
    in_turns(steps, 1, clocks)  # first calls import, and fill caches
    single = [taken for (taken,) in in_turns(steps, 1, clocks)]
    times = max(1, round(TICK / min(single)))
    rounds = effort.rounds(times * sum(single))
    works = [repeated(step, times) for step in steps]
    taken = dict(zip(sides, in_turns(works, rounds, clocks), strict=True))
    factor = (1e3 if entry.operations == 1 else 1e6) / times / entry.operations
    ours = taken.pop(OURS)
    beside = {
        side: Beside(median(theirs) * factor, ratio(ours, theirs), entry.limits.get(side))
        for side, theirs in taken.items()
    }
    one = one_pass(_largest(entry, sides[OURS])) if entry.streams else None
    return Row(
        entry.table,
        entry.size,
        entry.workload.name,
        "ms" if entry.operations == 1 else "us",
        rounds,
        median(ours) * factor,
        beside,
        None if one is None else median(ours) * 1e3 / times / one,
        entry.reason,
    )


def _largest(entry: Entry, step: Step) -> int:
    """The bytes of the largest array that goes in or comes out."""
    arrays = [*entry.workload.draw(np.random.default_rng(0)), *step()]
    return max(np.asarray(x).nbytes for x in arrays)


# Words --------------------------------------------------------------------------------------------------


def heading(sides: Iterable[str]) -> str:
    """The names of the columns of `line`."""
    times = "".join(f"{side:>12}" for side in (OURS, *sides))
    ratios = "".join(f"{'/' + side:>12}" for side in sides)
    return f"  {'':40}{times}{ratios}{'passes':>8}"


def line(row: Row, sides: Iterable[str]) -> str:
    """A row's times, dezero's ratio to each other side, its passes, and the limits that it breaks."""
    found = [row.beside.get(side) for side in sides]
    times = "".join(f"{each.time:12.4f}" if each else " " * 12 for each in found)
    ratios = "".join(f"{each.ratio:12.2f}" if each else " " * 12 for each in found)
    passes = " " * 8 if row.passes is None else f"{row.passes:8.1f}"
    broken = [f"> {each.limit} of {side}" for side, each in row.beside.items() if not each.kept]
    words = ", ".join(broken) + (f": {row.reason}" if broken and row.reason else "")
    return f"  {row.name:40}{row.ours:12.4f}{times}{ratios}{passes}  {words}".rstrip()


def summary(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """For each table, size and side: the geometric mean of the ratios, and how many are above their limit."""
    groups: dict[tuple[str, str, str], list[Beside]] = {}
    for row in rows:
        for side, each in row.beside.items():
            groups.setdefault((row.table, row.size, side), []).append(each)
    return [
        {
            "table": table, "size": size, "beside": side, "rows": len(several),
            "mean": geometric_mean(each.ratio for each in several),
            "above": sum(not each.kept for each in several),
        }
        for (table, size, side), several in groups.items()
    ]  # fmt: skip
