"""What half an ULP of everything given must cause: of the mathematics, not of how backward computes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dezero import functions as F
from gradcheck.cases.calls import build_case
from gradcheck.judging.proof.sensitivity import MOST_MOVES, changes, input_effect
from gradcheck.measuring.measure import point_of
from gradcheck.measuring.point import Point
from tests.gradcheck.zoo.specimen import op, some


def at_point(f: Any, *inputs: np.ndarray, order: int = 1, dtype: Any = np.float64) -> tuple[Any, Point]:
    case = replace(build_case(f, inputs, order, 0), dtype=dtype)
    subject = case.subject()
    return subject, point_of(case, subject)[0]


def effect(f: Any, *inputs: np.ndarray, order: int = 1, dtype: Any = np.float64) -> np.ndarray:
    found = input_effect(changes(*at_point(f, *inputs, order=order, dtype=dtype), order))
    assert found is not None
    return np.array([float(change) for change in found])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_it_is_what_the_next_derivative_says(dtype: Any) -> None:
    x = np.array([0.3, 1.7, -2.5], dtype)
    _, at = at_point(F.sin, x, dtype=dtype)
    u = at.cotangents[0].astype(float)
    half_x, half_u = (np.spacing(np.abs(v)).astype(float) / 2 for v in (x, at.cotangents[0]))
    expected = abs(u * np.sin(x.astype(float))) * half_x + abs(np.cos(x.astype(float))) * half_u
    assert np.allclose(effect(F.sin, x, dtype=dtype), expected, rtol=1e-6)


def test_cancellation_inside_backward_has_no_part_in_it() -> None:
    plain = op(np.sin, lambda gy, x: gy * F.cos(x))
    cancelling = op(np.sin, lambda gy, x: (gy * F.cos(x) + 1e9 * x) - 1e9 * x)
    x = some(4)
    assert np.allclose(effect(plain, x), effect(cancelling, x), rtol=1e-9)


def test_the_direction_counts_from_order_two_on() -> None:
    x = np.array([1.0])
    square = op(lambda x: x * x, lambda gy, x: 2 * gy * x)
    _, at = at_point(square, x, order=2)
    u, d = float(at.cotangents[0][0]), float(at.direction[0][0])
    expected = 2 * (abs(d) * np.spacing(abs(u)) / 2 + abs(u) * np.spacing(abs(d)) / 2)
    assert effect(square, x, order=2) == pytest.approx([expected])


def test_of_many_elements_several_are_moved_together() -> None:
    count = 3 * MOST_MOVES
    one_by_one = effect(F.square, some(MOST_MOVES))
    together = effect(F.square, np.concatenate([some(MOST_MOVES)] * 3))
    assert together.shape == (count,)
    assert 0 < together.max() <= 4 * one_by_one.max()


def test_integers_stay_and_a_backward_of_floats_only_has_no_excuse() -> None:
    index = np.array([0, 2, 2])
    assert effect(lambda x, i: x[i.data] * 2, some(3), index).shape == (3,)
    f = op(np.sin, lambda gy, x: gy * np.cos(np.asarray(x.data, dtype=float)))
    assert input_effect(changes(*at_point(f, some(3)), 1)) is None
