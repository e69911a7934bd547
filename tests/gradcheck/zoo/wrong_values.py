"""Operations whose gradient of order 1 has wrong values."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero import Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import Specimen, op, several, some

_LABELS = np.array([1, 0, 2, 1])
_INDEX = np.array([0, 2, 2, 3])
_LARGE = some(20_000, seed=9)


def _wrong(
    name: str, phrase: str, f: Any, *inputs: Any, cause: str = "", order: int = 1, failing: int = 1
) -> Specimen:
    return Specimen(name, phrase, f, inputs, order, ("fail",), failing, cause)


def _data(x: Any) -> np.ndarray:
    return x.data


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _cross_entropy(x: np.ndarray) -> np.ndarray:
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(x)), _LABELS].mean()


def _one_hot(x: Variable) -> np.ndarray:
    return np.eye(x.shape[1])[_LABELS]


def _through(dtype: Any, g: Variable) -> Variable:
    """Rounded to a narrower dtype and back."""
    return Variable(g.data.astype(dtype).astype(np.float64))


def _scaled_at(index: int, factor: float, g: Variable) -> Variable:
    mask = np.ones(g.shape)
    mask.reshape(-1)[index] = factor
    return g * mask


def _same_sum(x: Variable) -> np.ndarray:
    return np.sqrt((_data(x) ** 2).sum())


_STEPS = np.array([0.5, 1.0, 2.0])

_SIGNS = [
    _wrong(
        "cos without its minus", "sign", op(np.cos, lambda gy, x: gy * F.sin(x)), several(3), cause="sign"
    ),
    _wrong(
        "reciprocal without its minus",
        "sign",
        op(lambda x: 1 / x, lambda gy, x: gy / x**2),
        several(2, 3),
        cause="sign",
    ),
    _wrong(
        "subtraction, both plus",
        "sign",
        op(np.subtract, lambda gy, a, b: (gy, gy)),
        several(3),
        several(3, seed=1),
        cause="sign",
    ),
    _wrong(
        "sign at one scalar", "sign", op(np.exp, lambda gy, x: -gy * F.exp(x)), np.array(0.5), cause="sign"
    ),
    _wrong(
        "sign of the divisor",
        "sign",
        op(np.divide, lambda gy, a, b: (gy / b, gy * a / b**2)),
        several(4),
        several(4, seed=1),
        cause="sign",
    ),
]

_FACTORS = [
    _wrong(
        "square without its two",
        "factor",
        op(np.square, lambda gy, x: gy * x),
        several(3),
        cause="constant factor",
    ),
    _wrong(
        "sqrt without its half",
        "factor",
        op(np.sqrt, lambda gy, x: gy / F.sqrt(x)),
        some(3, low=0.5),
        cause="constant factor",
    ),
    _wrong(
        "exp off by 3 in 10,000",
        "a constant off by 3 in 10,000",
        op(np.exp, lambda gy, x: gy * F.exp(x) * 1.0003),
        several(3),
        cause="constant factor",
    ),
    _wrong(
        "matmul off by 3 in 10,000",
        "a constant off by 3 in 10,000",
        op(np.matmul, lambda gy, a, b: (F.matmul(gy, b.T) * 1.0003, F.matmul(a.T, gy))),
        several(3, 4),
        several(4, 2, seed=1),
        cause="constant factor",
    ),
    _wrong(
        "log10 taken for log",
        "factor",
        op(np.log10, lambda gy, x: gy / x),
        some(3, low=0.5),
        cause="constant factor",
    ),
    _wrong(
        "off by 3 in 10,000 in float32",
        "a constant off by 3 in 10,000",
        op(np.sin, lambda gy, x: gy * F.cos(x) * 1.0003),
        several(5).astype(np.float32),
        cause="constant factor",
    ),
    _wrong(
        "off by 3 in 10,000, not on objects",
        "a constant off by 3 in 10,000",
        op(lambda x: np.sin(x.astype(float)), lambda gy, x: gy * F.cos(x) * 1.0003),
        several(5),
        cause="constant factor",
    ),
    _wrong(
        "off by 1e-9",
        "a constant off by 3 in 10,000",
        op(np.sin, lambda gy, x: gy * F.cos(x) * (1 + 1e-9)),
        several(5),
        cause="factor",
    ),
    _wrong(
        "gelu with a rounded constant",
        "a constant off by 3 in 10,000",
        op(
            lambda x: 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3))),
            lambda gy, x: _gelu_gradient(gy, x, 0.797),
        ),
        several(5),
    ),
    _wrong(
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
    _wrong(
        "gradient through float32",
        "a gradient rounded through float32",
        op(np.sin, lambda gy, x: _through(np.float32, gy * F.cos(x))),
        several(3, 2),
        cause="precision lost",
    ),
    _wrong(
        "gradient through float16",
        "a gradient rounded through float32",
        op(np.sin, lambda gy, x: _through(np.float16, gy * F.cos(x))),
        several(3, 2),
        cause="precision lost",
    ),
    _wrong(
        "input through float32",
        "a gradient rounded through float32",
        op(np.exp, lambda gy, x: gy * Variable(np.exp(x.data.astype(np.float32)).astype(np.float64))),
        several(6),
        cause="precision lost",
    ),
    _wrong(
        "matmul through float32",
        "a gradient rounded through float32",
        op(np.matmul, lambda gy, a, b: (_through(np.float32, F.matmul(gy, b.T)), F.matmul(a.T, gy))),
        several(3, 4),
        several(4, 2, seed=1),
        cause="precision lost",
    ),
    _wrong(
        "constant through float32",
        "a gradient rounded through float32",
        op(lambda x: x / 3, lambda gy, x: gy * float(np.float32(1 / 3))),
        several(3),
        cause="factor",
    ),
    _wrong(
        "incoming gradient through float32",
        "a gradient rounded through float32",
        op(np.square, lambda gy, x: 2 * x * _through(np.float32, gy * 1.1) / 1.1),
        several(3),
        cause="precision lost",
    ),
    _wrong(
        "through float16 for float32",
        "a gradient rounded through float32",
        op(np.sin, lambda gy, x: Variable((gy.data * np.cos(x.data)).astype(np.float16).astype(np.float32))),
        several(6).astype(np.float32),
        cause="precision lost",
    ),
]

_SMALL = [
    _wrong(
        "1e-6 sin, zero",
        "gradients of scale 1e-12",
        op(lambda x: 1e-6 * np.sin(x), lambda gy, x: gy * 0.0),
        several(3),
        cause="zero",
    ),
    _wrong(
        "1e-12 tanh, sign",
        "gradients of scale 1e-12",
        op(lambda x: 1e-12 * np.tanh(x), lambda gy, x: -1e-12 * gy * (1 - F.tanh(x) ** 2)),
        several(3),
        cause="sign",
    ),
    _wrong(
        "1e-300 x, factor",
        "values from 1e-300",
        op(lambda x: 1e-300 * x, lambda gy, x: 2e-300 * gy),
        several(3),
        cause="constant factor",
    ),
    _wrong(
        "1e300 x, factor",
        "values to 1e+300",
        op(lambda x: 1e150 * x, lambda gy, x: 1.01e150 * gy),
        several(3) * 1e150,
        cause="constant factor",
    ),
    _wrong(
        "small beside a large offset",
        "a large offset under a small variation",
        op(lambda x: 1e8 + np.sin(x), lambda gy, x: gy * F.cos(x) * 1.0003),
        several(3),
        cause="constant factor",
    ),
    _wrong(
        "tail of sigmoid, sign",
        "saturated sigmoid",
        op(lambda x: 1 / (1 + np.exp(-x)), lambda gy, x: -gy * F.exp(-x) / (1 + F.exp(-x)) ** 2),
        np.array([30.0, 35.0, 40.0]),
        cause="sign",
    ),
    _wrong(
        "1e-12 element among ones, zero",
        "gradients of scale 1e-12",
        op(lambda x: x * np.array([1.0, 1e-12, 1.0]), lambda gy, x: gy * np.array([1.0, 0.0, 1.0])),
        several(3),
    ),
    _wrong(
        "1e-12 elements in a large array",
        "gradients of scale 1e-12",
        op(
            lambda x: np.where(np.arange(x.size) % 7 == 3, 1e-12 * x, x),
            lambda gy, x: gy * np.where(np.arange(x.size) % 7 == 3, 2e-12, 1.0),
        ),
        some(500),
    ),
    _wrong(
        "0 for 1e-12 in a large array",
        "gradients of scale 1e-12",
        op(
            lambda x: np.where(np.arange(x.size) == 33, 1e-12 * x, x),
            lambda gy, x: gy * (np.arange(x.size) != 33),
        ),
        some(500),
    ),
]

_LINEARITY = [
    _wrong(
        "ignores gy",
        "a backward that ignores gy",
        op(np.sin, lambda gy, x: F.cos(x)),
        several(3),
        cause="ignores gy",
    ),
    _wrong(
        "ignores gy in a sum",
        "a backward that ignores gy",
        op(lambda x: x.sum(), lambda gy, x: Variable(np.ones(x.shape))),
        several(3),
        cause="ignores gy",
    ),
    _wrong(
        "squares gy",
        "is not linear in it",
        op(np.sin, lambda gy, x: gy * gy * F.cos(x)),
        several(3),
        cause="linear",
    ),
    _wrong(
        "absolute value of gy",
        "takes its absolute value",
        op(np.sin, lambda gy, x: F.abs(gy) * F.cos(x)),
        several(3),
        cause="linear",
    ),
    _wrong(
        "absolute value of a scalar gy",
        "takes its absolute value",
        op(lambda x: (x * x).sum(), lambda gy, x: 2 * x * F.abs(gy)),
        several(3),
        cause="linear",
    ),
    _wrong(
        "clips gy",
        "is not linear in it",
        op(np.sin, lambda gy, x: F.clip(gy, -1.0, 1.0) * F.cos(x)),
        several(3),
        cause="linear",
    ),
    _wrong(
        "adds a constant to gy",
        "is not linear in it",
        op(np.sin, lambda gy, x: (gy + 1e-5) * F.cos(x)),
        several(3),
        cause="linear",
    ),
    _wrong(
        "sign of gy",
        "is not linear in it",
        op(np.sin, lambda gy, x: F.sign(gy) * F.cos(x)),
        several(3),
        cause="linear",
    ),
    _wrong(
        "mean of gy",
        "a backward that ignores gy",
        op(np.sin, lambda gy, x: F.broadcast_to(F.mean(gy), gy.shape) * F.cos(x)),
        several(4),
    ),
    _wrong(
        "softmax, zero",
        "ones as cotangent would pass it",
        op(_softmax, lambda gy, x: gy * 0.0),
        several(2, 3),
        cause="zero",
    ),
]

_SIZES = [
    _wrong(
        "one wrong element among 40,000",
        "one wrong element among tens of thousands",
        op(np.sin, lambda gy, x: _scaled_at(31_234, 1.5, gy * F.cos(x))),
        some(200, 200),
        cause="(156, 34)",
    ),
    _wrong(
        "one zero element among 20,000",
        "one wrong element among tens of thousands",
        op(np.sin, lambda gy, x: _scaled_at(777, 0.0, gy * F.cos(x))),
        _LARGE,
        cause="777",
    ),
    _wrong(
        "zero gradient of a mean over 50,000",
        "zero gradients of means over tens of thousands",
        op(lambda x: x.mean(), lambda gy, x: Variable(np.zeros(x.shape)) * gy),
        some(50_000),
        cause="zero",
    ),
    _wrong(
        "no gradient of a mean over 20,000",
        "zero gradients of means over tens of thousands",
        op(lambda x: x.mean(), lambda gy, x: None),
        _LARGE,
        cause="None",
    ),
    _wrong(
        "mean as sum",
        "batch-size factors",
        op(lambda x: x.mean(), lambda gy, x: F.broadcast_to(gy, x.shape)),
        several(7),
        cause="batch-size factor",
    ),
    _wrong(
        "sum as mean",
        "batch-size factors",
        op(lambda x: x.sum(axis=0), lambda gy, x: F.broadcast_to(gy / 5, x.shape)),
        several(5, 2),
        cause="batch-size factor",
    ),
    _wrong(
        "cross entropy without 1/N",
        "batch-size factors",
        op(_cross_entropy, lambda gy, x: gy * (F.softmax(x) - _one_hot(x))),
        several(4, 3),
        cause="batch-size factor",
    ),
    _wrong(
        "squared error over N, not over all",
        "batch-size factors",
        op(
            lambda a, b: ((a - b) ** 2).mean(),
            lambda gy, a, b: (gy * 2 * (a - b) / 4, -gy * 2 * (a - b) / 12),
        ),
        several(4, 3),
        several(4, 3, seed=1),
        cause="factor",
    ),
]

_SHAPES = [
    _wrong(
        "add, no sum over the batch",
        "missing sums",
        op(np.add, lambda gy, a, b: (gy, gy)),
        several(4, 3),
        several(3, seed=1),
        cause="sum over a broadcast axis missing",
    ),
    _wrong(
        "bias takes the first row",
        "missing sums",
        op(np.add, lambda gy, a, b: (gy, gy[0])),
        several(4, 3),
        several(3, seed=1),
        cause="sum over a broadcast axis missing",
    ),
    _wrong(
        "multiplication takes the last row",
        "missing sums",
        op(np.multiply, lambda gy, a, b: (gy * b, (gy * a)[-1])),
        several(4, 3),
        several(3, seed=1),
        cause="sum over a broadcast axis missing",
    ),
    _wrong(
        "bias summed over the wrong axis",
        "sums over the wrong axis",
        op(np.add, lambda gy, a, b: (gy, gy.sum(axis=1))),
        several(3, 3),
        several(3, seed=1),
        cause="sum over the wrong axis",
    ),
    _wrong(
        "scalar operand not summed",
        "missing sums",
        op(np.multiply, lambda gy, a, b: (gy * b, gy * a)),
        several(3),
        np.array(1.5),
        cause="sum over a broadcast axis missing",
    ),
    _wrong(
        "kept axis",
        "wrong shape",
        op(lambda x: x.sum(axis=1), lambda gy, x: F.reshape(gy, (-1, 1))),
        several(3, 2),
        cause="shape",
    ),
    _wrong(
        "flattened gradient",
        "wrong shape",
        op(np.sin, lambda gy, x: F.reshape(gy * F.cos(x), (-1,))),
        several(3, 2),
        cause="shape",
    ),
    _wrong(
        "sum along the wrong axis, broadcast",
        "sums over the wrong axis",
        op(lambda x: x.sum(axis=0), lambda gy, x: F.broadcast_to(F.reshape(gy, (3, 1)), x.shape)),
        several(3, 3),
    ),
    _wrong(
        "row sums for column sums",
        "sums over the wrong axis",
        op(
            lambda x: x / x.sum(axis=0),
            lambda gy, x: (
                gy / x.sum(axis=0) - F.broadcast_to((gy * x).sum(axis=1), x.shape) / x.sum(axis=0) ** 2
            ),
        ),
        some(3, 3, low=0.5),
    ),
    _wrong(
        "one element's shape",
        "wrong shape",
        op(lambda x: 2 * x, lambda gy, x: F.reshape(2 * gy, ())),
        np.array([1.5]),
        cause="shape",
    ),
    _wrong(
        "transposed shape",
        "forgotten transposes",
        op(lambda x: x.T * 2, lambda gy, x: 2 * gy),
        several(3, 2),
        cause="transposed",
    ),
    _wrong(
        "matmul, transpose forgotten",
        "forgotten transposes",
        op(np.matmul, lambda gy, a, b: (F.matmul(gy, b), F.matmul(a.T, gy))),
        several(3, 3),
        several(3, 3, seed=1),
    ),
    _wrong(
        "transpose of a square",
        "forgotten or wrong transposes",
        op(lambda x: 2 * x.T, lambda gy, x: 2 * gy),
        several(3, 3),
        cause="transposed",
    ),
    _wrong(
        "wrong permutation of three axes",
        "forgotten or wrong transposes",
        op(lambda x: x.transpose(1, 2, 0).copy(), lambda gy, x: F.transpose(gy, (1, 2, 0))),
        several(2, 2, 2),
        cause="permuted",
    ),
    _wrong(
        "reversed",
        "forgotten or wrong transposes",
        op(lambda x: x[::-1] * 3, lambda gy, x: 3 * gy),
        several(4),
        cause="permuted",
    ),
    _wrong(
        "rolled the wrong way",
        "forgotten or wrong transposes",
        op(lambda x: np.roll(x, 1), lambda gy, x: Variable(np.roll(gy.data, 1))),
        several(5),
        cause="permuted",
    ),
    _wrong(
        "reshape in Fortran order",
        "forgotten or wrong transposes",
        op(lambda x: x.reshape(3, 2), lambda gy, x: Variable(gy.data.reshape(x.shape, order="F"))),
        several(2, 3),
        cause="permuted",
    ),
]

_INPUTS = [
    _wrong(
        "swapped gradients of a product",
        "swapped inputs",
        op(np.multiply, lambda gy, a, b: (gy * a, gy * b)),
        several(3),
        several(3, seed=1),
        cause="swapped",
    ),
    _wrong(
        "swapped gradients of a difference",
        "swapped inputs",
        op(np.subtract, lambda gy, a, b: (-gy, gy)),
        several(3),
        several(3, seed=1),
    ),
    _wrong(
        "only the second input wrong",
        "one of several inputs",
        op(np.arctan2 if False else np.multiply, lambda gy, a, b: (gy * b, gy * a * 1.01)),
        several(3),
        several(3, seed=1),
        cause="input 1",
    ),
    _wrong(
        "None for the second input",
        "None where the gradient is not zero",
        op(np.multiply, lambda gy, a, b: (gy * b, None)),
        several(3),
        several(3, seed=1),
        cause="input 1",
    ),
    _wrong(
        "zero for the first input",
        "None where the gradient is not zero",
        op(np.multiply, lambda gy, a, b: (gy * 0.0, gy * a)),
        several(3),
        several(3, seed=1),
        cause="input 0",
    ),
    _wrong(
        "None throughout",
        "None where the gradient is not zero",
        op(np.sin, lambda gy, x: None),
        several(3),
        cause="None",
    ),
    _wrong(
        "cut already in forward", "graph cuts", lambda x: Variable(np.sin(x.data)), several(3), cause="None"
    ),
    _wrong("one operand detached", "detached factors", lambda x: x * Variable(np.sin(x.data)), several(3)),
    _wrong(
        "wrong in the second output",
        "one of several outputs",
        op(lambda x: (np.sin(x), np.cos(x)), lambda ga, gb, x: ga * F.cos(x) + gb * F.sin(x)),
        several(3),
    ),
    _wrong(
        "first output forgotten",
        "one of several outputs",
        op(lambda x: (np.sin(x), np.cos(x)), lambda ga, gb, x: -gb * F.sin(x)),
        several(3),
    ),
    _wrong(
        "two outputs, two inputs, one wrong pair",
        "one of several outputs",
        op(lambda a, b: (a * b, a + b), lambda ga, gb, a, b: (ga * b + gb, ga * a - gb)),
        several(3),
        several(3, seed=1),
    ),
    _wrong(
        "repeated index, last wins",
        "repeated indices",
        op(lambda x: x[_INDEX], lambda gy, x: _assigned(gy, x)),
        several(5),
        cause="repeated",
    ),
    _wrong(
        "repeated index, += on a fancy index",
        "repeated indices",
        op(lambda x: x[_INDEX] ** 2, lambda gy, x: 2 * x * _assigned(gy, x)),
        several(5),
        cause="repeated",
    ),
    _wrong(
        "embedding, repeated word",
        "repeated indices",
        op(lambda w: w[np.array([0, 1, 1])], lambda gy, w: _rows(gy, w)),
        several(3, 2),
        cause="repeated",
    ),
    _wrong(
        "same variable twice, one path forgotten",
        "repeated indices",
        lambda x: op(lambda a, b: a * b, lambda gy, a, b: (gy * b, None))(x, x),
        several(3),
    ),
]


def _assigned(gy: Variable, x: Variable) -> Variable:
    gx = np.zeros(x.shape, dtype=gy.dtype)
    gx[_INDEX] = gy.data
    return Variable(gx)


def _rows(gy: Variable, w: Variable) -> Variable:
    gw = np.zeros(w.shape, dtype=gy.dtype)
    gw[np.array([0, 1, 1])] = gy.data
    return Variable(gw)


_BRANCHES = [
    _wrong(
        "NaN of a branch not taken",
        "NaN leaking from a branch not taken",
        op(
            lambda x: np.where(x > 0, np.sqrt(np.abs(x)), 0 * x),
            lambda gy, x: gy * (x.data > 0) * 0.5 / F.sqrt(F.maximum(x, 0.0)),
        ),
        np.array([1.5, -0.5]),
        cause="NaN",
    ),
    _wrong(
        "0/0 in a mask",
        "NaN leaking from a branch not taken",
        op(
            lambda x: np.where(x == 0, 1.0 + 0 * x, np.sin(x) / np.where(x == 0, 1.0, x)),
            lambda gy, x: gy * (F.cos(x) / x - F.sin(x) / x**2),
        ),
        np.array([0.0, 1.5]),
        cause="NaN",
    ),
    _wrong(
        "overflow in the branch not taken",
        "NaN leaking from a branch not taken",
        op(
            lambda x: np.where(x > 20, x, np.log1p(np.exp(np.minimum(x, 20.0)))),
            lambda gy, x: gy * F.exp(x) / (1 + F.exp(x)),
        ),
        np.array([1.5, 800.0]),
        cause="NaN",
    ),
    _wrong(
        "relu lets everything pass",
        "data-dependent branches",
        op(lambda x: np.maximum(x, 0), lambda gy, x: gy),
        np.array([1.5, -0.5, 0.25]),
        cause="",
    ),
    _wrong(
        "relu with the mask of the wrong side",
        "data-dependent branches",
        op(lambda x: np.maximum(x, 0), lambda gy, x: gy * (x.data < 0)),
        np.array([1.5, -0.5, 0.25]),
    ),
    _wrong(
        "leaky relu, wrong slope",
        "kinks closer than the step",
        op(lambda x: np.where(x > 0, x, 0.01 * x), lambda gy, x: gy * np.where(x.data > 0, 1.0, 0.1)),
        np.array([1.5, -1e-9, 1e-9]),
    ),
    _wrong(
        "max gives to all",
        "data-dependent branches",
        op(lambda x: x.max(), lambda gy, x: F.broadcast_to(gy, x.shape)),
        several(4),
    ),
    _wrong(
        "clip passes outside",
        "data-dependent branches",
        op(lambda x: np.clip(x, -1, 1), lambda gy, x: gy),
        np.array([0.5, 1.5]),
    ),
    _wrong(
        "norm without its quotient",
        "repeated indices",
        op(lambda x: np.sqrt((x * x).sum()), lambda gy, x: gy * x),
        several(4),
        cause="factor",
    ),
]

WRONG_VALUES = [*_SIGNS, *_FACTORS, *_ROUNDED, *_SMALL, *_LINEARITY, *_SIZES, *_SHAPES, *_INPUTS, *_BRANCHES]
