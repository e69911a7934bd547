"""Operations that break the contract of a backward."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from dezero import Function, Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import of, op, several, wrong, wrong_second

in_one_layout = of(wrong, "right only for contiguous input", cause="layout")
damaging = of(wrong, "in-place damage to inputs", cause="input overwritten")
at_random = of(wrong, "non-determinism", cause="not deterministic")


class _DamagesInput(Function):
    def forward(self, x: Any) -> Any:
        return x * x

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        x.data *= 2
        return x * gy


class _ForwardInPlace(Function):
    def forward(self, x: Any) -> Any:
        x += 1
        return x * 1

    def backward(self, gy: Variable) -> Variable:
        return gy


class _DamagesGy(Function):
    def forward(self, x: Any) -> Any:
        return 3 * x

    def backward(self, gy: Variable) -> Variable:
        gy.data *= 3
        return gy


class _DamagesInputAfterwards(Function):
    """The gradient is right; the input is not, afterwards."""

    def forward(self, x: Any) -> Any:
        return x * x

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        gx = Variable(2 * x.data * gy.data)
        x.data[...] = 0
        return gx


_COUNT = itertools.count()


_NOISE = np.random.default_rng(7)


def _noisy(x: Any) -> Any:
    return x * (1 + 1e-3 * _NOISE.normal(size=x.shape))


def _dropout(x: Variable) -> Variable:
    return x * (_NOISE.random(x.shape) > 0.5) * 2.0


def _contiguous_only(gy: Variable, x: Variable) -> Variable:
    """Reads memory in the order in which it lies."""
    lying = np.lib.stride_tricks.as_strided(x.data, (x.size,), (x.data.itemsize,))
    return gy * Variable(np.cos(lying.copy().reshape(x.shape)))


def _memory_order(gy: Variable, x: Variable) -> Variable:
    return gy * F.cos(Variable(x.data.ravel(order="K").reshape(x.shape)))


def _gy_memory_order(gy: Variable, x: Variable) -> Variable:
    return Variable(gy.data.ravel(order="K").reshape(x.shape)) * F.cos(x)


_CONDUCT = [
    in_one_layout(
        "forward reads in memory order",
        op(lambda x: x.ravel("K") * 2, lambda gy, x: 2 * F.reshape(gy, x.shape)),
        several(3, 2),
    ),
    damaging("damages its input", _DamagesInput, several(3)),
    damaging("damages its input afterwards", _DamagesInputAfterwards, several(3)),
    damaging("forward works in place", _ForwardInPlace, several(3)),
    wrong("damages gy", "in-place damage to gy", _DamagesGy, several(3), cause="gy overwritten"),
    at_random(
        "random backward", op(np.sin, lambda gy, x: Variable(_noisy((gy * F.cos(x)).data))), several(3)
    ),
    at_random("random forward", op(_noisy, lambda gy, x: gy), several(3)),
    at_random("dropout", _dropout, several(30)),
    at_random(
        "counts its calls", op(np.sin, lambda gy, x: gy * F.cos(x) * (1.0 + next(_COUNT) % 2)), several(3)
    ),
    at_random(
        "noise of one part in 1e10",
        op(np.sin, lambda gy, x: gy * F.cos(x) * (1.0 + 1e-10 * _NOISE.random())),
        several(3),
    ),
    in_one_layout("contiguous input only", op(np.sin, _contiguous_only), several(3, 2)),
    in_one_layout("reads in memory order", op(np.sin, _memory_order), several(3, 2)),
    in_one_layout("reads gy in memory order", op(np.sin, _gy_memory_order), several(3, 2)),
    wrong(
        "float64 for float32",
        "wrong dtype",
        op(np.sin, lambda gy, x: Variable(np.cos(x.data.astype(np.float64)) * gy.data)),
        several(3).astype(np.float32),
        cause="dtype",
    ),
    wrong(
        "float32 for float64",
        "wrong dtype",
        op(np.sin, lambda gy, x: Variable((gy.data * np.cos(x.data)).astype(np.float32))),
        several(3),
    ),
    wrong(
        "integer gradient",
        "wrong dtype",
        op(lambda x: 2 * x, lambda gy, x: Variable(np.round(2 * gy.data).astype(int))),
        several(3),
    ),
    wrong_second(
        "returns an array",
        "graph cut in backward",
        op(np.sin, lambda gy, x: gy.data * np.cos(x.data)),
        several(3),
        cause="computed from arrays",
    ),
    wrong("raises", "backward crashes", op(np.sin, lambda gy, x: 1 / 0), several(3), cause="backward raises"),
    wrong(
        "batch of two only",
        "right only at some sizes",
        op(lambda x: x.sum(axis=0), lambda gy, x: F.stack([gy, gy])),
        several(3, 2),
        cause="shape",
    ),
    wrong(
        "writes into a read-only input",
        "read-only inputs",
        op(lambda x: np.sin(x), lambda gy, x: _scratch(gy, x)),
        several(3),
        cause="overwritten",
    ),
]


def _scratch(gy: Variable, x: Variable) -> Variable:
    """Uses the input as a scratch pad, and puts it back: read-only arrays tell."""
    kept = x.data.copy()
    x.data[...] = np.cos(kept)
    gx = Variable(gy.data * x.data)
    x.data[...] = kept
    return gx


WRONG_CONDUCT = [*_CONDUCT]
