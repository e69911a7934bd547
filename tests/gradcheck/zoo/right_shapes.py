"""Right operations in awkward forms: shapes, layouts, several outputs, functions of floats only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import dezero
from dezero import Function, Variable, as_variable
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


def _frozen(x: np.ndarray) -> np.ndarray:
    x = x.copy()
    x.flags.writeable = False
    return x


_BASE = several(6, 4)
_INDEX = np.array([0, 2, 2, 1])
_SHARED = several(3)
_WEIGHT = dezero.Parameter(several(4, 2))

_FORMS = [
    _right("0-d", "0-d", F.sin, np.array(0.5)),
    _right("Python number", "0-d", F.exp, 0.5),
    _right("0-d times array", "broadcast", F.mul, np.array(1.5), several(3)),
    _right("empty", "empty (not-tested)", F.sin, np.zeros((0, 3)), verdicts=("not-tested",), note="empty"),
    _right(
        "empty beside full",
        "empty",
        lambda a, b: F.concatenate([a, b]),
        np.zeros((0, 2)),
        several(2, 2),
        verdicts=("pass",),
    ),
    _right("strided", "strided", F.tanh, _BASE[::2, ::2]),
    _right("negative strides", "negative-stride", F.exp, _BASE[::-1, ::-1]),
    _right(
        "Fortran order",
        "Fortran",
        F.matmul,
        np.asfortranarray(several(3, 4)),
        np.asfortranarray(several(4, 2)),
    ),
    _right("broadcast view", "broadcast", F.square, np.broadcast_to(several(3), (4, 3))),
    _right("read-only", "read-only inputs", F.log, _frozen(np.abs(several(3)))),
    _right("broadcast operands", "broadcast", F.mul, several(4, 1), several(1, 3)),
    _right("one row and a matrix", "broadcast", F.add, several(4, 3), several(3)),
    _right("the same array twice", "the same array passed twice", F.mul, _SHARED, _SHARED),
    _right("the same Variable twice", "the same array passed twice", lambda x: F.mul(x, x), _SHARED),
    _right("Variable as input", "Variables", F.sin, Variable(several(3))),
    _right("unused input", "unused inputs", lambda a, b: F.sin(a), several(3), several(2)),
    _right("unused element", "unused inputs", lambda x: x[:2] * 3, several(4)),
    _right("constant function", "constant functions", lambda x: Variable(np.ones(2)), several(3)),
    _right("constant, connected", "constant functions", lambda x: 0 * x + 1.0, several(3)),
    _right("identity", "linear functions", lambda x: x, several(3)),
    _right("linear", "linear functions", lambda x: 3 * x, several(3), order=3),
    _right(
        "transpose of three axes", "linear functions", lambda x: F.transpose(x, (1, 2, 0)), several(2, 3, 2)
    ),
    _right("reshape", "linear functions", lambda x: F.reshape(x, (3, 2)), several(2, 3)),
    _right("sum over one axis", "linear functions", lambda x: F.sum(x, axis=1, keepdims=True), several(2, 3)),
    _right("repeated index", "repeated indices", lambda x: F.get_item(x, _INDEX), several(4)),
    _right("integer input beside", "integer and boolean inputs", lambda x, i: x[i.data], several(4), _INDEX),
    _right(
        "boolean mask beside",
        "integer and boolean inputs",
        lambda x, m: x * m,
        several(3),
        np.array([True, False, True]),
    ),
    _right(
        "integers alone",
        "integer inputs",
        lambda x: x * 2,
        np.arange(3),
        verdicts=("not-tested",),
        note="float",
    ),
    _right(
        "integer output",
        "integer and boolean inputs",
        lambda x: Variable((x.data > 0).astype(int)),
        several(3),
        verdicts=("not-tested",),
    ),
    _right("two outputs", "several outputs", lambda x: (F.sin(x), F.cos(x)), several(3)),
    _right("outputs of different shapes", "several outputs", lambda x: (F.sum(x), x * x, x[0]), several(3)),
    _right(
        "one Function, two outputs",
        "several outputs",
        op(lambda x: (np.sin(x), np.cos(x)), lambda ga, gb, x: ga * F.cos(x) - gb * F.sin(x)),
        several(3),
    ),
    _right(
        "values and indices",
        "several outputs",
        lambda x: (F.max(x), Variable(np.asarray(np.argmax(x.data)))),
        several(4),
    ),
    _right(
        "branch on the data",
        "data-dependent branches",
        lambda x: F.sin(x) if x.data.sum() > 0 else F.exp(x),
        several(3),
    ),
    _right(
        "branch on each element",
        "data-dependent branches",
        lambda x: F.where(x.data > 0, F.log(F.abs(x)), x * x),
        several(4),
    ),
    _right("loop on the data", "data-dependent branches", lambda x: _halved(x), np.array([5.0, 3.0])),
    _right("captured parameter", "what f holds", lambda x: F.matmul(x, _WEIGHT), several(3, 4)),
    _right(
        "softmax cross entropy",
        "batch",
        lambda x: F.softmax_cross_entropy(x, np.array([0, 2, 1])),
        several(3, 4),
    ),
    _right("mean over 50,000", "means over tens of thousands", F.mean, some(50_000), order=1),
    _right("sin of 40,000", "tens of thousands", F.sin, some(200, 200), order=1),
    _right(
        "a network",
        "batch",
        lambda x, w, b, v: F.softmax(F.matmul(F.tanh(F.matmul(x, w) + b), v)),
        several(3, 4),
        several(4, 5),
        several(5),
        several(5, 2),
    ),
]


def _halved(x: Variable) -> Variable:
    while np.abs(x.data).max() > 1:
        x = x / 2
    return x * x


# Forward on floats only ------------------------------------------------------------------------------


def _checked(x: Any) -> Any:
    assert not np.isnan(x).any()
    return x


def _opaque(
    name: str, f: Any, *inputs: Any, order: int = 1, verdicts: tuple[str, ...] = ("pass",)
) -> Specimen:
    phrase = "functions whose forward cannot run on object arrays"
    return _right(name, phrase, f, *inputs, order=order, verdicts=verdicts, note="object arrays")


_SIN = op(lambda x: np.sin(_checked(x)), lambda gy, x: gy * F.cos(x))
_SIN_OF_FLOATS = op(lambda x: np.sin(_checked(x)), lambda gy, x: gy * _COS_OF_FLOATS(x))
_COS_OF_FLOATS = op(lambda x: np.cos(_checked(x)), lambda gy, x: -gy * _SIN_OF_FLOATS(x))


def _inverse_gradient(gy: Variable, x: Variable) -> Variable:
    y = _INVERSE(x)
    return -F.matmul(F.matmul(F.transpose(y), gy), F.transpose(y))


_INVERSE = op(np.linalg.inv, _inverse_gradient)
_MAYBE = ("pass", "inconclusive")

_OPAQUE = [
    _opaque("isnan", _SIN, several(3)),
    _opaque("isnan, second order", _SIN_OF_FLOATS, several(3), order=2),
    _opaque("isnan, third order", _SIN_OF_FLOATS, several(3), order=3),
    _opaque("isnan, 0-d", _SIN, np.array(0.5)),
    _opaque("isnan, float32", _SIN, several(3).astype(np.float32)),
    _opaque("isnan, float16", _SIN, several(3).astype(np.float16)),
    _opaque(
        "isnan, 1e-300",
        op(lambda x: 1e-300 * np.sin(_checked(x)), lambda gy, x: 1e-300 * gy * F.cos(x)),
        several(3),
    ),
    _opaque("isnan, at 1e-300", op(lambda x: 3 * _checked(x), lambda gy, x: 3 * gy), several(3) * 1e-300),
    _opaque("isnan, at 1e300", op(lambda x: 3 * _checked(x), lambda gy, x: 3 * gy), several(3) * 1e300),
    _opaque(
        "isnan, square at 1e12", op(lambda x: _checked(x) ** 2, lambda gy, x: 2 * gy * x), several(3) * 1e12
    ),
    _opaque(
        "isnan, sin(1e5 x)",
        op(lambda x: np.sin(1e5 * _checked(x)), lambda gy, x: gy * 1e5 * F.cos(1e5 * x)),
        several(3),
    ),
    _opaque("isnan, sin at 1e8", _SIN, np.array([1e8, 1.5e8])),
    _opaque(
        "isnan, log at 1e-8", op(lambda x: np.log(_checked(x)), lambda gy, x: gy / x), np.array([1e-8, 3e-8])
    ),
    _opaque(
        "isnan, sqrt at 1e-8",
        op(lambda x: np.sqrt(_checked(x)), lambda gy, x: gy * 0.5 / F.sqrt(x)),
        np.array([1e-8]),
    ),
    _opaque(
        "isnan, large offset",
        op(lambda x: 1e8 + np.sin(_checked(x)), lambda gy, x: gy * F.cos(x)),
        several(3),
    ),
    _opaque(
        "isnan, saturated tanh",
        op(lambda x: np.tanh(_checked(x)), lambda gy, x: gy * (1 - F.tanh(x) ** 2)),
        np.array([18.0, 0.5, -3.0]),
    ),
    _opaque(
        "isnan, relu at 1e-9",
        op(lambda x: np.maximum(_checked(x), 0), lambda gy, x: gy * (x.data > 0)),
        np.array([1e-9, 0.5]),
        verdicts=_MAYBE,
    ),
    _opaque(
        "isnan, relu at 0",
        op(lambda x: np.maximum(_checked(x), 0), lambda gy, x: gy * (x.data > 0)),
        np.array([0.0, 0.5]),
        verdicts=("inconclusive",),
    ),
    _opaque(
        "isnan, zero derivative", op(lambda x: np.floor(_checked(x)), lambda gy, x: gy * 0.0), several(3)
    ),
    _opaque("isnan, square at 0", op(lambda x: _checked(x) ** 2, lambda gy, x: 2 * gy * x), np.zeros(2)),
    _opaque(
        "isnan, matmul",
        op(lambda a, b: np.matmul(_checked(a), b), lambda gy, a, b: (F.matmul(gy, b.T), F.matmul(a.T, gy))),
        several(3, 4),
        several(4, 2),
        order=2,
    ),
    _opaque("isnan, unused input", lambda a, b: _SIN(a), several(3), several(2)),
    _opaque(
        "isnan, several outputs",
        op(lambda x: (np.sin(_checked(x)), x * x), lambda ga, gb, x: ga * F.cos(x) + 2 * gb * x),
        several(3),
        order=2,
    ),
    _opaque("isnan, linear", op(lambda x: 3 * _checked(x), lambda gy, x: 3 * gy), several(3), order=2),
    _opaque(
        "isnan, mean over 30,000",
        op(lambda x: _checked(x).mean(), lambda gy, x: F.broadcast_to(gy / x.size, x.shape)),
        some(30_000),
    ),
    _opaque("isnan, sin of 20,000", _SIN, some(20_000)),
    _opaque(
        "math.sin", op(lambda x: np.array(math.sin(float(x))), lambda gy, x: gy * F.cos(x)), np.array(0.5)
    ),
    _opaque(
        "math.erf",
        op(lambda x: np.vectorize(math.erf)(x), lambda gy, x: gy * 2 / math.sqrt(math.pi) * F.exp(-x * x)),
        several(3),
    ),
    _opaque("inverse of a matrix", _INVERSE, several(3, 3) + 3 * np.eye(3), order=2),
    _opaque(
        "determinant",
        op(
            lambda x: np.asarray(np.linalg.det(x)),
            lambda gy, x: gy * as_variable(np.linalg.det(x.data) * np.linalg.inv(x.data).T),
        ),
        several(3, 3) + 3 * np.eye(3),
    ),
    _opaque(
        "cast to float", op(lambda x: np.exp(x.astype(np.float64)), lambda gy, x: gy * F.exp(x)), several(3)
    ),
    _opaque(
        "cast to float, softmax of 1000",
        op(lambda x: _stable_softmax(x.astype(float)), lambda gy, x: _softmax_gradient(gy, x)),
        np.array([1000.0, 999.0, 998.5]),
    ),
]


def _stable_softmax(x: Any) -> Any:
    e = np.exp(x - x.max())
    return e / e.sum()


def _softmax_gradient(gy: Variable, x: Variable) -> Variable:
    y = Variable(_stable_softmax(x.data))
    return y * (gy - F.sum(gy * y))


# Backward on floats only ------------------------------------------------------------------------------


def _half_opaque(name: str, f: Any, *inputs: Any, order: int = 1) -> Specimen:
    phrase = "functions whose backward cannot run on object arrays"
    return _right(name, phrase, f, *inputs, order=order, note="object arrays")


class _MaskedByIsNan(Function):
    def forward(self, x: Any) -> Any:
        return np.sin(x)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * F.cos(x) * ~np.isnan(x.data)


def _of_floats(gy: Variable, x: Variable) -> Variable:
    return Variable(gy.data * np.cos(x.data.astype(float)))


_HALF = [
    _half_opaque("backward with isnan", _MaskedByIsNan, several(3), order=2),
    _half_opaque("backward with isnan, sin at 1e8", _MaskedByIsNan, np.array([1e8, 2e8]), order=2),
    _half_opaque("backward through astype", op(np.sin, _of_floats), several(3)),
    _half_opaque("backward through astype, 40 elements", op(np.sin, _of_floats), some(40)),
    _half_opaque(
        "softmax backward through astype",
        op(lambda x: _stable_softmax(x), lambda gy, x: _cast_softmax(gy, x)),
        np.array([1000.0, 999.0, 997.0]),
    ),
    _half_opaque(
        "matmul backward through astype",
        op(
            np.matmul,
            lambda gy, a, b: (
                Variable(gy.data @ b.data.T.astype(float)),
                Variable(a.data.T.astype(float) @ gy.data),
            ),
        ),
        several(6, 8),
        several(8, 7),
    ),
]


def _cast_softmax(gy: Variable, x: Variable) -> Variable:
    y = _stable_softmax(x.data.astype(float))
    return Variable(y * (gy.data - (gy.data * y).sum()))


RIGHT_SHAPES = [*_FORMS, *_OPAQUE, *_HALF]
