"""Right operations at awkward points: scales, edges, kinks, saturation, narrow dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero import Function, Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import Specimen, op, several, some


def _right(
    name: str,
    phrase: str,
    f: Any,
    *inputs: Any,
    order: int = 2,
    verdicts: tuple[str, ...] = ("pass",),
    note: str = "",
) -> Specimen:
    return Specimen(name, phrase, f, inputs, order, verdicts, None, "", note)


def _kink(name: str, phrase: str, f: Any, *inputs: Any, order: int = 1, note: str = "") -> Specimen:
    return _right(name, phrase, f, *inputs, order=order, verdicts=("inconclusive",), note=note)


class CancellingTanh(Function):
    """The book's tanh: 1 - y*y loses its digits in the tails, but is right."""

    def forward(self, x: Any) -> Any:
        return np.tanh(x)

    def backward(self, gy: Variable) -> Variable:
        y = self.outputs[0]()
        return gy * (1 - y * y)


class PlainSigmoid(Function):
    def forward(self, x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def backward(self, gy: Variable) -> Variable:
        y = self.outputs[0]()
        return gy * y * (1 - y)


class OpaqueTanh(CancellingTanh):
    """Its backward looks at floats only."""

    def backward(self, gy: Variable) -> Variable:
        y = self.outputs[0]()
        assert np.isfinite(y.data).all()
        return gy * (1 - y * y)


_softmax = F.softmax

_ZEROS = [
    _right("square at 0", "zero derivatives", F.square, np.zeros(3)),
    _right("cube at 0", "zero derivatives", lambda x: x**3, np.array([0.0, 1.0]), order=3),
    _right("cos at 0", "zero derivatives", F.cos, np.array(0.0)),
    _right("product with 0", "zero derivatives", F.mul, np.zeros(2), several(2)),
    _right("sign", "zero derivatives", F.sign, several(3)),
    _right("relu of negative numbers", "zero derivatives", F.relu, -np.abs(several(3))),
    _right("x - x", "zero derivatives", lambda x: x - x, several(3)),
    _right(
        "step function", "zero derivatives", op(lambda x: (x > 0) * 1.0, lambda gy, x: gy * 0.0), several(3)
    ),
    _right("floor", "zero derivatives", op(np.floor, lambda gy, x: None), several(3)),
    _right("x**0 at 0", "zero derivatives", lambda x: x**0, np.zeros(2)),
]

_SCALES = [
    _right("product of 1e-300", "values from 1e-300", F.mul, several(3) * 1e-300, several(3)),
    _right("square of 1e-300 (underflows)", "values from 1e-300", F.square, several(3) * 1e-300),
    _right("reciprocal of 1e-300", "values from 1e-300", F.reciprocal, several(3) * 1e-150),
    _right(
        "reciprocal of 1e-300, overflowing",
        "values from 1e-300",
        F.reciprocal,
        np.array([1e-300]),
        verdicts=("pass", "inconclusive"),
    ),
    _right("sum to 1e300", "values to 1e+300", F.sum, several(3) * 1e300),
    _right("product of 1e300 and 1e-300", "values to 1e+300", F.mul, several(3) * 1e300, several(3) * 1e-300),
    _right("log of 1e300", "values to 1e+300", F.log, np.abs(several(3)) * 1e300),
    _right("sqrt of 1e300", "values to 1e+300", F.sqrt, np.abs(several(3)) * 1e300),
    _right("sqrt of 1e-300", "values from 1e-300", F.sqrt, np.abs(several(3)) * 1e-300),
    _right("tanh of 1e300", "values to 1e+300", F.tanh, several(3) * 1e300),
    _right(
        "sqrt(x*x) at 1e-200 (underflow inside)",
        "values from 1e-300",
        lambda x: F.sqrt(x * x),
        np.array([1e-200, 2e-200]),
        verdicts=("pass", "inconclusive"),
    ),
    _right(
        "x*x/x at 1e200 (overflow inside)",
        "values to 1e+300",
        lambda x: x * x / x,
        np.array([1e200]),
        order=1,
        verdicts=("pass", "inconclusive"),
    ),
    _right("gradients of scale 1e-12", "gradients of scale 1e-12", lambda x: 1e-12 * F.sin(x), several(3)),
    _right("mixed scales", "values from 1e-300 to 1e+300", F.square, np.array([1e-150, 1.0, 1e150])),
    _right("large offset", "a large offset under a small variation", lambda x: 1e10 + F.sin(x), several(3)),
    _right(
        "large offset, small variation",
        "a large offset under a small variation",
        lambda x: 1e15 + 1e-5 * F.tanh(x),
        several(3),
    ),
    _right("sin(1e5 x)", "sin(1e5·x)", lambda x: F.sin(1e5 * x), several(4)),
    _right(
        "sin(1e5 x) by one Function",
        "sin(1e5·x)",
        op(lambda x: np.sin(1e5 * x), lambda gy, x: gy * 1e5 * F.cos(1e5 * x)),
        several(4),
    ),
    _right("sin at 1e8", "arguments of 1e8", F.sin, np.array([1e8, 1.23456789e8])),
    _right("sin at 1e12", "arguments of 1e12", F.sin, np.array([1e12, 3e12])),
    _right("square at 1e12", "arguments of 1e12", F.square, np.array([1e12])),
    _right("cos at 1e8, float32", "arguments of 1e8", F.cos, np.array([1e8, 2e8], np.float32)),
]

_EDGES = [
    _right("log at 1e-8", "domain edges closer than any step", F.log, np.array([1e-8, 2e-8])),
    _right("sqrt at 1e-8", "domain edges closer than any step", F.sqrt, np.array([1e-8, 3e-8])),
    _right("log at 1e-300", "domain edges closer than any step", F.log, np.array([1e-300]), order=1),
    _right("log1p beside -1", "domain edges closer than any step", F.log1p, np.array([-1 + 1e-8])),
    _right("reciprocal at 1e-8", "domain edges closer than any step", F.reciprocal, np.array([1e-8, -1e-8])),
    _right(
        "arcsin beside 1",
        "domain edges closer than any step",
        op(np.arcsin, lambda gy, x: gy / F.sqrt((1 - x) * (1 + x))),
        np.array([1 - 1e-9, -1 + 1e-9]),
    ),
    _right(
        "x log x at 1e-10", "domain edges closer than any step", lambda x: x * F.log(x), np.array([1e-10])
    ),
    _right("power at 1e-8", "domain edges closer than any step", lambda x: x**0.3, np.array([1e-8])),
    _right("tan beside its pole", "domain edges closer than any step", F.tan, np.array([1.5707963])),
]

_SATURATED = [
    _right("tanh at 18", "saturated tanh", F.tanh, np.array([18.0, -18.0, 0.5])),
    _right("1 - y*y at 18", "saturated tanh", CancellingTanh, np.array([18.0, 0.5])),
    _right("1 - y*y at 40", "saturated tanh", CancellingTanh, np.array([40.0, 0.5])),
    _right("1 - y*y at 20 alone", "saturated tanh", CancellingTanh, np.array(20.0)),
    _right("sigmoid at 40", "saturated sigmoid", F.sigmoid, np.array([40.0, -40.0])),
    _right("y(1 - y) at 40", "saturated sigmoid", PlainSigmoid, np.array([40.0, -40.0, 1.0])),
    _right("sigmoid at 800", "saturated sigmoid", F.sigmoid, np.array([800.0, -800.0])),
    _right("1 - y*y on floats only", "saturated tanh", OpaqueTanh, np.array([18.0, 0.5, 2.0])),
    _right(
        "1 - y*y at 40 on floats only",
        "saturated tanh",
        OpaqueTanh,
        np.array([40.0, 0.5, 2.0]),
        verdicts=("pass", "inconclusive"),
    ),
    _right(
        "softmax of 1000",
        "logits of 1000",
        F.softmax,
        np.array([[1000.0, 999.0, 0.0], [-1000.0, 0.0, 1000.0]]),
    ),
    _right("log softmax of 1000", "logits of 1000", F.log_softmax, np.array([[1000.0, 999.0, 0.0]])),
    _right(
        "cross entropy of 1000",
        "logits of 1000",
        lambda x: F.softmax_cross_entropy(x, np.array([0, 1])),
        np.array([[1000.0, 0.0, -3.0], [0.5, 1000.0, 2.0]]),
    ),
    _right("logsumexp of 1000", "logits of 1000", F.logsumexp, np.array([[1000.0, 999.5, -1000.0]])),
    _right(
        "sigmoid cross entropy at 50",
        "logits of 1000",
        lambda x: F.sigmoid_cross_entropy(x, np.array([1, 0, 1])),
        np.array([50.0, -50.0, 1000.0]),
    ),
    _right(
        "naive logsumexp of 1000 (overflows)",
        "logits of 1000",
        lambda x: F.log(F.sum(F.exp(x))),
        np.array([1000.0, 999.0]),
        order=1,
        verdicts=("inconclusive",),
        note="float64",
    ),
    _right("softplus at 700", "saturated sigmoid", F.softplus, np.array([700.0, -700.0, 0.5])),
]

_KINKS = [
    _right("relu at 1e-9", "kinks closer than the step", F.relu, np.array([1e-9, -1e-9])),
    _right("abs at 1e-12", "kinks closer than the step", F.abs, np.array([1e-12, -1e-12])),
    _right("max, 1e-12 apart", "kinks closer than the step", F.max, np.array([1.0, 1.0 + 1e-12, 0.5])),
    _right(
        "clip, 1e-10 inside",
        "kinks closer than the step",
        lambda x: F.clip(x, -1.0, 1.0),
        np.array([1 - 1e-10, 1 + 1e-10]),
    ),
    _right("leaky relu at 1e-300", "kinks closer than the step", F.leaky_relu, np.array([1e-300, -1e-300])),
    _kink("relu at 0", "points on a kink", F.relu, np.array([0.5, 0.0, -1.0]), note="element 1"),
    _kink("abs at scalar 0", "points on a kink", F.abs, np.array(0.0), note="= 0.0"),
    _kink("max with a tie", "points on a tie", F.max, np.array([1.0, 2.0, 2.0]), note="element 1"),
    _kink("maximum of equals", "points on a tie", F.maximum, np.array([1.0, 2.0]), np.array([1.0, 3.0])),
    _kink("clip at its bound", "points on a kink", lambda x: F.clip(x, -1.0, 1.0), np.array([1.0, 0.0])),
    _kink("sqrt at 0", "points on a kink", F.sqrt, np.array([0.0, 1.0])),
    _kink("norm at 0", "points on a kink", lambda x: F.sqrt(F.sum(x * x)), np.zeros(3)),
    _kink(
        "one kink among 30,000",
        "points on a kink",
        F.relu,
        np.append(some(30_000) + 0.0005, 0.0),
        note="30000",
    ),
    _right("softmax of equal logits", "ties", F.softmax, np.ones((2, 3))),
    _right("logsumexp of equal logits", "ties", F.logsumexp, np.zeros((2, 3))),
    _right(
        "max plus min of equals",
        "ties",
        lambda a, b: F.maximum(a, b) + F.minimum(a, b),
        np.ones(2),
        np.ones(2),
    ),
    _right(
        "x*|x| at 0, first order", "points on a kink", lambda x: x * F.abs(x), np.array([0.0, 1.0]), order=1
    ),
    _kink(
        "x*|x| at 0, second order", "points on a kink", lambda x: x * F.abs(x), np.array([0.0, 1.0]), order=2
    ),
]

_CONDITION = [
    _right(
        "difference of near numbers",
        "ill-conditioned expressions",
        lambda a, b: 1 / (a - b),
        np.array([1.0]),
        np.array([1 - 1e-12]),
        verdicts=("pass", "inconclusive"),
    ),
    _right(
        "(1 - cos x)/x² at 1e-6",
        "ill-conditioned expressions",
        lambda x: (1 - F.cos(x)) / (x * x),
        np.array([1e-6]),
        verdicts=("pass", "inconclusive"),
    ),
    _right(
        "exp(x) - 1 at 1e-12",
        "ill-conditioned expressions",
        lambda x: F.exp(x) - 1,
        np.array([1e-12]),
        verdicts=("pass", "inconclusive"),
    ),
    _right(
        "a polynomial at its triple root",
        "ill-conditioned expressions",
        lambda x: x**3 - 3 * x**2 + 3 * x - 1,
        np.array([1.0, 1 + 1e-5]),
        verdicts=("pass", "inconclusive"),
    ),
    _right(
        "Wilkinson's polynomial",
        "ill-conditioned expressions",
        lambda x: _product(x, range(1, 21)),
        np.array([10.5, 3.001]),
        verdicts=("pass", "inconclusive"),
    ),
    _right(
        "logistic map, 40 times",
        "ill-conditioned expressions",
        lambda x: _logistic(x, 40),
        np.array([0.3, 0.7]),
        order=1,
        verdicts=("pass", "inconclusive"),
    ),
    _right(
        "variance of far numbers",
        "ill-conditioned expressions",
        lambda x: F.mean(x * x) - F.mean(x) ** 2,
        np.array([1e6, 1e6 + 1, 1e6 + 2]),
        verdicts=("pass", "inconclusive"),
    ),
    _right(
        "Newton's square root",
        "data-dependent branches",
        lambda x: _newton_sqrt(x),
        np.array([2.0, 9.0, 0.1]),
        order=1,
    ),
]


def _product(x: Variable, roots: Any) -> Variable:
    y = x - 1.0
    for root in list(roots)[1:]:
        y = y * (x - float(root))
    return y


def _logistic(x: Variable, times: int) -> Variable:
    for _ in range(times):
        x = 3.9 * x * (1 - x)
    return x


def _newton_sqrt(x: Variable) -> Variable:
    def forward(a: Any) -> Any:
        y = a * 0 + 1.0
        while np.any(np.abs(y * y - a) > 1e-14 * a):
            y = (y + a / y) / 2
        return y

    return op(forward, lambda gy, a: gy * 0.5 / F.sqrt(a))(x)


_NARROW = [
    _right(f"{f.__name__}, {np.dtype(t).name}", "float32 and float16", f, some(4, low=0.3).astype(t))
    for f in (F.sin, F.exp, F.tanh, F.log, F.sigmoid, F.sqrt, F.square)
    for t in (np.float32, np.float16)
] + [
    _right(
        "matmul, float32",
        "float32 and float16",
        F.matmul,
        several(3, 4).astype(np.float32),
        several(4, 2, seed=1).astype(np.float32),
    ),
    _right(
        "matmul, float16",
        "float32 and float16",
        F.matmul,
        several(3, 4).astype(np.float16),
        several(4, 2, seed=1).astype(np.float16),
    ),
    _right("mean of 1000, float16", "float32 and float16", F.mean, some(1000).astype(np.float16)),
    _right("mean of 1000, float32", "float32 and float16", F.mean, some(1000).astype(np.float32)),
    _right(
        "softmax of 20, float16", "float32 and float16", F.softmax, np.array([[20.0, 1.0, -3.0]], np.float16)
    ),
    _right(
        "cross entropy, float32",
        "float32 and float16",
        lambda x: F.softmax_cross_entropy(x, np.array([0, 2])),
        several(2, 3).astype(np.float32),
    ),
    _right(
        "sin(1e3 x), float32", "float32 and float16", lambda x: F.sin(1e3 * x), several(3).astype(np.float32)
    ),
    _right("1 - y*y at 8, float32", "float32 and float16", CancellingTanh, np.array([8.0, 12.0], np.float32)),
    _right("longdouble", "any float dtype", F.tanh, several(3).astype(np.longdouble)),
    _right("float32 beside float64", "any float dtype", F.mul, several(3).astype(np.float32), several(3)),
    _right("1e-30 in float32", "float32 and float16", F.square, np.array([1e-30, 1e-18], np.float32)),
]

RIGHT_POINTS = [*_ZEROS, *_SCALES, *_EDGES, *_SATURATED, *_KINKS, *_CONDITION, *_NARROW]
