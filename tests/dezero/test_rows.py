"""Functions of rows of floats beside the formulas of all numbers, which longdouble takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.functions import _rows
from dezero.functions.indexing import sum_at

FUNCTIONS: dict[str, Callable[[Any, Any], Variable]] = {
    "softmax": F.softmax,
    "log_softmax": F.log_softmax,
    "logsumexp": F.logsumexp,
    "logsumexp, axis kept": lambda x, axis: F.logsumexp(x, axis, keepdims=True),
}
LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "c": lambda x: x,
    "fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "reversed": lambda x: x[..., ::-1],
    "broadcast": lambda x: np.broadcast_to(x[..., :1], x.shape),
}


def both(f: Callable[[Any], Variable], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """f(x), and its gradient by x for an uneven cotangent."""
    v = Variable(x)
    y = f(v)
    y.grad = Variable(np.sin(np.arange(1.0, y.size + 1)).reshape(y.shape).astype(x.dtype))
    y.backward()
    assert v.grad is not None
    return y.data, v.grad.data


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", [(7,), (3, 4), (5, 600), (600, 5), (4, 1), (3, 40, 3), (2, 3, 4, 20)])
def test_axes_and_layouts(name: str, shape: tuple[int, ...], layout: str) -> None:
    x = LAYOUTS[layout](np.random.default_rng(0).normal(scale=3.0, size=shape))
    neighbours = [(i - 1, i) for i in range(1, len(shape))]
    for axis in (None, *range(-len(shape), len(shape)), *neighbours, *[(0, -1)] * (len(shape) > 1)):
        rows = both(lambda v, axis=axis: FUNCTIONS[name](v, axis), x)
        general = both(lambda v, axis=axis: FUNCTIONS[name](v, axis), x.astype("g"))
        for got, expected in zip(rows, general, strict=True):
            assert got.shape == expected.shape
            assert got.dtype == np.float64
            np.testing.assert_allclose(got, expected.astype("d"), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("axis", [0, 1])
def test_many_rows_are_taken_in_blocks(name: str, axis: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(scale=3.0, size=(57, 41))
    whole = both(lambda v: FUNCTIONS[name](v, axis), x)
    monkeypatch.setattr(_rows, "BLOCK", 4 * 41 * x.itemsize)
    for got, expected in zip(both(lambda v: FUNCTIONS[name](v, axis), x), whole, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", ["f", "d"])
@pytest.mark.parametrize("offset", [-1000.0, -60.0, 0.0, 60.0, 1000.0])
@pytest.mark.parametrize("spread", [1.0, 15.0, 300.0])
def test_sizes_of_many_numbers(offset: float, spread: float, dtype: str) -> None:
    x = (offset + np.random.default_rng(0).normal(scale=spread, size=(9, 300))).astype(dtype)
    y, gx = both(F.softmax, x)
    exact, gradient = both(F.softmax, x.astype("g"))
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).tiny
    bound = 4 + np.abs(offset) + 4 * spread  # that many ULP a difference from the largest may be off
    np.testing.assert_allclose(y, exact, rtol=bound * eps, atol=tiny)
    np.testing.assert_allclose(gx, gradient, rtol=0, atol=bound * eps * exact.max())


def test_exponentials_of_moderate_numbers_are_not_shifted() -> None:
    """A difference from the largest would round: of 40 by more than 10 ULP of its exponential."""
    x = np.random.default_rng(0).normal(scale=7.0, size=(50, 40)).astype("f")
    y, exact = F.softmax(x).data, F.softmax(x.astype("d")).data
    assert np.max(np.abs(y - exact) / exact) < 5 * np.finfo("f").eps


@pytest.mark.parametrize("columns", [10, 300])
def test_undefined_and_infinite_rows_leave_others_alone(columns: int) -> None:
    x = np.random.default_rng(0).normal(size=(40, columns))
    x[:, 0] += 50  # the peak of each row needs care
    sound = [both(f, x[4:]) for f in (F.softmax, F.log_softmax)]
    x[0], x[1, 1], x[2, 1], x[3] = -np.inf, np.nan, np.inf, 1.7e308
    mixed = [both(f, x) for f in (F.softmax, F.log_softmax)]
    for (y, _), (expected, _) in zip(mixed, sound, strict=True):
        np.testing.assert_array_equal(y[4:], expected)
    (p, _), (log_p, gx) = mixed
    np.testing.assert_allclose(p[[0, 3]], 1 / columns)
    np.testing.assert_array_equal(p[2], np.eye(columns)[1])
    assert np.isnan(p[1]).all()
    assert np.isnan(log_p[1]).all()
    assert np.isfinite(gx[4:]).all()


def test_a_sure_row_of_many_keeps_the_digits_of_its_loss_and_gradient() -> None:
    x = np.random.default_rng(0).normal(size=(400, 20)).astype("f")
    t = np.arange(400) % 20
    x[np.arange(400), t] += np.linspace(0, 60, 400, dtype="f")
    at_labels = np.arange(400), t
    for f in (lambda v: F.softmax_cross_entropy(v, t), lambda v: F.log_softmax(v)[at_labels]):
        (y, gx), (exact, gradient) = both(f, x), both(f, x.astype("g"))
        np.testing.assert_allclose(y, exact, rtol=2e-5)
        np.testing.assert_allclose(gx[at_labels], gradient[at_labels], rtol=2e-5)


@pytest.mark.parametrize("sure", [0, 1, 5, 40, 100])
@pytest.mark.parametrize("classes", [2, 3, 20, 100])
def test_few_and_many_sure_rows_keep_their_digits_along_every_axis(classes: int, sure: int) -> None:
    """Sure rows are addressed where they are few, and masked where they are many."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, classes, 25)).astype("f")
    rows = rng.permutation(100)[: max(sure, 1)]
    peaks = rows // 25, rng.integers(0, classes, len(rows)), rows % 25
    x[peaks] += np.linspace(1, 30, len(rows), dtype="f") if sure else 0
    for f in (F.softmax, F.log_softmax):
        (y, gx), (exact, gradient) = (
            both(lambda v, f=f: f(v, 1), x),
            both(lambda v, f=f: f(v, 1), x.astype("g")),
        )
        np.testing.assert_allclose(y, exact, rtol=2e-5, atol=1e-6)
        np.testing.assert_allclose(gx, gradient, rtol=2e-5, atol=2e-5)
        (y, gx), (exact, gradient) = (both(lambda v, f=f: f(v, 1)[peaks], z) for z in (x, x.astype("g")))
        np.testing.assert_allclose(y, exact, rtol=2e-5)
        np.testing.assert_allclose(gx[peaks], gradient[peaks], rtol=2e-5)


