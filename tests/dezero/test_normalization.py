"""Batch normalization at orders 1 and 2, in both modes; dropout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, test_mode, using_config
from tests.dezero.differences import assert_gradients

SHAPES = [(5, 3), (2, 3, 2, 4)]

shapes = st.one_of(
    st.tuples(st.integers(2, 5), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(2, 3), st.integers(1, 3)),
)


def inputs(shape: tuple[int, ...], seed: int = 0) -> list[np.ndarray]:
    """x with another mean and size in each channel, gamma, beta."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    sizes = rng.uniform(0.5, 2, shape[1]).reshape(-1, *(1,) * (len(shape) - 2))
    return [x * sizes + 3 * sizes, *rng.standard_normal((2, shape[1]))]


def averages(channels: int) -> tuple[np.ndarray, np.ndarray]:
    return np.linspace(-1, 1, channels), np.linspace(0.5, 2, channels)


def axes(x: np.ndarray) -> tuple[int, ...]:
    return (0, *range(2, x.ndim))


@given(shapes)
def test_training_mode_normalizes_each_channel(shape: tuple[int, ...]) -> None:
    x, gamma, beta = inputs(shape)
    y = F.batch_norm(x, gamma, beta, *averages(shape[1]), eps=0.0).data
    np.testing.assert_allclose(y.mean(axis=axes(y)), beta, atol=1e-10)
    np.testing.assert_allclose(y.std(axis=axes(y)), np.abs(gamma), atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_test_mode_uses_the_running_averages(shape: tuple[int, ...]) -> None:
    x, gamma, beta = inputs(shape)
    mean, var = averages(3)
    with test_mode():
        y = F.batch_norm(x, gamma, beta, mean, var, eps=0.01).data
    by_channel = (-1, *(1,) * (len(shape) - 2))
    mean, var, gamma, beta = (a.reshape(by_channel) for a in (mean, var, gamma, beta))
    np.testing.assert_allclose(y, gamma * (x - mean) / np.sqrt(var + 0.01) + beta, rtol=1e-12)


@given(shapes, st.booleans())
def test_gradients_to_order_2(shape: tuple[int, ...], train: bool) -> None:
    """In the public DeZero the second derivative was wrong by 82%, and backward in test mode crashed."""
    averages_ = averages(shape[1])

    def f(x: Variable, gamma: Variable, beta: Variable) -> Variable:
        mean, var = (a.copy() for a in averages_)
        with using_config("train", train):
            return F.batch_norm(x, gamma, beta, mean, var, eps=0.1) ** 2

    assert_gradients(f, *inputs(shape))


def test_double_backward_by_itself() -> None:
    """With y linear in gy and no square outside: what of order 2 there is, is the scale's own."""
    x, gamma, beta = inputs((6, 2))
    assert_gradients(lambda x: F.batch_norm(x, gamma, beta, *averages(2)), x)


def test_backward_outside_of_test_mode_is_that_of_the_call() -> None:
    x, gamma, beta = map(Variable, inputs((5, 3)))
    mean, var = averages(3)
    with test_mode():
        y = F.batch_norm(x, gamma, beta, mean, var, eps=0.0)
    y.backward()
    expected = np.broadcast_to(gamma.data / np.sqrt(var), (5, 3))
    np.testing.assert_allclose(x.grad.data, expected, rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_running_averages_move_towards_the_batch(shape: tuple[int, ...]) -> None:
    """In training mode, in place, with the unbiased variance; in test mode they stay."""
    x, gamma, beta = inputs(shape)
    mean, var = averages(3)
    before = mean.copy(), var.copy()
    F.batch_norm(x, gamma, beta, mean, var, decay=0.75)
    np.testing.assert_allclose(mean, 0.75 * before[0] + 0.25 * x.mean(axis=axes(x)))
    np.testing.assert_allclose(var, 0.75 * before[1] + 0.25 * x.var(axis=axes(x), ddof=1))
    after = mean.copy(), var.copy()
    with test_mode():
        F.batch_norm(x, gamma, beta, mean, var, decay=0.75)
    np.testing.assert_array_equal((mean, var), after)


def test_running_averages_may_be_variables() -> None:
    x, gamma, beta = inputs((5, 3))
    mean, var = map(Variable, averages(3))
    F.batch_norm(x, gamma, beta, mean, var)
    assert not np.array_equal(mean.data, averages(3)[0])


def test_the_updates_of_the_averages_are_no_part_of_the_graph() -> None:
    x, gamma, beta = map(Variable, inputs((5, 3)))
    mean, var = averages(3)
    y = F.batch_norm(x, gamma, beta, mean, var)
    y.backward(create_graph=True)
    gx, x.grad = x.grad, None
    mean[:], var[:] = 100.0, 100.0
    (gx * gx).sum().backward()
    again = Variable(x.data)
    F.batch_norm(again, gamma, beta, *averages(3)).backward(create_graph=True)
    ggx, again.grad = again.grad, None
    (ggx * ggx).sum().backward()
    np.testing.assert_array_equal(x.grad.data, again.grad.data)


def test_one_example_gives_beta_and_no_gradient() -> None:
    x, gamma, beta = map(Variable, inputs((1, 3)))
    y = F.batch_norm(x, gamma, beta, *averages(3))
    (y * np.array([1.0, -2.0, 3.0])).sum().backward()
    np.testing.assert_allclose(y.data[0], beta.data)
    np.testing.assert_array_equal(x.grad.data, np.zeros((1, 3)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("shape", SHAPES)
def test_dtype_is_kept(shape: tuple[int, ...], dtype: Any) -> None:
    xs = [Variable(a.astype(dtype)) for a in inputs(shape)]
    mean, var = (a.astype(dtype) for a in averages(3))
    y = F.batch_norm(*xs, mean, var)
    y.backward()
    assert {y.dtype, *(x.grad.dtype for x in xs)} == {np.dtype(dtype)}
    assert (mean.dtype, var.dtype) == (dtype, dtype)


def test_float16_does_not_overflow_where_the_variance_does_not() -> None:
    x = np.where(np.arange(4000) % 2, 250.0, -250.0).astype(np.float16).reshape(-1, 1)
    one = np.ones(1, np.float16)
    y = F.batch_norm(x, one, 0 * one, one.copy(), one.copy())
    np.testing.assert_allclose(y.data, np.sign(x), rtol=2e-3)


def test_the_book_misspells_it() -> None:
    assert F.batch_nrom is F.batch_norm


@pytest.mark.parametrize(
    ("shape", "sizes", "message"),
    [
        ((4,), (4, 4, 4, 4), r"x must have shape \(N, C\) or \(N, C, H, W\)"),
        ((2, 3, 4), (3, 3, 3, 3), r"x must have shape \(N, C\) or \(N, C, H, W\)"),
        ((0, 3), (3, 3, 3, 3), "not be empty"),
        ((2, 3), (4, 3, 3, 3), r"gamma must have shape \(3,\), as x is \(2, 3\), got \(4,\)"),
        ((2, 3), (3, 1, 3, 3), r"beta must have shape \(3,\)"),
        ((2, 3, 5, 5), (3, 3, 5, 3), r"mean must have shape \(3,\)"),
        ((2, 3), (3, 3, 3, 2), r"var must have shape \(3,\)"),
    ],
)
def test_what_does_not_fit_is_refused(shape: Any, sizes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"batch_norm: .*{message}"):
        F.batch_norm(np.ones(shape), *(np.ones(size) for size in sizes))


def test_dropout_in_test_mode_is_the_identity() -> None:
    x = Variable(np.ones(10))
    with test_mode():
        assert F.dropout(x) is x


def test_dropout_of_nothing() -> None:
    x = np.arange(5.0)
    np.testing.assert_array_equal(F.dropout(x, 0.0).data, x)


@pytest.mark.parametrize("ratio", [1.0, -0.1, float("nan")])
def test_dropout_refuses_other_ratios(ratio: float) -> None:
    with pytest.raises(ValueError, match=r"dropout: dropout_ratio must be in \[0, 1\)"):
        F.dropout(np.ones(3), ratio)
