"""What continuous integration reads of a run's records: JUnit XML, and what GitHub shows."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from gradcheck.records.jsonl import Row
from gradcheck.report import github
from gradcheck.report import junit as xml
from gradcheck.report.causes import Cause, Causes, causes
from gradcheck.report.formatting import both_answers
from gradcheck.report.judged import JudgedCase, grouped
from gradcheck.report.summary import Finding, Summary, summarize
from gradcheck.report.told import Told

_WARNINGS = 100  # more of the records are left to the report
_COMPLETE = "every declared case ran"


def write_junit(rows: Iterable[Row], path: str | os.PathLike[str]) -> Path:
    """Write the rows as JUnit XML: a suite per function, a test case per case, with times.

    A fail is a failure, what is inconclusive or not tested is skipped with its reason, and a run in
    which not every declared case was executed has a failing test case that says so. The file takes its
    name only when it is whole. Raises OSError where it cannot be written.
    """
    rows = list(rows)
    return xml.write(_cases(rows), path, _commit(rows))


def junit(rows: Iterable[Row]) -> ElementTree.Element:
    """The rows as the root element of JUnit XML.

    >>> junit([]).get("tests")
    '0'
    """
    rows = list(rows)
    return xml.document(_cases(rows), _commit(rows))


def _commit(rows: Iterable[Row]) -> str:
    """The commits that were measured."""
    found = dict.fromkeys(row["commit"] for row in rows if row["kind"] == "run" and "commit" in row)
    return ", ".join(found)


def _cases(rows: Iterable[Row]) -> list[Told]:
    """A check for each case, whatever came of it."""
    rows = list(rows)
    found = summarize(rows)
    findings = {finding.name: finding for finding in reversed(found.findings)}
    seconds = _seconds(rows)
    told = [
        _case(function.op, case, findings.get(case.row["case"]), seconds[case.row["case"]])
        for function in found.functions
        for case in function.cases
    ]
    return [*told, *_incomplete(found)]


def _seconds(rows: Iterable[Row]) -> dict[str, float]:
    """Case -> how long its oracles took; of several runs, all of them."""
    by_case = grouped((row for row in rows if row["kind"] == "case"), lambda row: str(row["case"]))
    return {case: math.fsum(row["seconds"] for row in same) for case, same in by_case.items()}


def _case(op: str, case: JudgedCase, finding: Finding | None, seconds: float) -> Told:
    told = Told(op, case.row["case"], "pass", warnings=case.warnings, seconds=seconds)
    if case.verdict == "pass" or finding is None:
        return told
    row = finding.row
    return told._replace(verdict=case.verdict, reason=row["reason"], details=_details(row))


def _details(row: Row) -> list[str]:
    lines = [text for text in (row["reason"], both_answers(row)) if text]
    if row["diagnosis"]:
        lines.append(f"likely cause: {row['diagnosis']}")
    if row["expected"]:
        lines.append(f"{row['where']}: expected {row['expected']}, got {row['got']}")
    return [*lines, f"reproduce: {row['reproduce']}"]


def _incomplete(found: Summary) -> Iterator[Told]:
    if found.executed < found.declared:
        text = f"{found.executed} of {found.declared} declared cases ran"
        yield Told("run", _COMPLETE, "fail", text, found.warnings[:_WARNINGS])


def github_annotations(rows: Iterable[Row]) -> list[str]:
    """Workflow commands of GitHub: an error for each cause of failures, at its backward, and a warning for
    each finding that is no failure.

    >>> github_annotations([])
    []
    """
    rows = list(rows)
    found = summarize(rows)
    why = causes(rows, found)
    return github.commands([*map(_of_cause, why.found), *_findings(found, why)])


def _of_cause(cause: Cause) -> Told:
    follow = f"; {cause.follow}" if cause.follow else ""
    details = [*_details(cause.plainest.row), f"{cause.counts}{follow}"]
    return Told("", cause.title, "fail", cause.sentence, details, file=cause.path, line=cause.line or None)


def _findings(found: Summary, why: Causes) -> Iterator[Told]:
    """Told one by one: networks that fail, what is neither right nor wrong, cases without a result."""
    for finding in (*why.networks, *(each for each in found.findings if each.verdict != "fail")):
        row = finding.row
        details = _details(row) if row["kind"] == "case" else [row["reason"]]
        yield Told("", finding.name, finding.verdict, row["reason"], details)
    yield from (each._replace(details=[each.reason]) for each in _incomplete(found))


def github_summary(rows: Iterable[Row]) -> None:
    """Append what a run found to the summary of the step, where there is one: first why it failed."""
    rows = list(rows)
    github.summarize("gradcheck run", _cases(rows), why=causes(rows, summarize(rows)))
