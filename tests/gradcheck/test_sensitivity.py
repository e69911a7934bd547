"""What half an ULP of everything given must cause: of the mathematics, not of how backward computes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from flint import arb

from dezero import functions as F
from gradcheck.cases.calls import build_case
from gradcheck.judging.proof.sensitivity import MOST_MOVES, changes, input_effect
from gradcheck.measuring.balls import ball_gradients, in_balls
from gradcheck.measuring.measure import point_of
from gradcheck.measuring.point import Point
from gradcheck.oracles.numbers.ball import Ball
from gradcheck.oracles.numbers.working import working
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


def one_by_one(subject: Any, at: Point, order: int) -> list[list[str]]:
    """The changes of each element given, asked for by a call of its own."""

    def gradient(given: Point) -> list[arb]:
        return given.balls(ball_gradients(subject, given, order)[order - 1])

    found = []
    with working(192):
        here = gradient(in_balls(at))
        rng = np.random.default_rng(at.size)
        for name in ("inputs", "cotangents", "direction")[: 2 if order == 1 else 3]:
            for n, x in enumerate(getattr(at, name)):
                signs = rng.choice([-1.0, 1.0], x.size)
                for p, sign in enumerate(signs):
                    given = in_balls(at)
                    step = arb(float(np.spacing(np.abs(x.astype(at.dtype).flat[p])))) / 2 * sign
                    getattr(given, name)[n].reshape(-1)[p] = Ball(arb(float(x.flat[p])) + step)
                    found.append([str(a.mid() - b.mid()) for a, b in zip(gradient(given), here, strict=True)])
    return found


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(
    ("f", "shapes"),
    [
        (lambda x: 1 / (1 + F.exp(-x)), [(5,)]),  # elementwise, from here
        (lambda x, y: x * y / (y * y + 3), [(2, 3), (2, 3)]),
        (lambda x: F.sum(x * x * x), [(4,)]),
        (F.relu, [(6,)]),
        (F.softmax, [(2, 3)]),  # and no more
        (lambda x: F.exp(x) * F.sum(x), [(3,)]),
        (lambda x: x[::-1] * x, [(5,)]),  # the middle place depends on itself alone
        (lambda x, y: x * y, [(2, 3), (3,)]),
        (F.matmul, [(2, 2), (2, 2)]),
        (lambda x: F.sum(x, axis=0), [(1, 4)]),
    ],
)
def test_elements_that_are_moved_at_once_change_what_each_changes(f: Any, shapes: Any, order: int) -> None:
    inputs = [some(*shape) + n for n, shape in enumerate(shapes)]
    subject, at = at_point(f, *inputs, order=order)
    found = changes(subject, at, order)
    assert found is not None
    with working(192):
        assert [[str(c) for c in row] for row in found] == one_by_one(subject, at, order)


@pytest.mark.parametrize("dependent", [0, 7, 21, 49])
def test_one_element_that_depends_on_another_place_is_seen(dependent: int) -> None:
    """Among many that do not, and by 1e-30: the gradient by x[20] has a term of another's cotangent."""

    def f(x: Any) -> Any:
        mask = np.arange(50) == dependent
        return x + 1e-30 * mask * x[20]

    subject, at = at_point(f, some(50))
    found = changes(subject, at, 1)
    assert found is not None
    with working(192):
        assert [[str(c) for c in row] for row in found] == one_by_one(subject, at, 1)
    assert found[50 + dependent][20] != 0


def test_an_elementwise_op_is_called_a_few_times_whatever_its_size() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        return F.tanh(x)

    assert changes(*at_point(f, some(100), order=2), 2) is not None
    assert len(calls) < 30


def test_integers_stay_and_a_backward_of_floats_only_has_no_excuse() -> None:
    index = np.array([0, 2, 2])
    assert effect(lambda x, i: x[i.data] * 2, some(3), index).shape == (3,)
    f = op(np.sin, lambda gy, x: gy * np.cos(np.asarray(x.data, dtype=float)))
    assert input_effect(changes(*at_point(f, some(3)), 1)) is None
