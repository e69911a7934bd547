"""A pass means a value that can be used: digits kept, what the data excuse, and what is inconclusive."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from dezero import Variable
from dezero import functions as F
from gradcheck.system.floats import full_digits
from tests.gradcheck.zoo.specimen import op


def log_sum_exp(a: Variable, b: Variable) -> Variable:
    """Its gradient is exp(a - value), which cancels where a is large."""

    def forward(x: Any, y: Any) -> Any:
        top = np.maximum(x, y)
        return top + np.log(np.exp(x - top) + np.exp(y - top))

    value = Variable(forward(a.data, b.data)) if a.dtype != object else None

    def backward(gy: Variable, x: Variable, y: Variable) -> tuple[Variable, Variable]:
        at = Variable(forward(x.data, y.data)) if value is None else value
        return gy * F.exp(x - at), gy * F.exp(y - at)

    return op(forward, backward)(a, b)


saturated = op(np.tanh, lambda gy, x: gy * (1 - F.tanh(x) ** 2))


@pytest.mark.parametrize("size", [1e30, 1e50, 1e100])
def test_a_proven_formula_whose_value_has_no_digit_is_no_pass(size: float) -> None:
    result = gradcheck.check(log_sum_exp, np.array([size]), np.array([size]))
    assert result.verdict == "inconclusive"
    assert result.formula == "proven"
    assert result.digits == 0.0
    assert "the formula is proven, its float64 value has no correct digit at input" in result.reason
    assert result.reason.endswith("expected 0.5, got 1")


def test_half_of_the_digits_lost_is_a_pass_with_a_warning() -> None:
    result = gradcheck.check(saturated, np.array([10.0]))
    assert result.verdict == "pass"
    assert result.digits is not None
    assert 7 < result.digits < full_digits(np.float64) / 2
    assert any("of 15.9 digits are kept at input 0" in text for text in result.warnings)
    assert "warning: " in str(result)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (F.sin, np.array([np.pi / 2])),
        (F.cos, np.array([np.pi, 0.3])),
        (lambda x: (x - 1) ** 2, np.array([1 + 1e-14, 1 - 1e-9])),
        (lambda x: F.sin(x * 1e8), np.array([0.3, 0.7])),
    ],
)
def test_what_the_data_excuse_is_a_pass(f: Any, x: np.ndarray) -> None:
    result = gradcheck.check(f, x, order=2)
    assert result.verdict == "pass", str(result)
    assert not result.warnings


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_good_function_keeps_all_digits(dtype: str) -> None:
    result = gradcheck.check(F.exp, np.array([0.5, -1.25], dtype))
    assert result.verdict == "pass"
    assert result.digits is not None
    assert result.digits > full_digits(dtype) - 1


@settings(max_examples=25, deadline=None)
@given(st.floats(1.0, 25.0))
def test_the_digits_are_those_of_the_relative_error(x: float) -> None:
    """1 - tanh(x)**2 as floats compute it, and the exact one."""
    result = gradcheck.check(saturated, np.array([x]))
    truth = 1 / math.cosh(x) ** 2
    got = 1 - math.tanh(x) ** 2
    error = abs(got - truth) / truth
    assert result.digits is not None
    if error > 1e-10:
        assert result.digits == pytest.approx(max(0.0, -math.log10(error)), abs=0.3)
    assert result.verdict == ("inconclusive" if result.digits < 0.3 else "pass")


def test_nothing_passes_with_an_infinite_tolerance() -> None:
    for x in (1.0, 18.0, 40.0):
        for row in gradcheck.check(saturated, np.array([x, 0.5]), order=3).evidence:
            assert row.verdict != "pass" or row.tolerance_ulp is None or math.isfinite(row.tolerance_ulp)


def test_a_wrong_formula_is_wrong_whatever_its_digits() -> None:
    result = gradcheck.check(op(np.sin, lambda gy, x: gy * F.cos(x) * 1.0001), np.array([0.5, 1.0]))
    assert result.verdict == "fail"
    assert result.formula == "wrong"
    assert result.digits == pytest.approx(4.0, abs=0.1)


def test_an_iteration_that_blows_balls_up_hides_no_wrong_derivative() -> None:
    """After 40 fixed steps of Newton's method balls tell nothing of rounding; samples of it do."""

    def root(x: Any) -> Any:
        y = x * 0 + 1.0
        for _ in range(40):
            y = (y + x / y) / 2
        return y

    def slope(gy: Variable, x: Variable) -> Variable:
        y = x * 0 + 1.0
        for _ in range(40):
            y = (y + x / y) / 2
        return gy / (2 * y)

    x = np.array([2.0, 9.0, 0.1])
    right = gradcheck.check(op(root, slope), x)
    assert right.verdict == "pass", str(right)
    for factor in (1.001, 1 + 1e-9):
        wrong = gradcheck.check(op(root, lambda gy, x, c=factor: slope(gy, x) * c), x)
        assert wrong.verdict == "fail", str(wrong)
