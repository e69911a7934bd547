"""Two records, an old and a new one: what got less accurate, slower, lost, or is new. Sees records only.

The last bits of an error are the processor's: its vector instructions round otherwise. Records of one
source measured with each (several runs in one file) say how much; a case is worse where it is worse than
in all runs of OLD, past the margin.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median

from gradcheck.errors import RecordError
from gradcheck.records.jsonl import Row, worst
from gradcheck.report import most
from gradcheck.report.judged import Cell, JudgedCase, badness, cases, grouped
from gradcheck.report.margin import MARGIN, is_larger
from gradcheck.report.summary import Summary, summarize

#: A function is slower where its cases take this many times as long, and at least as many seconds.
SLOWER, SECONDS = 1.5, 0.01
#: What can be said of a case, the best first: a certified pass is more than a measured one.
_RANK = {"certified": 0, "pass": 1, "inconclusive": 2, "not-tested": 3, "fail": 4}


@dataclass(frozen=True, slots=True)
class ErrorChange:
    """The worst error of one order of a case, in ULPs, before and after."""

    case: str
    order: int
    old: float
    new: float
    reproduce: str


@dataclass(frozen=True)
class VerdictChange:
    """A verdict that changed, of a case or of a network's parameter: of _RANK."""

    case: str
    old: str
    new: str
    reason: str
    reproduce: str

    @property
    def worse(self) -> bool:
        return _RANK[self.new] > _RANK[self.old]


@dataclass(frozen=True)
class Pace:
    """Seconds that the cases of a function took, those that both records have."""

    op: str
    old: float
    new: float

    @property
    def ratio(self) -> float:
        return self.new / self.old if self.old else math.inf


@dataclass(frozen=True)
class Changes:
    """What differs; errors and changes the worst first.

    Attributes:
        compared: cases that both have.
        less_accurate, more_accurate: past the margin.
        worse, better: changed verdicts.
        lost: cases, and orders of cases, that NEW should have and has not.
        unreached: cases of devices that NEW did not run on.
        new: cases that OLD has not.
        slower: informative; it depends on the machine.
        notes: what to know before believing any of it.
    """

    margin: float
    compared: int
    less_accurate: list[ErrorChange]
    more_accurate: list[ErrorChange]
    worse: list[VerdictChange]
    better: list[VerdictChange]
    lost: list[str]
    unreached: list[str]
    new: list[str]
    slower: list[Pace]
    notes: list[str]

    @property
    def regressed(self) -> bool:
        return bool(self.less_accurate or self.worse or self.lost)


def compare(
    old: Iterable[Row], new: Iterable[Row], *, margin: float = MARGIN, later: Summary | None = None
) -> Changes:
    """What `new` has that `old` has not, and the reverse.

    Args:
        later: the summary of `new`, where the caller has it.
        margin: an error is larger only where it is so by more than `margin` ULP and by half as much again,
            and smaller likewise. Of a case measured in several runs the worst counts, or, for what is now
            more accurate, the best of OLD.

    Raises:
        RecordError: one of them has no cases.
    """
    old, new = list(old), list(new)
    earlier, later = summarize(old), later or summarize(new)
    runs, after = _cases(old, "OLD"), _merged(_cases(new, "NEW"), max)
    before, best = _merged(runs, max), _merged(runs, min)
    both = [name for name in before if name in after]
    gone = {name: case for name, case in before.items() if name not in after}
    reached = {case.row["device"] for case in after.values()} | {
        each["device"] for run in later.runs for each in run["devices"]
    }
    reasons = {finding.name: finding.row["reason"] for finding in reversed(later.findings)}
    changes = [*_changes(before, after, reasons), *_network_changes(old, new)]
    changes.sort(key=lambda change: (-_RANK[change.new], change.case))
    return Changes(
        margin=margin,
        compared=len(both),
        less_accurate=_larger(_errors(before, after, both), margin, lambda e: (e.old, e.new)),
        more_accurate=_larger(_errors(best, after, both), margin, lambda e: (e.new, e.old)),
        worse=[change for change in changes if change.worse],
        better=[change for change in changes if not change.worse],
        lost=[name for name, case in gone.items() if case.row["device"] in reached]
        + [lost for name in both for lost in _lost_orders(before[name], after[name])],
        unreached=[name for name, case in gone.items() if case.row["device"] not in reached],
        new=[name for name in after if name not in before],
        slower=_slower(old, new, set(both)),
        notes=list(_notes(earlier, later)),
    )


def _cases(rows: Sequence[Row], which: str) -> dict[str, list[JudgedCase]]:
    """By id, one for each run."""
    found = cases(row for row in rows if row["kind"] == "case")
    if not found:
        raise RecordError(f"compare: {which} has no cases: nothing was measured there")
    return grouped(found, lambda case: case.row["case"])


