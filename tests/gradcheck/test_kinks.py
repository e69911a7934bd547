"""Claims at a kink: judged by the gradients around, shown with them, for few and for many elements."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import gradcheck
from dezero import Variable
from dezero import functions as F
from tests.gradcheck.zoo.right_exam import Ordered, Sort
from tests.gradcheck.zoo.specimen import op
from tests.gradcheck.zoo.wrong_kinks import relu, tied


@settings(max_examples=12, deadline=None)
@given(st.floats(-3, 3).filter(lambda s: abs(s) > 1e-3 and abs(s - 1) > 1e-3))
@example(-0.0011)
@example(0.0011)
@example(0.9989)
@example(1.0011)
def test_a_slope_at_a_corner_must_lie_between_those_on_its_sides(slope: float) -> None:
    result = gradcheck.check(relu(slope), np.array([0.0, 1.0, -2.0]))
    assert result.verdict == ("inconclusive" if 0 <= slope <= 1 else "fail"), str(result)
    assert f"backward claims {slope:.6g}, the slopes around are 0 and 1" in result.reason


@settings(max_examples=8, deadline=None)
@given(st.sampled_from([-2.0, 0.5, 3.0]), st.floats(-3, 3))
@example(-2.0, 1.0)
@example(0.5, 0.0)
@example(3.0, -3.0)
def test_a_factor_of_all_is_reported_before_the_claim_that_it_spoils(factor: float, at_zero: float) -> None:
    def slope(gy: Variable, x: Variable) -> Variable:
        return gy * factor * ((x.data > 0) + at_zero * (x.data == 0))

    result = gradcheck.check(op(lambda x: np.maximum(x, 0), slope), np.array([0.0, 0.2, -0.5, 0.7, 1.0]))
    assert result.verdict == "fail"
    assert "wrong (proven)" in result.reason
    assert f"{factor:.6g} times" in str(result.diagnosis)
    assert "not beside" not in str(result.diagnosis)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=3, max_size=3).filter(any))
@example([8, 0, 0])
@example([3, 3, 3])
def test_shares_of_a_tie_must_add_up(parts: list[int]) -> None:
    shares = np.array(parts) / 8
    result = gradcheck.check(tied(lambda m: shares if m.all() else m / m.sum()), np.full(3, 2.0))
    assert result.verdict == ("inconclusive" if sum(parts) == 8 else "fail"), str(result)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_nan_at_a_kink_fails_at_every_order(order: int) -> None:
    result = gradcheck.check(relu(np.nan), np.array([0.0, 1.0]), order=order)
    assert result.verdict == "fail"
    assert "nan" in result.reason


def test_nan_where_a_derivative_exists_is_reported_with_the_derivative() -> None:
    result = gradcheck.check(lambda x: x * F.sqrt(F.sum(x * x)), np.zeros(3))
    assert result.verdict == "fail"
    assert "expected 0, got nan" in result.reason


def test_infinite_slopes_are_no_mistake_of_backward() -> None:
    result = gradcheck.check(F.sqrt, np.array([0.0, 1.0]))
    assert result.verdict == "inconclusive"
    assert "backward claims inf, the slopes around grow without bound" in result.reason


@pytest.mark.parametrize(
    ("f", "x", "words"),
    [
        (lambda x: x * np.inf, np.array([0.5, 1.0]), "f is infinite here: output 0, element (0,) is inf"),
        (F.log, np.array([0.0, 1.0]), "f is infinite here: output 0, element (0,) is -inf"),
        (F.log, np.array([-1.0, 1.0]), "f is NaN here: output 0, element (0,) is nan"),
    ],
)
def test_where_f_is_not_finite_that_is_said(f: Any, x: np.ndarray, words: str) -> None:
    result = gradcheck.check(f, x)
    assert result.verdict == "inconclusive", str(result)
    assert words in result.reason
    assert "differentiable" not in result.reason


def test_powers_of_zero_are_differentiable_by_the_exponent() -> None:
    result = gradcheck.check(lambda a: F.sum(F.power(np.arange(4.0), a)), np.array(0.7), order=2)
    assert result.verdict == "pass", str(result)


def test_a_function_that_jumps_has_no_derivative_there() -> None:
    result = gradcheck.check(op(np.floor, lambda gy, x: gy * 0), np.array([1.0, 1.5]))
    assert result.verdict == "inconclusive"


def wedge(x: Variable, y: Variable) -> Variable:
    return F.maximum(x * 0, F.minimum(x, y))


def test_partial_derivatives_alone_are_no_derivative() -> None:
    """On each axis it is constant; in between it is not."""
    result = gradcheck.check(wedge, np.zeros(1), np.zeros(1))
    assert result.verdict == "inconclusive", str(result)
    assert "the slopes around are 0 and 1" in result.reason


def test_a_wrong_element_near_a_kink_is_still_a_fail() -> None:
    def slope(gy: Variable, x: Variable) -> Variable:
        return gy * Variable(np.where(x.data > 0, 1.0, np.where(x.data < 0, 0.25, 0.0)))

    result = gradcheck.check(op(lambda x: np.maximum(x, 0), slope), np.array([0.0, 1.0, -2.0]))
    assert result.verdict == "fail"
    assert result.reason == "order 1: backward's formula is wrong (proven)"


@pytest.mark.parametrize("size", [2, 40, 500, 5000])
def test_ties_of_any_number(size: int) -> None:
    x = np.ones(size)
    assert gradcheck.check(tied(lambda m: m / m.sum()), x).verdict == "inconclusive"
    assert gradcheck.check(tied(lambda m: m), x).verdict == "fail"
    assert gradcheck.check(tied(lambda m: 0 * m), x).verdict == "fail"


def test_figures_are_of_a_cotangent_of_1() -> None:
    """Several outputs, so that no single number divides the drawn cotangent out."""
    result = gradcheck.check(relu(0.25), np.array([[0.0, 1.0], [2.0, 0.0]]), seed=5)
    assert "backward claims 0.25, the slopes around are 0 and 1; the others are right" in result.reason


@pytest.mark.parametrize("seed", range(1, 9))
def test_no_seed_takes_a_narrow_wedge_for_smooth(seed: int) -> None:
    """Most rays see nothing of it; on the axes of the ties both sides agree."""
    assert gradcheck.check(wedge, np.zeros(1), np.zeros(1), seed=seed).verdict == "inconclusive"
    ends = gradcheck.check(lambda x: F.max(x) + F.min(x), np.zeros(5), seed=seed)
    assert ends.verdict == "inconclusive", str(ends)


@pytest.mark.parametrize(("size", "seeds"), [(5, 3), (12, 3), (40, 3), (300, 3), (2000, 1)])
def test_a_slope_that_no_ray_met_is_not_called_wrong(size: int, seeds: int) -> None:
    """Of equal numbers that are sorted each may come anywhere: its slope may be any cotangent."""
    for seed in range(seeds):
        result = gradcheck.check(Sort(), np.ones(size), seed=seed)
        assert result.verdict == "inconclusive", str(result)
        assert "met around are from" in result.reason


def test_a_kink_is_shown_by_a_cotangent_under_which_it_is_one() -> None:
    """The larger and the smaller of equals add up to what has no kink."""
    result = gradcheck.check(lambda a, b: Ordered()(a, b), np.ones(1), np.ones(1))
    assert result.verdict == "inconclusive"
    assert "the slopes around are -0.634766 and 1.85059" in result.reason
    assert "(for the cotangent of seed 0)" in result.reason


def test_claims_that_are_too_large_together_are_reported_together() -> None:
    def direction(gy: Variable, x: Variable) -> Variable:
        return gy * x / F.sqrt(F.sum(x * x)) if x.data.any() else gy * np.ones(x.shape)

    result = gradcheck.check(op(lambda x: np.sqrt(np.sum(x * x)), direction), np.zeros(3))
    assert result.verdict == "fail"
    assert "backward claims 3 together, the slopes met around are from -1.7" in result.reason
    assert "tie" not in str(result.diagnosis)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_kink_that_few_rays_meet_is_no_mistake(count: int) -> None:
    """The gradients around are zero but where all elements are positive."""

    def smallest(*xs: Variable) -> Variable:
        found = xs[0]
        for x in xs[1:]:
            found = F.minimum(found, x)
        return F.maximum(found, 0)

    for seed in range(3 * count):  # the more elements, the fewer rays meet it
        result = gradcheck.check(smallest, *[np.zeros(1)] * count, seed=seed)
        assert result.verdict == "inconclusive", str(result)
