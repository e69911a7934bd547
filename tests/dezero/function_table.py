"""Every function with inputs that suit it: the table that the tests of their common contract walk.

Inputs are multiples of 1/64, which every float dtype down to float16 holds exactly, away from kinks
and from the edges of domains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable
from dezero.cuda import get_array_module


@dataclass(frozen=True)
class Case:
    """A call of a function: `f(*inputs)`, with arrays made by `inputs(dtype)`."""

    name: str
    f: Callable[..., Variable]
    shapes: tuple[tuple[int, ...], ...]
    low: float = -2.0
    high: float = 2.0
    objects: bool = True  # runs on elements with their own arithmetic
    analytic: bool = False  # runs on complex numbers

    def inputs(self, dtype: Any = np.float64) -> list[np.ndarray]:
        """Distinct values in [low, high), in random order: no two are equal, none is an integer."""
        seed = np.random.default_rng(sum(map(ord, self.name)))
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        steps = np.linspace(self.low * 64 + 1, self.high * 64 - 1, sum(sizes) + 2)[1:-1]
        values = seed.permutation(np.floor(steps / 2) * 2 + 1) / 64
        parts = np.split(values, np.cumsum(sizes)[:-1])
        return [p.reshape(s).astype(dtype) for p, s in zip(parts, self.shapes, strict=True)]


def on_device_of(x: Any, array: np.ndarray) -> Any:
    """`array` (indices, labels, a mask) where x is."""
    return get_array_module(x).asarray(array)


LABELS = np.array([2, 0])
BINARY = np.array([[0, 1, 1], [1, 0, 0]])
MASK = np.array([[True, False, True], [False, True, True]])
REPEATED = np.array([1, 0, 1])


def _unary(name: str, f: Any, *, shape: tuple[int, ...] = (2, 3), **settings: Any) -> Case:
    return Case(name, f, (shape,), **settings)


def _binary(
    name: str, f: Any, a: tuple[int, ...] = (2, 3), b: tuple[int, ...] = (3,), **settings: Any
) -> Case:
    return Case(name, f, (a, b), **settings)


CASES = [
    # arithmetic
    _binary("add", F.add, analytic=True),
    _binary("sub", F.sub, analytic=True),
    _binary("mul", F.mul, analytic=True),
    _binary("div", F.div, low=0.5, analytic=True),
    _binary("rsub", F.rsub, analytic=True),
    _binary("rdiv", F.rdiv, low=0.5, analytic=True),
    _unary("neg", F.neg, analytic=True),
    _unary("add scalar", lambda x: x + 1.5, analytic=True),
    _unary("mul scalar", lambda x: 0.75 * x, analytic=True),
    _unary("rsub scalar", lambda x: 1 - x, analytic=True),
    _unary("rdiv scalar", lambda x: 2 / x, low=0.5, analytic=True),
    _unary("pow 3", lambda x: F.pow(x, 3), analytic=True),
    _unary("pow 0", lambda x: F.pow(x, 0), analytic=True),
    _unary("pow 1", lambda x: F.pow(x, 1), analytic=True),
    _unary("pow -0.5", lambda x: F.pow(x, -0.5), low=0.5, analytic=True),
    _binary("power", F.power, low=0.5, analytic=True),
    _unary("rpow scalar", lambda x: 2.0**x, analytic=True),
    _unary("sum_to", lambda x: F.sum_to(x, (1, 3)), analytic=True),
    _unary("broadcast_to", lambda x: F.broadcast_to(x, (2, 2, 3)), shape=(2, 1), analytic=True),
    # elementwise
    _unary("sin", F.sin, analytic=True),
    _unary("cos", F.cos, analytic=True),
    _unary("tan", F.tan, low=-1, high=1, analytic=True),
    _unary("sinh", F.sinh, analytic=True),
    _unary("cosh", F.cosh, analytic=True),
    _unary("tanh", F.tanh, analytic=True),
    _unary("exp", F.exp, analytic=True),
    _unary("expm1", F.expm1, analytic=True),
    _unary("log", F.log, low=0.5, analytic=True),
    _unary("log1p", F.log1p, low=-0.5, analytic=True),
    _unary("sqrt", F.sqrt, low=0.5, analytic=True),
    _unary("square", F.square, analytic=True),
    _unary("reciprocal", F.reciprocal, low=0.5, analytic=True),
    _unary("abs", F.abs),
    _binary("maximum", F.maximum),
    _binary("minimum", F.minimum),
    _unary("clip", lambda x: F.clip(x, -1.0, 1.0)),
    _binary("where", lambda x0, x1: F.where(on_device_of(x0, MASK), x0, x1)),
    # shape
    _unary("reshape", lambda x: F.reshape(x, (3, -1)), analytic=True),
    _unary("transpose", F.transpose, analytic=True),
    _unary("transpose axes", lambda x: F.transpose(x, (1, -1, 0)), shape=(2, 3, 2), analytic=True),
    _unary("flatten", F.flatten, shape=(2, 3, 2), analytic=True),
    _unary("expand_dims", lambda x: F.expand_dims(x, -1), analytic=True),
    _unary("squeeze", lambda x: F.squeeze(x, 1), shape=(2, 1, 3), analytic=True),
    _binary("concatenate", lambda *xs: F.concatenate(xs, -1), b=(2, 1), analytic=True),
    _binary("stack", lambda *xs: F.stack(xs, 1), b=(2, 3), analytic=True),
    # reduction
    _unary("sum", F.sum, analytic=True),
    _unary("sum axis", lambda x: F.sum(x, -1), analytic=True),
    _unary("sum axes", lambda x: F.sum(x, (0, -1), True), shape=(2, 3, 2), analytic=True),
    _unary("mean", F.mean, analytic=True),
    _unary("mean axes", lambda x: F.average(x, (0, 2)), shape=(2, 3, 2), analytic=True),
    _unary("max", F.max),
    _unary("max axis", lambda x: F.max(x, -1, True)),
    _unary("min axes", lambda x: F.min(x, (0, 2)), shape=(2, 3, 2)),
    # linear algebra
    _binary("matmul", F.matmul, b=(3, 2), analytic=True),
    _binary("matmul batched", F.matmul, a=(2, 1, 2, 3), b=(2, 3, 1), analytic=True),
    _binary("matmul 1-D", F.matmul, a=(3,), analytic=True),
    _binary("matmul matrix vector", F.matmul, analytic=True),
    _binary("matmul vector matrix", F.matmul, a=(3,), b=(2, 3, 2), analytic=True),
    Case("linear", F.linear, ((2, 3), (3, 2), (2,)), analytic=True),
    Case("linear without bias", F.linear, ((2, 2, 3), (3, 2)), analytic=True),
    Case("linear_simple", F.linear_simple, ((2, 3), (3, 2), (2,)), analytic=True),
    # activation
    _unary("sigmoid", F.sigmoid, analytic=True),
    _unary("sigmoid_simple", F.sigmoid_simple, analytic=True),
    _unary("softplus", F.softplus, analytic=True),
    _unary("relu", F.relu),
    _unary("leaky_relu", lambda x: F.leaky_relu(x, 0.25)),
    _unary("softmax", F.softmax, analytic=True),
    _unary("softmax axis", lambda x: F.softmax(x, 0), analytic=True),
    _unary("softmax_simple", F.softmax_simple, analytic=True),
    _unary("log_softmax", F.log_softmax, analytic=True),
    _unary("log_softmax axis", lambda x: F.log_softmax(x, -2), analytic=True),
    _unary("logsumexp", F.logsumexp, analytic=True),
    _unary("logsumexp axes", lambda x: F.logsumexp(x, (0, 2), True), shape=(2, 3, 2)),
    # indexing
    _unary("get_item int", lambda x: x[1], analytic=True),
    _unary("get_item slices", lambda x: x[..., None, ::-2], analytic=True),
    _unary("get_item mask", lambda x: x[on_device_of(x, MASK)], analytic=True),
    _unary("get_item repeated", lambda x: x[on_device_of(x, REPEATED)], analytic=True),
    _unary("get_item mixed", lambda x: x[on_device_of(x, REPEATED), 1:], analytic=True),
    # loss
    _binary("mean_squared_error", F.mean_squared_error, analytic=True),
    _binary("mean_squared_error_simple", F.mean_squared_error_simple, analytic=True),
    _unary(
        "softmax_cross_entropy",
        lambda x: F.softmax_cross_entropy(x, on_device_of(x, LABELS)),
        analytic=True,
    ),
    _unary(
        "softmax_cross_entropy_simple",
        lambda x: F.softmax_cross_entropy_simple(x, on_device_of(x, LABELS)),
    ),
    _unary(
        "sigmoid_cross_entropy",
        lambda x: F.sigmoid_cross_entropy(x, on_device_of(x, BINARY)),
        analytic=True,
    ),
    _unary(
        "binary_cross_entropy",
        lambda x: F.binary_cross_entropy(x, on_device_of(x, BINARY)),
        low=0.125,
        high=0.875,
        analytic=True,
    ),
    # convolution
    _unary("im2col", lambda x: F.im2col(x, 2, 1, 1), shape=(1, 2, 2, 3), analytic=True),
    _unary(
        "im2col full",
        lambda x: F.im2col(x, (2, 1), (1, 2), (0, 1), to_matrix=False),
        shape=(2, 1, 3, 2),
        analytic=True,
    ),
    _unary("col2im", lambda x: F.col2im(x, (1, 2, 3, 3), 2, 1, 0), shape=(4, 8), analytic=True),
    Case(
        "conv2d",
        lambda *xs: F.conv2d(*xs, stride=(2, 1), pad=(0, 1)),
        ((2, 2, 3, 2), (2, 2, 2, 1), (2,)),
        analytic=True,
    ),
    _binary("conv2d without bias", F.conv2d, a=(1, 2, 3, 3), b=(1, 2, 2, 2), analytic=True),
    _binary("conv2d_simple", F.conv2d_simple, a=(1, 2, 3, 3), b=(1, 2, 2, 2), analytic=True),
    Case(
        "deconv2d",
        lambda *xs: F.deconv2d(*xs, stride=2, pad=(0, 1), outsize=(4, 2)),
        ((1, 2, 2, 2), (2, 1, 2, 2), (1,)),
        analytic=True,
    ),
    # pooling
    _unary("pooling", lambda x: F.pooling(x, 2, 1, (1, 0)), shape=(2, 1, 3, 2)),
    _unary("pooling_simple", lambda x: F.pooling_simple(x, (2, 1), 1, (1, 0)), shape=(1, 2, 3, 2)),
    _unary(
        "average_pooling",
        lambda x: F.average_pooling(x, (2, 3), 1, (1, 0)),
        shape=(2, 1, 3, 3),
        analytic=True,
    ),
    # normalization
    Case("batch_norm", lambda *xs: _batch_norm(*xs), ((4, 3), (3,), (3,)), analytic=True),
    Case("batch_norm images", lambda *xs: _batch_norm(*xs), ((2, 2, 2, 1), (2,), (2,))),
    # dropout, embedding
    _unary("dropout", lambda x: _dropout(x), analytic=True),
    _unary("embed_id", lambda x: F.embed_id(on_device_of(x, REPEATED), x), analytic=True),
]


def _batch_norm(x: Variable, gamma: Variable, beta: Variable) -> Variable:
    averages = on_device_of(x, np.zeros(x.shape[1])), on_device_of(x, np.ones(x.shape[1]))
    return F.batch_norm(x, gamma, beta, *averages)


def _dropout(x: Variable) -> Variable:
    """With the same elements dropped each time."""
    get_array_module(x).random.seed(1)  # dropout draws from the global generator
    return F.dropout(x, 0.25)


def gradients(case: Case, arrays: list[Any], order: int) -> list[list[Any]]:
    """Per order the gradients of <u, f(x)>, each order contracted with d to give the next.

    u and d vary in sign and size. A gradient is None where nothing depends on an input; where nothing
    depends on any, the list of orders ends.
    """
    return [[None if g is None else g.data for g in grads] for _, grads in _orders(case, arrays, order)]


def contractions(case: Case, arrays: list[Any], order: int) -> list[Any]:
    """The scalars that `gradients` differentiates: <u, f(x)>, then <G_1, d> and so on."""
    return [value.data[()] for value, _ in _orders(case, arrays, order)]


def _orders(case: Case, arrays: list[Any], order: int) -> Iterator[tuple[Variable, list[Any]]]:
    xs = [Variable(x) for x in arrays]
    value: Variable | None = _contract(case.f(*xs), 3)
    for k in range(order):
        if value is None:
            return
        for x in xs:
            x.cleargrad()
        value.backward(create_graph=True)
        grads = [x.grad for x in xs]
        yield value, grads
        terms = [_contract(g, 5 + k) for g in grads if g is not None]
        value = sum(terms[1:], terms[0]) if terms else None


def _contract(y: Variable, seed: int) -> Variable:
    weights = (np.arange(y.size) * seed % 7 - 2.5) / 4
    xp = get_array_module(y)
    return F.sum(y * xp.asarray(weights.reshape(y.shape).astype(y.dtype)))
