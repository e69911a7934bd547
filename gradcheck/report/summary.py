"""What the rows say, as the structures that page and terminal show: pure functions of rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gradcheck.records import VERDICTS, Row, Verdict, case_verdict, case_verdicts, outcome, worst
from gradcheck.report.answers import Digits, digits_of, fewest, formula_of, part_lost, weakest
from gradcheck.row_kinds import GAP

#: Oracles of derivatives and values, the one whose figure to quote first.
ORACLES = ("jet", "symbolic", "finite_difference", "formula", "convention", "contract")

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


@dataclass(frozen=True)
class Cell:
    """One order of one case, or of all cases of a function: verdict, both answers, worst error in ULPs."""

    verdict: Verdict
    formula: str | None  # None where no oracle was asked
    digits: Digits | None  # the fewest
    error_ulp: float | None
    oracle: str  # whose figure error_ulp is
    certified: bool  # every case has a passing verdict whose bound is a proof
    cases: int
    passed: int


@dataclass(frozen=True)
class Figure:
    """One oracle at one order over all cases of a function; ``worst`` is the row furthest off."""

    order: int
    oracle: str
    verdict: Verdict
    formula: str | None
    certified: bool
    cases: int
    worst: Row
    seconds: float


@dataclass(frozen=True)
class Case:
    """One case over all its orders; ``row`` is one of its rows, for what they have in common.

    ``reason`` is that of a verdict other than a pass.
    """

    row: Row
    verdict: Verdict
    cells: dict[int, Cell]
    reason: str = ""
    warnings: Sequence[str] = ()

    @property
    def formula(self) -> str | None:
        return weakest(cell.formula for cell in self.cells.values())

    @property
    def certified(self) -> bool:
        """Passed, every derivative against a truth whose bound is a proof."""
        derivatives = [cell for order, cell in self.cells.items() if order > 0]
        return self.verdict == "pass" and all(
            cell.certified for cell in derivatives or self.cells.values()
        )


@dataclass(frozen=True)
class Function:
    op: str
    topic: str
    cells: dict[int, Cell]
    figures: list[Figure]
    cases: list[Case]

    @property
    def oracles(self) -> list[str]:
        """Those that have a figure, the most trusted first."""
        told = {figure.oracle for figure in self.figures}
        return [oracle for oracle in ORACLES if oracle in told]


@dataclass(frozen=True)
class Finding:
    """What did not pass: a case at an order, or a network's parameter; ``row`` says why."""

    name: str
    verdict: Verdict
    row: Row

    @property
    def is_gap(self) -> bool:
        """Declared not to pass: known, and told apart from what is not."""
        return self.verdict != "fail" and str(self.row["reason"]).startswith(GAP)


@dataclass(frozen=True)
class Summary:
    """``counts`` are cases with each verdict; ``certified`` and ``measured`` split the passes.

    ``warned`` are cases with warnings, ``warnings`` what is to be known of the records.
    """

    functions: list[Function]
    orders: list[int]
    counts: dict[str, int]
    findings: list[Finding]
    certified: int
    measured: int
    declared: int
    executed: int
    interrupted: bool
    warned: list[Case]
    runs: list[Row]
    ends: dict[str, Row]
    networks: list[Row]
    exempt: list[Row]
    warnings: list[str]

    @property
    def unexpected(self) -> list[Finding]:
        """What did not pass and was not declared to."""
        return [finding for finding in self.findings if not finding.is_gap]

    @property
    def gaps(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_gap]


def summarize(rows: Iterable[Row]) -> Summary:
    """Everything the reports show, from the rows of one or more runs."""
    kinds = grouped(rows, lambda row: row["kind"])
    cases, runs, networks = (kinds.get(kind, []) for kind in ("case", "run", "network"))
    functions = _functions(cases, kinds.get("formula", []))
    verdicts = Counter(case_verdicts(cases).values())
    ends = {row["run"]: row for row in kinds.get("end", [])}
    judged = [case for function in functions for case in function.cases]
    certified = sum(case.certified for case in judged)
    return Summary(
        functions=functions,
        orders=sorted({row["order"] for row in cases}),
        counts={verdict: verdicts[verdict] for verdict in VERDICTS},
        findings=_findings(cases, networks),
        certified=certified,
        measured=verdicts["pass"] - certified,
        declared=sum(row["declared"] for row in runs),
        executed=verdicts.total(),
        interrupted=any(row["run"] not in ends or ends[row["run"]]["interrupted"] for row in runs),
        warned=[case for case in judged if case.warnings],
        runs=runs,
        ends=ends,
        networks=networks,
        exempt=sorted(kinds.get("exempt", []), key=lambda row: (row["what"], row["op"])),
        warnings=[row["message"] for row in kinds.get("warning", [])],
    )


def exit_status(summary: Summary) -> int:
    """What the command ends with: 130 interrupted, 1 a failure or cases missing, else 0."""
    if summary.interrupted:
        return 130
    failed = any(finding.verdict == "fail" for finding in summary.findings)
    return int(failed or summary.executed < summary.declared)


def headline(summary: Summary) -> str:
    """The verdict of the whole in one sentence.

    >>> headline(summarize([]))
    'Nothing was measured.'
    """
    if not summary.executed:
        return f"Nothing was measured.{_cut_short(summary)}"
    tested = sum(bool(function.cases) for function in summary.functions)
    counts = ", ".join(_count(summary, verdict) for verdict in VERDICTS if summary.counts[verdict])
    cases = plural(summary.executed, "case")
    told = f"{cases} of {plural(tested, 'function')}: {counts}."
    if summary.gaps and not summary.unexpected:
        told += " What did not pass is declared not to."
    return f"{told}{_missed_networks(summary)}{_cut_short(summary)}"


