"""Packed balls hold what is exact, round as objects do, and refuse what they do not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable
from gradcheck.measuring.balls import (
    ball_gradients,
    in_balls,
    packed_gradients,
    rounding_as,
    unpacked,
    unpacked_rounding,
)
from gradcheck.oracles import jet
from gradcheck.oracles.expansion import lift
from gradcheck.oracles.numbers.algebras import Rounding
from gradcheck.oracles.numbers.double_double import OutOfRange
from gradcheck.oracles.numbers.packed import NotPacked, arbs, fields_of, packed
from gradcheck.oracles.numbers.working import working
from tests.gradcheck.scenes import scene_of

ALGEBRA = Rounding(53)
DTYPES = ["float64", "float32", "float16"]
OPS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "matmul": np.matmul,
    "products of products": lambda a, b: (a @ b) @ (b - a),
}


def numbers(seed: int, shape: tuple[int, ...], spread: int) -> np.ndarray:
    """Random numbers, some of them zero, over so many binary orders of magnitude to both sides."""
    rng = np.random.default_rng(seed)
    found = rng.standard_normal(shape) * 2.0 ** rng.integers(-spread, spread + 1, shape)
    return np.where(rng.random(shape) < 0.1, 0.0, found)


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
@given(seed=st.integers(0, 10_000), spread=st.sampled_from([0, 3, 30, 90]), n=st.integers(1, 12))
def test_balls_hold_what_is_exact(op: Callable[..., Any], seed: int, spread: int, n: int) -> None:
    a, b = (numbers(seed + k, (n, n), spread) for k in (0, 10_001))
    found = arbs(fields_of(op(packed(ALGEBRA, a), packed(ALGEBRA, b)), ALGEBRA))
    with working(4000):
        exact = op(lift(a), lift(b))
        assert all(ball.contains(e.v) for ball, e in zip(found.flat, exact.flat, strict=True))


@pytest.mark.parametrize("op", [np.add, np.multiply, np.matmul])
@given(seed=st.integers(0, 10_000))
def test_balls_are_narrow(op: Callable[..., Any], seed: int) -> None:
    a, b = (np.abs(numbers(seed + k, (6, 6), 3)) for k in (0, 10_001))
    found = arbs(fields_of(op(packed(ALGEBRA, a), packed(ALGEBRA, b)), ALGEBRA))
    assert all(ball.rel_accuracy_bits() >= 88 for ball in found.flat if ball != 0)


def product(x: Variable, w: Variable) -> Variable:
    return x @ w


def convolution(x: Variable, w: Variable) -> Variable:
    return F.conv2d(x, w, stride=1, pad=1)


CASES: dict[str, tuple[Callable[..., Any], list[tuple[int, ...]]]] = {
    "matmul": (product, [(3, 5), (5, 4)]),
    "conv2d": (convolution, [(2, 3, 5, 4), (2, 3, 3, 3)]),
    "conv2d with strides": (lambda x, w: F.conv2d(x, w, stride=2), [(1, 2, 5, 5), (3, 2, 2, 2)]),
    "product": (lambda x, w: x * w, [(4, 3), (4, 3)]),
    "polynomial": (lambda x, w: x * w - x * x + w, [(4, 3), (4, 3)]),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("f", "shapes"), CASES.values(), ids=CASES)
def test_what_rounding_may_do_is_what_it_is_of_objects(
    f: Callable[..., Any], shapes: list[tuple[int, ...]], dtype: str
) -> None:
    rng = np.random.default_rng(0)
    scene = scene_of(f, *(rng.standard_normal(shape).astype(dtype) for shape in shapes), order=2)
    found = packed_gradients(scene.subject, scene.at, 2)
    if f is CASES["polynomial"][0]:  # exact or not: that hangs on last bits
        assert found is None
        return
    assert found is not None
    narrowly, widely = unpacked(found), unpacked_rounding(found)
    with rounding_as(scene.at):
        low = ball_gradients(scene.subject, in_balls(scene.at), 2)
    with working(192):
        high = ball_gradients(scene.subject, in_balls(scene.at), 2)
    for k in range(2):
        radii, wanted = (np.array([float(b.rad()) for b in scene.at.balls(g[k])]) for g in (widely, low))
        assert np.allclose(radii, wanted, rtol=1e-6, atol=0)
        narrow, exact = (scene.at.balls(g[k]) for g in (narrowly, high))
        assert all(a.contains(b.mid()) for a, b in zip(narrow, exact, strict=True))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(("f", "shapes"), CASES.values(), ids=CASES)
def test_series_say_what_jets_say(f: Callable[..., Any], shapes: list[tuple[int, ...]], order: int) -> None:
    rng = np.random.default_rng(0)
    scene = scene_of(f, *map(rng.standard_normal, shapes), order=order)
    at, values = scene.at, scene.subject.values
    probes = [at.direction, [rng.standard_normal(x.shape) for x in at.inputs]]
    claims = [[arb(1)] * order] * 2
    wanted = at.truth(values, probes, order, claims=claims)
    asked = []

    def noted(xs: list[np.ndarray]) -> list[Any]:
        asked.append(xs[0].dtype.kind)
        return values(xs)

    found = at.truth(noted, probes, order, claims=claims, packed=True)
    assert asked == ["V"]
    assert (found.smooth, found.ties, found.guesses) == (order, 0, 0)
    for a, b in zip((*found.columns, *found.values), (*wanted.columns, *wanted.values), strict=True):
        assert all(p.overlaps(q) for p, q in zip(np.ravel(a), np.ravel(b), strict=True))
    assert all(ball.rad() < 1e-20 for column in found.columns for ball in column)


def test_a_cubic_keeps_all_its_orders() -> None:
    x, one = [np.array([[2.0]])], [np.array([[1.0]])]
    found = jet.truth(lambda xs: [xs[0] @ xs[0] * xs[0]], x, [True], one, one, [one], 4, packed=True)
    assert [float(ball.mid()) for ball in found.columns[0]] == [12.0, 12.0, 6.0, 0.0]


REFUSED: dict[str, Callable[[Any], Any]] = {
    "tanh": np.tanh,
    "sum": np.sum,
    "quotient": lambda x: 1 / x,
    "comparison": lambda x: np.greater(x, 0),
    "equality": lambda x: np.equal(x, 0),
    "truth": bool,
    "order": lambda x: x.argsort(),
    "search": np.nonzero,
    "elements": lambda x: x.tolist(),
    "choice": lambda x: np.where(True, x, 0.0),
    "nan_to_num": np.nan_to_num,
    "more digits": lambda x: x * np.longdouble(1),
    "large integer": lambda x: x + (2**60 + 1),
    "tiny number": lambda x: x * 1e-200,
    "infinity": lambda x: x * np.inf,
}


@pytest.mark.parametrize("ask", REFUSED.values(), ids=REFUSED)
def test_what_is_not_known_is_refused(ask: Callable[[Any], Any]) -> None:
    with pytest.raises((NotPacked, OutOfRange)):
        ask(packed(ALGEBRA, np.ones((2, 2))))


@pytest.mark.parametrize(
    "cast", [lambda x: x.astype(float), lambda x: np.asarray(x, float), lambda x: x == 0]
)
def test_nothing_reads_the_midpoints(cast: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        cast(packed(ALGEBRA, np.ones(2)))


def test_a_number_that_is_written_is_held_or_refused() -> None:
    x = packed(ALGEBRA, np.ones(3))
    x[1] = 0.0
    assert [float(ball.mid()) for ball in arbs(fields_of(x + x, ALGEBRA))] == [2, 0, 2]
    x[1] = 3.0
    assert arbs(fields_of(x[None] @ x[:, None], ALGEBRA)).item().contains(11)
    x[1] = -3.0
    with pytest.raises(OutOfRange):
        x[None] @ x[:, None]


def test_one_element_stays_packed() -> None:
    x = packed(ALGEBRA, np.array([1.0, 2.0]))
    assert arbs(fields_of(x[0] + x[1], ALGEBRA)).item().contains(3)
