"""Values and gradients where a number is infinite, NaN, zero or the smallest, and of empty arrays.

Three rules: a masked element's gradient is 0, whatever arrives; where an input is NaN, so is its
gradient, unless it was not chosen; each gradient has the shape of its operand.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, no_grad
from dezero.functions import _masks
from dezero.functions.recurrent import LSTMStep

INF, NAN = np.inf, np.nan
SMALL, LARGE = 4, 2 * _masks.MANY  # elements: `where`, or masks of bits
each_size = pytest.mark.parametrize("size", [SMALL, LARGE])
each_dtype = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])


def pulled(f: Any, arrays: list[Any], gy: Any, create_graph: bool = False) -> list[Any]:
    """The gradients of f's operands where `gy` arrives at its output."""
    xs = [Variable(np.array(x)) for x in arrays]
    y = f(*xs)
    y.grad = Variable(np.broadcast_to(np.asarray(gy, y.dtype), y.shape).copy())
    y.backward(create_graph=create_graph)
    return [None if x.grad is None else x.grad.data for x in xs]


def pulled_twice(f: Any, arrays: list[Any], gy: Any, ggx: Any) -> Any:
    """What arrives at gy where `ggx` arrives at the first gradient."""
    xs = [Variable(np.array(x)) for x in arrays]
    y = f(*xs)
    u = y.grad = Variable(np.broadcast_to(np.asarray(gy, y.dtype), y.shape).copy())
    y.backward(create_graph=True)
    gx = xs[0].grad
    gx.grad = Variable(np.broadcast_to(np.asarray(ggx, y.dtype), gx.shape).copy())
    u.cleargrad()
    gx.backward()
    return u.grad.data


# For each function: its operands, the mask of the first one's elements that pass.
CHOOSING = {
    "relu": (F.relu, [[-1.0, 0.0, 2.0, -INF]], [0, 0, 1, 0]),
    "clip": (lambda x: F.clip(x, -1.0, 1.0), [[-2.0, 0.0, INF, -INF]], [0, 1, 0, 0]),
    "clip from": (lambda x: F.clip(x, -1.0, None), [[-2.0, 0.0, INF, -INF]], [0, 1, 1, 0]),
    "abs": (F.abs, [[0.0, -0.0, 2.0, INF]], [0, 0, 1, 1]),
    "maximum": (F.maximum, [[1.0, 3.0, INF, -INF], [2.0, 2.0, 0.0, INF]], [0, 1, 1, 0]),
    "minimum": (F.minimum, [[1.0, 3.0, INF, -INF], [2.0, 2.0, 0.0, INF]], [1, 0, 0, 1]),
    "where": (
        lambda a, b: F.where(np.resize([True, False, False, True], a.shape), a, b),
        [[1.0, NAN, INF, 0.0], [NAN, 0.0, 1.0, NAN]],
        [1, 0, 0, 1],
    ),
    "leaky_relu of slope 0": (lambda x: F.leaky_relu(x, 0.0), [[-1.0, 0.0, 2.0, -3.0]], [0, 0, 1, 0]),
    "max": (lambda x: F.max(x.reshape(-1, 4), 1), [[1.0, 3.0, -INF, 2.0]], [0, 1, 0, 0]),
    "min": (lambda x: F.min(x.reshape(-1, 4), 1), [[1.0, 3.0, INF, 2.0]], [1, 0, 0, 0]),
    "pooling": (lambda x: F.pooling(x.reshape(1, -1, 2, 2), 2), [[1.0, 3.0, -INF, 2.0]], [0, 1, 0, 0]),
}
each_choosing = pytest.mark.parametrize("name", CHOOSING)


@each_choosing
@each_size
@each_dtype
@pytest.mark.parametrize("gy", [INF, -INF, NAN, 1.0])
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_masked_element_gets_0(name: str, size: int, dtype: Any, gy: float, create_graph: bool) -> None:
    f, arrays, mask = CHOOSING[name]
    if name == "abs" and np.isnan(gy):
        return  # 0 is no mask there, but the sign: 0 times NaN
    arrays = [np.resize(x, size).astype(dtype) for x in arrays]
    (gx, *_) = pulled(f, arrays, gy, create_graph)
    expected = np.where(np.resize(mask, size), gy, 0)
    np.testing.assert_array_equal(gx, expected)
    assert gx.dtype == dtype


