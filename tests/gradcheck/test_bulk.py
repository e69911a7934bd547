"""Products of matrices of balls and jets are what the elements' own operators give, in any shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import arb, arb_series
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.oracles.jet import lift
from gradcheck.oracles.numbers import bulk, matrices
from gradcheck.oracles.numbers.ball import Ball
from gradcheck.oracles.numbers.conversion import filled
from gradcheck.oracles.numbers.series import Jet
from gradcheck.oracles.numbers.working import working

SHAPES = [
    ((3, 4), (4, 2)),
    ((4,), (4, 2)),
    ((3, 4), (4,)),
    ((4,), (4,)),
    ((5, 3, 4), (4, 2)),
    ((5, 1, 3, 4), (2, 4, 1)),
    ((1, 1), (1, 1)),
]


def numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape) * 2.0 ** rng.integers(-40, 40, shape)


def jets(rng: np.random.Generator, shape: tuple[int, ...], length: int) -> np.ndarray:
    """Series of up to `length` terms, some with a change by s, and some plain constants."""

    def series() -> arb_series:
        return arb_series(numbers(rng, (int(rng.integers(1, length + 1)),)).tolist())

    def one() -> Any:
        kind = rng.integers(4)
        return 2.0 if kind == 0 else Jet(series(), series() if kind == 1 else None)

    return filled(shape, [Jet(series(), series()), *(one() for _ in range(int(np.prod(shape)) - 1))])


def by_elements(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(np.matmul(np.asarray(a), np.asarray(b)))


@pytest.mark.parametrize("shapes", SHAPES)
@given(seed=st.integers(0, 1000))
def test_balls(shapes: tuple[tuple[int, ...], tuple[int, ...]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    with working(128):
        a, b = (lift(numbers(rng, shape)) for shape in shapes)
        found, wanted = np.asarray(bulk.matmul(a, b), dtype=object), by_elements(a, b)
        assert found is not None
        assert found.shape == wanted.shape
        for x, y in zip(found.flat, wanted.flat, strict=True):
            assert x.v.overlaps(y.v)
            assert x.v.rad() <= y.v.rad() * 2 + abs(y.v) * arb(2) ** -100


@pytest.mark.parametrize("shapes", SHAPES)
@given(seed=st.integers(0, 1000), length=st.integers(1, 3))
def test_jets(shapes: tuple[tuple[int, ...], tuple[int, ...]], seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    with working(128, length):
        a, b = (jets(rng, shape, length) for shape in shapes)
        found, wanted = np.asarray(bulk.matmul(a, b), dtype=object), by_elements(a, b)
        assert found is not None
        assert found.shape == wanted.shape
        for x, y in zip(found.flat, wanted.flat, strict=True):
            for mine, other in ((x.v, y.v), (x.w, y.w)):
                mine, other = (arb_series([0]) if s is None else s for s in (mine, other))
                assert all(mine[k].overlaps(other[k]) for k in range(length))
                assert all(mine[k].is_zero() for k in range(length) if other[k].is_zero())


def test_no_change_where_none_comes_in() -> None:
    with working(128, 2):
        a = filled((1, 2), [Jet(arb_series([1, 2])), Jet(arb_series([3]))])
        found = bulk.matmul(a, a.T)
        assert found is not None
        assert found[0, 0].w is None
        assert found[0, 0].v[1] == 4


@pytest.mark.parametrize("bits", [11, 24, 53])
@given(seed=st.integers(0, 1000))
def test_rounding_is_that_of_a_sum_term_by_term(bits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with working(bits, rounds=True):
        third = Ball(arb(1) / 3)
        a, b = (lift(rng.standard_normal(shape)) * third for shape in ((2, 30), (30, 2)))
        found, wanted = bulk.matmul(np.asarray(a), np.asarray(b)), by_elements(a, b)
        assert found is not None
        for x, y in zip(found.flat, wanted.flat, strict=True):
            assert y.v.rad() / 2 <= x.v.rad() <= y.v.rad() * 2


def test_rounding_of_values_beyond_floats_is_left_to_the_elements() -> None:
    with working(53, rounds=True):
        a = filled((1, 1), [Ball(arb(2) ** 2000)])
        assert bulk.matmul(a, a) is None


def test_undefined_elements_stay_in_their_row() -> None:
    with working(128):
        a = lift(np.ones((2, 2)))
        a[0, 1] = Ball(arb("nan"))
        found = bulk.matmul(a, lift(np.ones((2, 1))))
        assert found is not None
        assert found[0, 0].v.is_nan()
        assert found[1, 0].v == 2


def test_exact_zeros_stay_exact() -> None:
    with working(64):
        found = bulk.matmul(lift(np.array([[0.0, 1.0]])), lift(np.array([[0.1], [0.0]])))
        assert found is not None
        assert found[0, 0].v.is_zero()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.ones((2, 2), object), np.ones((2, 2), object)),
        (lift(np.ones((0, 2))), lift(np.ones((2, 2)))),
        (lift(np.ones((2, 3))), lift(np.ones((2, 3)))),
        (lift(np.ones(())), lift(np.ones((2, 3)))),
        (lift(np.ones((1, 1))), filled((1, 1), [Jet.of(1)])),
        (lift(np.ones((1, 1))), filled((1, 1), ["1"])),
    ],
)
def test_what_is_no_product_of_numbers_is_left_to_numpy(a: np.ndarray, b: np.ndarray) -> None:
    assert bulk.matmul(a, b) is None


def test_lifted_arrays_multiply_so() -> None:
    with working(128):
        a = lift(np.arange(6.0).reshape(2, 3))
        assert [v.v for v in (a @ a.T).flat] == [5, 14, 14, 50]
        assert (a[0] @ a[1]).v == 14


# Sums ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_sums(axis: Any, keepdims: bool) -> None:
    rng = np.random.default_rng(0)
    with working(128, 2):
        series = [Jet(arb_series(rng.standard_normal(2).tolist())) for _ in range(24)]
        series[5].w = arb_series([1.0, 2.0])
        for x in (lift(rng.standard_normal((2, 3, 4))), filled((2, 3, 4), series)):
            found = bulk.total(np.asarray(x), axis, keepdims=keepdims)
            wanted = np.asarray(x).sum(axis=axis, keepdims=keepdims)
            assert np.shape(found) == np.shape(wanted)
            for mine, other in zip(np.ravel(found), np.ravel(wanted), strict=True):
                difference = mine - other
                assert difference.constant().contains(0)
                assert not isinstance(difference, Jet) or difference.v[1].contains(0)
                assert getattr(other, "w", None) is None or mine.w[0].overlaps(other.w[0])


def test_sums_of_anything_else_are_numpys() -> None:
    with working(64):
        x = lift(np.ones(3))
        x[1] = 2.0
        assert bulk.total(np.asarray(x), None) is None
        assert x.sum().v == 4
        assert np.add.reduce(lift(np.ones(3)), initial=5).v == 8
        assert lift(np.ones(3)).sum(where=np.array([True, False, True]), initial=0).v == 2


def test_rounding_of_a_sum_is_term_by_term() -> None:
    with working(24, rounds=True):
        x = lift(np.random.default_rng(0).standard_normal(100))
        one_by_one = x[0]
        for v in x[1:]:
            one_by_one = one_by_one + v
        assert x.sum().v.rad() == one_by_one.v.rad()


@given(seed=st.integers(0, 1000))
def test_dot(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = numbers(rng, (7,)).tolist(), numbers(rng, (7,)).tolist()
    with working(256):
        wanted = sum((arb(x) * y for x, y in zip(a, b, strict=True)), arb(0))
        assert matrices.dot(list(map(arb, a)), b).overlaps(wanted)
        assert matrices.dot([], []).is_zero()


def radii(x: Any) -> list[float]:
    return [float(ball.v.rad()) for ball in np.ravel(x).tolist()]


TERMS = np.array([1.617, -1.004, -0.7837])  # their sums in another order are larger on the way


def test_sums_in_any_order_round_more_than_term_by_term() -> None:
    half_ulp = 2.0**-11
    matrix, vector = TERMS[None], np.ones(3)
    for add in (lambda: lift(TERMS).sum(), lambda: lift(matrix) @ lift(vector), lambda: scattered(TERMS)):
        with working(11, rounds=True):
            in_order = max(radii(add()))
        with working(11, rounds=True, unordered=True):
            in_any_order = max(radii(add()))
        assert in_any_order - in_order == pytest.approx(2 * half_ulp * np.abs(TERMS).sum(), rel=0.02)
        with working(11, unordered=False):
            assert max(radii(add())) <= in_order


def scattered(terms: np.ndarray) -> Any:
    found = lift(np.zeros(2))
    np.add.at(found, np.zeros(len(terms), int), lift(terms))
    return found


def test_what_receives_one_term_is_not_rounded() -> None:
    with working(53, rounds=True, unordered=True):
        found = lift(np.zeros(3))
        np.add.at(found, np.array([2, 0]), lift(TERMS[:2]))
    assert radii(found) == [0.0, 0.0, 0.0]
