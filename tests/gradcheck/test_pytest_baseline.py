"""The accuracy of one's own ops may not get worse: what a file says is compared, and updated when asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradcheck.running.pytest_baseline import Accuracy, refreshed, updated, worsened
from tests.gradcheck.plugin_runs import run_here

pytest_plugins = ["pytester"]

#: Tanh, whose derivative is right both ways; made of y it loses digits far out.
OPS = """
import numpy as np
import pytest
import dezero.functions as F
from dezero import Function

class Tanh(Function):
    def forward(self, x):
        return np.tanh(x)
    def backward(self, gy):
        (x,) = self.inputs
        return {backward}
"""
CAREFUL = "gy / F.cosh(x) ** 2"
CANCELS = "gy * (1 - F.tanh(x) ** 2)"
WRONG = "gy / F.cosh(x)"
TESTS = """
@pytest.mark.parametrize("x", [0.5, 6.0])
def test_tanh(check_gradients, x):
    check_gradients(Tanh, x)

def test_two(check_gradients):
    check_gradients(F.exp, 1.0, order=2)
    check_gradients(F.sin, np.ones(2, np.float32))
    with pytest.raises(AssertionError):
        check_gradients(lambda x: F.exp(x.data * 1.0 * x / x), 1.0)
"""
FILE = "accuracy.json"


def session(
    pytester: pytest.Pytester, tests: str, *options: str, backward: str = CAREFUL, file: str = FILE
) -> pytest.RunResult:
    pytester.makepyfile(test_it=OPS.format(backward=backward) + tests)
    return run_here(pytester, "--gradcheck-baseline", file, *options)


def held(pytester: pytest.Pytester) -> dict[str, Any]:
    checks: dict[str, Any] = json.loads(text(pytester))["checks"]
    return checks


def text(pytester: pytest.Pytester) -> str:
    return (Path(pytester.path) / FILE).read_text(encoding="utf-8")


def test_less_accurate_fails_until_it_is_accepted(pytester: pytest.Pytester) -> None:
    made = session(pytester, TESTS, "--gradcheck-update")
    made.assert_outcomes(passed=3)
    made.stdout.fnmatch_lines([f"gradcheck baseline: {FILE}: 4 checks; 4 added"])
    assert list(held(pytester)) == [
        "test_it.py::test_tanh[0.5]#1",
        "test_it.py::test_tanh[6.0]#1",
        "test_it.py::test_two#1",
        "test_it.py::test_two#2",
    ]
    assert str(pytester.path) not in text(pytester)

    worse = session(pytester, TESTS, backward=CANCELS)
    worse.assert_outcomes(passed=2, failed=1)
    worse.stdout.fnmatch_lines(
        [
            f"*WORSE  Tanh(x: float64*): less accurate than {FILE} says",
            "*order 1: error * ULP, before * ULP; * digits are kept, before *",
            f"*to accept it: pytest 'test_it.py::test_tanh[[]6.0[]]' --gradcheck-baseline {FILE} "
            "--gradcheck-update",
        ]
    )
    session(pytester, TESTS, "-n", "1", backward=CANCELS).assert_outcomes(passed=2, failed=1)

    before = text(pytester).splitlines()
    accepted = session(pytester, TESTS, "-n", "2", "--gradcheck-update", backward=CANCELS)
    accepted.stdout.fnmatch_lines([f"gradcheck baseline: {FILE}: 4 checks; 1 changed"])
    assert sum(old != new for old, new in zip(before, text(pytester).splitlines(), strict=True)) == 1
    session(pytester, TESTS, backward=CANCELS).assert_outcomes(passed=3)
    session(pytester, TESTS).assert_outcomes(passed=3)  # more accurate is no failure


def test_what_is_not_in_the_file_is_said_in_a_line_and_what_did_not_run_is_kept(
    pytester: pytest.Pytester,
) -> None:
    session(pytester, TESTS, "--gradcheck-update", "-k", "0.5")
    assert list(held(pytester)) == ["test_it.py::test_tanh[0.5]#1"]
    more = session(pytester, TESTS)
    more.assert_outcomes(passed=3)
    more.stdout.fnmatch_lines(["gradcheck: 3 checks are not in the baseline; --gradcheck-update adds them"])
    before = text(pytester)
    assert "test_two" not in before
    session(pytester, TESTS, "--gradcheck-update", "-k", "two")
    assert list(held(pytester)) == [
        "test_it.py::test_tanh[0.5]#1",
        "test_it.py::test_two#1",
        "test_it.py::test_two#2",
    ]
    fewer = TESTS.replace("order=2", "order=1")
    said = session(pytester, fewer, "-k", "two")
    said.assert_outcomes(passed=1, deselected=2)
    said.stdout.fnmatch_lines(["gradcheck: 1 order in the baseline not checked now: *test_two#1, order 2"])


def test_what_is_gone_is_removed_and_what_fails_changes_nothing(pytester: pytest.Pytester) -> None:
    session(pytester, TESTS, "--gradcheck-update")
    first = text(pytester)
    broken = session(pytester, TESTS, "--gradcheck-update", backward=WRONG)
    broken.assert_outcomes(passed=1, failed=2)
    broken.stdout.fnmatch_lines([f"gradcheck baseline: {FILE}: 4 checks; nothing changed"])
    assert text(pytester) == first

    one_check = TESTS.replace("    check_gradients(F.sin, np.ones(2, np.float32))\n", "").replace("0.5, ", "")
    session(pytester, one_check, "--gradcheck-update", "test_it.py::test_two")  # a part of the file
    assert list(held(pytester)) == [
        "test_it.py::test_tanh[0.5]#1",
        "test_it.py::test_tanh[6.0]#1",
        "test_it.py::test_two#1",
    ]
    session(pytester, one_check, "--gradcheck-update")  # the whole of it
    assert list(held(pytester)) == ["test_it.py::test_tanh[6.0]#1", "test_it.py::test_two#1"]

    other = pytester.mkdir("other") / "test_other.py"
    other.write_text(OPS.format(backward=CAREFUL) + TESTS, encoding="utf-8")
    arguments = ["--rootdir", "other", "other", "--gradcheck-baseline", FILE, "--gradcheck-update"]
    run_here(pytester, *arguments)  # ids of another root
    assert len(held(pytester)) == 2 + 4
    other.unlink()
    session(pytester, one_check, "--gradcheck-update")
    assert len(held(pytester)) == 2


def test_an_interrupted_session_leaves_the_file(pytester: pytest.Pytester) -> None:
    session(pytester, TESTS, "--gradcheck-update")
    first = text(pytester)
    stopped = session(
        pytester, TESTS + "\ndef test_z(): raise KeyboardInterrupt\n", "--gradcheck-update", backward=CANCELS
    )
    assert stopped.ret == pytest.ExitCode.INTERRUPTED
    assert text(pytester) == first


def test_property_tests_are_not_compared(pytester: pytest.Pytester) -> None:
    drawn = """