@pytest.mark.parametrize("name", [name for name in CHOOSING if name not in ("pooling", "abs")])
@each_size
def test_a_masked_element_gets_0_at_the_next_order(name: str, size: int) -> None:
    f, arrays, mask = CHOOSING[name]
    arrays = [np.resize(x, size) for x in arrays]
    ggy = pulled_twice(f, arrays, 1.0, INF)
    if name in ("max", "min"):  # of each window one passes
        np.testing.assert_array_equal(ggy, np.full(size // 4, INF))
    else:
        np.testing.assert_array_equal(ggy, np.where(np.resize(mask, size), INF, 0))


@pytest.mark.parametrize("scalar", ["relu", "clip", "abs", "maximum", "minimum"])
def test_a_masked_scalar_gets_0(scalar: str) -> None:
    f, arrays, mask = CHOOSING[scalar]
    for index, passes in enumerate(mask):
        (gx, *_) = pulled(f, [np.float64(x[index]) for x in arrays], INF)
        assert gx == (INF if passes else 0)
        assert gx.shape == ()


def test_ties_share_an_infinite_gradient_with_nobody_else() -> None:
    for f in (F.maximum, F.minimum):
        gx0, gx1 = pulled(f, [[1.0, 1.0, 2.0], [1.0, 2.0, 1.0]], [8.0, INF, INF])
        assert gx0[0] == gx1[0] == 4
        assert sorted([gx0[1], gx1[1]]) == sorted([gx0[2], gx1[2]]) == [0, INF]


SPOILED = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "abs": F.abs,
    "clip": lambda x: F.clip(x, -1.0, 1.0),
    "clip to": lambda x: F.clip(x, None, 1.0),
    "maximum": lambda x: F.maximum(x, 0.0),
    "maximum of the other": lambda x: F.maximum(0.0, x),
    "minimum": lambda x: F.minimum(x, 0.0),
}


@pytest.mark.parametrize("name", SPOILED)
@each_size
@each_dtype
@pytest.mark.parametrize("create_graph", [False, True])
def test_where_the_input_is_nan_so_is_its_gradient(
    name: str, size: int, dtype: Any, create_graph: bool
) -> None:
    x = np.resize(np.array([NAN, 0.5, -0.5], dtype), size)
    (gx,) = pulled(SPOILED[name], [x], 1.0, create_graph)
    np.testing.assert_array_equal(np.isnan(gx), np.isnan(x))
    assert np.isnan(pulled(SPOILED[name], [dtype(NAN)], 1.0)[0])
    ggy = pulled_twice(SPOILED[name], [x], 1.0, 1.0)
    np.testing.assert_array_equal(np.isnan(ggy), np.isnan(x))


@pytest.mark.parametrize("f", [F.max, F.min])
def test_a_nan_spoils_its_reduction_alone(f: Any) -> None:
    x = np.array([[1.0, NAN], [3.0, 2.0]])
    (gx,) = pulled(lambda v: f(v, axis=1), [x], 1.0)
    assert np.isnan(gx[0]).all()
    assert gx[1].sum() == 1


@each_dtype
def test_a_nan_in_a_window_gets_its_gradient(dtype: Any) -> None:
    x = np.arange(16, dtype=dtype).reshape(1, 1, 4, 4)
    x[0, 0, 0, 0] = x[0, 0, 3, 2] = NAN
    (gx,) = pulled(lambda v: F.pooling(v, 2, 2), [x], 1.0)
    np.testing.assert_array_equal(np.isnan(gx), np.isnan(x))
    assert np.nansum(gx) == 2


def test_where_chooses_between_nan_and_numbers() -> None:
    """The branch that was not chosen takes no part: not its value, nor its gradient."""
    x = Variable(np.array([4.0, 0.0, -1.0]))
    with np.errstate(invalid="ignore", divide="ignore"):
        F.where(x.data > 0, F.log(x), x).backward()
    assert x.grad.data[0] == 0.25


def test_what_dropout_drops_is_0(monkeypatch: Any) -> None:
    module = sys.modules["dezero.functions.dropout"]  # of which the function hides the name
    monkeypatch.setattr(module, "random_sample", lambda *_: np.array([0.1, 0.9, 0.2]))
    x = Variable(np.array([INF, 1.0, NAN]))
    y = F.dropout(x, 0.5)
    np.testing.assert_array_equal(y.data, [0, 2, 0])
    y.grad = Variable(np.array([INF, 1.0, NAN]))
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [0, 2, 0])


