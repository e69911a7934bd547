"""What the rows say, as the structures that page and terminal show: pure functions of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gradcheck.records.jsonl import VERDICTS, Row, Verdict, outcome, worst
from gradcheck.records.judged_rows import GAP, NEEDS_GPU
from gradcheck.report.answers import digits_of, formula_of, part_lost, weakest
from gradcheck.report.judged import (
    RANK,
    Cell,
    JudgedCase,
    badness,
    cases,
    cells_of_cases,
    grouped,
    is_convention,
    together,
    trust,
)


@dataclass(frozen=True)
class OracleFigure:
    """One oracle at one order over all cases of a function; ``worst`` is the row furthest off.

    It is one of those with the worst verdict: its reason is why this is no pass. ``zero``: all pass, and what
    each expects and got at its worst element is 0, or nothing.
    """

    order: int
    oracle: str
    verdict: Verdict
    formula: str | None
    certified: bool
    cases: int
    worst: Row
    zero: bool


@dataclass(frozen=True)
class FunctionSummary:
    op: str
    topic: str
    cells: dict[int, Cell]
    figures: list[OracleFigure]
    cases: list[JudgedCase]


@dataclass(frozen=True)
class Finding:
    """What did not pass: a case at an order, or a network's parameter; ``row`` says why."""

    name: str
    verdict: Verdict
    row: Row

    @property
    def is_gap(self) -> bool:
        """Declared not to pass."""
        return self.verdict != "fail" and str(self.row["reason"]).startswith(GAP)


@dataclass(frozen=True)
class Summary:
    """``counts`` are cases with each verdict; ``certified`` and ``measured`` split the passes.

    Of the certified ``conventions`` compare what is declared with what backward gives.

    ``warned`` are cases with warnings, ``warnings`` what is to be known of the records.
    """

    functions: list[FunctionSummary]
    orders: list[int]
    counts: dict[str, int]
    findings: list[Finding]
    certified: int
    conventions: int
    measured: int
    declared: int
    executed: int
    interrupted: bool
    warned: list[JudgedCase]
    runs: list[Row]
    ends: dict[str, Row]
    networks: list[Row]
    studies: int
    exempt: list[Row]
    warnings: list[str]

    @property
    def cases(self) -> list[JudgedCase]:
        return [case for function in self.functions for case in function.cases]

    @property
    def failed(self) -> bool:
        return any(finding.verdict == "fail" for finding in self.findings)

    @property
    def incomplete(self) -> bool:
        return self.executed < self.declared

    @property
    def unexpected(self) -> list[Finding]:
        """What did not pass and was not declared to."""
        return [finding for finding in self.findings if not finding.is_gap]

    @property
    def gaps(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_gap]


def summarize(rows: Iterable[Row]) -> Summary:
    """Everything the reports show, from the rows of one or more runs.

    What several runs have measured, cases and networks, is there once, with the worst that they say.
    """
    kinds = grouped(rows, lambda row: row["kind"])
    cases, runs = kinds.get("case", []), kinds.get("run", [])
    networks = list(_networks(kinds.get("network", [])))
    functions = _functions(cases, kinds.get("formula", []))
    ends = {row["run"]: row for row in kinds.get("end", [])}
    judged = [case for function in functions for case in function.cases]
    verdicts = Counter(case.verdict for case in judged)
    certified = sum(case.certified for case in judged)
    again = sum(case.runs - 1 for case in judged)
    return Summary(
        functions=functions,
        orders=sorted({row["order"] for row in cases}),
        counts={verdict: verdicts[verdict] for verdict in VERDICTS},
        findings=_findings(cases, networks),
        certified=certified,
        conventions=sum(case.certified and is_convention(case) for case in judged),
        measured=verdicts["pass"] - certified,
        declared=sum(row["declared"] for row in runs) - again,
        executed=verdicts.total(),
        interrupted=any(row["run"] not in ends or ends[row["run"]]["interrupted"] for row in runs),
        warned=[case for case in judged if case.warnings],
        runs=runs,
        ends=ends,
        networks=networks,
        studies=len(kinds.get("study", [])),
        exempt=sorted(_left_out(kinds.get("exempt", []), judged), key=lambda row: (row["what"], row["op"])),
        warnings=[row["message"] for row in kinds.get("warning", [])],
    )