from hypothesis import given, settings, strategies as st

@settings(max_examples=5, deadline=None, database=None)
@given(st.floats(5, 7))
def test_drawn(check_gradients, x):
    check_gradients(Tanh, x)
"""
    session(pytester, drawn, "--gradcheck-update").assert_outcomes(passed=1)
    assert held(pytester) == {}


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (None, [], f"--gradcheck-baseline {FILE}: no such file; --gradcheck-update makes it"),
        ("{", [], f"--gradcheck-baseline {FILE}: this is no baseline: Expecting property name *"),
        ("[]", [], f"--gradcheck-baseline {FILE}: this is no baseline: expected an object with *"),
        ('{"version": 2, "checks": {}}', [], "*: this is no baseline: it is of version 2, expected 1"),
        ('{"version": 1, "checks": {"a#1": 3}}', [], "*: check 'a#1': expected an object of orders"),
        (
            '{"version": 1, "checks": {"a#1": {"1": {"digits": "many"}}}}',
            ["--gradcheck-update"],
            "*: check 'a#1', order '1': expected digits and error_ulp, numbers or null, *",
        ),
    ],
)
def test_a_file_that_is_missing_or_damaged_is_a_usage_error(
    content: str | None, options: list[str], said: str, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile("def test_one(): ...")
    if content is not None:
        (Path(pytester.path) / FILE).write_text(content, encoding="utf-8")
    result = run_here(pytester, "--gradcheck-baseline", FILE, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = (line for line in result.stderr.lines if line)
    result.stderr.fnmatch_lines([f"ERROR: {said}"])
    assert len(line) < 300
    if content is not None:
        assert text(pytester) == content


def test_an_update_needs_a_file_that_can_be_written(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): ...")
    for options, said in (
        ([], "--gradcheck-update: say which file, by --gradcheck-baseline FILE"),
        (["--gradcheck-baseline", "."], "--gradcheck-baseline .: is a folder"),
    ):
        result = run_here(pytester, "--gradcheck-update", *options)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: {said}"])


OLD: Accuracy = {"digits": 15.6, "error_ulp": 2.0, "formula": "proven", "oracle": "jet"}


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"error_ulp": 3.0}, []),
        ({"error_ulp": 3.1}, ["order 1: error 3.1 ULP, before 2 ULP"]),
        ({"error_ulp": float("nan")}, ["order 1: error nan ULP, before 2 ULP"]),
        ({"formula": "supported"}, ["order 1: the formula is supported, before proven"]),
        ({"error_ulp": 0.1}, []),
        ({"error_ulp": 900.0, "oracle": "finite"}, []),
        ({"error_ulp": None}, []),
    ],
)
def test_worse_is_what_a_comparison_of_records_calls_so(now: Any, said: list[str]) -> None:
    assert worsened({"1": OLD}, {"1": {**OLD, **now}}) == said


def test_an_update_leaves_what_has_not_moved_past_the_margin() -> None:
    near, better, unproven = (
        {"1": {**OLD, **change}}
        for change in ({"error_ulp": 2.9}, {"error_ulp": 0.5}, {"formula": "supported"})
    )
    assert refreshed({"1": OLD}, near) == {"1": OLD}  # type: ignore[arg-type]  # a TypedDict, unpacked
    for moved in (better, unproven, {"1": OLD, "2": OLD}):
        assert refreshed({"1": OLD}, moved) == moved  # type: ignore[arg-type]
    before = {"t#1": {"1": OLD}, "t#1 on the gpu": {"1": OLD}, "t#2": {"1": OLD}, "other#1": {"1": OLD}}
    after = updated(before, {"t#1": {"1": OLD}}, {"t": ["t#1"]}, ["other"])
    assert list(after) == ["t#1", "t#1 on the gpu"]