class TestPower:
    @pytest.mark.parametrize(("x", "c", "by_x", "by_c"), [
        (5e-324, 0.0, 0, np.log(5e-324)), (0.0, 0.0, 0, 0), (0.0, 1.0, 1, 0), (0.0, 2.0, 0, 0),
        (INF, -1.0, 0, 0), (INF, 0.0, 0, INF), (INF, 0.5, 0, INF), (INF, 1.0, 1, INF),
        (0.5, INF, 0, 0), (2.0, -INF, 0, 0), (0.0, INF, 0, 0), (5e-324, 1.0, 1, 5e-324 * np.log(5e-324)),
        (NAN, 0.0, 0, NAN), (NAN, 2.0, NAN, NAN), (2.0, NAN, NAN, NAN), (1e-200, 2.0, 2e-200, 0),
    ])  # fmt: skip
    def test_at_the_edges(self, x: float, c: float, by_x: float, by_c: float) -> None:
        """Without an alarm, as no answer here is made of overflow."""
        np.testing.assert_allclose(pulled(F.power, [x, c], 1.0), [by_x, by_c], rtol=1e-15)

    def test_a_pole(self) -> None:
        with np.errstate(divide="ignore"):
            np.testing.assert_array_equal(pulled(F.power, [0.0, -1.0], 1.0), [-INF, -INF])

    def test_second_derivatives_by_the_base(self) -> None:
        for x, c, expected in [(5e-324, 0.0, 0), (5e-324, 1.0, 0), (0.0, 2.0, 2), (2.0, 3.0, 12)]:
            v = Variable(np.array(x))
            F.power(v, c).backward(create_graph=True)
            gx, v.grad = v.grad, None
            gx.backward()
            assert v.grad.data == expected

    @pytest.mark.parametrize("gy", [INF, NAN])
    def test_a_constant_gets_nothing(self, gy: float) -> None:
        x = [0.0, 2.0, 5e-324, INF, NAN]
        for f in (lambda v: F.power(v, 0.0), lambda v: v**0):
            np.testing.assert_array_equal(pulled(f, [x], gy), [[0.0] * 5])

    def test_the_first_power_has_the_slope_1_at_zero_too(self) -> None:
        np.testing.assert_array_equal(pulled(lambda v: v**1, [[0.0, 2.0]], 1.0), [[1.0, 1.0]])


ROWS = [[INF, 0.0, 1.0], [0.0, -INF, 0.0], [INF, INF, -INF], [-INF, -INF, -INF], [0.0, 0.0, INF]]
P = [[1, 0, 0], [0.5, 0, 0.5], [0.5, 0.5, 0], [1 / 3] * 3, [0, 0, 1]]  # their softmax


