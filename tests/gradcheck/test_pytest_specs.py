"""A Spec is a parametrised test in one line: what a run checks of it, with its gaps and omissions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import gradcheck
from gradcheck.records import jsonl
from gradcheck.specs import specs
from tests.gradcheck.plugin_runs import ROOT, run_here

pytest_plugins = ["pytester"]

TESTS = """
import numpy as np
import pytest
import gradcheck
import dezero.functions as F
from dezero import Function
from gradcheck.specs import Arg, Convention, Gap, Omission, Spec, Variant

class Softsign(Function):
    def forward(self, x):
        return x / (1 + abs(x))
    def backward(self, gy):
        (x,) = self.inputs
        return gy / (1 + F.abs(x)) ** 2

class NotSquared(Softsign):
    def backward(self, gy):
        (x,) = self.inputs
        return gy / (1 + F.abs(x))

def spec(name, function, formula=None, **fields):
    return Spec(name, "mine", lambda x: function()(x), (Arg("x", avoid=(0.0,)),), formula, order=2, **fields)

def formula(m, x):
    return x / (1 + m.abs(x))

def at_zero(slope):
    return (Convention((np.zeros(1),), (np.array([slope]),), f"{slope} at 0"),)

TWO = (Variant(), Variant(shapes=((3,),)))
softsign = spec("softsign", Softsign, formula, variants=TWO, conventions=at_zero(1.0))
test_softsign = gradcheck.spec_test(softsign)

class TestInAClass:
    test_wrong = gradcheck.spec_test(
        spec("plain", Softsign, omits=(Omission("not of interest", dtype="float32"),)),
        spec("wrong", NotSquared, formula),
        order=1,
        dtypes=["float64", "float32"],
    )
    test_gaps = gradcheck.spec_test(
        spec("known", NotSquared, gaps=(Gap("to be squared"),)),
        spec("mended", Softsign, gaps=(Gap("to be squared"),)),
        dtypes=("float64",),
    )
    test_kink = gradcheck.spec_test(spec("kinky", Softsign, conventions=at_zero(2.0)), dtypes=("float32",))
"""


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_each_variant_dtype_and_declaration_is_a_test(workers: list[str], pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=TESTS)
    out = Path(pytester.path) / "mine"
    result = run_here(pytester, *workers, "-v", "-rsx", "--gradcheck-report", str(out))
    result.assert_outcomes(passed=7, failed=4, skipped=1, xfailed=1)
    names = [
        "test_softsign[[]softsign/float64/cpu[]]",
        "test_softsign[[]softsign:3/float32/cpu[]]",
        "test_softsign[[]softsign:kink0/float64/cpu[]]",
        "TestInAClass::test_kink[[]kinky/float32/cpu[]]",
    ]
    result.stdout.fnmatch_lines_random([f"*test_it.py::{name}*" for name in names])
    result.stdout.fnmatch_lines_random(
        [
            "*the spec omits it: not of interest*",
            "FAIL  wrong(x: float32[[]2, 3[]])",
            "  reproduce: pytest 'test_it.py::TestInAClass::test_wrong[[]wrong/float32/cpu[]]'",
            "FAIL  mended(x: float64[[]2, 3[]])",
            "  a declared gap now passes; remove it from the spec: to be squared",
            "XFAIL *known/float64/cpu* - *declared gap: to be squared*",
            "FAIL  kinky:kink0",
            "  not as declared: 2.0 at 0",
        ]
    )
    text = result.stdout.str()
    assert str(ROOT / "gradcheck") not in text
    assert "pytest_specs" not in text
    rows = [row for row in jsonl.read(out / "records.jsonl") if row["kind"] == "case"]
    assert {(row["topic"], row["op"]) for row in rows} >= {("mine", "softsign"), ("mine", "kinky")}
    assert "test_it.py::test_softsign[softsign:3/float32/cpu]#1" in {row["case"] for row in rows}
    orders = {op: max(row["order"] for row in rows if row["op"] == op) for op in ("plain", "mended")}
    assert orders == {"plain": 1, "mended": 2}


def test_settings_and_a_baseline_are_heard(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it="""
        import gradcheck
        import pytest
        from gradcheck.specs import specs

        test_exp = gradcheck.spec_test(specs()["exp"], dtypes=("float64",))
        test_sin = pytest.mark.gradcheck(order=2)(gradcheck.spec_test(specs()["sin"], dtypes=("float64",)))
        """
    )
    options = ["--gradcheck-order", "1", "--gradcheck-baseline", "accuracy.json", "--gradcheck-update"]
    run_here(pytester, *options).assert_outcomes(passed=6)
    path = Path(pytester.path) / "accuracy.json"
    text = path.read_text(encoding="utf-8")
    exp, sin = (
        text.partition(f"[{name}/float64/cpu]#1")[2].partition("}\n    }")[0] for name in ("exp", "sin")
    )
    assert '"2"' not in exp
    assert '"2"' in sin
    path.write_text(re.sub(r'"error_ulp": [\d.]+', '"error_ulp": -2', text), encoding="utf-8")
    worse = run_here(pytester, *options[:-1], "-k", "exp/float64")
    worse.assert_outcomes(failed=1, deselected=5)
    worse.stdout.fnmatch_lines(["WORSE  exp(x: float64[[]2, 3[]]): less accurate than accuracy.json says"])
    worse.stdout.no_fnmatch_line("*gradcheck_case*")


def test_a_field_that_does_not_fit_is_said_in_a_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it="""
        import gradcheck
        from dataclasses import replace
        from gradcheck.specs import specs

        test_exp = gradcheck.spec_test(replace(specs()["exp"], display=((2,), (3,))))
        """
    )
    result = run_here(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["test_it.py::test_exp: spec exp: display: *"])


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        ((), {}, "expected one Spec or several, got nothing"),
        ((specs()["exp"], "tanh"), {}, "expected one Spec or several, got Spec, str"),
        ((specs()["exp"],), {"dtypes": "float64"}, "dtypes: expected a tuple of float64, .*, got 'float64'"),
        ((specs()["exp"],), {"dtypes": ("int8",)}, "dtypes: expected a tuple of float64, "),
        ((specs()["exp"],), {"order": 0}, "order must be an integer of at least 1, got 0"),
    ],
)
def test_what_is_no_spec_is_refused(arguments: Any, settings: Any, said: str) -> None:
    with pytest.raises((gradcheck.SpecError, gradcheck.InputError), match=f"spec_test: {said}"):
        gradcheck.spec_test(*arguments, **settings)
