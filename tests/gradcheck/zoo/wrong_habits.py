"""Mistakes that the author of an operation makes: forgotten terms, old states, and what order 2 shows."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from dezero import Function, Variable, as_variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import Specimen, op, second_sine, several, softmax, two, wrong, wrong_second

_COUNT = itertools.count()
_KEPT: dict[str, np.ndarray] = {}


class _FirstInput(Function):
    """Keeps the input of its first call for ever."""

    def forward(self, x: Any) -> Any:
        _KEPT.setdefault("x", x.copy())
        return x**3

    def backward(self, gy: Variable) -> Variable:
        return 3 * gy * _KEPT["x"] ** 2


class _Counts(Function):
    """A default that remembers."""

    def forward(self, x: Any) -> Any:
        return 2 * x

    def backward(self, gy: Variable, calls: list[int] = []) -> Variable:  # noqa: B006  # the bug
        calls.append(1)
        return gy * (2 + 1e-3 * len(calls))


class _Scratch(Function):
    """Uses its input as a scratch pad once the gradient is there."""

    def forward(self, x: Any) -> Any:
        return x * x

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        gx = Variable(2 * gy.data * x.data)
        x.data[...] = 0
        return gx


def _diagonal(gy: Variable, x: Variable) -> Variable:
    y = F.softmax(x)
    return gy * y * (1 - y)


def _leaky(x: Any) -> Any:
    return np.where(x > 0, x, 0.1 * x)


def _narrow(gy: Variable, x: Variable) -> Variable:
    return Variable((-gy * F.sin(x)).data.astype(np.float32))


def _if_contiguous(gy: Variable, x: Variable) -> Variable:
    return -gy * F.sin(x) * (1.0 if gy.data.flags.c_contiguous else 2.0)


def _noisy(gy: Variable, x: Variable) -> Variable:
    return -gy * F.sin(x) * (1.0 + 1e-6 * next(_COUNT))


def _overwritten(gy: Variable, x: Variable) -> Variable:
    gx = Variable(2 * gy.data)
    gy.data[...] = 0
    return gx


def _redrawn(gy: Variable, x: Variable) -> Variable:
    return gy * np.random.default_rng(next(_COUNT)).choice([0.0, 2.0], x.shape)


def _mask(x: Any) -> Any:
    return x * np.random.default_rng(5).choice([0.0, 2.0], x.shape)


def _rounded(gy: Variable, g: Variable) -> Variable:
    return Variable((gy.data / 2).astype(np.float32).astype(np.float64))


WRONG_HABITS: list[Specimen] = [
    wrong("keeps its first input", "non-determinism", _FirstInput, several(3, 2), cause="an earlier call"),
    wrong("a default that remembers", "non-determinism", _Counts, several(3), cause="not deterministic"),
    wrong(
        "mask drawn again in backward",
        "non-determinism",
        op(_mask, _redrawn),
        several(12),
        cause="not deterministic",
    ),
    wrong(
        "one gradient too many",
        "wrong shape",
        op(lambda x: 2 * x, lambda gy, x: (2 * gy, gy)),
        several(3),
        cause="1 at most, got 2",
    ),
    wrong(
        "one gradient too few",
        "None where the gradient is not zero",
        op(np.multiply, lambda gy, x, y: gy * y),
        *two(3),
        cause="gradient missing",
    ),
    wrong(
        "softmax, diagonal only", "missing sums", op(softmax, _diagonal), several(2, 3), cause="cross terms"
    ),
    wrong(
        "slope of the other branch",
        "factor",
        op(_leaky, lambda gy, x: gy * np.where(x.data > 0, 1.0, 0.01)),
        several(8),
        cause="those where the input is negative",
    ),
    wrong(
        "integer division",
        "factor",
        op(lambda x: 2 * x / 3, lambda gy, x: gy * (2 // 3)),
        several(3),
        cause="gradient missing",
    ),
    wrong(
        "gradient where there is none",
        "wrong only for one of several inputs",
        op(lambda x, y: x + 0 * y, lambda gy, x, y: (gy, gy)),
        *two(3),
        cause="there is none",
    ),
    wrong(
        "scribbles inside f",
        "in-place damage to inputs",
        lambda x: _Scratch()(x * 1.0),
        several(3),
        cause="input overwritten",
    ),
    wrong_second(
        "order 2 through float32", "wrong dtype", second_sine(_narrow), several(3), cause="precision lost"
    ),
    wrong_second(
        "order 2 for contiguous gy only",
        "right only for contiguous input",
        second_sine(_if_contiguous),
        several(3, 2),
        cause="layout",
    ),
    wrong_second(
        "order 2 with noise", "non-determinism", second_sine(_noisy), several(3), cause="not deterministic"
    ),
    wrong_second(
        "order 2 overwrites gy",
        "in-place damage to gy",
        op(np.square, lambda gy, x: op(lambda v: 2 * v, _overwritten)(gy * x)),
        several(3),
        cause="gy overwritten",
    ),
    wrong_second(
        "order 2 with the absolute value of gy",
        "takes its absolute value",
        second_sine(lambda gy, x: -F.abs(gy) * F.sin(x)),
        np.array([0.7]),
        cause="not linear in gy",
    ),
    wrong_second(
        "derivative by gy through float32",
        "a gradient rounded through float32",
        op(lambda x: x / 2, lambda gy, x: op(lambda g: g / 2, _rounded)(gy)),
        several(3, 2),
        cause="precision lost",
    ),
    wrong_second(
        "order 2 of another array than order 1",
        "graph cuts",
        op(np.exp, lambda gy, x: gy * as_variable(np.exp(x.data)) + 0 * x),
        several(3),
        cause="graph cut",
    ),
]
