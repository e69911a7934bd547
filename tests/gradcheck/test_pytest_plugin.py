"""The plugin: a fixture that asserts and records, and a report of what the tests recorded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from dezero import cuda
from gradcheck.records import jsonl
from tests.gradcheck.plugin_runs import run_apart, run_here

pytest_plugins = ["pytester"]

TESTS = """
import numpy as np
import pytest
import dezero.functions as F
from dezero import Function

class WrongSign(Function):
    def forward(self, x):
        return np.sin(x)
    def backward(self, gy):
        return -gy * F.cos(self.inputs[0])

@pytest.mark.parametrize("n", [1, 2, 3])
def test_right(check_gradients, n):
    assert check_gradients(F.exp, np.ones(n), order=2).verdict == "pass"

def test_wrong(check_gradients):
    check_gradients(WrongSign, np.array([0.5]))
"""


@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_fixture_and_report(pytester: pytest.Pytester, workers: list[str]) -> None:
    pytester.makepyfile(TESTS)
    out = Path(pytester.path) / "mine"
    result = run_here(pytester, *workers, "--gradcheck-report", str(out))
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*likely cause: sign*", "*reproduce: pytest*test_wrong*"])
    result.stdout.fnmatch_lines(["gradcheck report: *index.html"])
    result.stdout.no_fnmatch_line("*pytest_plugin.py:*")
    rows = jsonl.read(out / "records.jsonl")
    verdicts = jsonl.case_verdicts(rows)
    assert sorted(verdicts.values()) == ["fail", "pass", "pass", "pass"]
    assert "test_wrong" in (out / "index.html").read_text(encoding="utf-8")


def test_nothing_is_written_unasked(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    run_here(pytester, "-k", "right").assert_outcomes(passed=3, deselected=1)
    assert not list(Path(pytester.path).rglob("records.jsonl"))


def test_a_pass_does_not_hide_its_warnings(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import numpy as np
        import dezero.functions as F
        from gradcheck.records import recording

        def test_it(check_gradients, monkeypatch):
            rows = recording.case_rows
            warned = lambda *args: [{**row, "warnings": ["few digits"]} for row in rows(*args)]
            monkeypatch.setattr(recording, "case_rows", warned)
            check_gradients(F.exp, np.ones(2), order=2)
    """)
    result = run_here(pytester)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["gradcheck warning: *test_it#1: few digits"])
    assert result.stdout.str().count("few digits") == 1


ON_A_DEVICE = """
import numpy as np
import dezero.functions as F

def test_there(check_gradients):
    assert check_gradients(F.exp, np.ones(2)).title.endswith("on the gpu")

def test_here(check_gradients):
    assert not check_gradients(F.exp, np.ones(2), device="cpu").title.endswith("on the gpu")
"""


def test_the_option_says_where_arrays_of_the_host_are_taken(pytester: pytest.Pytester, standin: Any) -> None:
    pytester.makepyfile(ON_A_DEVICE)
    out = Path(pytester.path) / "mine"
    result = run_here(pytester, "--gradcheck-device", "gpu", "--gradcheck-report", str(out))
    result.assert_outcomes(passed=2)
    rows = jsonl.read(out / "records.jsonl")
    assert {row["device"] for row in rows if row["kind"] == "case"} == {"cpu", "gpu"}
    (run,) = (row for row in rows if row["kind"] == "run")
    assert {each["device"] for each in run["devices"]} == {"cpu", "gpu"}


def test_without_a_device_the_option_is_a_usage_error(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda, "_device_module", None)
    monkeypatch.setitem(sys.modules, "cupy", None)  # an import of it fails, as where it is not installed
    pytester.makepyfile(ON_A_DEVICE)
    result = run_here(pytester, "--gradcheck-device", "gpu")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--gradcheck-device gpu: cuda: CuPy is*"])


def test_a_session_that_checks_nothing_loads_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): ...")
    pytester.makeconftest("""
        import sys

        def pytest_unconfigure():
            print("loaded:", {"numpy", "flint", "dezero"} & {*sys.modules})
    """)
    run_apart(pytester).stdout.fnmatch_lines(["loaded: set()"])
