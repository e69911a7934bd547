"""The summary of rows that page and terminal share, and what the terminal shows of it."""

from __future__ import annotations

import math

import pytest

from gradcheck.records.jsonl import Row, row
from gradcheck.records.judged_rows import NEEDS_GPU
from gradcheck.report import console
from gradcheck.report.answers import Digits
from gradcheck.report.conclusion import exit_status, headline, state
from gradcheck.report.summary import summarize
from gradcheck.report.totals import durations
from tests.gradcheck.sample_rows import RUN, case_row, end_row, exempt_row, network_row, run_row


@pytest.mark.parametrize(
    ("changes", "declared", "status"),
    [
        ({}, 1, 0),
        ({"verdict": "fail"}, 1, 1),
        ({}, 2, 1),
        ({"verdict": "inconclusive"}, 1, 0),
    ],
)
def test_exit_status(changes: dict[str, str], declared: int, status: int):
    rows = [run_row(declared=declared), case_row(**changes), end_row(declared=declared)]
    assert exit_status(summarize(rows)) == status


GAP = {"case": "b", "verdict": "inconclusive", "reason": "declared gap: terms cancel"}


@pytest.mark.parametrize(
    ("cases", "declared", "whole"),
    [
        ([{}], 1, "pass"),
        ([{}, GAP], 2, "as-declared"),
        ([{}, GAP], 3, "inconclusive"),  # one is missing
        ([{}, GAP, {"case": "c", "verdict": "inconclusive", "reason": "noise"}], 3, "inconclusive"),
        ([{}, GAP, {"case": "c", "verdict": "fail", "reason": "wrong"}], 3, "fail"),
        ([], 0, "not-tested"),
    ],
)
def test_the_whole_is_as_declared_where_only_gaps_do_not_pass(
    cases: list[dict[str, str]], declared: int, whole: str
):
    found = summarize([run_row(declared=declared), *(case_row(**each) for each in cases), end_row()])
    assert state(found) == whole
    assert ("for declared reasons" in headline(found)) == (bool(cases[1:]) and len(cases) == 2)
    if whole == "as-declared":
        assert exit_status(found) == 0


def test_a_network_that_fails_fails_the_run():
    rows = [run_row(), case_row(), network_row(verdict="fail"), end_row()]
    assert exit_status(summarize(rows)) == 1
    assert "two-layer network: W1" in console.summary(rows)


def test_the_figure_quoted_is_that_of_the_most_trusted_oracle():
    rows = [
        case_row(oracle="finite_difference", certified=False, error_ulp=9e6),
        case_row(oracle="jet", error_ulp=0.3),
        case_row(oracle="symbolic", certified=False, error_ulp=0.4),
    ]
    (function,) = summarize(rows).functions
    assert (function.cells[1].error_ulp, function.cells[1].oracle) == (0.3, "jet")
    rows[1] = case_row(oracle="jet", error_ulp=None, verdict="inconclusive")
    (function,) = summarize(rows).functions
    assert (function.cells[1].error_ulp, function.cells[1].oracle) == (0.4, "symbolic")


def test_the_worst_case_is_the_one_shown():
    errors = [0.2, 7.0, math.inf, 3.0]
    rows = [case_row(case=f"tanh/{i}", error_ulp=error) for i, error in enumerate(errors)]
    found = summarize(rows)
    assert found.functions[0].cells[1].error_ulp == math.inf
    assert found.functions[0].figures[0].worst["case"] == "tanh/2"
    found = summarize([*rows, case_row(case="tanh/4", error_ulp=math.nan)])
    assert found.functions[0].figures[0].cases == 5


