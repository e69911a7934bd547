"""Right operations whose forward, or backward, runs on floats only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero import Function, Variable, as_variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import checked, half_opaque, op, opaque, several, softmax, some

_SIN = op(lambda x: np.sin(checked(x)), lambda gy, x: gy * F.cos(x))


_SIN_OF_FLOATS = op(lambda x: np.sin(checked(x)), lambda gy, x: gy * _COS_OF_FLOATS(x))


_COS_OF_FLOATS = op(lambda x: np.cos(checked(x)), lambda gy, x: -gy * _SIN_OF_FLOATS(x))


def _inverse_gradient(gy: Variable, x: Variable) -> Variable:
    y = _INVERSE(x)
    return -F.matmul(F.matmul(F.transpose(y), gy), F.transpose(y))


_INVERSE = op(np.linalg.inv, _inverse_gradient)


_MAYBE = ("pass", "inconclusive")


def _solve_gradient(gy: Variable, a: Variable, b: Variable) -> tuple[Variable, Variable]:
    w = np.linalg.solve(a.data.T, gy.data)
    return Variable(-np.outer(w, np.linalg.solve(a.data, b.data))), Variable(w)


def _spectrum_gradient(gy: Variable, x: Variable) -> Variable:
    return Variable(2 * x.size * np.fft.ifft(gy.data * np.fft.fft(x.data)).real)


def _logaddexp(a: Any, b: Any) -> Any:
    return np.logaddexp(np.asarray(a, dtype=float), np.asarray(b, dtype=float))


_LIBRARY = [
    opaque(
        "logaddexp",
        op(_logaddexp, lambda gy, a, b: (gy * F.sigmoid(a - b), gy * F.sigmoid(b - a))),
        np.array([1000.0, -1000.0, 3.0]),
        np.array([999.0, 1000.0, 2.0]),
        order=2,
    ),
    opaque("linear system", op(np.linalg.solve, _solve_gradient), several(3, 3) + 3 * np.eye(3), several(3)),
    opaque("power spectrum", op(lambda x: np.abs(np.fft.fft(x)) ** 2, _spectrum_gradient), several(6)),
    opaque(
        "interpolation", op(lambda x: np.interp(x, [-3.0, 3.0], [1.0, 4.0]), lambda gy, x: gy / 2), several(4)
    ),
]

_OPAQUE = [
    opaque("isnan", _SIN, several(3)),
    opaque("isnan, second order", _SIN_OF_FLOATS, several(3), order=2),
    opaque("isnan, third order", _SIN_OF_FLOATS, several(3), order=3),
    opaque("isnan, 0-d", _SIN, np.array(0.5)),
    opaque("isnan, float32", _SIN, several(3).astype(np.float32)),
    opaque("isnan, float16", _SIN, several(3).astype(np.float16)),
    opaque(
        "isnan, 1e-300",
        op(lambda x: 1e-300 * np.sin(checked(x)), lambda gy, x: 1e-300 * gy * F.cos(x)),
        several(3),
    ),
    opaque("isnan, at 1e-300", op(lambda x: 3 * checked(x), lambda gy, x: 3 * gy), several(3) * 1e-300),
    opaque("isnan, at 1e300", op(lambda x: 3 * checked(x), lambda gy, x: 3 * gy), several(3) * 1e300),
    opaque(
        "isnan, square at 1e12", op(lambda x: checked(x) ** 2, lambda gy, x: 2 * gy * x), several(3) * 1e12
    ),
    opaque(
        "isnan, sin(1e5 x)",
        op(lambda x: np.sin(1e5 * checked(x)), lambda gy, x: gy * 1e5 * F.cos(1e5 * x)),
        several(3),
    ),
    opaque("isnan, sin at 1e8", _SIN, np.array([1e8, 1.5e8])),
    opaque(
        "isnan, log at 1e-8", op(lambda x: np.log(checked(x)), lambda gy, x: gy / x), np.array([1e-8, 3e-8])
    ),
    opaque(
        "isnan, sqrt at 1e-8",
        op(lambda x: np.sqrt(checked(x)), lambda gy, x: gy * 0.5 / F.sqrt(x)),
        np.array([1e-8]),
    ),
    opaque(
        "isnan, large offset", op(lambda x: 1e8 + np.sin(checked(x)), lambda gy, x: gy * F.cos(x)), several(3)
    ),
    opaque(
        "isnan, saturated tanh",
        op(lambda x: np.tanh(checked(x)), lambda gy, x: gy * (1 - F.tanh(x) ** 2)),
        np.array([18.0, 0.5, -3.0]),
    ),
    opaque(
        "isnan, relu at 1e-9",
        op(lambda x: np.maximum(checked(x), 0), lambda gy, x: gy * (x.data > 0)),
        np.array([1e-9, 0.5]),
        verdicts=_MAYBE,
    ),
    opaque(
        "isnan, relu at 0",
        op(lambda x: np.maximum(checked(x), 0), lambda gy, x: gy * (x.data > 0)),
        np.array([0.0, 0.5]),
        verdicts=("inconclusive",),
    ),
    opaque("isnan, zero derivative", op(lambda x: np.floor(checked(x)), lambda gy, x: gy * 0.0), several(3)),
    opaque("isnan, square at 0", op(lambda x: checked(x) ** 2, lambda gy, x: 2 * gy * x), np.zeros(2)),
    opaque(
        "isnan, matmul",
        op(lambda a, b: np.matmul(checked(a), b), lambda gy, a, b: (F.matmul(gy, b.T), F.matmul(a.T, gy))),
        several(3, 4),
        several(4, 2),
        order=2,
    ),
    opaque("isnan, unused input", lambda a, b: _SIN(a), several(3), several(2)),
    opaque(
        "isnan, several outputs",
        op(lambda x: (np.sin(checked(x)), x * x), lambda ga, gb, x: ga * F.cos(x) + 2 * gb * x),
        several(3),
        order=2,
    ),
    opaque("isnan, linear", op(lambda x: 3 * checked(x), lambda gy, x: 3 * gy), several(3), order=2),
    opaque(
        "isnan, mean over 30,000",
        op(lambda x: checked(x).mean(), lambda gy, x: F.broadcast_to(gy / x.size, x.shape)),
        some(30_000),
    ),
    opaque("isnan, sin of 20,000", _SIN, some(20_000)),
    opaque(
        "math.sin", op(lambda x: np.array(math.sin(float(x))), lambda gy, x: gy * F.cos(x)), np.array(0.5)
    ),
    opaque(
        "math.erf",
        op(lambda x: np.vectorize(math.erf)(x), lambda gy, x: gy * 2 / math.sqrt(math.pi) * F.exp(-x * x)),
        several(3),
    ),
    opaque("inverse of a matrix", _INVERSE, several(3, 3) + 3 * np.eye(3), order=2),
    opaque(
        "determinant",
        op(
            lambda x: np.asarray(np.linalg.det(x)),
            lambda gy, x: gy * as_variable(np.linalg.det(x.data) * np.linalg.inv(x.data).T),
        ),
        several(3, 3) + 3 * np.eye(3),
    ),
    opaque(
        "cast to float",
        op(lambda x: np.exp(np.asarray(x, dtype=np.float64)), lambda gy, x: gy * F.exp(x)),
        several(3),
    ),
    opaque(
        "cast to float, softmax of 1000",
        op(lambda x: softmax(np.asarray(x, dtype=float)), lambda gy, x: _softmax_gradient(gy, x)),
        np.array([1000.0, 999.0, 998.5]),
    ),
]


def _softmax_gradient(gy: Variable, x: Variable) -> Variable:
    y = Variable(softmax(x.data))
    return y * (gy - F.sum(gy * y))


class _MaskedByIsNan(Function):
    def forward(self, x: Any) -> Any:
        return np.sin(x)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * F.cos(x) * (not math.isnan(x.data.sum()))


def _of_floats(gy: Variable, x: Variable) -> Variable:
    return Variable(gy.data * np.cos(np.asarray(x.data).astype(float)))


_HALF = [
    half_opaque("backward with isnan", _MaskedByIsNan, several(3), order=2),
    half_opaque("backward with isnan, sin at 1e8", _MaskedByIsNan, np.array([1e8, 2e8]), order=2),
    half_opaque("backward through astype", op(np.sin, _of_floats), several(3)),
    half_opaque("backward through astype, 40 elements", op(np.sin, _of_floats), some(40)),
    half_opaque(
        "softmax backward through astype",
        op(softmax, lambda gy, x: _cast_softmax(gy, x)),
        np.array([1000.0, 999.0, 997.0]),
    ),
    half_opaque(
        "matmul backward through astype",
        op(
            np.matmul,
            lambda gy, a, b: (
                Variable(gy.data @ np.asarray(b.data.T).astype(float)),
                Variable(np.asarray(a.data.T).astype(float) @ gy.data),
            ),
        ),
        several(6, 8),
        several(8, 7),
    ),
]


def _cast_softmax(gy: Variable, x: Variable) -> Variable:
    y = softmax(np.asarray(x.data).astype(float))
    return Variable(y * (gy.data - (gy.data * y).sum()))


RIGHT_OPAQUE = [*_LIBRARY, *_OPAQUE, *_HALF]
