"""Two records, an old and a new one: what got less accurate, slower, lost, or is new. Sees records only.

The last bits of an error are the processor's: its vector instructions round otherwise. Records of one
source measured with each (several runs in one file) say how much; a case is worse where it is worse than
in all runs of OLD, past the margin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from gradcheck.errors import RecordError
from gradcheck.records.jsonl import Row, worst
from gradcheck.report import most, selected
from gradcheck.report.formatting import plural
from gradcheck.report.judged import Cell, JudgedCase, badness, cases, grouped
from gradcheck.report.margin import MARGIN, is_larger
from gradcheck.report.paces import FUNCTIONS, Pace, paces_of
from gradcheck.report.summary import Summary, summarize

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
class Changes:
    """What differs; errors and changes the worst first.

    Attributes:
        compared: cases that both have.
        less_accurate, more_accurate: past the margin.
        worse, better: changed verdicts.
        lost: cases, and orders of cases, that NEW should have and has not.
        not_selected: how many cases of OLD NEW did not set out to measure.
        unreached: cases of devices that NEW did not run on.
        new: cases that OLD has not.
        slower: informative; times are divided by the machine's pace.
        pace: how many times as long the median function took; None where there are too few.
        notes: what to know before believing any of it.
    """

    margin: float
    compared: int
    less_accurate: list[ErrorChange]
    more_accurate: list[ErrorChange]
    worse: list[VerdictChange]
    better: list[VerdictChange]
    lost: list[str]
    not_selected: int
    unreached: list[str]
    new: list[str]
    slower: list[Pace]
    pace: float | None
    notes: list[str]

    @property
    def regressed(self) -> bool:
        return bool(self.less_accurate or self.worse or self.lost)


def compare(
    old: Iterable[Row], new: Iterable[Row], *, margin: float = MARGIN, later: Summary | None = None
) -> Changes:
    """What `new` has that `old` has not, and the reverse; of `old` only what `new` set out to measure.

    Args:
        later: the summary of `new`, where the caller has it.
        margin: an error is larger only where it is so by more than `margin` ULP and by half as much again,
            and smaller likewise. Of a case measured in several runs the worst counts, or, for what is now
            more accurate, the best of OLD.

    Raises:
        RecordError: one of them has no cases.
    """
    old, new = list(old), list(new)
    later = later or summarize(new)
    _require_cases(old, "OLD")
    _require_cases(new, "NEW")
    wanted, not_selected = _wanted(old, later)
    runs, after = _cases(wanted), _merged(_cases(new), max)
    before, best = _merged(runs, max), _merged(runs, min)
    both = [name for name in before if name in after]
    gone = {name: case for name, case in before.items() if name not in after}
    reached = {case.row["device"] for case in after.values()} | {
        each["device"] for run in later.runs for each in run["devices"]
    }
    reasons = {finding.name: finding.row["reason"] for finding in reversed(later.findings)}
    changes = [*_changes(before, after, reasons), *_network_changes(old, new)]
    changes.sort(key=lambda change: (-_RANK[change.new], change.case))
    paces = paces_of(wanted, new, set(both))
    return Changes(
        margin=margin,
        compared=len(both),
        less_accurate=_larger(_errors(before, after, both), margin, lambda e: (e.old, e.new)),
        more_accurate=_larger(_errors(best, after, both), margin, lambda e: (e.new, e.old)),
        worse=[change for change in changes if change.worse],
        better=[change for change in changes if not change.worse],
        lost=[name for name, case in gone.items() if case.row["device"] in reached]
        + [lost for name in both for lost in _lost_orders(before[name], after[name])],
        not_selected=not_selected,
        unreached=[name for name, case in gone.items() if case.row["device"] not in reached],
        new=[name for name in after if name not in before],
        slower=[pace for pace in paces if pace.is_slower],
        pace=paces[0].machine if paces else None,
        notes=[*_notes(_earlier(old), later), *_on_selection(not_selected, later), *_on_times(both, paces)],
    )


def _require_cases(rows: Sequence[Row], which: str) -> None:
    if not any(row["kind"] == "case" for row in rows):
        raise RecordError(f"compare: {which} has no cases: nothing was measured there")


def _earlier(old: Sequence[Row]) -> Summary:
    """The summary of OLD for the notes, which count its many cases only where it was interrupted."""
    found = summarize(row for row in old if row["kind"] != "case")
    return summarize(old) if found.interrupted else found


def _wanted(old: Sequence[Row], later: Summary) -> tuple[list[Row], int]:
    """The rows of OLD's cases that NEW set out to measure, and how many cases have none.

    A quick run that is complete measured all that its profile has: further cases of a full one are not lost.
    """
    selections = selected.together(later.runs)
    profiles = {run["run"]: run["profile"] for run in old if run["kind"] == "run"}
    quick = {run["profile"] for run in later.runs} == {"quick"} and not later.incomplete
    measured = {case.row["case"] for case in later.cases}
    cases_of_old = [row for row in old if row["kind"] == "case"]
    quick_cases = {row["case"] for row in cases_of_old if profiles.get(row["run"]) != "full"}

    def is_wanted(row: Row) -> bool:
        if selections and not any(each.takes(row["op"], row["order"]) for each in selections):
            return False
        return not quick or row["case"] in quick_cases or row["case"] in measured

    wanted = [row for row in cases_of_old if is_wanted(row)]
    return wanted, len({row["case"] for row in cases_of_old} - {row["case"] for row in wanted})


def _cases(rows: Sequence[Row]) -> dict[str, list[JudgedCase]]:
    """By id, one for each run."""
    return grouped(cases(row for row in rows if row["kind"] == "case"), lambda case: case.row["case"])


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


# What to know ---------------------------------------------------------------------------------------


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


def _on_selection(not_selected: int, after: Summary) -> Iterator[str]:
    if not_selected:
        words = dict.fromkeys(each.words for each in selected.together(after.runs))
        measured = f" ({'; '.join([*words][: most.RUNS])})" if words else ""
        verb = "was" if not_selected == 1 else "were"
        left = f"{plural(not_selected, 'case')} from before {verb} not selected"
        yield f"{left}: now a part is measured{measured}."


def _on_times(both: Sequence[str], paces: Sequence[Pace]) -> Iterator[str]:
    if both and not paces:
        yield (
            f"Times are not compared: fewer than {FUNCTIONS} functions are timed in both, too few to tell "
            "a slower function from a slower machine."
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[: most.OPS]) or "unknown"