def _functions(cases: Sequence[Row], formulas: Sequence[Row]) -> list[FunctionSummary]:
    """By topic, then name; a formula alone makes a function too, with nothing measured."""
    topics = {row["op"]: row["topic"] for row in (*cases, *formulas)}
    by_op = grouped(cases, lambda row: row["op"])
    return [
        _function(op, topics[op], by_op.get(op, [])) for op in sorted(topics, key=lambda op: (topics[op], op))
    ]


def _function(op: str, topic: str, rows: Sequence[Row]) -> FunctionSummary:
    by_case = grouped(cases(rows), lambda case: case.row["case"])
    found = [together(by_case[name]) for name in sorted(by_case)]
    by_figure = grouped(rows, lambda row: (row["order"], trust(row)))
    return FunctionSummary(
        op=op,
        topic=topic,
        cells=cells_of_cases(found),
        figures=[_figure(by_figure[key]) for key in sorted(by_figure)],
        cases=found,
    )


def _figure(rows: Sequence[Row]) -> OracleFigure:
    furthest = max(rows, key=_distance)
    return OracleFigure(
        order=furthest["order"],
        oracle=furthest["oracle"],
        verdict=worst(row["verdict"] for row in rows),
        formula=weakest(formula_of([row]) for row in rows) if furthest["order"] else None,
        certified=all(row["certified"] for row in rows),
        cases=len({row["case"] for row in rows}),
        worst=furthest,
        zero=all(row["verdict"] == "pass" and {row["expected"], row["got"]} <= {"0", ""} for row in rows),
    )


def _distance(row: Row) -> tuple[int, float, float]:
    """How far off a row is: by its verdict, then by the digits lost, then by ULPs."""
    return -RANK[row["verdict"]], part_lost(digits_of(row)), badness(row["error_ulp"])


def _left_out(rows: Sequence[Row], judged: Sequence[JudgedCase]) -> Iterator[Row]:
    """What no run has measured: of what one left out for want of a GPU, another may have."""
    measured = sum(case.row["device"] == "gpu" for case in judged)
    for row in rows:
        count = row["count"] - measured if row["what"] == NEEDS_GPU else row["count"]
        if row["what"] != NEEDS_GPU or count > 0:
            yield {**row, "count": count}


def _networks(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows of each check: of several runs of the same, those of the worst."""
    for found in grouped(rows, lambda row: (row["name"], row["data"], row["parameter"])).values():
        verdict = worst(row["verdict"] for row in found)
        run = next(row["run"] for row in found if row["verdict"] == verdict)
        yield from (row for row in found if row["run"] == run)


def _findings(cases: Sequence[Row], networks: Sequence[Row]) -> list[Finding]:
    """What did not pass, failures first; what several runs say of one order, once."""
    by_order = grouped(cases, lambda row: (row["run"], row["case"], row["order"]))
    found = [_finding(rows) for rows in by_order.values()]
    found += [Finding(f"{row['name']}: {row['parameter']}", row["verdict"], row) for row in networks]
    found = [finding for finding in found if finding.verdict != "pass"]
    found.sort(key=lambda f: (VERDICTS.index(f.verdict), f.name, f.row.get("order", 0)))
    return [same[0] for same in grouped(found, lambda f: (f.name, f.row.get("order"))).values()]


def _finding(rows: Sequence[Row]) -> Finding:
    """One order of a case; the row is that of the most trusted oracle which says the same."""
    verdict = outcome(rows)
    same = [row for row in rows if row["verdict"] == verdict]
    return Finding(rows[0]["case"], verdict, min(same or rows, key=trust))
