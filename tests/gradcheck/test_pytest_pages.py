"""The pages of `pytest --gradcheck-report`: what they draw of each op, also under pytest-xdist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gradcheck.records import jsonl
from tests.gradcheck.markup import spelled_out
from tests.gradcheck.own_ops import OPS
from tests.gradcheck.plugin_runs import run_here

pytest_plugins = ["pytester"]
TESTS = """
import numpy as np
import gradcheck
import ops

def test_gelu(check_gradients):
    check_gradients(ops.gelu, np.array([-6.0, 0.5, 6.0]), order=2)

def test_gelu_again(check_gradients):
    check_gradients(ops.gelu, np.array([0.5], dtype="float32"))

def test_square(check_gradients):
    check_gradients(ops.Square, np.array([[0.1, 0.2]]))

class TestOf:
    def test_unnamed(self, check_gradients):
        check_gradients(lambda x: x * x, np.array([0.1, 0.2]))

test_softlog = gradcheck.spec_test(ops.softlog, order=1, dtypes=("float64",))
"""
HANGS = """
import os
import time
import numpy as np
import pytest
import dezero.functions as F
from gradcheck.running import pytest_drawn

PID = os.getpid()
rows = pytest_drawn._rows

def little_time_for_what_hangs(op, kept, until):
    pytest_drawn.SECONDS = 1.0 if op == "hangs" else 30.0
    return rows(op, kept, until)

pytest_drawn._rows = little_time_for_what_hangs

def hangs(x):
    while os.getpid() != PID:
        time.sleep(0.1)
    return F.sin(x)

def dies(x):
    if os.getpid() != PID:
        os._exit(3)
    return F.cos(x)

@pytest.mark.parametrize("f", [hangs, dies, F.exp])
def test_it(f, check_gradients):
    check_gradients(f, np.ones(2))
"""
SECTIONS = ["shape", "accuracy", "steps", "figures", "cases", "graph", "source"]


def report(pytester: pytest.Pytester, tests: str, *options: str) -> tuple[pytest.RunResult, Path]:
    pytester.makepyfile(test_it=tests, ops=OPS)
    out = Path(pytester.path) / "mine"
    return run_here(pytester, *options, "--gradcheck-report", str(out)), out


def sections(page: str) -> list[str]:
    return re.findall(r'<section aria-labelledby="([^"]+)"', spelled_out(page))


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_each_op_has_the_page_that_check_makes(pytester: pytest.Pytester, workers: list[str]) -> None:
    result, out = report(pytester, TESTS, *workers)
    result.assert_outcomes(passed=4, failed=1)
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (out / "functions").iterdir()}
    assert {name: sections(page) for name, page in pages.items()} == {
        "gelu": SECTIONS,
        "square": ["findings", *SECTIONS],
        "lambda-of-test-unnamed": SECTIONS,
        "softlog": ["formula", *SECTIONS],
    }
    assert "test_it.py::test_gelu</code> (test_it.py:5)" in pages["gelu"]
    assert "test_it.py::test_gelu_again</code> (test_it.py:8)" in pages["gelu"]
    assert "<h1>lambda of test_unnamed</h1>" in pages["lambda-of-test-unnamed"]
    assert "<b>Fix:</b> Multiply what backward returns for x by 2." in pages["square"]
    assert "return gy * x" in pages["square"]
    assert "<math" in pages["softlog"]
    rows = jsonl.read(out / "records.jsonl")
    drawn = [(row["op"], row["order"]) for row in rows if row["kind"] == "section"]
    assert len(drawn) == len(set(drawn)), "each op is drawn once"
    assert ("gelu", 2) in drawn, "the case of several orders"


def test_an_op_that_hangs_or_dies_costs_its_pictures_alone(pytester: pytest.Pytester) -> None:
    result, out = report(pytester, HANGS)
    result.assert_outcomes(passed=3)
    rows = jsonl.read(out / "records.jsonl")
    messages = sorted(row["message"] for row in rows if row["kind"] == "warning")
    said = "what its page draws could not be measured:"
    assert messages == [
        f"dies: {said} its process died (exit code 3)",
        f"hangs: {said} not finished within 1 s, and its process was ended",
    ]
    assert {row["op"] for row in rows if row["kind"] == "section"} == {"exp"}
    page = (out / "functions" / "hangs.html").read_text(encoding="utf-8")
    assert sections(page) == ["figures", "cases"]


def test_nothing_is_drawn_where_no_report_is_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it="""
        import numpy as np
        import dezero.functions as F
        from gradcheck.running import pytest_drawn

        def test_it(check_gradients, monkeypatch):
            monkeypatch.delattr(pytest_drawn.Drawings, "keep")
            check_gradients(F.exp, np.ones(2))
        """
    )
    run_here(pytester).assert_outcomes(passed=1)
