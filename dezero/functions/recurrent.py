"""One step of an LSTM as one Function: a sequence makes many small steps, and each call has its cost.

N examples, I input size, H hidden size; the gates f (forget), i (input), o (output) and the candidate
u lie one after the other, in this order, in z (4, N, H). What z is made of is one row for each example,
(x, h, 1), and the weights W (4, I + H + 1, H) are those of x, those of h, and the bias, so that there is
one product for all of them.
"""

# ruff: noqa: N803, N806  # the book's names of weights

from __future__ import annotations

import weakref
from collections.abc import Sequence
from functools import cached_property
from operator import is_
from typing import Any

import numpy as np

from dezero.config import recording
from dezero.core import BroadcastTo, Constant, Formula, SumTo, Variable
from dezero.cuda import get_array_module
from dezero.functions.activation import Sigmoid, SigmoidSlope, have_exp
from dezero.functions.elementwise import FAR, Sech2, Tanh
from dezero.functions.shape import Concatenate
from dezero.fusion import fused


class LSTMStep(Formula):
    """h and c after x (N, I), from h and c (N, H) before it.

    z = (x, h, 1) W;  f, i, o = sigmoid(z);  u = tanh(z)
    c = f * c + i * u;  h = o * tanh(c)
    """

    def forward(self, x: Any, h: Any, c: Any, W: Any) -> tuple[Any, Any]:
        joined = _joined(x, h)
        z = joined @ W
        gates, slopes = _gates_and_slopes(z) if recording.get() and have_exp(z, 2) else (_gates(z), None)
        c, tanh_c = _cell(gates, c)
        self.parts = joined, z if slopes is None else None, gates, slopes, c, tanh_c
        return gates[2] * tanh_c, c

    def cotangents(self, gys: Sequence[Any], *xs: Any) -> Sequence[Any]:
        x, h, c, W = xs
        by_x, by_h, _ = _parts(W)
        if isinstance(x, Variable):  # by one product float16 would lose digits at order 3
            joined = _joined(x, h)
            z = x @ W[:, by_x] + h @ W[:, by_h] + W[:, -1:]
            gates, slopes = _gates(z), None
            c_new, tanh_c = _cell(gates, c)
        else:
            joined, z, gates, slopes, c_new, tanh_c = self.parts
        f, i, o, u = gates
        gh, gc = gys
        gc = _cell_cotangent(gc, gh, o, c_new)
        gz = _times((gc, gc, gh, gc), (c, u, tanh_c, i), _slopes(z) if slopes is None else slopes)
        gz = _fit(gz, len(joined))
        first, last, _, weights = self.inputs
        return (
            None if isinstance(first, Constant) else _fit(_through(gz, W, by_x, weights), len(x)),
            None if isinstance(last, Constant) else _fit(_through(gz, W, by_h, weights), len(h)),
            _fit(gc * f, len(c)),
            joined.T @ gz,
        )


class GateWeights(Variable):
    """The weights of four gates, one after the other: one operand for every step of a sequence."""

    __slots__ = ()

    def unchain(self) -> None:
        """Nothing: they were made of parameters, not of the past, and later steps have them, too."""

    def hold(self, weights: Sequence[Any]) -> bool:
        """Whether they are these, as they are now. Not on a device: it would be waited for.

        Memory is compared in a third of the time of numbers.
        """
        if type(self._data) is not np.ndarray or not all(map(is_, self.creator.inputs, weights)):
            return False
        return self._bits == [weight._data.data for weight in weights]

    @cached_property
    def _bits(self) -> list[bytearray]:
        return [bytearray(gate[rows]) for gate in self._data for rows in _parts(gate)]

    @cached_property
    def transposed(self) -> Any:
        """Each gate's matrix transposed; on the host in one piece, by which a product takes half the time."""
        view = self._data.transpose((0, 2, 1))
        return np.ascontiguousarray(view) if type(view) is np.ndarray else view


class StackGates(Formula):
    """Weights of x (I, H) and of h (H, H) and bias (H,), gate by gate, as one (4, I + H + 1, H)."""

    def __call__(self, *weights: Variable) -> GateWeights:
        y = super().__call__(*weights)
        stacked = GateWeights(y._data)
        if y.creator is not None:
            stacked.creator, self._outputs = self, weakref.ref(stacked)
        return stacked

    def forward(self, *weights: Any) -> Any:
        H = weights[0].shape[1]
        rows = [weight.reshape((-1, H)) for weight in weights]
        return get_array_module(weights[0]).concatenate(rows).reshape((4, -1, H))

    def cotangents(self, gys: Sequence[Any], *weights: Any) -> Sequence[Any]:
        (gy,) = gys
        return [gy[gate, rows] for gate in range(4) for rows in _parts(gy)]


def _parts(W: Any) -> tuple[slice, slice, int]:
    """Which rows of W (..., I + H + 1, H) multiply x, h and 1."""
    I = W.shape[-2] - 1 - W.shape[-1]  # noqa: E741  # the field's letter
    return slice(0, I), slice(I, -1), -1


def _joined(x: Any, h: Any) -> Any:
    """(x, h, 1), a row for each example; where x or h has one row, it is every example's."""
    n = len(x)
    if n != len(h):
        n = max(n, len(h))
        x, h = (BroadcastTo.of(a, shape=(n, a.shape[1])) for a in (x, h))
    ones = get_array_module(x).ones((n, 1), x.dtype)
    return Concatenate.of(x, h, ones, axis=1)


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


def _through(gz: Any, W: Any, rows: slice, operand: Variable) -> Any:
    """The cotangent of what these rows of W multiplied to give z, where W is the operand, or its array."""
    if type(operand) is GateWeights and W is not operand:
        return (gz @ operand.transposed[:, :, rows]).sum(axis=0)
    return (gz @ W[:, rows].transpose((0, 2, 1))).sum(axis=0)


def _fit(g: Any, n: int) -> Any:
    """The cotangent (..., N, H), summed where the one row of an operand was every example's."""
    return g if g.shape[-2] == n else SumTo.of(g, shape=(*g.shape[:-2], n, g.shape[-1]))


def _times(xs: Sequence[Any], ys: Sequence[Any], slopes: Any) -> Any:
    """The product of x, y and slope for each of the four gates, as (4, N, H)."""
    products = [x * y for x, y in zip(xs, ys, strict=True)]
    gz = Concatenate.of(*products, axis=0).reshape((4, *products[0].shape))
    if isinstance(gz, Variable):
        return gz * slopes
    gz *= slopes
    return gz