class TestSoftmaxAtInfinity:
    @each_dtype
    def test_values(self, dtype: Any) -> None:
        """Infinities of one sign tie, and are infinitely larger than the rest."""
        x, p = np.array(ROWS, dtype), np.array(P)
        np.testing.assert_allclose(F.softmax(x).data, p, rtol=1e-3)
        with np.errstate(divide="ignore"):
            np.testing.assert_allclose(F.log_softmax(x).data, np.log(p), rtol=1e-3)
        expected = [INF, np.log(2), INF, -INF, INF]
        np.testing.assert_allclose(F.logsumexp(x, axis=1).data, expected, rtol=1e-3)

    def test_gradients(self) -> None:
        (gx,) = pulled(lambda x: F.logsumexp(x, axis=1), [ROWS], 1.0)
        np.testing.assert_allclose(gx, P, rtol=1e-15)
        labels = np.array([1, 0, 0, 0, 2])
        (gx,) = pulled(lambda x: F.softmax_cross_entropy(x, labels), [ROWS], 5.0)
        np.testing.assert_allclose(gx, P - np.eye(3)[labels], rtol=1e-15)

    def test_nan_stays_in_its_row(self) -> None:
        x = np.array([[NAN, INF, 0.0], [1.0, 1.0, -INF]])
        for f in (F.softmax, F.log_softmax):
            y = f(x).data
            assert np.isnan(y[0]).all()
            assert not np.isnan(y[1]).any()

    def test_a_gradient_that_arrives_near_the_peak(self) -> None:
        with np.errstate(invalid="ignore"):
            (gx,) = pulled(F.log_softmax, [[[0.0, 3.0, 1.0]]], [[INF, 0.0, 0.0]])
        assert gx[0, 2] == -INF


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_of_infinite_logits(dtype: Any) -> None:
    x, t = np.array([INF, -INF, INF, -INF], dtype), np.array([1, 0, 0, 1])
    for x_k, t_k, loss, slope in zip(x, t, [0, 0, INF, INF], [0, 0, 1, -1], strict=True):
        v = Variable(x_k.reshape(1))
        y = F.sigmoid_cross_entropy(v, np.array([t_k]))
        y.backward()
        assert (y.data, v.grad.data) == (loss, slope)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=5), st.floats(0, 1))
def test_cross_entropy_of_logits_is_its_definition(logits: list[float], t: float) -> None:
    x = np.array(logits)
    expected = (t * np.logaddexp(0, -x) + (1 - t) * np.logaddexp(0, x)).sum() / len(x)
    found = F.sigmoid_cross_entropy(x, np.full(x.shape, t)).data
    np.testing.assert_allclose(found, expected, rtol=1e-14)


# Shapes


def gradients_fit(f: Any, shapes: list[tuple[int, ...]]) -> None:
    """At orders 1 to 3 each gradient has its operand's shape."""
    rng = np.random.default_rng(0)
    xs = [Variable(rng.uniform(0.2, 0.8, shape)) for shape in shapes]
    value = f(*xs)
    for _ in range(3):
        for x in xs:
            x.cleargrad()
        value.backward(create_graph=True)
        grads = [x.grad for x in xs if x.grad is not None]
        assert all(x.grad is None or x.grad.shape == x.shape for x in xs)
        value = sum((F.sum(g * g) for g in grads), Variable(np.zeros(())))
        if value.creator is None:
            break


sizes = st.sampled_from([0, 1, 2])


@given(st.lists(sizes, max_size=2), sizes, sizes, st.integers(0, 3), st.data())
def test_linear_with_whatever_broadcasts(
    lead: list[int], rows: int, columns: int, ndim: int, data: st.DataObject
) -> None:
    product = (*lead, columns)
    wide = tuple(size if size != 1 else 3 for size in product)
    full = (2, 3, *wide)[-ndim:] if ndim else ()
    b = tuple(data.draw(st.sampled_from([1, size])) for size in full)
    x, W = (*lead, rows), (rows, columns)  # noqa: N806  # the book's name
    y = F.linear(np.ones(x), np.ones(W), np.ones(b))
    assert y.shape == np.broadcast_shapes(product, b)
    np.testing.assert_array_equal(y.data, np.ones(x) @ np.ones(W) + np.ones(b))
    gradients_fit(F.linear, [x, W, b])


