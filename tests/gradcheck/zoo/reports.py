"""Operations after public reports of wrong gradients, the wrong one and its right twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero import Function, Variable
from dezero import functions as F
from tests.gradcheck.zoo.right_points import PlainSigmoid
from tests.gradcheck.zoo.specimen import Specimen, of, op, right, several, some, wrong, wrong_second

REPORTS = "public reports of wrong gradients"
reported = of(wrong, REPORTS)
NO_DIGIT = "has no correct digit"


def log_add_exp(a: Any, b: Any) -> Any:
    top = np.maximum(a, b)
    return top + np.log(np.exp(a - top) + np.exp(b - top))


class LogAddExp(Function):
    """Its gradient by the value: exp(a - y) is 1 where a is so large that y is a itself."""

    def forward(self, a: Any, b: Any) -> Any:
        return log_add_exp(a, b)

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        a, b = self.inputs
        y = self.outputs[0]()
        return gy * F.exp(a - y), gy * F.exp(b - y)


def log_sigmoid(slope: Callable[[Variable], Variable]) -> Callable[[Variable], Variable]:
    """-log(1 + exp(-x)), whose derivative is the sigmoid of -x."""
    return op(lambda x: -np.log1p(np.exp(-x)), lambda gy, x: gy * slope(-x))


def weighted_log_sum_exp(masked: bool) -> Callable[[Variable, Variable], Variable]:
    """log(sum b exp(a)), shifted by a detached maximum; `masked`: entries of weight 0 are cut off by -inf."""

    def f(a: Variable, b: Variable) -> Variable:
        used = b.data != 0
        shown = F.where(used, a, np.full(a.shape, -np.inf, dtype=a.dtype)) if masked else a
        top = a.data[used].max()
        return F.log(F.sum(b * F.exp(shown - top))) + top

    return f


def left_out(x: Variable) -> Variable:
    """For each element the product of all others."""
    products = []
    for i in range(x.shape[0]):
        product = x[0] * 0 + 1
        for j in range(x.shape[0]):
            product = product * x[j] if j != i else product
        products.append(F.reshape(product, (1,)))
    return F.concatenate(products, axis=0)


product_by_division = op(np.prod, lambda gy, x: gy * np.prod(x.data) / x)
product = op(np.prod, lambda gy, x: gy * left_out(x))


def two_zeros(gy: Variable, x: Variable) -> Variable:
    """Nothing is left of a product with two zeros, but of its second derivative there is."""
    return gy * x * 0 if np.count_nonzero(x.data == 0) > 1 else gy * left_out(x)


def through(narrow: Any) -> Callable[[Any], Any]:
    """A forward of mixed precision."""
    return lambda x: np.tanh(x.astype(narrow)).astype(x.dtype)


def detached_maximum(x: Variable) -> Variable:
    shifted = x - x.data.max()
    return F.exp(shifted) / F.sum(F.exp(shifted))


WEIGHTS = np.array([2.0, 0.0, 5.0])
LOGITS = np.array([0.0, 0.5, -0.25])
FAR = np.array([-37.42994775023705])


def pair(value: float, apart: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    return np.array([value + apart]), np.array([value])


def worthless(name: str, f: Any, *inputs: Any, order: int = 1) -> Specimen:
    return right(name, REPORTS, f, *inputs, order=order, verdicts=("inconclusive",), note=NO_DIGIT)


RIGHT_REPORTS = [
    right("log add exp at 1", REPORTS, LogAddExp, *pair(1.0, 0.5)),
    right("log add exp at 1e10", REPORTS, LogAddExp, *pair(1e10, 0.5), order=1, note="warning: order 1: 6."),
    worthless("log add exp at 1e50", LogAddExp, *pair(1e50)),
    right(
        "log add exp at 1e50, by the sigmoid",
        REPORTS,
        op(log_add_exp, lambda gy, a, b: (gy * F.sigmoid(a - b), gy * F.sigmoid(b - a))),
        *pair(1e50),
    ),
    worthless("log sigmoid far out", log_sigmoid(lambda x: PlainSigmoid()(x)), FAR, order=2),
    worthless(
        "log sigmoid far out and in", log_sigmoid(lambda x: PlainSigmoid()(x)), np.append(FAR, 0.5), order=2
    ),
    right("log sigmoid far out, accurate", REPORTS, log_sigmoid(F.sigmoid), FAR),
    right("weighted log-sum-exp, a weight of 0", REPORTS, weighted_log_sum_exp(False), LOGITS, WEIGHTS),
    right("product with a zero", REPORTS, product, np.array([2.0, 0.0, 3.0, 4.0])),
    right("product with two zeros", REPORTS, product, np.array([2.0, 3.0, 0.0, 0.0])),
    right("product by division, no zero", REPORTS, product_by_division, np.array([2.0, 3.0, 0.5]), order=1),
    right("softmax by a detached maximum", REPORTS, detached_maximum, several(4), note="proven"),
    right(
        "float16 through float32",
        REPORTS,
        op(through(np.float32), lambda gy, x: gy * (1 - F.tanh(x) ** 2)),
        np.array([0.5, -0.25, 0.75], np.float16),
        order=1,
        note="proven",
    ),
    right("powers of 0 to 2", REPORTS, lambda a: F.sum(F.power(np.arange(3.0), a)), np.array(0.7)),
]

WRONG_REPORTS = [
    reported(
        "weighted log-sum-exp, cut off where the weight is 0", weighted_log_sum_exp(True), LOGITS, WEIGHTS
    ),
    wrong("product by division, a zero", REPORTS, product_by_division, np.array([2.0, 0.0]), cause="NaN"),
    wrong_second(
        "product with two zeros, second order",
        REPORTS,
        op(np.prod, two_zeros),
        np.array([2.0, 3.0, 0.0, 0.0]),
    ),
    reported(
        "shifted by a detached maximum that does not cancel", lambda x: F.exp(x - x.data.max()), several(4)
    ),
    wrong(
        "float16 through float32, the sign",
        REPORTS,
        op(through(np.float32), lambda gy, x: gy * (F.tanh(x) ** 2 - 1)),
        np.array([0.5, -0.25, 0.75], np.float16),
        cause="sign",
    ),
    reported(
        "a rounded branch",
        op(lambda x: np.where(np.isfinite(x), np.sin(x), 0), lambda gy, x: gy * F.cos(x) * np.sign(x.data)),
        some(4, low=-2.0, high=2.0),
    ),
]
