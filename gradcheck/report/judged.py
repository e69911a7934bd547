"""Cases and their orders, as the structures that pages show: of one run, of several, of a function."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from gradcheck.records.jsonl import SOURCES, Row, Verdict, case_verdict, outcome, worst
from gradcheck.report.answers import Digits, digits_of, fewest, formula_of, part_lost, weakest

#: What a cell may be, in words; from the worst on.
STATUSES = {
    "fail": "fail",
    "inconclusive": "inconclusive",
    "not-tested": "not tested",
    "measured": "pass, measured only",
    "certified": "pass, certified",
}

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)  # there may be a million
class Cell:
    """One order of one case, or of several: verdict, both answers, worst error in ULPs.

    ``case`` is the id of the one that is furthest off: of the worst verdict, and of these the one that lost
    most of its digits. The error is the largest of those of its dtype: ULPs of two dtypes are not compared.
    """

    verdict: Verdict
    formula: str | None  # None where no oracle was asked
    digits: Digits | None  # the fewest
    error_ulp: float | None
    oracle: str  # the oracle that error_ulp comes from
    certified: bool  # every case has a passing verdict whose bound is a proof
    cases: int
    passed: int
    case: str = ""
    dtype: str = ""  # in whose ULPs the error is

    @property
    def status(self) -> str:
        """The verdict; of a pass whether it is certified or only measured."""
        if self.verdict != "pass":
            return self.verdict
        return "certified" if self.certified else "measured"

    @property
    def status_words(self) -> str:
        """The same as words: STATUSES has them."""
        return STATUSES[self.status]


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """One case over all its orders; ``row`` is one of its rows, for what they have in common.

    ``reason`` is that of a verdict other than a pass, ``run_to_run_ulp`` the largest of its rows, ``runs``
    how many have measured it: of several it has the worst.
    """

    row: Row
    verdict: Verdict
    cells: dict[int, Cell]
    reason: str = ""
    warnings: Sequence[str] = ()
    run_to_run_ulp: float | None = None
    runs: int = 1

    @property
    def formula(self) -> str | None:
        return weakest(cell.formula for cell in self.cells.values())

    @property
    def certified(self) -> bool:
        """Passed, every derivative against a truth whose bound is a proof."""
        derivatives = [cell for order, cell in self.cells.items() if order > 0]
        return self.verdict == "pass" and all(cell.certified for cell in derivatives or self.cells.values())


def is_convention(case: JudgedCase) -> bool:
    """Whether it compares what a Spec declares, and no derivative with a truth."""
    return case.formula is None and case.row["oracle"] == "convention"


def cases(rows: Iterable[Row]) -> list[JudgedCase]:
    """Those of case rows, one for each run, by run and id."""
    by_case = grouped(rows, lambda row: (row["run"], row["case"]))
    return [_case(by_case[key]) for key in sorted(by_case)]


def _case(rows: Sequence[Row]) -> JudgedCase:
    by_order = grouped(rows, lambda row: row["order"])
    cells = {order: _cell_of_case(by_order[order]) for order in sorted(by_order)}
    verdict = case_verdict(rows)
    same = [row for row in rows if row["verdict"] == verdict != "pass"]
    first = min(same, key=lambda row: (row["order"], trust(row)), default=None)
    warnings = dict.fromkeys(text for row in rows for text in row["warnings"])
    reason = first["reason"] if first else ""
    return JudgedCase(
        rows[0], verdict, cells, reason, list(warnings), furthest(row.get("run_to_run_ulp") for row in rows)
    )


def together(found: Sequence[JudgedCase]) -> JudgedCase:
    """The same case of several runs as one: what holds of all of them, and the worst figures."""
    if len(found) == 1:
        return found[0]
    verdict = worst(case.verdict for case in found)
    first = next(case for case in found if case.verdict == verdict)
    return JudgedCase(
        first.row,
        verdict,
        {order: _of_one(cell) for order, cell in cells_of_cases(found).items()},
        first.reason,
        list(dict.fromkeys(text for case in found for text in case.warnings)),
        furthest(case.run_to_run_ulp for case in found),
        sum(case.runs for case in found),
    )


def _of_one(cell: Cell) -> Cell:
    return replace(cell, cases=1, passed=int(cell.verdict == "pass"))


def _cell_of_case(rows: Sequence[Row]) -> Cell:
    """One order of one case: the figure is that of the most trusted oracle which has one."""
    with_figure = [row for row in rows if row["error_ulp"] is not None]
    best = min(with_figure, key=trust, default=None)
    verdict = outcome(rows)
    return Cell(
        verdict=verdict,
        formula=formula_of(rows) if rows[0]["order"] else None,
        digits=digits_of(best) if best else None,
        error_ulp=best["error_ulp"] if best else None,
        oracle=best["oracle"] if best else "",
        certified=any(row["certified"] and row["verdict"] == "pass" for row in rows),
        cases=1,
        passed=int(verdict == "pass"),
        case=rows[0]["case"],
        dtype=rows[0]["dtype"],
    )


def cells_of_cases(cases: Sequence[JudgedCase]) -> dict[int, Cell]:
    """Order -> the verdict over these cases, and their worst error."""
    orders = sorted({order for case in cases for order in case.cells})
    return {order: _merged([case.cells[order] for case in cases if order in case.cells]) for order in orders}


def _merged(cells: Sequence[Cell]) -> Cell:
    worst_of_all = min(cells, key=how_far_off)
    alike = [cell for cell in cells if cell.dtype == worst_of_all.dtype]
    last = max(alike, key=lambda cell: badness(cell.error_ulp))
    return Cell(
        verdict=worst(cell.verdict for cell in cells),
        formula=weakest(cell.formula for cell in cells),
        digits=fewest(cell.digits for cell in cells),
        error_ulp=last.error_ulp,
        oracle=last.oracle,
        certified=all(cell.certified for cell in cells),
        cases=len(cells),
        passed=sum(cell.passed for cell in cells),
        case=worst_of_all.case,
        dtype=worst_of_all.dtype,
    )


#: From the verdict that is worst.
RANK: dict[str, int] = {"fail": 0, "inconclusive": 1, "not-tested": 2, "pass": 3}


def how_far_off(cell: Cell) -> tuple[int, float, float]:
    """A key that sorts cells: fails first, then what loses most digits, then the largest errors."""
    return RANK[cell.verdict], -part_lost(cell.digits), -badness(cell.error_ulp)


def badness(error: float | None) -> float:
    """A key that sorts errors: not measured first, NaN as bad as infinity.

    >>> sorted([float("nan"), 3.0, None, 0.5], key=badness)
    [None, 0.5, 3.0, nan]
    """
    if error is None:
        return -1.0
    return math.inf if math.isnan(error) else error


def furthest(errors: Iterable[float | None]) -> float | None:
    """The largest error, or None where none was measured.

    >>> furthest([0.5, None, 2.0]), furthest([])
    (2.0, None)
    """
    return max(errors, key=badness, default=None)


def grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """Rows or cases by key, keys in the order in which they first come."""
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def trust(row: Row) -> int:
    return SOURCES.index(row["oracle"])