def test_the_fewest_digits_are_a_part_of_what_the_dtype_has():
    double = case_row(digits=9.0, error_ulp=5e6)
    half = case_row(case="tanh/float16/cpu", dtype="float16", digits=3.0, error_ulp=1.0)
    unknown = case_row(case="tanh/b", digits=None, error_ulp=9e9, oracle="finite_difference")
    (function,) = summarize([half, double, unknown]).functions
    cell = function.cells[1]
    assert cell.digits == Digits(9.0, "float64")
    assert cell.error_ulp == 9e9
    assert function.figures[0].worst == double


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([("jet", "proven"), ("symbolic", "supported"), ("contract", "unknown")], "proven"),
        ([("jet", "unknown"), ("finite_difference", "supported")], "supported"),
        ([("jet", "proven"), ("symbolic", "wrong")], "wrong"),
        ([("contract", "unknown")], None),
        ([("convention", "unknown")], None),
    ],
)
def test_the_formula_of_a_case_is_what_its_oracles_say_together(
    said: list[tuple[str, str]], expected: str | None
):
    (function,) = summarize([case_row(oracle=oracle, formula=formula) for oracle, formula in said]).functions
    assert function.cells[1].formula == function.cases[0].formula == expected


def test_the_formula_of_a_function_is_what_holds_of_all_its_cases():
    rows = [case_row(case=name, formula=name) for name in ("proven", "unknown", "supported")]
    rows.append(case_row(case="kink0", oracle="convention", formula="unknown"))
    assert summarize(rows[::2]).functions[0].cells[1].formula == "supported"
    assert summarize(rows).functions[0].cells[1].formula == "unknown"
    assert summarize([*rows, case_row(case="w", formula="wrong")]).functions[0].cells[1].formula == "wrong"


def test_a_verdict_other_than_a_pass_has_the_reason_of_its_lowest_order():
    second = case_row(order=2, verdict="inconclusive", reason="no correct digit")
    third = case_row(order=3, verdict="inconclusive", reason="nor here")
    (function,) = summarize([third, second, case_row()]).functions
    assert function.cases[0].reason == "no correct digit"
    assert summarize([case_row()]).functions[0].cases[0].reason == ""


def test_many_warnings_are_cut_off_and_counted():
    rows = [case_row(case=f"tanh/{i}", warnings=["few digits"]) for i in range(60)]
    assert "... and 40 more warnings" in console.summary(rows)


def test_certified_needs_a_proof_at_every_order():
    proven = [case_row(order=order) for order in (1, 2)]
    measured = [case_row(case="b", order=1), case_row(case="b", order=2, certified=False)]
    value = [case_row(case=name, order=0, certified=False) for name in (proven[0]["case"], "b")]
    found = summarize([*proven, *measured, *value])
    assert (found.certified, found.measured) == (1, 1)


def test_an_order_that_was_not_tested_is_reported():
    found = summarize([case_row(), case_row(order=2, verdict="not-tested", reason="vanishes")])
    assert headline(found) == "1 case of 1 function: 1 pass."
    (finding,) = found.findings
    assert (finding.verdict, finding.row["reason"]) == ("not-tested", "vanishes")
    assert (found.certified, found.measured) == (0, 1)


def test_a_network_that_failed_is_reported_with_cases_that_pass():
    networks = [network_row(), network_row(parameter="b1", verdict="fail")]
    found = headline(summarize([case_row(), *networks]))
    assert found == "1 case of 1 function: 1 pass. Of 2 checks of networks 1 did not pass."


def test_a_case_whose_only_check_is_the_contract_is_not_tested():
    found = summarize([case_row(oracle="contract", certified=False, error_ulp=None)])
    assert headline(found) == "1 case of 1 function: 1 not tested."
    assert [finding.verdict for finding in found.findings] == ["not-tested"]


def test_runs_of_two_devices_are_counted_together():
    gpu = [run_row(run="gpu"), case_row(run="gpu", case="tanh/float64/gpu", device="gpu"), end_row(run="gpu")]
    found = summarize([run_row(), case_row(), end_row(), *gpu])
    assert (found.executed, found.declared, found.counts["pass"]) == (2, 2, 2)
    assert found.functions[0].cells[1].cases == 2