def _merged(runs: Mapping[str, Sequence[JudgedCase]], pick: Callable[..., Cell]) -> dict[str, JudgedCase]:
    """Each case with the worst verdict of its runs, and at each order the cell that `pick` takes."""

    def one(found: Sequence[JudgedCase]) -> JudgedCase:
        by_order = grouped(chain.from_iterable(case.cells.items() for case in found), lambda item: item[0])
        cells = {
            order: pick((cell for _, cell in same), key=lambda cell: badness(cell.error_ulp))
            for order, same in by_order.items()
        }
        return JudgedCase(found[-1].row, worst(case.verdict for case in found), cells)

    return {name: one(found) for name, found in runs.items()}


def _lost_orders(old: JudgedCase, new: JudgedCase) -> list[str]:
    """Orders no longer measured; a failure ends a case early, and is reported as such."""
    if new.verdict == "fail":
        return []
    return [f"{old.row['case']}, order {k}" for k in old.cells if k not in new.cells]


# Accuracy -------------------------------------------------------------------------------------------


def _errors(
    old: Mapping[str, JudgedCase], new: Mapping[str, JudgedCase], names: Iterable[str]
) -> Iterator[ErrorChange]:
    """Orders of which both have an error against the same oracle."""
    for name in names:
        for order, cell in old[name].cells.items():
            other = new[name].cells.get(order)
            if other is None or cell.error_ulp is None or other.error_ulp is None:
                continue
            if cell.oracle == other.oracle:
                before, now = badness(cell.error_ulp), badness(other.error_ulp)
                yield ErrorChange(name, order, before, now, new[name].row["reproduce"])


def _larger(
    errors: Iterable[ErrorChange], margin: float, sides: Callable[[ErrorChange], tuple[float, float]]
) -> list[ErrorChange]:
    """Those whose second side is larger than the first, past the margin; the largest first."""
    past = [e for e in errors if is_larger(*sides(e), margin)]
    return sorted(past, key=lambda e: (-sides(e)[1], e.case, e.order))


# Verdicts -------------------------------------------------------------------------------------------


def _changes(
    before: Mapping[str, JudgedCase], after: Mapping[str, JudgedCase], reasons: Mapping[str, str]
) -> Iterator[VerdictChange]:
    """``reasons``: why each case that did not pass did not, by its worst order."""
    for name in before.keys() & after.keys():
        old, new = ("certified" if c.certified else c.verdict for c in (before[name], after[name]))
        if old != new:
            reason = "" if new == "certified" else reasons.get(name, "no longer proven")
            yield VerdictChange(name, old, new, reason, after[name].row["reproduce"])


def _network_changes(old: Sequence[Row], new: Sequence[Row]) -> Iterator[VerdictChange]:
    before, after = _networks(old), _networks(new)
    for name in before.keys() & after.keys():
        one, other = before[name], after[name]
        if one["verdict"] != other["verdict"]:
            yield VerdictChange(name, one["verdict"], other["verdict"], other["reason"], "")


def _networks(rows: Sequence[Row]) -> dict[str, Row]:
    return {f"{row['name']}: {row['parameter']}": row for row in rows if row["kind"] == "network"}


# Time, and what else to know ------------------------------------------------------------------------


def _slower(old: Sequence[Row], new: Sequence[Row], names: set[str]) -> list[Pace]:
    """By function, the slowest down first."""
    before, after = _seconds(old, names), _seconds(new, names)
    ops = grouped(sorted(before.keys() & after.keys()), lambda key: key[0])
    paces = [
        Pace(op, math.fsum(before[k] for k in keys), math.fsum(after[k] for k in keys))
        for op, keys in ops.items()
    ]
    found = [p for p in paces if p.ratio >= SLOWER and p.new - p.old >= SECONDS]
    return sorted(found, key=lambda p: (-p.ratio, p.op))


def _seconds(rows: Sequence[Row], names: set[str]) -> dict[tuple[str, str, int, str], float]:
    """(function, case, order, oracle) -> seconds, in the middle over the runs."""
    cases = [row for row in rows if row["kind"] == "case" and row["case"] in names]
    by_row = grouped(cases, lambda row: (row["op"], row["case"], row["order"], row["oracle"]))
    return {key: median(row["seconds"] for row in found) for key, found in by_row.items()}


def _notes(before: Summary, after: Summary) -> Iterator[str]:
    for which, found in (("OLD", before), ("NEW", after)):
        if found.interrupted:
            yield f"{which} was interrupted: it has {found.executed} of {found.declared} declared cases."
    for what, value_in in (
        ("profile", lambda run: run["profile"]),
        ("processor", lambda run: run["machine"]["processor"]),
        ("version of NumPy", lambda run: run["versions"].get("numpy", "")),
        ("set of vector instructions", lambda run: run["versions"].get("numpy-simd", "")),
    ):
        one, other = ({value_in(run) for run in found.runs} for found in (before, after))
        if not other <= one:
            yield f"The {what} differs: {_listed(one)} before, {_listed(other)} now."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[: most.OPS]) or "unknown"