@pytest.mark.parametrize("f", [
    F.maximum, F.minimum, F.power, F.div, F.mean_squared_error,
    lambda a, b: F.where(np.array([True, False, True]), a, b),
    lambda a, b: F.clip(a, np.zeros((1, 1, 1, 3)), 1.0) + b,
    lambda a, b: F.matmul(a[..., None, :], b[..., None]),
])  # fmt: skip
@pytest.mark.parametrize(("a", "b"), [((1, 3), (2, 3)), ((3,), (4, 2, 3)), ((2, 1, 3), (2, 3))])
def test_operands_that_broadcast(f: Any, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    gradients_fit(lambda x0, x1: F.sum(f(x0, x1)), [a, b])


@pytest.mark.parametrize(("x", "h", "c"), [(1, 4, 4), (4, 1, 1), (4, 4, 1), (1, 1, 4), (1, 4, 1)])
def test_an_lstm_step_of_one_row_and_of_several(x: int, h: int, c: int) -> None:
    weights = (4, 3 + 2 + 1, 2)
    gradients_fit(lambda *xs: F.sum(LSTMStep()(*xs)[0]), [(x, 3), (h, 2), (c, 2), weights])


EMPTY = {
    "relu": F.relu, "leaky_relu": F.leaky_relu, "abs": F.abs, "clip": lambda x: F.clip(x, 0.0, 1.0),
    "maximum": lambda x: F.maximum(x, 1.0), "where": lambda x: F.where(x.data > 0, x, 1.0),
    "power": lambda x: F.power(x, 2.0), "pow": lambda x: x**3, "dropout": F.dropout,
    "softmax": F.softmax, "softmax of no axis": lambda x: F.softmax(x, None), "log_softmax": F.log_softmax,
    "linear": lambda x: F.linear(x, np.ones((x.shape[-1], 2)), np.ones(2)),
    "linear to nothing": lambda x: F.linear(x, np.ones((x.shape[-1], 0)), np.ones(0)),
    "sin": F.sin, "flatten": F.flatten, "matmul": lambda x: F.matmul(x, np.ones((x.shape[-1], 2))),
    "sum": F.sum, "sum axis": lambda x: F.sum(x, 1), "transpose": F.transpose, "sigmoid": F.sigmoid,
    "max": lambda x: F.max(F.concatenate([x, np.ones((x.shape[0], 1))], 1), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0, 0)])
def test_empty_arrays(name: str, shape: tuple[int, ...]) -> None:
    x = Variable(np.ones(shape))
    y = EMPTY[name](x)
    y.backward(create_graph=True)
    assert x.grad.shape == shape
    with no_grad():
        assert EMPTY[name](x).shape == y.shape


def test_logsumexp_of_nothing() -> None:
    x = Variable(np.ones((2, 0)))
    with np.errstate(divide="ignore"):
        y = F.logsumexp(x, axis=1)
    np.testing.assert_array_equal(y.data, [-INF, -INF])
    y.backward()
    assert x.grad.shape == (2, 0)


# The masks


floats = st.sampled_from([0.0, -0.0, 1.5, -2.0, INF, -INF, NAN, 5e-324])


@given(st.data(), st.sampled_from([1, 3, _masks.MANY + 7]), st.sampled_from([">f8", "f4", "f8", "f2", "c8"]))
def test_choose_is_where(data: st.DataObject, size: int, dtype: str) -> None:
    mask, x0, x1 = (
        np.resize(data.draw(st.lists(values, min_size=1, max_size=5)), size)
        for values in (st.booleans(), floats, floats)
    )
    with np.errstate(all="ignore"):
        x0, x1 = x0.astype(dtype), x1.astype(dtype)
    found = _masks.choose(mask[::-1], x0, x1[::-1])
    np.testing.assert_array_equal(found, np.where(mask[::-1], x0, x1[::-1]))
    kept = _masks.keep(x0, mask)
    np.testing.assert_array_equal(kept, np.where(mask, x0, 0))
    assert kept.base is None  # what is a view is copied when it becomes a gradient


@given(st.lists(floats, max_size=6), st.sampled_from([np.float16, np.float32, np.float64, np.longdouble]))
def test_nan_is_found(values: list[float], dtype: Any) -> None:
    x = np.array(values, float).astype(dtype)
    assert _masks.may_have_nan(x) == np.isnan(x).any()
    assert not _masks.may_have_nan(np.full((3, 2), np.finfo(dtype).max))
