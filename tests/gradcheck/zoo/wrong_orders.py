"""Operations that are wrong from a higher order on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero import Function, Variable, as_variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import of, op, several, softmax, some, two, wrong, wrong_second

cut = of(wrong_second, "graph cuts", cause="graph cut")
cut_at_zero = of(wrong_second, "where the second derivative happens to vanish", cause="graph cut")
detached = of(wrong_second, "detached factors", cause="cut")


class _CachedTanh(Function):
    """Keeps its output as an array: right once, a constant afterwards."""

    def forward(self, x: Any) -> Any:
        self.y = np.tanh(x)
        return self.y

    def backward(self, gy: Variable) -> Variable:
        return gy * (1 - self.y * self.y)


def _third(gy: Variable, x: Variable) -> Variable:
    """cos whose own derivative, one order further, has lost a factor."""
    cos = op(np.cos, lambda g, v: -g * op(np.sin, lambda h, w: 2 * h * F.cos(w))(v))
    return gy * cos(x)


def _exp_once(gy: Variable, x: Variable) -> Variable:
    return gy * Variable(np.exp(x.data))


def _softmax_cut(gy: Variable, x: Variable) -> Variable:
    y = Variable(softmax(x.data))
    return y * (gy - F.sum(gy * y, axis=-1, keepdims=True))


def _no_second(gy: Variable, x: Variable) -> Variable:
    """A cosine without a backward."""
    return gy * op(np.cos, lambda g, v: math.nan * undefined)(x)  # noqa: F821  # the bug is the point


def _norm_detached(gy: Variable, x: Variable) -> Variable:
    scale = as_variable(1 / np.sqrt((x.data * x.data).sum()))
    return gy * x * scale


_CUT_SINE = op(np.sin, lambda gy, x: gy * as_variable(np.cos(x.data)))

_ORDERS = [
    cut("sin, cut", _CUT_SINE, several(3)),
    cut("sin, cut, both as arrays", op(np.sin, lambda gy, x: Variable(gy.data * np.cos(x.data))), several(3)),
    cut("exp, cut", op(np.exp, _exp_once), several(2, 2)),
    cut("tanh from a cached array", _CachedTanh, several(3)),
    cut_at_zero("sin at 0, cut", _CUT_SINE, np.zeros(3)),
    cut_at_zero("sin at scalar 0, cut", _CUT_SINE, np.array(0.0)),
    cut_at_zero(
        "cube at 0, cut", op(lambda x: x**3, lambda gy, x: gy * Variable(3 * x.data**2)), np.zeros(2)
    ),
    cut_at_zero("exp(x) + sin(x) at 0, sin cut", lambda x: F.exp(x) + _CUT_SINE(x), np.zeros(3)),
    wrong_second(
        "exp and (x - 1)**3 at 1, the second output cut",
        "where the second derivative happens to vanish",
        op(
            lambda x: (np.exp(x), (x - 1) ** 3),
            lambda gy0, gy1, x: gy0 * F.exp(x) + gy1 * Variable(3 * (x.data - 1) ** 2),
        ),
        np.ones(2),
        cause="cut from the graph",
    ),
    cut_at_zero("tanh at 0, cached", _CachedTanh, np.array([0.0])),
    detached(
        "product, one factor detached",
        op(lambda x: x * np.sin(x), lambda gy, x: gy * (F.sin(x) + x * Variable(np.cos(x.data)))),
        several(3),
    ),
    cut(
        "product of two inputs, cut",
        op(np.multiply, lambda gy, a, b: (gy * Variable(b.data), gy * Variable(a.data))),
        *two(3),
    ),
    wrong_second(
        "product of two inputs, one cut",
        "detached factors",
        op(np.multiply, lambda gy, a, b: (gy * b, gy * Variable(a.data))),
        *two(3),
    ),
    detached("softmax, output detached", op(softmax, _softmax_cut), several(2, 3)),
    detached("norm, scale detached", op(lambda x: np.sqrt((x * x).sum()), _norm_detached), several(4)),
    wrong_second(
        "matmul, weight detached",
        "detached factors",
        op(np.matmul, lambda gy, a, b: (F.matmul(gy, Variable(b.data.T)), F.matmul(a.T, gy))),
        several(3, 4),
        several(4, 2, seed=1),
    ),
    wrong_second(
        "gy detached in the sum",
        "detached factors",
        op(lambda x: (x * x).sum(), lambda gy, x: Variable(gy.data) * 2 * x),
        several(3),
    ),
    wrong(
        "third derivative twice too large",
        "a factor lost only in the third derivative",
        op(np.sin, _third),
        several(3),
        order=3,
        failing=3,
    ),
    wrong_second(
        "second derivative raises",
        "backward crashes",
        op(np.sin, _no_second),
        several(3),
        cause="backward raises",
    ),
    cut("large array, cut", _CUT_SINE, some(300)),
    cut("float32, cut", _CUT_SINE, several(3).astype(np.float32)),
    wrong(
        "order 1 wrong, order 2 asked",
        "the lowest order where it is wrong",
        op(np.sin, lambda gy, x: 2 * gy * F.cos(x)),
        several(3),
        order=2,
        failing=1,
        cause="constant factor",
    ),
]


WRONG_ORDERS = [*_ORDERS]