def _missed_networks(summary: Summary) -> str:
    missed = sum(row["verdict"] != "pass" for row in summary.networks)
    total = plural(len(summary.networks), "check")
    return f" Of {total} of networks {missed} did not pass." if missed else ""


def _cut_short(summary: Summary) -> str:
    if summary.executed < summary.declared:
        cause = "interrupted" if summary.interrupted else "incomplete"
        return f" The run is {cause}: {summary.declared} cases were declared."
    return " The run was interrupted." if summary.interrupted and summary.executed else ""


def _count(summary: Summary, verdict: Verdict) -> str:
    return f"{summary.counts[verdict]} {verdict.replace('-', ' ')}"


def plural(number: int, noun: str, several: str = "") -> str:
    """
    >>> plural(1, "case"), plural(2, "case"), plural(2, "box", "boxes")
    ('1 case', '2 cases', '2 boxes')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {several or noun + 's'}"


def badness(error: float | None) -> float:
    """A key that sorts errors: not measured first, NaN as bad as infinity.

    >>> sorted([float("nan"), 3.0, None, 0.5], key=badness)
    [None, 0.5, 3.0, nan]
    """
    if error is None:
        return -1.0
    return math.inf if math.isnan(error) else error


def grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """Rows or cases by key, keys in the order in which they first come."""
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _functions(cases: Sequence[Row], formulas: Sequence[Row]) -> list[Function]:
    """By topic, then name; a formula alone makes a function too, with nothing measured."""
    topics = {row["op"]: row["topic"] for row in (*cases, *formulas)}
    by_op = grouped(cases, lambda row: row["op"])
    return [
        _function(op, topics[op], by_op.get(op, []))
        for op in sorted(topics, key=lambda op: (topics[op], op))
    ]


def _function(op: str, topic: str, rows: Sequence[Row]) -> Function:
    by_case = grouped(rows, lambda row: (row["run"], row["case"]))
    cases = [_case(by_case[key]) for key in sorted(by_case)]
    by_figure = grouped(rows, lambda row: (row["order"], _trust(row)))
    return Function(
        op=op,
        topic=topic,
        cells=cells_of_cases(cases),
        figures=[_figure(by_figure[key]) for key in sorted(by_figure)],
        cases=cases,
    )


def _case(rows: Sequence[Row]) -> Case:
    by_order = grouped(rows, lambda row: row["order"])
    cells = {order: _cell_of_case(by_order[order]) for order in sorted(by_order)}
    verdict = case_verdict(rows)
    same = [row for row in rows if row["verdict"] == verdict != "pass"]
    first = min(same, key=lambda row: (row["order"], _trust(row)), default=None)
    warnings = dict.fromkeys(text for row in rows for text in row["warnings"])
    return Case(rows[0], verdict, cells, first["reason"] if first else "", list(warnings))


def _cell_of_case(rows: Sequence[Row]) -> Cell:
    """One order of one case: the figure is that of the most trusted oracle which has one."""
    told = [row for row in rows if row["error_ulp"] is not None]
    best = min(told, key=_trust, default=None)
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
    )


def cells_of_cases(cases: Sequence[Case]) -> dict[int, Cell]:
    """Order -> the verdict over these cases, and their worst error."""
    orders = sorted({order for case in cases for order in case.cells})
    return {
        order: _merged([case.cells[order] for case in cases if order in case.cells])
        for order in orders
    }


def _merged(cells: Sequence[Cell]) -> Cell:
    furthest = max(cells, key=lambda cell: badness(cell.error_ulp))
    return Cell(
        verdict=worst(cell.verdict for cell in cells),
        formula=weakest(cell.formula for cell in cells),
        digits=fewest(cell.digits for cell in cells),
        error_ulp=furthest.error_ulp,
        oracle=furthest.oracle,
        certified=all(cell.certified for cell in cells),
        cases=len(cells),
        passed=sum(cell.passed for cell in cells),
    )


def _figure(rows: Sequence[Row]) -> Figure:
    furthest = max(rows, key=_distance)
    return Figure(
        order=furthest["order"],
        oracle=furthest["oracle"],
        verdict=worst(row["verdict"] for row in rows),
        formula=weakest(formula_of([row]) for row in rows) if furthest["order"] else None,
        certified=all(row["certified"] for row in rows),
        cases=len(rows),
        worst=furthest,
        seconds=math.fsum(row["seconds"] for row in rows),
    )


def _distance(row: Row) -> tuple[bool, float, float]:
    """How far off a row is: fails first, then by the digits lost, then by ULPs."""
    return row["verdict"] == "fail", part_lost(digits_of(row)), badness(row["error_ulp"])


def _findings(cases: Sequence[Row], networks: Sequence[Row]) -> list[Finding]:
    """What did not pass, failures first."""
    by_order = grouped(cases, lambda row: (row["run"], row["case"], row["order"]))
    found = [_finding(rows) for rows in by_order.values()]
    found += [
        Finding(f"{row['name']}: {row['parameter']}", row["verdict"], row) for row in networks
    ]
    found = [finding for finding in found if finding.verdict != "pass"]
    return sorted(found, key=lambda f: (VERDICTS.index(f.verdict), f.name, f.row.get("order", 0)))


def _finding(rows: Sequence[Row]) -> Finding:
    """One order of a case; the row is that of the most trusted oracle which says the same."""
    verdict = outcome(rows)
    same = [row for row in rows if row["verdict"] == verdict]
    return Finding(rows[0]["case"], verdict, min(same or rows, key=_trust))


def _trust(row: Row) -> int:
    return ORACLES.index(row["oracle"])
