"""Constants among jets and balls have their functions, in arrays and in what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import functions as F
from gradcheck.oracles import jet
from gradcheck.oracles.numbers.ball import Ball
from gradcheck.oracles.numbers.lifting import Lifted, lifted
from gradcheck.oracles.numbers.working import working
from tests.gradcheck.zoo.specimen import op


def made_of(f: Callable[[Any], Any], x: list[float]) -> list[float]:
    with working(53):
        found = f(lifted(jet.lift(np.array(x))))
        return [float(v.v.mid()) if isinstance(v, Ball) else float(v) for v in np.ravel(found)]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.exp(np.maximum(x, 0.0)),
        lambda x: np.cos(np.clip(x, -0.5, 0.5)),
        lambda x: np.sqrt(np.where(x > 0, x, 1.0)),
        lambda x: np.log(np.concatenate([x * x, np.ones(2)])),
        lambda x: np.tanh(np.where(x > 9, x, 2.0)),
        lambda x: np.hypot(np.maximum(x, 1.0), 2.0),
        lambda x: np.exp(np.zeros_like(x)).sum(axis=0),
        lambda x: np.exp(np.stack([x, np.maximum(x, 0)])[1]),
    ],
)
def test_constants_have_functions(f: Callable[[Any], Any]) -> None:
    x = [0.75, -1.5, 2.0]
    assert made_of(f, x) == pytest.approx(np.ravel(f(np.array(x))).tolist(), rel=1e-14)


def test_what_cannot_be_lifted_still_fails() -> None:
    with working(53), pytest.raises(TypeError):
        np.frexp(lifted(jet.lift(np.ones(2))))


def test_only_object_arrays_are_lifted() -> None:
    x = np.ones(2)
    assert lifted(x) is x
    assert lifted(3) == 3
    assert isinstance(lifted(x.astype(object)) + 1, Lifted)


def test_in_place_operations_write_where_they_should() -> None:
    with working(53):
        x = lifted(jet.lift(np.ones(2)))
        y = x
        y += 1
        assert y is x
        assert float(x[0].v) == 2


@pytest.mark.parametrize("x", [[1.0, -1.0], [-1.0, -2.0]])
def test_a_function_that_leaves_constants_is_certified(x: list[float]) -> None:
    f = op(
        lambda v: np.exp(np.where(v > 0, v, 0.0)),
        lambda gy, v: gy * F.exp(v) * (v.data > 0),
    )
    result = gradcheck.check(f, np.array(x), order=2)
    assert result.verdict == "pass"
    assert all(row.certified for row in result.evidence if row.oracle == "jet")
    assert result.evidence[0].oracle == "jet"


@pytest.mark.parametrize("mask", [[True, False, True], [[True], [False]], [False], True])
def test_masks_multiply_as_numbers_do(mask: Any) -> None:
    mask = np.array(mask)
    with working(53):
        x = jet.lift(np.array([1.5, -2.0, 0.0]))
        x[2] = Ball.of("nan")
        found, wanted = x * mask, np.asarray(x) * mask
        assert isinstance(found, Lifted)
        assert found.shape == wanted.shape
        for mine, other in zip(found.flat, wanted.flat, strict=True):
            assert mine.v == other.v or (mine.v.is_nan() and other.v.is_nan())
        assert x[0].v == 1.5


@pytest.mark.parametrize("shapes", [((2, 3), (3, 2)), ((3,), (3,)), ((), (2, 3)), ((2, 3), (3,))])
def test_dot(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    a, b = (np.arange(1.0, 1 + np.prod(shape)).reshape(shape) for shape in shapes)
    with working(53):
        found = np.dot(jet.lift(a), jet.lift(b))
        assert np.shape(found) == np.shape(a @ b if shapes[0] else a * b)
        assert [float(v.v.mid()) for v in np.ravel(found)] == np.dot(a, b).ravel().tolist()


def test_adding_nothing_copies() -> None:
    with working(53):
        x = jet.lift(np.array([1.0, 2.0]))
        for y in (x - 0, x + 0):
            y[0] = Ball.of(5)
            assert isinstance(y, Lifted)
            assert [v.v for v in y] == [5, 2]
            assert x[0].v == 1
        assert [v.v for v in 0 - x] == [-1, -2]
