"""What got worse between two records is reported and fails; what did not, does not."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.cli import main
from gradcheck.records import jsonl
from gradcheck.records.jsonl import Row
from gradcheck.report import changed, changed_page
from tests.gradcheck.sample_rows import case_row, end_row, network_row, run_row, whole_run

GPU = [{"device": "gpu", "name": "H100", "properties": {}}]


def compared(old: list[Row], new: list[Row], margin: float = 1.0) -> changed.Changes:
    return changed.compare([run_row(), *old, end_row()], [run_row(), *new, end_row()], margin=margin)


def test_the_same_records_differ_in_nothing() -> None:
    rows = whole_run()
    found = changed.compare(rows, rows)
    assert not found.regressed
    assert changed_page.text(found) == f"{found.compared} cases compared: nothing got worse."
    assert found.compared == len({row["case"] for row in rows if row["kind"] == "case"})


@pytest.mark.parametrize(
    ("old", "new", "margin", "regressed"),
    [
        (0.5, 1.4, 1.0, False),  # less than the margin
        (0.5, 1.6, 1.0, True),
        (10.0, 14.9, 1.0, False),  # less than half as much again
        (10.0, 15.1, 1.0, True),
        (0.5, 3.0, 4.0, False),
        (0.5, 0.76, 0.0, True),
        (3.0, math.nan, 1.0, True),
        (math.nan, 3.0, 1.0, False),
        (math.inf, math.inf, 1.0, False),
        (None, 9.0, 1.0, False),  # nothing to compare with
    ],
)
def test_an_error_is_larger_past_margin_and_factor(
    old: float | None, new: float, margin: float, regressed: bool
) -> None:
    found = compared([case_row(error_ulp=old)], [case_row(error_ulp=new)], margin)
    assert found.regressed is regressed
    assert len(found.less_accurate) == int(regressed)


ERRORS = st.floats(0, 1e6) | st.just(math.inf)


@given(ERRORS, ERRORS, st.floats(0, 10))
def test_what_is_worse_one_way_is_better_the_other(a: float, b: float, margin: float) -> None:
    there = compared([case_row(error_ulp=a)], [case_row(error_ulp=b)], margin)
    back = compared([case_row(error_ulp=b)], [case_row(error_ulp=a)], margin)
    assert len(there.less_accurate) == len(back.more_accurate)
    assert not (there.less_accurate and there.more_accurate)


def test_the_regression_names_case_order_and_command() -> None:
    old = [case_row(order=k, error_ulp=1.0) for k in (1, 2)]
    new = [case_row(order=1, error_ulp=1.0), case_row(order=2, error_ulp=40.0)]
    text = changed_page.text(compared(old, new))
    assert "LESS ACCURATE\n  tanh/float64/cpu/c, order 2: 1.0 -> 40 ULP" in text
    assert "gradcheck reproduce tanh/float64/cpu/c" in text
    assert text.endswith("1 case compared: 1 less accurate.")


def test_figures_of_different_oracles_are_not_compared() -> None:
    measured = case_row(oracle="finite_difference", certified=False, error_ulp=1e6)
    found = compared([case_row()], [measured])
    assert not found.less_accurate
    assert [(c.old, c.new) for c in found.worse] == [("certified", "pass")]


@pytest.mark.parametrize(
    ("old", "new", "regressed"),
    [
        ("pass", "fail", True),
        ("pass", "inconclusive", True),
        ("inconclusive", "fail", True),
        ("pass", "not-tested", True),
        ("fail", "pass", False),
        ("not-tested", "inconclusive", False),
        ("fail", "fail", False),
    ],
)
def test_a_worse_verdict_is_a_regression(old: str, new: str, regressed: bool) -> None:
    cases = compared([case_row(verdict=old)], [case_row(verdict=new)])
    nets = compared([case_row(), network_row(verdict=old)], [case_row(), network_row(verdict=new)])
    for found in (cases, nets):
        assert found.regressed is regressed
        assert len(found.worse) == int(regressed)
        assert len(found.better) == int(old != new and not regressed)


def test_the_reason_is_that_of_the_order_that_fails() -> None:
    old = [case_row(order=k) for k in (0, 1, 2)]
    new = [case_row(order=0, oracle="formula", reason="the formula"), case_row(order=1, reason="fine")]
    new += [case_row(order=2, verdict="fail", reason="graph cut")]
    (change,) = compared(old, new).worse
    assert change.reason == "graph cut"
    assert "certified -> fail: graph cut   gradcheck reproduce" in changed_page.text(compared(old, new))
    (better,) = compared(new, old).better
    assert better.reason == ""
    measured = [case_row(order=k, certified=False) for k in (0, 1, 2)]
    (weaker,) = compared(old, measured).worse
    assert weaker.reason == "no longer proven"


def test_of_several_runs_the_worst_is_what_must_not_be_passed() -> None:
    """Records of one source, measured with other vector instructions."""
    old = [run_row(run="a"), case_row(run="a", error_ulp=2.6), run_row(run="b")]
    old += [case_row(run="b", error_ulp=29.0)]
    for error, less, more in ((30.5, 0, 0), (45.0, 1, 0), (2.0, 0, 0), (0.5, 0, 1)):
        found = changed.compare(old, [run_row(), case_row(error_ulp=error)])
        assert (len(found.less_accurate), len(found.more_accurate)) == (less, more)
    assert found.more_accurate[0].old == 2.6
    again = changed.compare([run_row(), case_row(error_ulp=29.0)], old)
    assert not again.regressed


def test_of_several_runs_the_worst_verdict_counts() -> None:
    old = [case_row(run="a", verdict="inconclusive"), case_row(run="b")]
    assert not changed.compare(old, [case_row(verdict="inconclusive")]).regressed
    assert changed.compare([case_row()], old).regressed


def test_time_is_compared_of_what_both_measured() -> None:
    """A baseline holds the certified oracles of several runs."""
    old = [case_row(run=run, seconds=1.0) for run in "abc"]
    new = [case_row(seconds=1.1), case_row(oracle="finite_difference", seconds=9.0)]
    assert not changed.compare(old, new).slower


def test_lost_and_new_cases() -> None:
    old = [case_row(case="a"), case_row(case="b"), case_row(case="b", order=2)]
    new = [case_row(case="b"), case_row(case="c")]
    found = compared(old, new)
    assert (found.lost, found.new) == (["a", "b, order 2"], ["c"])
    assert found.regressed
    assert not compared(new[:1], new).regressed


def test_orders_after_a_failure_are_not_lost_too() -> None:
    found = compared([case_row(), case_row(order=2)], [case_row(verdict="fail")])
    assert (found.lost, len(found.worse)) == ([], 1)


def test_cases_of_a_device_that_was_not_there_are_not_lost() -> None:
    gpu = case_row(case="tanh/float64/gpu", device="gpu")
    old = [run_row(run="g", devices=GPU), case_row(), gpu]
    found = compared(old, [case_row()])
    assert (found.lost, found.unreached) == ([], ["tanh/float64/gpu"])
    assert not found.regressed
    other = [case_row(), run_row(run="h", devices=GPU), case_row(case="exp/float64/gpu", device="gpu")]
    assert compared(old, other).lost == ["tanh/float64/gpu"]


def timed(times: float, tanh: float = 1.0, count: int = 5) -> list[Row]:
    """Rows of tanh and further functions, each with so many times 20 ms, and tanh with more."""
    others = [case_row(op=f"f{n}", case=f"f{n}", seconds=0.02 * times) for n in range(count - 1)]
    return [case_row(seconds=0.02 * times * tanh), *others]


def test_slower_is_reported_and_fails_nothing() -> None:
    found = compared(timed(1), timed(1, tanh=4))
    assert [(p.op, pytest.approx(p.ratio)) for p in found.slower] == [("tanh", 4.0)]
    assert not found.regressed
    assert not compared(timed(1e-6), timed(1e-6, tanh=1000)).slower


def test_the_pace_of_the_machine_is_taken_off() -> None:
    assert not compared(timed(1), timed(3)).slower
    found = compared(timed(1), timed(3, tanh=2))
    assert [(p.op, pytest.approx(p.ratio)) for p in found.slower] == [("tanh", 2.0)]
    text = changed_page.text(found)
    assert "this machine took 3 times as long in the median, which is taken off" in text
    assert "tanh: 2 times the time, 0.020 -> 0.120 s" in text
    assert "this machine took 3 times as long" in changed_page.page(found)


def test_too_few_functions_do_not_tell_the_pace() -> None:
    found = compared(timed(1, count=4), timed(1, tanh=9, count=4))
    assert not found.slower
    assert any("Times are not compared" in note for note in found.notes)
    assert not any("Times" in note for note in compared(timed(1), timed(1)).notes)


# What was selected ------------------------------------------------------------------------------------


def selecting(ops: str, order: int | None = None) -> Row:
    return run_row(selection={"ops": ops, "order": order, "devices": ["cpu"]})


OLD = [
    case_row(),
    case_row(order=2),
    case_row(op="softmax", case="softmax/float64/cpu"),
    case_row(op="exp", case="exp/float64/cpu"),
]


@pytest.mark.parametrize(
    "run",
    [
        selecting("tanh,soft*", 1),
        run_row(command="gradcheck run --op 'tanh,soft*' --order 1"),
        run_row(command="gradcheck run --order=1 '--op=tanh, soft*'"),
    ],
)
def test_only_what_was_selected_is_lost(run: Row) -> None:
    found = changed.compare(OLD, [run, case_row(), end_row()])
    assert found.lost == ["softmax/float64/cpu"]
    assert found.not_selected == 1
    assert "1 case from before was not selected: now a part is measured" in changed_page.text(found)


def test_a_selection_may_have_nothing_of_the_older_records() -> None:
    found = changed.compare(OLD, [selecting("new"), case_row(op="new", case="new/float64/cpu"), end_row()])
    assert (found.compared, found.lost, found.not_selected) == (0, [], 3)
    assert not found.regressed


@pytest.mark.parametrize("run", [selecting("*"), run_row(), run_row(command="pytest -k 'tanh")])
def test_a_whole_run_and_one_that_does_not_say_lose_what_they_lack(run: Row) -> None:
    found = changed.compare(OLD, [run, case_row(), end_row()])
    assert len(found.lost) == 3
    assert found.not_selected == 0


def test_of_several_runs_each_selects() -> None:
    other = selecting("exp") | {"run": "b"}
    found = changed.compare(OLD, [selecting("tanh"), other, case_row(), case_row(run="b", order=2)])
    assert found.lost == ["exp/float64/cpu"]


def test_a_quick_run_that_is_complete_has_lost_nothing_of_a_full_one() -> None:
    old = [run_row(profile="full"), *OLD]
    assert changed.compare(old, [run_row(), case_row(), end_row()]).not_selected == 2
    incomplete = [run_row(declared=2), case_row(), end_row()]
    assert len(changed.compare(old, incomplete).lost) == 3


def test_what_makes_the_comparison_doubtful_is_noted() -> None:
    old = [run_row(profile="full", declared=2), case_row()]
    new = [run_row(declared=3), case_row()]
    text = changed_page.text(changed.compare(old, new))
    assert "The profile differs: full before, quick now." in text
    assert "OLD was interrupted: it has 1 of 2 declared cases." in text
    assert "NEW was interrupted: it has 1 of 3 declared cases." in text


def test_what_rounds_otherwise_is_noted() -> None:
    def run(name: str, simd: str) -> Row:
        return run_row(run=name, versions={"numpy": "2.3.1", "numpy-simd": simd})

    old = [run("a", "X86_V3"), run("b", "X86_V4"), case_row()]
    note = "The set of vector instructions differs: X86_V3, X86_V4 before, ASIMD now."
    assert note in changed.compare(old, [run("c", "ASIMD"), case_row()]).notes
    assert not any("vector" in n for n in changed.compare(old, [run("c", "X86_V3"), case_row()]).notes)


def test_nothing_measured_is_refused() -> None:
    with pytest.raises(jsonl.RecordError, match="OLD has no cases"):
        changed.compare([run_row()], [run_row(), case_row()])
    with pytest.raises(jsonl.RecordError, match="NEW has no cases"):
        changed.compare([run_row(), case_row()], [])


def written(path: Path, *rows: Row) -> str:
    with jsonl.Writer(path) as writer:
        for row in (run_row(), *rows, end_row()):
            writer.write(row)
    return str(path)


def test_the_command_and_its_statuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = written(tmp_path / "old.jsonl", case_row(error_ulp=1.0))
    new = written(tmp_path / "new.jsonl", case_row(error_ulp=5.0, reason="<b>off</b>"))
    assert main(["compare", old, old]) == 0
    assert main(["compare", old, new, "--margin", "4.5"]) == 0
    page = tmp_path / "pages" / "compare.html"
    assert main(["compare", old, new, "--html", str(page)]) == 1
    assert "1 less accurate" in capsys.readouterr().out
    assert main(["compare", old, str(tmp_path / "none.jsonl")]) == 2
    (tmp_path / "bad.jsonl").write_text("{}\n")
    assert main(["compare", str(tmp_path / "bad.jsonl"), new]) == 2
    assert "bad.jsonl: line 1" in capsys.readouterr().err


@pytest.mark.parametrize("margin", ["-1", "nan", "inf", "much"])
def test_a_margin_is_a_number_of_ulps(margin: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["compare", "a", "b", f"--margin={margin}"])
    assert exit_info.value.code == 2
    assert "expected a number of ULPs" in capsys.readouterr().err


def test_the_page_shows_all_there_is_and_escapes_it(tmp_path: Path) -> None:
    old = [case_row(error_ulp=1.0), case_row(case="b"), *timed(1)[1:]]
    new = [
        case_row(error_ulp=9.0),
        *timed(1)[2:],
        case_row(case="f0", op="f0", verdict="fail", reason="<b>off</b>", seconds=1.0),
        case_row(case="d"),
    ]
    page = changed_page.write(compared(old, new), tmp_path / "c.html").read_text(encoding="utf-8")
    for heading in ("Less accurate", "Worse verdicts", "Lost", "New", "Slower"):
        assert f">{heading}</h2>" in page
    assert "&lt;b&gt;off" in page
    assert "<b>off" not in page
    assert "//" not in page  # nothing from outside
    same = changed_page.write(compared(old, old), tmp_path / "same.html").read_text(encoding="utf-8")
    assert "nothing got worse" in same
    assert "<h2" not in same


# The committed baseline ---------------------------------------------------------------------------------

BASELINE = Path(__file__).resolve().parents[2] / "reports" / "baseline.jsonl"


def test_the_committed_baseline_names_what_is_worse_and_what_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = jsonl.read(BASELINE)
    assert len([row for row in rows if row["kind"] == "run"]) == 3  # one for each set of instructions
    worse, lost = "tanh/float64/cpu", "exp/float32/cpu"
    new = [
        {**row, "error_ulp": row["error_ulp"] + 40} if _is(row, worse, 2) else row
        for row in rows
        if row.get("case") != lost
    ]
    path = tmp_path / "new.jsonl"
    with jsonl.Writer(path) as writer:
        for row in new:
            writer.write(row)
    assert main(["compare", str(BASELINE), str(BASELINE)]) == 0
    assert capsys.readouterr().out.rstrip().endswith("nothing got worse.")
    assert main(["compare", str(BASELINE), str(path)]) == 1
    out = capsys.readouterr().out
    assert f"LESS ACCURATE\n  {worse}, order 2: " in out
    assert f"gradcheck reproduce {worse}" in out
    assert f"LOST\n  {lost}\n" in out
    assert "1 less accurate, 1 lost." in out


def _is(row: Row, case: str, order: int) -> bool:
    return row.get("case") == case and row.get("order") == order and row["error_ulp"] is not None
