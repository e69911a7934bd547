"""What did not pass of one function: that of one cause together, with the lines of the backward to blame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from gradcheck.records.jsonl import Row
from gradcheck.report.blame import Failure
from gradcheck.report.judged import grouped
from gradcheck.report.summary import Finding

AROUND = 8  # lines above and below the culprit's that are shown


class Line(NamedTuple):
    """A line of a source; the culprit's is marked."""

    number: int
    text: str
    marked: bool


class Place(NamedTuple):
    """Where the function that is blamed says its derivative.

    Attributes:
        name: of the function.
        where: its file and line, as an editor opens it; empty where they are not known.
        lines: those around, where the records hold them.
    """

    name: str
    where: str
    lines: Sequence[Line]


class Cell(NamedTuple):
    """A figure of a matrix."""

    text: str
    wrong: bool


class Beside(NamedTuple):
    """A small Jacobian or Hessian expected, and got: rows of cells."""

    title: str
    expected: Sequence[Sequence[Cell]]
    got: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class NotPassed:
    """Findings of one cause: one to be shown in full, and the others."""

    first: Finding
    others: Sequence[Finding]
    place: Place | None
    matrices: Sequence[Beside]


def not_passed(findings: Sequence[Finding], sources: Sequence[Row]) -> list[NotPassed]:
    """Findings of a function by their causes, in the order in which they come."""
    return [_together(same, sources) for same in grouped(findings, _cause).values()]


def _cause(finding: Finding) -> tuple[object, ...]:
    """Alike for findings that one mistake has led to."""
    row = finding.row
    culprit = row.get("culprit") or {}
    kind = Failure(finding.name, row).kind
    return finding.verdict, row["order"], culprit.get("function"), culprit.get("line"), kind


def _together(findings: Sequence[Finding], sources: Sequence[Row]) -> NotPassed:
    first = min(findings, key=lambda finding: _shows_little(finding.row))
    return NotPassed(
        first,
        [each for each in findings if each is not first],
        _place(first.row, sources),
        [_beside(each) for each in first.row.get("matrices", ())],
    )


def _shows_little(row: Row) -> tuple[bool, bool, bool, int]:
    """Sorts first what can be read best: a small matrix of several figures, in double precision."""
    size = sum(math.prod(shape) for shape in row["shapes"])
    return not row.get("matrices"), row["dtype"] != "float64", size <= 1, size


def _place(row: Row, sources: Sequence[Row]) -> Place | None:
    culprit = row.get("culprit")
    if culprit is None:
        return None
    where = f"{culprit['path']}:{culprit['line']}" if culprit["path"] else ""
    found = (_around(each, culprit["line"]) for each in sources if _holds(each, culprit))
    return Place(culprit["function"], where, next(found, ()))


def _holds(source: Row, culprit: Row) -> bool:
    """Whether this is the source in which the culprit's line is."""
    same = PurePosixPath(source["path"]).name == PurePosixPath(culprit["path"]).name
    return bool(same and source["line"] <= culprit["line"] < source["line"] + source["text"].count("\n") + 1)


def _around(source: Row, line: int) -> list[Line]:
    lines = source["text"].rstrip("\n").split("\n")
    numbered = enumerate(lines, source["line"])
    return [Line(number, text, number == line) for number, text in numbered if abs(number - line) <= AROUND]


def _beside(found: Row) -> Beside:
    wrong = {(i, j) for i, j in found["wrong"]}
    digits = found["digits"]

    def cells(name: str, marked: bool) -> list[list[Cell]]:
        return [
            [Cell(f"{float(v):.{digits}g}", marked and (i, j) in wrong) for j, v in enumerate(line)]
            for i, line in enumerate(found[name])
        ]

    return Beside(found["title"], cells("expected", False), cells("got", True))
