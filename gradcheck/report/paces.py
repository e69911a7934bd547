"""How long functions took before and now, beyond what the machine and what else it did explain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from gradcheck.records.jsonl import Row
from gradcheck.report.judged import grouped

#: A function is slower where its cases take this many times as long as the machine's pace explains, and at
#: least as many seconds longer. The pace is told from so many functions.
SLOWER, SECONDS, FUNCTIONS = 1.5, 0.01, 5


@dataclass(frozen=True)
class Pace:
    """Seconds that the cases of a function took, those that both records have.

    ``machine`` is how many times as long the median function took: NEW's machine, or what else it did.
    """

    op: str
    old: float
    new: float
    machine: float = 1.0

    @property
    def ratio(self) -> float:
        """How many times as long, beyond what the machine explains."""
        return self.new / (self.old * self.machine) if self.old else math.inf

    @property
    def is_slower(self) -> bool:
        return self.ratio >= SLOWER and self.new - self.old * self.machine >= SECONDS


def paces_of(old: Sequence[Row], new: Sequence[Row], names: set[str]) -> list[Pace]:
    """By function, the slowest down first; none where there are too few to tell the pace of the machine."""
    before, after = _seconds(old, names), _seconds(new, names)
    ops = grouped(sorted(before.keys() & after.keys()), lambda key: key[0])
    paces = [
        Pace(op, math.fsum(before[k] for k in keys), math.fsum(after[k] for k in keys))
        for op, keys in ops.items()
    ]
    timed = [pace.ratio for pace in paces if pace.old > 0 and pace.new > 0]
    if len(timed) < FUNCTIONS:
        return []
    machine = median(timed)
    return sorted((replace(p, machine=machine) for p in paces), key=lambda p: (-p.ratio, p.op))


def _seconds(rows: Sequence[Row], names: set[str]) -> dict[tuple[str, str, int, str], float]:
    """(function, case, order, oracle) -> seconds, in the middle over the runs."""
    cases = [row for row in rows if row["kind"] == "case" and row["case"] in names]
    by_row = grouped(cases, lambda row: (row["op"], row["case"], row["order"], row["oracle"]))
    return {key: median(row["seconds"] for row in found) for key, found in by_row.items()}
