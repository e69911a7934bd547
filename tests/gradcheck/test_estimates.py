"""Judgement by estimates, judge by judge: comparisons, rounding, differences, staircases, stopping."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from gradcheck.judging import comparison, rounding, verdict
from gradcheck.judging.differenced import Differenced
from gradcheck.judging.estimate import finite_difference, staircases, stopping
from gradcheck.judging.finding import Evidence
from tests.gradcheck.scenes import scene_of
from tests.gradcheck.zoo.specimen import floats, op, some


def sine(factor: float = 1.0) -> Any:
    return op(lambda x: np.sin(floats(x)), lambda gy, x: gy * F.cos(x) * factor)


# Comparisons --------------------------------------------------------------------------------------------


@given(st.floats(-1, 1), st.floats(1e-12, 1e-3))
def test_floats_beyond_the_bound_of_a_truth_are_wrong(off: float, bound: float) -> None:
    scene = scene_of(F.sin, np.array([0.5]))
    got = float(scene.got(1)[0])
    row = comparison.contraction(
        scene, 1, "finite_difference", [(0, 1.0)], arb(got * (1 + off), abs(got) * bound)
    )
    apart = abs(off) > bound + 1e-9 if abs(off - bound) > 1e-9 else None
    assert apart is None or (row.verdict == "fail") == apart
    assert row.verdict != "pass" or bound <= 2 * verdict.tight("float64")


def test_the_worst_element_is_shown_and_kinks_are_left_out() -> None:
    scene = scene_of(F.sin, some(3))
    truths = [arb(float(g)) for g in scene.got(1)]
    truths[1] *= 1.5
    row = comparison.elements(scene, 1, "symbolic", truths)
    assert row is not None
    assert (row.verdict, row.position, row.formula) == ("fail", 1, "wrong")
    assert row.error_rel == pytest.approx(1 / 3)
    unknown = comparison.elements(scene, 1, "symbolic", [arb(0, float("inf"))] * 3)
    assert unknown is not None
    assert (unknown.verdict, unknown.expected, unknown.error_ulp) == ("inconclusive", "unknown", None)


def test_failures_rank_before_what_is_not_known() -> None:
    rows = [
        Evidence(1, "symbolic", judged, "", error_ulp=used, tolerance_ulp=1.0)
        for judged, used in (("pass", 0.5), ("fail", 3.0), ("inconclusive", 9.0), ("fail", 2.0))
    ]
    assert max(rows, key=comparison.rank) is rows[1]


# Rounding -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_what_rounding_may_do_covers_the_floats_and_is_no_more_than_small(dtype: Any) -> None:
    scene = scene_of(lambda x: F.exp(F.sin(x)), np.linspace(0.3, 2.0, 5).astype(dtype))
    truths = np.array([float(h) for h in scene.high(1)])
    for allowed in (rounding.allowances(scene)[0], rounding.sampled(scene)[0]):
        assert (np.abs(scene.got(1) - truths) <= allowed).all()
        assert (allowed <= 50 * np.finfo(dtype).eps * np.abs(truths).max()).all()


def test_without_balls_samples_say_what_is_allowed() -> None:
    scene = scene_of(op(np.sin, lambda gy, x: gy * np.cos(floats(x.data))), some(3))
    assert scene.measured.high is None
    assert rounding.allowances(scene) is rounding.sampled(scene)


# Differences --------------------------------------------------------------------------------------------


def test_differences_hold_the_derivative_along_a_line_and_of_elements() -> None:
    x = np.array([0.3, 1.2, -0.7])
    scene = scene_of(sine(), x, order=2)
    op_ = Differenced(scene)
    u, d = (np.asarray(v[0], dtype=float) for v in (scene.at.cotangents, scene.at.direction))
    line = np.array([1.0, -0.5, 0.25])
    assert op_.along([line]).total().contains(arb(float(u * np.cos(x) @ line)))
    for k, true in ((1, u * np.cos(x)), (2, -u * d * np.sin(x))):
        found = op_.elements(k, [2, 0])
        assert [
            abs(float(ball.mid()) - true[p]) <= float(ball.rad())
            for ball, p in zip(found, (2, 0), strict=True)
        ]


def test_narrow_dtypes_are_differenced_in_float64_where_f_follows() -> None:
    follows = scene_of(op(lambda x: np.sin(x), lambda gy, x: gy * F.cos(x)), some(2).astype(np.float32))
    rounds = op(lambda x: np.sin(x).astype(np.float32), lambda gy, x: gy * F.cos(x))
    stays = scene_of(rounds, some(2).astype(np.float32))
    assert [Differenced(s).at.dtype for s in (follows, stays)] == [np.float64, np.float32]


def test_a_value_outside_of_the_domain_is_nan() -> None:
    def raising(x: Any) -> np.ndarray:
        if (floats(x) > 1).any():
            raise ValueError
        return floats(x)

    op_ = Differenced(scene_of(op(raising, lambda gy, x: gy), np.zeros(2)))
    assert op_.values([np.zeros(2)]).tolist() == [0, 0]
    assert np.isnan(op_.values([np.full(2, 2.0)])).all()


@pytest.mark.parametrize(("factor", "judged"), [(1.0, "pass"), (1.001, "fail")])
@pytest.mark.parametrize("count", [3, 100])
def test_differences_judge_each_element_or_lines(factor: float, judged: str, count: int) -> None:
    scene = scene_of(sine(factor), some(count))
    [row] = finite_difference.judge(scene)
    assert (row.order, row.verdict) == (1, judged)
    known = scene.answers.estimates.get(1, {})
    assert bool(known) == (count == 3 or judged == "fail")
    truths = (np.asarray(scene.at.cotangents[0]) * np.cos(scene.at.inputs[0])).ravel()
    assert all(abs(float(ball.mid()) - truths[p]) <= float(ball.rad()) for p, ball in known.items())


# Where differences mislead ------------------------------------------------------------------------------


def test_a_staircase_is_no_mistake() -> None:
    stairs = op(lambda x: np.floor(floats(x) * 1e3) / 1e3, lambda gy, x: gy)
    scene = scene_of(stairs, np.array([0.12345]))
    failing = Evidence(1, "finite_difference", "fail", "", position=0, error_rel=np.inf, got="1.0")
    row = staircases.judge(scene, Differenced(scene), failing, scene.at.unit(0))
    assert row is not None
    assert (row.verdict, "is a staircase" in row.reason) == ("inconclusive", True)
    smooth = scene_of(sine(), np.array([0.12345]))
    assert staircases.judge(smooth, Differenced(smooth), failing, smooth.at.unit(0)) is None


def halving(tolerance: float) -> Any:
    """A root by Newton's steps, until they are small."""

    def root(x: Any) -> Any:
        y = x * 0 + 1.0
        while True:
            step = (y - x / y) / 2
            y = y - step
            if abs(float(np.max(np.abs(step.data)))) < tolerance:
                return y

    return root


@pytest.mark.parametrize(
    ("tolerance", "error", "judged"),
    [(0.1, 1e-6, "inconclusive"), (0.1, 2 * stopping.LARGEST, "fail"), (1e-9, 0.01, "fail")],
)
def test_an_error_within_what_stopping_leaves_open_is_not_held_against_backward(
    tolerance: float, error: float, judged: str
) -> None:
    scene = scene_of(halving(tolerance), np.array([2.345]))
    size = abs(float(scene.got(1)[0]))
    row = Evidence(1, "jet", "fail", "", position=0, error_rel=error, error_abs=error * size)
    assert [r.verdict for r in stopping.excused(scene, [row])] == [judged]


def test_where_no_loop_stops_nothing_is_excused() -> None:
    row = Evidence(1, "jet", "fail", "", position=0, error_rel=1e-9, error_abs=1e-9)
    assert stopping.excused(scene_of(F.sin, np.array([0.5])), [row]) == [row]
