"""Right operations at awkward points: zeros, scales, edges, saturation, narrow dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero import Function, Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import Specimen, of, op, right, several, some

large_logits = of(right, "logits of 1000")
narrow = of(right, "float32 and float16")


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


def worthless(name: str, phrase: str, f: Any, *inputs: Any) -> Specimen:
    """A right formula whose value has no correct digit."""
    return right(name, phrase, f, *inputs, verdicts=("inconclusive",), note="has no correct digit")


_ZEROS = [
    right("square at 0", "zero derivatives", F.square, np.zeros(3)),
    right("cube at 0", "zero derivatives", lambda x: x**3, np.array([0.0, 1.0]), order=3),
    right("cos at 0", "zero derivatives", F.cos, np.array(0.0)),
    right("product with 0", "zero derivatives", F.mul, np.zeros(2), several(2)),
    right("sign", "zero derivatives", F.sign, several(3)),
    right("relu of negative numbers", "zero derivatives", F.relu, -np.abs(several(3))),
    right("x - x", "zero derivatives", lambda x: x - x, several(3)),
    right(
        "step function", "zero derivatives", op(lambda x: (x > 0) * 1.0, lambda gy, x: gy * 0.0), several(3)
    ),
    right("floor", "zero derivatives", op(np.floor, lambda gy, x: None), several(3)),
    right("x**0 at 0", "zero derivatives", lambda x: x**0, np.zeros(2)),
]


_SCALES = [
    right("product of 1e-300", "values from 1e-300", F.mul, several(3) * 1e-300, several(3)),
    right("square of 1e-300 (underflows)", "values from 1e-300", F.square, several(3) * 1e-300),
    right("product with a subnormal number", "values from 1e-300", lambda x: x * 5e-324, several(3)),
    right("sin(x) times 3e-321", "values from 1e-300", lambda x: F.sin(x) * 3e-321, several(3), order=2),
    right("reciprocal of 1e-300", "values from 1e-300", F.reciprocal, several(3) * 1e-150),
    right(
        "reciprocal of 1e-300, overflowing",
        "values from 1e-300",
        F.reciprocal,
        np.array([1e-300]),
        verdicts=("pass", "inconclusive"),
    ),
    right("sum to 1e300", "values to 1e+300", F.sum, several(3) * 1e300),
    right("product of 1e300 and 1e-300", "values to 1e+300", F.mul, several(3) * 1e300, several(3) * 1e-300),
    right("log of 1e300", "values to 1e+300", F.log, np.abs(several(3)) * 1e300),
    right("sqrt of 1e300", "values to 1e+300", F.sqrt, np.abs(several(3)) * 1e300),
    right("sqrt of 1e-300", "values from 1e-300", F.sqrt, np.abs(several(3)) * 1e-300),
    right("tanh of 1e300", "values to 1e+300", F.tanh, several(3) * 1e300),
    right(
        "sqrt(x*x) at 1e-200 (underflow inside)",
        "values from 1e-300",
        lambda x: F.sqrt(x * x),
        np.array([1e-200, 2e-200]),
        verdicts=("pass", "inconclusive"),
    ),
    right(
        "x*x/x at 1e200 (overflow inside)",
        "values to 1e+300",
        lambda x: x * x / x,
        np.array([1e200]),
        order=1,
        verdicts=("pass", "inconclusive"),
    ),
    right("gradients of scale 1e-12", "gradients of scale 1e-12", lambda x: 1e-12 * F.sin(x), several(3)),
    right("mixed scales", "values from 1e-300 to 1e+300", F.square, np.array([1e-150, 1.0, 1e150])),
    right("large offset", "a large offset under a small variation", lambda x: 1e10 + F.sin(x), several(3)),
    right(
        "large offset, small variation",
        "a large offset under a small variation",
        lambda x: 1e15 + 1e-5 * F.tanh(x),
        several(3),
    ),
    right("sin(1e5 x)", "sin(1e5·x)", lambda x: F.sin(1e5 * x), several(4)),
    right(
        "sin(1e5 x) by one Function",
        "sin(1e5·x)",
        op(lambda x: np.sin(1e5 * x), lambda gy, x: gy * 1e5 * F.cos(1e5 * x)),
        several(4),
    ),
    right("sin at 1e8", "arguments of 1e8", F.sin, np.array([1e8, 1.23456789e8])),
    right("sin at 1e12", "arguments of 1e12", F.sin, np.array([1e12, 3e12])),
    right("square at 1e12", "arguments of 1e12", F.square, np.array([1e12])),
    right("cos at 1e8, float32", "arguments of 1e8", F.cos, np.array([1e8, 2e8], np.float32)),
]


_EDGES = [
    right("exp of 700 and of -700", "values from 1e-300 to 1e+300", F.exp, np.array([700.0, -700.0])),
    right("x**10 at 1e30", "values to 1e+300", lambda x: x**10, np.array([1e30, 2e-30])),
    right("1/x**3 at 1e-60", "values from 1e-300", lambda x: x**-3, np.array([1e-60, -2e-60])),
    right("swish at -700", "saturated sigmoid", lambda x: x * F.sigmoid(x), np.array([-700.0, -30.0, 2.0])),
    right("log at 1e-8", "domain edges closer than any step", F.log, np.array([1e-8, 2e-8])),
    right("sqrt at 1e-8", "domain edges closer than any step", F.sqrt, np.array([1e-8, 3e-8])),
    right("log at 1e-300", "domain edges closer than any step", F.log, np.array([1e-300]), order=1),
    right("log1p beside -1", "domain edges closer than any step", F.log1p, np.array([-1 + 1e-8])),
    right("reciprocal at 1e-8", "domain edges closer than any step", F.reciprocal, np.array([1e-8, -1e-8])),
    right(
        "arcsin beside 1",
        "domain edges closer than any step",
        op(np.arcsin, lambda gy, x: gy / F.sqrt((1 - x) * (1 + x))),
        np.array([1 - 1e-9, -1 + 1e-9]),
    ),
    right("x log x at 1e-10", "domain edges closer than any step", lambda x: x * F.log(x), np.array([1e-10])),
    right("power at 1e-8", "domain edges closer than any step", lambda x: x**0.3, np.array([1e-8])),
    right("tan beside its pole", "domain edges closer than any step", F.tan, np.array([1.5707963])),
]


_SATURATED = [
    right("tanh at 18", "saturated tanh", F.tanh, np.array([18.0, -18.0, 0.5])),
    right("1 - y*y at 18", "saturated tanh", CancellingTanh, np.array([18.0, 0.5])),
    worthless("1 - y*y at 40", "saturated tanh", CancellingTanh, np.array([40.0, 0.5])),
    worthless("1 - y*y at 20 alone", "saturated tanh", CancellingTanh, np.array(20.0)),
    right("sigmoid at 40", "saturated sigmoid", F.sigmoid, np.array([40.0, -40.0])),
    worthless("y(1 - y) at 40", "saturated sigmoid", PlainSigmoid, np.array([40.0, -40.0, 1.0])),
    right("sigmoid at 800", "saturated sigmoid", F.sigmoid, np.array([800.0, -800.0])),
    right("1 - y*y on floats only", "saturated tanh", OpaqueTanh, np.array([18.0, 0.5, 2.0])),
    right(
        "1 - y*y at 40 on floats only",
        "saturated tanh",
        OpaqueTanh,
        np.array([40.0, 0.5, 2.0]),
        verdicts=("pass", "inconclusive"),
    ),
    large_logits("softmax of 1000", F.softmax, np.array([[1000.0, 999.0, 0.0], [-1000.0, 0.0, 1000.0]])),
    large_logits("log softmax of 1000", F.log_softmax, np.array([[1000.0, 999.0, 0.0]])),
    large_logits(
        "cross entropy of 1000",
        lambda x: F.softmax_cross_entropy(x, np.array([0, 1])),
        np.array([[1000.0, 0.0, -3.0], [0.5, 1000.0, 2.0]]),
    ),
    large_logits("logsumexp of 1000", F.logsumexp, np.array([[1000.0, 999.5, -1000.0]])),
    large_logits(
        "sigmoid cross entropy at 50",
        lambda x: F.sigmoid_cross_entropy(x, np.array([1, 0, 1])),
        np.array([50.0, -50.0, 1000.0]),
    ),
    right(
        "naive logsumexp of 1000 (overflows)",
        "logits of 1000",
        lambda x: F.log(F.sum(F.exp(x))),
        np.array([1000.0, 999.0]),
        order=1,
        verdicts=("inconclusive",),
        note="float64",
    ),
    right("softplus at 700", "saturated sigmoid", F.softplus, np.array([700.0, -700.0, 0.5])),
]


_NARROW = [
    narrow(f"{f.__name__}, {np.dtype(t).name}", f, some(4, low=0.3).astype(t))
    for f in (F.sin, F.exp, F.tanh, F.log, F.sigmoid, F.sqrt, F.square)
    for t in (np.float32, np.float16)
] + [
    narrow(
        "matmul, float32",
        F.matmul,
        several(3, 4).astype(np.float32),
        several(4, 2, seed=1).astype(np.float32),
    ),
    narrow(
        "matmul, float16",
        F.matmul,
        several(3, 4).astype(np.float16),
        several(4, 2, seed=1).astype(np.float16),
    ),
    narrow("mean of 1000, float16", F.mean, some(1000).astype(np.float16)),
    narrow("mean of 1000, float32", F.mean, some(1000).astype(np.float32)),
    narrow("softmax of 20, float16", F.softmax, np.array([[20.0, 1.0, -3.0]], np.float16)),
    narrow(
        "cross entropy, float32",
        lambda x: F.softmax_cross_entropy(x, np.array([0, 2])),
        several(2, 3).astype(np.float32),
    ),
    narrow("sin(1e3 x), float32", lambda x: F.sin(1e3 * x), several(3).astype(np.float32)),
    worthless(
        "1 - y*y at 8, float32", "float32 and float16", CancellingTanh, np.array([8.0, 12.0], np.float32)
    ),
    right("longdouble", "any float dtype", F.tanh, several(3).astype(np.longdouble)),
    right("float32 beside float64", "any float dtype", F.mul, several(3).astype(np.float32), several(3)),
    narrow("1e-30 in float32", F.square, np.array([1e-30, 1e-18], np.float32)),
]


RIGHT_POINTS = [*_ZEROS, *_SCALES, *_EDGES, *_SATURATED, *_NARROW]
