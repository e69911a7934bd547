"""One step of an LSTM as one Function: a sequence makes many small steps, and each call has its cost.

N examples, I input size, H hidden size; the gates f (forget), i (input), o (output) and the candidate
u lie one after the other, in this order, in z (4, N, H), so that each product is one for all of them.
Their weights lie so, too: Wx (4, I, H), b (4, 1, H) and Wh (4, H, H).
"""

# ruff: noqa: N803, N806  # the book's names of weights: Wx, Wh

from __future__ import annotations

import weakref
from collections.abc import Sequence
from functools import cached_property
from operator import is_
from typing import Any

import numpy as np

from dezero.config import recording
from dezero.core import Constant, Formula, SumTo, Variable
from dezero.functions.activation import Sigmoid, SigmoidSlope, have_exp
from dezero.functions.elementwise import FAR, Sech2, Tanh
from dezero.functions.shape import Concatenate
from dezero.fusion import fused


class LSTMStep(Formula):
    """h and c after x (N, I), from h and c (N, H) before it.

    z = x Wx + b + h Wh;  f, i, o = sigmoid(z);  u = tanh(z)
    c = f * c + i * u;  h = o * tanh(c)
    """

    def forward(self, x: Any, h: Any, c: Any, Wx: Any, b: Any, Wh: Any) -> tuple[Any, Any]:
        z = x @ Wx + h @ Wh + b
        gates, slopes = _gates_and_slopes(z) if recording.get() and have_exp(z, 2) else (_gates(z), None)
        c, tanh_c = _cell(gates, c)
        self.parts = z if slopes is None else None, gates, slopes, c, tanh_c
        return gates[2] * tanh_c, c

    def cotangents(self, gys: Sequence[Any], *xs: Any) -> Sequence[Any]:
        x, h, c, Wx, b, Wh = xs
        if isinstance(x, Variable):
            z = x @ Wx + h @ Wh + b
            gates, slopes = _gates(z), None
            c_new, tanh_c = _cell(gates, c)
        else:
            z, gates, slopes, c_new, tanh_c = self.parts
        f, i, o, u = gates
        gh, gc = gys
        gc = _cell_cotangent(gc, gh, o, c_new)
        gz = _stack((gc * c, gc * u, gh * tanh_c, gc * i)) * (_slopes(z) if slopes is None else slopes)
        gz_x, gz_h = _rows(gz, len(x)), _rows(gz, len(h))
        first, last, _, *weights = self.inputs
        return (
            None if isinstance(first, Constant) else _through(gz_x, Wx, weights[0]),
            None if isinstance(last, Constant) else _through(gz_h, Wh, weights[2]),
            _rows(gc * f, len(c)),
            x.T @ gz_x,
            gz.sum(axis=1, keepdims=True),
            h.T @ gz_h,
        )


class GateWeights(Variable):
    """The weights of four gates, one after the other: one operand for every step of a sequence."""

    __slots__ = ()

    def unchain(self) -> None:
        """Nothing: they were made of parameters, not of the past, and later steps have them, too."""

    def hold(self, four: Sequence[Any]) -> bool:
        """Whether they are these four, as they are now. Not on a device: it would be waited for."""
        if type(self._data) is not np.ndarray or not all(map(is_, self.creator.inputs, four)):
            return False
        return all(_are_now(weight._data, bits) for weight, bits in zip(four, self._bits, strict=True))

    @cached_property
    def _bits(self) -> list[bytearray]:
        return [bytearray(weight) for weight in self._data]

    @cached_property
    def transposed(self) -> Any:
        """Each gate's matrix transposed; on the host in one piece, by which a product takes half the time."""
        view = self._data.transpose((0, 2, 1))
        return np.ascontiguousarray(view) if type(view) is np.ndarray else view


def _are_now(array: Any, bits: bytearray) -> bool:
    """Whether an array of the host has these bits. Memory is compared in a third of the time of numbers."""
    return type(array) is np.ndarray and bits == array.data


class StackGates(Formula):
    """Weights of four gates (rows, H), or of one row (H,), as one of (4, rows, H)."""

    def __call__(self, *four: Variable) -> GateWeights:
        y = super().__call__(*four)
        weights = GateWeights(y._data)
        if y.creator is not None:
            weights.creator, self._outputs = self, weakref.ref(weights)
        return weights

    def forward(self, *four: Any) -> Any:
        return _stack(four)

    def cotangents(self, gys: Sequence[Any], *four: Any) -> Sequence[Any]:
        (gy,) = gys
        return [gy[gate].reshape(weight.shape) for gate, weight in enumerate(four)]


def _gates(z: Any) -> tuple[Any, Any, Any, Any]:
    f, i, o = Sigmoid.of(z[:3])
    return f, i, o, Tanh.of(z[3])


def _slopes(z: Any) -> Any:
    """The derivatives of the gates by z."""
    return Concatenate.of(SigmoidSlope.of(z[:3]), Sech2.of(z[3:]), axis=0)


def _gates_and_slopes(z: Any) -> tuple[tuple[Any, Any, Any, Any], Any]:
    """`_gates` and `_slopes` by the same exponentials, as tanh'(x) = 4 sigmoid'(2 x)."""
    y = np.empty_like(z)
    np.exp(z[:3], out=y[:3])
    np.exp(2 * np.maximum(z[3], -FAR), out=y[3])
    total = 1 + y  # 1 / sigmoid(-z)
    y /= total
    slopes = np.divide(y, total, out=total)
    slopes[3] *= 4
    f, i, o, _ = y
    return (f, i, o, np.tanh(z[3])), slopes


def _cell(gates: tuple[Any, Any, Any, Any], c: Any) -> tuple[Any, Any]:
    """The new c and its tanh."""
    f, i, _, u = gates
    c = _remembered(f, c, i, u)
    return c, Tanh.of(c)


@fused("p", "x", "p", "x")
def _remembered(f: Any, c: Any, i: Any, u: Any) -> Any:
    return f * c + i * u


@fused("x", "x", "p", "x")
def _cell_cotangent(gc: Any, gh: Any, o: Any, c: Any) -> Any:
    """The cotangent of c, which also decides h = o * tanh(c)."""
    return gc + gh * o * Sech2.of(c)


def _through(gz: Any, W: Any, operand: Variable) -> Any:
    """The cotangent of what W multiplied to give z, where W is the operand, or its array."""
    if type(operand) is GateWeights and W is not operand:
        return (gz @ operand.transposed).sum(axis=0)
    return (gz @ W.transpose((0, 2, 1))).sum(axis=0)


def _rows(gz: Any, n: int) -> Any:
    """The cotangent (..., N, H), summed where the one row of an operand was every example's."""
    return gz if gz.shape[-2] == n else SumTo.of(gz, shape=(*gz.shape[:-2], n, gz.shape[-1]))


def _stack(four: Sequence[Any]) -> Any:
    """Four of shape (rows, H), or of one row (H,), as (4, rows, H)."""
    return Concatenate.of(*four, axis=0).reshape((4, -1, four[0].shape[-1]))