def test_ties_and_undefined_numbers_stay_in_their_row_along_another_axis() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 200))
    sound = [both(f, x[1:]) for f in (F.softmax, F.log_softmax)]
    x[0, :, 0], x[0, 1, 1], x[0, :3, 2], x[0, :, 3] = 7.0, np.nan, 50.0, -np.inf
    mixed = [both(f, x) for f in (F.softmax, F.log_softmax)]
    for got, expected in zip(mixed, sound, strict=True):
        np.testing.assert_array_equal(got[0][1:], expected[0])
    (p, _), (log_p, _) = mixed
    np.testing.assert_allclose(p[0, :, [0, 3]], 0.25)
    np.testing.assert_allclose(log_p[0, :3, 2], -np.log(3), rtol=1e-14)
    assert np.isnan(p[0, :, 1]).all()
    assert np.isnan(log_p[0, :, 1]).all()


@pytest.mark.parametrize("index", [(slice(None), 0), (..., 0), (slice(None), slice(None), 0), 0])
@pytest.mark.parametrize("dtype", ["e", "f", "i8", "O"])
def test_parts_of_any_axis_are_added_where_they_are_read(index: Any, dtype: str) -> None:
    rng = np.random.default_rng(0)
    numbers, shape = rng.integers(-6, 6, (4, 5)), (6, 7, 8)
    slices = (*index[:-1], numbers) if isinstance(index, tuple) else numbers
    x = np.round(rng.normal(scale=4.0, size=shape)).astype(dtype)
    v = Variable(x)
    y = F.get_item(v, slices)
    np.testing.assert_array_equal(y.data, x[slices])
    values = np.round(rng.normal(scale=4.0, size=y.shape)).astype(dtype)
    expected = np.zeros(shape, dtype)
    np.add.at(expected, slices, values)
    got = sum_at(slices, values, shape)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("distinct", [1, 3, 200, 5000])
@pytest.mark.parametrize("dtype", ["e", "f", "d", "g", "D", "i8", "O"])
def test_rows_are_added_where_they_are_read(distinct: int, dtype: str) -> None:
    rng = np.random.default_rng(0)
    numbers = rng.integers(-distinct, distinct, (20, 25))
    values = np.round(rng.normal(scale=4.0, size=(20, 25, 2, 3))).astype(dtype)
    expected = np.zeros((distinct, 2, 3), dtype)
    np.add.at(expected, numbers, values)
    got = sum_at(numbers, values, expected.shape)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


def test_numbers_of_few_bits_count_rows_beyond_their_range() -> None:
    numbers = np.resize(np.array([-1, 100, -100, 127], "i1"), 500)
    total = sum_at(numbers, np.ones((500, 9), "f"), (240, 9))
    assert total[[239, 100, 140, 127], 0].tolist() == [125] * 4
    assert total.sum() == 4500