def test_a_case_of_two_runs_is_counted_once_with_the_worst_of_both():
    worse = {"verdict": "fail", "reason": "wrong sign", "error_ulp": 3e15, "formula": "wrong"}
    other = [run_row(run="b", declared=2), case_row(run="b", **worse), end_row(run="b", declared=2)]
    for rows in ([*one_run(), *other], [*other, *one_run()]):
        found = summarize(rows)
        (case,) = found.functions[0].cases
        assert (case.runs, case.verdict, case.reason, case.formula) == (2, "fail", "wrong sign", "wrong")
        assert (case.cells[1].error_ulp, case.cells[1].cases, case.cells[1].passed) == (3e15, 1, 0)
        assert [finding.name for finding in found.findings] == ["tanh/float64/cpu/c"]
        assert (found.executed, found.declared) == (1, 2)  # of the second run one case is missing
        assert exit_status(found) == 1


def test_a_network_of_two_runs_is_there_once_with_the_worst_verdict():
    rows = [network_row(), network_row(parameter="b1"), network_row(run="b", verdict="fail")]
    for each in (rows, rows[::-1]):
        found = summarize([*one_run(), *each]).networks
        assert {(row["parameter"], row["run"], row["verdict"]) for row in found} == {
            ("W1", "b", "fail"),
            ("b1", RUN, "pass"),
        }


@pytest.mark.parametrize(("left_out", "counts"), [(3, [2]), (1, [])])
def test_what_one_run_left_out_for_want_of_a_gpu_another_may_have(left_out: int, counts: list[int]):
    missing = exempt_row(op="*", what=NEEDS_GPU, reason="no CuPy", count=left_out)
    assert [row["count"] for row in summarize([*one_run(), missing]).exempt] == [left_out]
    gpu = case_row(run="gpu", case="tanh/float64/gpu", device="gpu")
    assert [row["count"] for row in summarize([*one_run(), missing, gpu]).exempt] == counts


def one_run() -> list[Row]:
    return [run_row(), case_row(), end_row()]


def test_the_terminal_summary_is_plain_text():
    failing = case_row(order=2, verdict="fail", reason="wrong sign", diagnosis="the sign")
    failing |= {"formula": "wrong", "digits": 0.0, "error_ulp": 3e15}
    warned = case_row(op="exp", case="exp/float32/cpu", dtype="float32", digits=3.05, warnings=["few digits"])
    rows = [run_row(), case_row(), failing, warned, exempt_row(count=4), end_row()]
    assert console.summary(rows, report="out/index.html").splitlines() == [
        "CAUSE 1  tanh, order 2: the sign",
        "  FAIL  tanh/float64/cpu/c  order 2, against jet",
        "    wrong sign",
        "    likely cause: the sign",
        "    formula wrong, 0.0 of 15.9 digits kept",
        "    input 0 (x), element (1, 2): expected 0.41997434161402607, got 0.41997434161402614",
        "    gradcheck reproduce tanh/float64/cpu/c",
        "  1 case of tanh; float64; order 2",
        "",
        "WARNING  exp/float32/cpu: few digits",
        "",
        "Fewest digits kept:",
        "           float64            float32",
        "  order 1  15.9 of 15.9 tanh  3.0 of 7.2 exp",
        "  order 2  0.0 of 15.9 tanh   —",
        "",
        "Not run: 4 cases of accuracy: counts hits",
        "",
        "1 cause: 1 failing case of 1 function.",
        "2 cases of 2 functions: 1 pass, 1 fail.",
        "Report: out/index.html",
    ]


def test_time_is_given_by_what_was_measured():
    rows = [
        case_row(order=1, seconds=1.0),
        case_row(order=2, seconds=2.0),
        case_row(order=1, oracle="symbolic", seconds=5.0),
        network_row(seconds=0.5),
        run_row(),
    ]
    assert durations(rows) == {
        "oracle: symbolic": (1, 5.0),
        "oracle: jet": (1, 3.0),
        "networks": (1, 0.5),
    }
    assert durations([]) == {}


def test_a_run_whose_tasks_all_failed_takes_a_few_lines():
    rows = [run_row(), *(row("warning", {"message": f"task {n} died"}) for n in range(300))]
    lines = console.summary(rows).splitlines()
    assert "Note: task 19 died" in lines
    assert "... and 280 more notes" in lines
    assert len(lines) < 30
