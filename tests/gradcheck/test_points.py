"""Points and what is asked at them: elements have positions, and the given point is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from gradcheck.judging import near, numerals
from gradcheck.judging.observing import FULL_COLUMNS
from gradcheck.measuring import balls
from gradcheck.measuring.dtype_range import leaves_range
from gradcheck.measuring.point import Point
from tests.gradcheck.scenes import scene_of
from tests.gradcheck.zoo.specimen import op, some

SHAPES = st.lists(st.tuples(st.lists(st.integers(0, 3), max_size=3).map(tuple), st.booleans()), max_size=4)


def point(shapes: list[tuple[tuple[int, ...], bool]]) -> Point:
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal(shape) for shape, _ in shapes]
    return Point(
        inputs, [on for _, on in shapes], [None, np.ones(2)], [np.ones(s) for s, _ in shapes], 1, float
    )


@given(SHAPES)
def test_elements_are_numbered_through_the_differentiated_inputs(shapes: Any) -> None:
    at = point(shapes)
    every = np.arange(at.size, dtype=float)
    shaped = at.shaped(every)
    assert [x.shape for x in shaped] == [x.shape for x in at.inputs]
    assert np.array_equal(at.floats(shaped), every)
    for p in range(at.size):
        i, j = at.location(p)
        assert shaped[i].flat[j] == p
        assert at.value(p) == at.inputs[i].flat[j]
        assert at.span(i).start <= p < at.span(i).stop
        assert np.array_equal(at.floats(at.unit(p)), every == p)
    with pytest.raises(IndexError):
        at.location(at.size)


@given(SHAPES)
def test_a_changed_point_leaves_the_given_one_alone(shapes: Any) -> None:
    at = point(shapes)
    before = at.floats(at.inputs).tolist()
    inputs, cotangents, direction = at.copies()
    other = replace(at, inputs=inputs, cotangents=cotangents, direction=direction).changed(lambda x: x + 1)
    for x in other.inputs:
        x *= 0
    assert at.floats(at.inputs).tolist() == before
    assert other.cotangents[0] is None
    assert [d.shape for d in other.direction] == [x.shape for x in at.inputs]
    assert not any(x.any() for x, on in zip(at.moving(other.direction), at.active, strict=True) if not on)


def test_a_gradient_that_is_none_counts_as_zeros() -> None:
    at = point([((2,), True), ((1,), False), ((), True)])
    assert at.floats([None, np.ones(1), np.array(3.0)]).tolist() == [0, 0, 3]
    assert at.balls([None, None, np.array(arb(3), dtype=object)]) == [0, 0, 3]


def test_of_many_elements_a_few_probes_are_asked() -> None:
    few, many = (scene_of(F.sin, some(n)) for n in (FULL_COLUMNS, FULL_COLUMNS + 1))
    assert len(few.columns) == FULL_COLUMNS
    assert len(many.columns) < FULL_COLUMNS


def test_balls_at_the_dtypes_precision_hold_the_floats() -> None:
    scene = scene_of(lambda x: F.exp(F.sin(x) * 3), some(5))
    floats = scene.got(1)
    assert all(ball.contains(arb(float(g))) for ball, g in zip(scene.low(1), floats, strict=True))
    [y] = balls.rounded_values(scene.subject, scene.at)
    assert all(b.contains(arb(float(v))) for b, v in zip(y.flat, scene.outputs[0].flat, strict=True))
    assert all(h.rad() < 1e-40 < b.rad() for h, b in zip(scene.high(1), scene.low(1), strict=True))


@pytest.mark.parametrize(("x", "leaves"), [(200.0, True), (2.0, False)])
def test_an_intermediate_result_leaves_the_range(x: float, leaves: bool) -> None:
    scene = scene_of(lambda v: F.log(F.exp(v * v)), np.array([x]))
    assert leaves_range(scene.subject, scene.at, 1) is leaves
    assert scene.beyond is leaves


@pytest.mark.parametrize(
    ("x", "chosen"),
    [
        ([0.0, -1.5], True),
        ([np.pi / 2], True),
        ([0.3, 0.3], True),
        ([0.1234567, 0.7654321], False),
        ([0.1234567], False),
    ],
)
def test_points_chosen_by_hand(x: list[float], chosen: bool) -> None:
    assert near.chosen_by_hand(scene_of(F.sin, np.array(x))) is chosen


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=6))
def test_a_point_nearby_has_each_element_a_little_farther_from_zero(x: list[float]) -> None:
    scene = scene_of(lambda v: v * 1.0, np.array(x))
    [moved] = near.moved(scene)
    there = moved[scene.at.inputs[0] != 0]
    given_ones = scene.at.inputs[0][scene.at.inputs[0] != 0]
    assert (moved[scene.at.inputs[0] == 0] > 0).all()
    assert (np.abs(there) > np.abs(given_ones)).all()
    assert (np.abs(there) <= (1 + near.MOST) * np.abs(given_ones) * (1 + 1e-9)).all()


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_numbers_are_as_long_as_tells_them_apart(first: float, second: float) -> None:
    expected, got = numerals.texts(arb(first), arb(second))
    assert (expected == got) == (first == second)
    assert float(expected) == pytest.approx(first, rel=1e-5, abs=1e-300)


def test_an_element_is_shown_for_cotangents_of_1_unless_they_hide_the_error() -> None:
    wrong = scene_of(op(np.sin, lambda gy, x: gy * F.cos(x) * 2.0), np.array([0.0, 1.0]))
    assert str(numerals.of_element(wrong, 1, 0)) == "expected 1, got 2"
    constant = scene_of(op(lambda x: x * 1.0, lambda gy, x: gy * 0 + 1.0), np.array([0.3]))
    shown = numerals.of_element(constant, 1, 0)
    assert shown.of == " (for gy = [1.8505859375])"
    assert float(shown.expected) == pytest.approx(1.8505859375, rel=1e-5)
    assert shown.expected != shown.got
