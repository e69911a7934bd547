"""Operations whose gradient of order 1 has wrong values: signs, factors, lost digits, small scales."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero import Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import of, op, several, some, two, wrong

negated = of(wrong, "sign", cause="sign")
multiplied = of(wrong, "factor", cause="constant factor")
slightly_off = of(wrong, "a constant off by 3 in 10,000", cause="constant factor")
rounded = of(wrong, "a gradient rounded through float32", cause="precision lost")


def _through(dtype: Any, g: Variable) -> Variable:
    """Rounded to a narrower dtype and back."""
    return Variable(g.data.astype(dtype).astype(np.float64))


_SIGNS = [
    negated("cos without its minus", op(np.cos, lambda gy, x: gy * F.sin(x)), several(3)),
    negated("reciprocal without its minus", op(lambda x: 1 / x, lambda gy, x: gy / x**2), several(2, 3)),
    negated("subtraction, both plus", op(np.subtract, lambda gy, a, b: (gy, gy)), *two(3)),
    negated("sign at one scalar", op(np.exp, lambda gy, x: -gy * F.exp(x)), np.array(0.5)),
    negated("sign of the divisor", op(np.divide, lambda gy, a, b: (gy / b, gy * a / b**2)), *two(4)),
]


_FACTORS = [
    multiplied("square without its two", op(np.square, lambda gy, x: gy * x), several(3)),
    multiplied("sqrt without its half", op(np.sqrt, lambda gy, x: gy / F.sqrt(x)), some(3, low=0.5)),
    slightly_off("exp off by 3 in 10,000", op(np.exp, lambda gy, x: gy * F.exp(x) * 1.0003), several(3)),
    slightly_off(
        "matmul off by 3 in 10,000",
        op(np.matmul, lambda gy, a, b: (F.matmul(gy, b.T) * 1.0003, F.matmul(a.T, gy))),
        several(3, 4),
        several(4, 2, seed=1),
    ),
    multiplied("log10 taken for log", op(np.log10, lambda gy, x: gy / x), some(3, low=0.5)),
    slightly_off(
        "off by 3 in 10,000 in float32",
        op(np.sin, lambda gy, x: gy * F.cos(x) * 1.0003),
        several(5).astype(np.float32),
    ),
    slightly_off(
        "off by 3 in 10,000, not on objects",
        op(lambda x: np.sin(x.astype(float)), lambda gy, x: gy * F.cos(x) * 1.0003),
        several(5),
    ),
    wrong(
        "off by 1e-9",
        "a constant off by 3 in 10,000",
        op(np.sin, lambda gy, x: gy * F.cos(x) * (1 + 1e-9)),
        several(5),
        cause="factor",
    ),
    wrong(
        "gelu with a rounded constant",
        "a constant off by 3 in 10,000",
        op(
            lambda x: 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3))),
            lambda gy, x: _gelu_gradient(gy, x, 0.797),
        ),
        several(5),
    ),
    wrong(
        "off by 3 in 10,000 at 1e12",
        "values up to 1e12",
        op(np.square, lambda gy, x: 2.0006 * gy * x),
        several(3) * 1e12,
        cause="constant factor",
    ),
]


def _gelu_gradient(gy: Variable, x: Variable, c: float) -> Variable:
    t = F.tanh(c * (x + 0.044715 * x**3))
    return gy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x**2))


_ROUNDED = [
    rounded(
        "gradient through float32",
        op(np.sin, lambda gy, x: _through(np.float32, gy * F.cos(x))),
        several(3, 2),
    ),
    rounded(
        "gradient through float16",
        op(np.sin, lambda gy, x: _through(np.float16, gy * F.cos(x))),
        several(3, 2),
    ),
    rounded(
        "input through float32",
        op(np.exp, lambda gy, x: gy * Variable(np.exp(x.data.astype(np.float32)).astype(np.float64))),
        several(6),
    ),
    rounded(
        "matmul through float32",
        op(np.matmul, lambda gy, a, b: (_through(np.float32, F.matmul(gy, b.T)), F.matmul(a.T, gy))),
        several(3, 4),
        several(4, 2, seed=1),
    ),
    wrong(
        "constant through float32",
        "a gradient rounded through float32",
        op(lambda x: x / 3, lambda gy, x: gy * float(np.float32(1 / 3))),
        several(3),
        cause="factor",
    ),
    rounded(
        "incoming gradient through float32",
        op(np.square, lambda gy, x: 2 * x * _through(np.float32, gy * 1.1) / 1.1),
        several(3),
    ),
    rounded(
        "through float16 for float32",
        op(np.sin, lambda gy, x: Variable((gy.data * np.cos(x.data)).astype(np.float16).astype(np.float32))),
        several(6).astype(np.float32),
    ),
]


_SMALL = [
    wrong(
        "log with an epsilon of 1e-12",
        "a constant off by 3 in 10,000",
        op(np.log, lambda gy, x: gy / (x + 1e-12)),
        some(4, low=0.5),
    ),
    wrong(
        "1e-6 sin, zero",
        "gradients of scale 1e-12",
        op(lambda x: 1e-6 * np.sin(x), lambda gy, x: gy * 0.0),
        several(3),
        cause="zero",
    ),
    wrong(
        "1e-12 tanh, sign",
        "gradients of scale 1e-12",
        op(lambda x: 1e-12 * np.tanh(x), lambda gy, x: -1e-12 * gy * (1 - F.tanh(x) ** 2)),
        several(3),
        cause="sign",
    ),
    wrong(
        "1e-300 x, factor",
        "values from 1e-300",
        op(lambda x: 1e-300 * x, lambda gy, x: 2e-300 * gy),
        several(3),
        cause="constant factor",
    ),
    wrong(
        "1e300 x, factor",
        "values to 1e+300",
        op(lambda x: 1e150 * x, lambda gy, x: 1.01e150 * gy),
        several(3) * 1e150,
        cause="constant factor",
    ),
    wrong(
        "small beside a large offset",
        "a large offset under a small variation",
        op(lambda x: 1e8 + np.sin(x), lambda gy, x: gy * F.cos(x) * 1.0003),
        several(3),
        cause="constant factor",
    ),
    wrong(
        "tail of sigmoid, sign",
        "saturated sigmoid",
        op(lambda x: 1 / (1 + np.exp(-x)), lambda gy, x: -gy * F.exp(-x) / (1 + F.exp(-x)) ** 2),
        np.array([30.0, 35.0, 40.0]),
        cause="sign",
    ),
    wrong(
        "1e-12 element among ones, zero",
        "gradients of scale 1e-12",
        op(lambda x: x * np.array([1.0, 1e-12, 1.0]), lambda gy, x: gy * np.array([1.0, 0.0, 1.0])),
        several(3),
    ),
    wrong(
        "1e-12 elements in a large array",
        "gradients of scale 1e-12",
        op(
            lambda x: np.where(np.arange(x.size) % 7 == 3, 1e-12 * x, x),
            lambda gy, x: gy * np.where(np.arange(x.size) % 7 == 3, 2e-12, 1.0),
        ),
        some(500),
    ),
    wrong(
        "0 for 1e-12 in a large array",
        "gradients of scale 1e-12",
        op(
            lambda x: np.where(np.arange(x.size) == 33, 1e-12 * x, x),
            lambda gy, x: gy * (np.arange(x.size) != 33),
        ),
        some(500),
    ),
]


WRONG_VALUES = [*_SIGNS, *_FACTORS, *_ROUNDED, *_SMALL]
