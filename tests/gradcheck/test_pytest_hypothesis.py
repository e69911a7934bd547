"""Property tests use check_gradients as other tests do; their failures show the user's frames alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import jsonl
from tests.gradcheck.plugin_runs import OPTIONS, ROOT, run_here

pytest_plugins = ["pytester"]

FIND = "[Phase.generate, Phase.shrink]"  # and no explanation of what was found, which takes longer

PROPERTIES = """
import unittest
import numpy as np
import pytest
import gradcheck
import dezero.functions as F
from dezero import Function
from hypothesis import Phase, given, settings, strategies as st

few = settings(deadline=None, max_examples=20, database=None, derandomize=True, phases=PHASES)
ARRAYS = st.lists(st.floats(-3, 3), min_size=1, max_size=3).map(np.array)

class WrongForTwo(Function):
    def forward(self, x):
        return np.sin(x)
    def backward(self, gy):
        (x,) = self.inputs
        return gy * F.cos(x) * len(x) if len(x) == 2 else gy * F.cos(x)

class Breaks(Function):
    def forward(self, x):
        raise OSError("no such thing")

def my_helper(check, x):
    check(WrongForTwo, x)

@few
@given(ARRAYS)
def test_right(check_gradients, x):
    check_gradients(F.sin, x)
    check_gradients(F.cos, x, order=2)

@few
@given(ARRAYS)
def test_wrong(check_gradients, x):
    my_helper(check_gradients, x)

@few
@given(ARRAYS)
def test_wrong_asserted(x):
    my_helper(gradcheck.assert_gradients, x)

@few
@given(ARRAYS)
def test_two_failures(check_gradients, x):
    assert len(x) != 3, "three"
    my_helper(check_gradients, x)

@few
@given(ARRAYS)
def test_refused(check_gradients, x):
    check_gradients(F.sin, x, np.nan)

@few
@given(ARRAYS)
def test_breaks(x):
    assert gradcheck.check(Breaks, x)

class TestOfUnittest(unittest.TestCase):
    @few
    @given(ARRAYS)
    def test_method(self, x):
        my_helper(gradcheck.assert_gradients, x)
"""


def run(pytester: pytest.Pytester, phases: str, *options: str) -> pytest.RunResult:
    """A session with the property tests, of which Hypothesis goes through these phases."""
    pytester.makepyfile(test_props=PROPERTIES.replace("PHASES", phases))
    return run_here(pytester, *options)


#: An example is sought, shrunk and explained once, and each failure shown in each of pytest's styles.
EACH_STYLE = """
import pathlib
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    for style in ("auto", "short", "long", "native") if call.excinfo is not None else ():
        item.config.option.tbstyle = style
        with pathlib.Path(f"{style}.txt").open("a") as file:
            print(item.repr_failure(call.excinfo), file=file)
    return report
"""


def test_failures_show_the_finding_and_no_frame_of_the_checker(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(EACH_STYLE)
    run(pytester, "list(Phase)").assert_outcomes(passed=1, failed=6)
    for style in ("auto", "short", "long", "native"):
        text = (Path(pytester.path) / f"{style}.txt").read_text(encoding="utf-8")
        assert str(ROOT / "gradcheck") not in text
        assert "contextlib.py" not in text
        assert text.count("is 2 times the true one") >= 4
        for said in (
            "my_helper",
            "Hypothesis found 2 distinct failures",
            "AssertionError: three",
            "InputError: check: input 1 holds nan",
            "OSError: no such thing",
            "check_gradients=check_gradients,",
        ):
            assert said in text, style


@pytest.mark.parametrize(
    ("argument", "call"), [("check_gradients, x", "check_gradients"), ("x", "gradcheck.assert_gradients")]
)
def test_no_example_pays_for_loading_the_checker(argument: str, call: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""
        import sys
        import gradcheck
        import dezero.functions as F
        from hypothesis import given, settings, strategies as st

        @settings(deadline=None, database=None, max_examples=5)
        @given(st.floats(-3, 3))
        def test_right({argument}):
            before = set(sys.modules)
            {call}(F.sin, x)
            assert not {{name for name in {{*sys.modules}} - before if name.startswith("gradcheck.records")}}
            assert "gradcheck.checking" in before
    """)
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=1)


def test_the_full_trace_is_there_for_whoever_asks(pytester: pytest.Pytester) -> None:
    result = run(pytester, FIND, "--full-trace", "-k", "refused")
    assert str(ROOT / "gradcheck") in result.stdout.str()


def test_a_bug_of_the_checker_keeps_its_frames(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import dezero.functions as F
        from gradcheck.cases import calls

        def test_it(check_gradients, monkeypatch):
            monkeypatch.setattr(calls, "common_dtype", lambda arrays: 1 / 0)
            check_gradients(F.sin, 1.0)
    """)
    result = run_here(pytester)
    result.stdout.fnmatch_lines(["*gradcheck/cases/calls.py:*", "*ZeroDivisionError*"])


def test_of_all_examples_a_check_is_recorded_once_with_the_worst(pytester: pytest.Pytester) -> None:
    out = Path(pytester.path) / "mine"
    run(pytester, FIND, "--gradcheck-report", str(out), "-k", "not asserted and not breaks and not method")
    rows = jsonl.read(out / "records.jsonl")
    verdicts = {case: verdict for (_, case), verdict in jsonl.case_verdicts(rows).items()}
    assert verdicts == {
        "test_props.py::test_right#1": "pass",
        "test_props.py::test_right#2": "pass",
        "test_props.py::test_wrong#1": "fail",
        "test_props.py::test_two_failures#1": "fail",
    }
    (lost,) = (row["message"] for row in rows if row["kind"] == "warning")
    assert lost.startswith("test_props.py::test_refused#1: InputError")
