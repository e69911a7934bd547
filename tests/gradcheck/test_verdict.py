"""From numbers to verdicts."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.judging import verdict
from gradcheck.oracles.numbers import ulp
from gradcheck.oracles.numbers.conversion import exact
from gradcheck.oracles.numbers.working import working

PROBE = [(0, 1.0)]


# Many in one ----------------------------------------------------------------------------------------

verdicts = st.sampled_from(["pass", "fail", "inconclusive", "not-tested"])
oracles = st.sampled_from(["jet", "symbolic", "finite_difference", "contract", "formula"])
rows = st.lists(st.tuples(st.integers(0, 3), oracles, verdicts), max_size=8)


@given(rows)
def test_any_fail_is_a_fail(said: list[tuple[int, str, str]]) -> None:
    failed = any(judged == "fail" for _, _, judged in said)
    assert (verdict.overall(said) == "fail") == failed


@given(rows, st.randoms())
def test_the_order_of_rows_does_not_matter(said: list[tuple[int, str, str]], random: object) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis gives a random.Random
    assert verdict.overall(shuffled) == verdict.overall(said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], "not-tested"),
        ([("contract", "pass")], "not-tested"),
        ([("jet", "pass"), ("finite_difference", "inconclusive")], "pass"),
        ([("jet", "inconclusive"), ("finite_difference", "pass")], "inconclusive"),
        ([("jet", "not-tested"), ("finite_difference", "pass")], "pass"),
        ([("symbolic", "inconclusive"), ("finite_difference", "pass")], "pass"),
        ([("symbolic", "inconclusive")], "inconclusive"),
        ([("jet", "pass"), ("contract", "fail")], "fail"),
    ],
)
def test_one_order(said: list[tuple[str, str]], expected: str) -> None:
    assert verdict.outcome(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([(1, "jet", "pass"), (2, "jet", "inconclusive")], "inconclusive"),
        ([(0, "formula", "pass")], "pass"),
        ([(0, "formula", "inconclusive"), (1, "jet", "pass")], "pass"),
        ([(0, "formula", "fail"), (1, "jet", "pass")], "fail"),
    ],
)
def test_several_orders(said: list[tuple[int, str, str]], expected: str) -> None:
    assert verdict.overall(said) == expected


# Is the formula right? ------------------------------------------------------------------------------


def formula(high: arb, truth: arb, low: arb) -> str:
    with working(256):
        return verdict.judge_formula([high], lambda: [low], PROBE, truth, np.float64).verdict


@given(st.floats(-1e300, 1e300, allow_subnormal=False).filter(bool))
def test_a_formula_that_is_the_truth_passes_and_one_that_is_off_fails(x: float) -> None:
    value = exact(x)
    low = arb(value, abs(value) * arb(2) ** -52)
    assert formula(value, value, low) == "pass"
    for wrong in (-1, 2, 1 + 1e-9):
        assert formula(value * wrong, value, low) == "fail"


def test_what_overlaps_is_not_asked_for_its_rounding() -> None:
    def unasked() -> list[arb]:
        raise AssertionError

    judged = verdict.judge_formula([arb(2)], unasked, PROBE, arb(2), np.float64)
    assert (judged.verdict, judged.certified) == ("pass", True)


def test_a_constant_rounded_to_the_dtype_is_excused() -> None:
    with working(256):
        third = arb(1) / 3
        assert formula(arb(1 / 3), third, arb(1 / 3, 1e-16)) == "pass"
        assert formula(arb(float(np.float32(1 / 3))), third, arb(1 / 3, 1e-16)) == "fail"


def test_rounding_as_large_as_the_gradient_shows_nothing() -> None:
    assert formula(arb(1), arb(2), arb(1, 10)) == "inconclusive"


def test_wide_balls_show_nothing_unless_rounding_is_wider() -> None:
    assert formula(arb(1, 0.5), arb(1), arb(1, 1e-16)) == "inconclusive"
    assert formula(arb(0, 1e-40), arb(0, 1e-40), arb(0, 1e-17)) == "pass"


@pytest.mark.parametrize("unknown", [arb("nan"), arb("inf")])
def test_what_is_not_finite_shows_nothing(unknown: arb) -> None:
    assert formula(unknown, arb(1), arb(1)) == "inconclusive"
    assert formula(arb(1), unknown, arb(1)) == "inconclusive"


def test_no_floor_hides_a_small_gradient() -> None:
    assert formula(arb(0), arb(1e-300), arb(0)) == "fail"
    assert formula(arb(0), arb(10) ** -400, arb(0)) == "pass"  # no float64 shows it


# Are the floats the formula? ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "low", "expected"),
    [
        (1.0, arb(1, 1e-16), "pass"),
        (1.0 + 4e-16, arb(1, 2e-16), "pass"),
        (1.0 + 1e-14, arb(1, 2e-16), "fail"),
        (1.0 + 1e-14, arb(1, 1e-13), "pass"),
        (1.5, arb(1, float("inf")), "inconclusive"),
        (float("nan"), arb(1, 1e-16), "fail"),
        (float("inf"), arb(1, float("inf")), "fail"),
    ],
)
def test_rounding(got: float, low: arb, expected: str) -> None:
    assert verdict.judge_rounding(exact(got), arb(1), low, np.float64).verdict == expected


@given(st.floats(1e-300, 1e300), st.sampled_from([np.float16, np.float32, np.float64]))
def test_half_an_ulp_is_always_allowed(x: float, dtype: type) -> None:
    high = arb(x)
    assert verdict.rounding(high, None, dtype) * 2 == ulp.ulp(high, dtype)


# Beside an oracle's estimate ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "truth", "allowance", "expected"),
    [
        (1.0, arb(1, 1e-9), 1e-15, "pass"),
        (1.0003, arb(1, 1e-9), 1e-15, "fail"),
        (1.0003, arb(1, 1e-2), 1e-15, "inconclusive"),
        (1.0, arb(1, float("inf")), 1e-15, "inconclusive"),
        (float("nan"), arb(1, 1e-9), 1e-15, "fail"),
        (float("nan"), arb(1, float("inf")), 1e-15, "inconclusive"),
        (0.0, arb(1, 1e-9), 1e-15, "fail"),
    ],
)
def test_bounds(got: float, truth: arb, allowance: float, expected: str) -> None:
    judged = verdict.judge_bound(exact(got), truth, arb(allowance), arb(1), np.float64)
    assert judged.verdict == expected
    assert not judged.certified


def test_a_tolerance_must_be_small_relative_to_the_gradient() -> None:
    for scale, expected in ((1.0, "pass"), (1e-12, "inconclusive")):
        judged = verdict.judge_bound(arb(0), arb(0, 1e-12), arb(0), arb(scale), np.float64)
        assert judged.verdict == expected


# ULPs -----------------------------------------------------------------------------------------------


@given(st.floats(-1e308, 1e308), st.integers(-20, 20))
def test_distances_count_steps_of_the_dtype(x: float, steps: int) -> None:
    got = x
    for _ in range(abs(steps)):
        got = float(np.nextafter(got, np.inf if steps > 0 else -np.inf))
    found = ulp.distances(np.array([got]), [arb(x)], np.float64)[0]
    assert found == pytest.approx(abs(steps), abs=abs(steps) / 2)  # ULPs may double on the way
    assert found == pytest.approx(ulp.distance(arb(got), arb(x), np.float64), rel=1e-12)


def test_distances_of_what_no_float_holds() -> None:
    with working(200):
        far, near = arb(10) ** 400, arb(10) ** -400
        found = ulp.distances(np.array([np.inf, 0.0, 1.0]), [far, near, arb(1) / 3], np.float64)
    assert found[0] == np.inf
    assert found[1] < 1
    assert found[2] > 1e15
