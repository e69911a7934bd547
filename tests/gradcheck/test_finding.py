"""What a finding says in a terminal: both answers, digits and warnings."""

from __future__ import annotations

import re

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.judging.finding import Evidence, Result
from gradcheck.records.recording import case_rows
from gradcheck.records.rows import validate

LOST = "order 1: 8.7 of 15.9 digits are lost at input 0 (x), element 0"
EVIDENCE = (
    Evidence(1, "jet", "pass", "proven", True, formula="proven", digits=7.26, warnings=(LOST,)),
    Evidence(1, "finite_difference", "inconclusive", "no bound", formula="unknown", where="input 0 (x)"),
    Evidence(1, "contract", "pass", "shapes"),
)
FOUND = Result("pass", "right", evidence=EVIDENCE, title="f(x)", warnings=(LOST,), dtype="float64")


def cells(line: str) -> list[str]:
    return re.split(r"\s{2,}", line.strip())


def test_the_table_has_both_answers() -> None:
    head, jet, difference, contract = (cells(line) for line in str(FOUND).splitlines()[2:6])
    assert head[3:6] == ["formula", "digits", "certified"]
    assert jet[3:6] == ["proven", "7.2 of 15.9", "yes"]
    assert difference[3:6] == ["unknown", "-", "no"]
    assert contract[3:6] == ["-", "-", "no"]  # a contract that holds says nothing about values


def test_warnings_are_in_the_long_form_and_in_the_short_one() -> None:
    assert f"  warning: {LOST}" in str(FOUND).splitlines()
    assert FOUND.line == f"PASS  f(x): right; warning: {LOST}"


def test_rows_of_a_finding_have_both_answers_and_its_warnings() -> None:
    x = np.ones(2)
    case = Case("f", "f", lambda x: x, [x], ["x"], [True], 1, 0, np.float64)
    rows = case_rows(case, FOUND)
    assert [row["formula"] for row in rows] == ["proven", "unknown", "unknown"]
    assert [row["digits"] for row in rows] == [7.26, None, None]
    assert [row["warnings"] for row in rows] == [[LOST], [], []]
    (nothing,) = case_rows(case, Result("not-tested", "no input is floating"))
    assert (nothing["formula"], nothing["digits"], nothing["warnings"]) == ("unknown", None, [])
    for row in (*rows, nothing):
        validate(row)
