"""One step of an LSTM as one Function: a sequence makes many small steps, and each call has its cost.

N examples, I input size, H hidden size; the gates f (forget), i (input), o (output) and the candidate
u lie one after the other, in this order, in z (4, N, H), so that each product is one for all of them.
"""

# ruff: noqa: N806  # the book's names of weights: Wx, Wh

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dezero.core import Constant, Formula, SumTo, Variable
from dezero.functions.activation import Sigmoid, SigmoidSlope
from dezero.functions.elementwise import Sech2, Tanh
from dezero.functions.shape import Concatenate
from dezero.fusion import fused


class LSTMStep(Formula):
    """h and c after x (N, I), from h and c (N, H) before it.

        z = x Wx + b + h Wh;  f, i, o = sigmoid(z);  u = tanh(z)
        c = f * c + i * u;  h = o * tanh(c)

    The operands are x, h, c, then Wx (I, H) of f, i, o and u, then their b (H,), then Wh (H, H).
    """

    def forward(self, x: Any, h: Any, c: Any, *weights: Any) -> tuple[Any, Any]:
        self.parts = _parts(x, h, c, weights)
        _, (_, _, o, _), c, tanh_c = self.parts
        return o * tanh_c, c

    def cotangents(self, gys: Sequence[Any], x: Any, h: Any, c: Any, *weights: Any) -> Sequence[Any]:
        recorded = isinstance(x, Variable)
        z, (f, i, o, u), c_new, tanh_c = _parts(x, h, c, weights) if recorded else self.parts
        gh, gc = gys
        gc = _cell_cotangent(gc, gh, o, c_new)
        slopes = Concatenate.of(SigmoidSlope.of(z[:3]), Sech2.of(z[3:]), axis=0)
        gz = _stack((gc * c, gc * u, gh * tanh_c, gc * i)) * slopes
        gz_x, gz_h = _rows(gz, len(x)), _rows(gz, len(h))
        gx = None if type(self.inputs[0]) is Constant else _through(gz_x, weights[:4])
        gh, gc = _through(gz_h, weights[8:]), _rows(gc * f, len(c))
        return gx, gh, gc, *(x.T @ gz_x), *gz.sum(axis=1), *(h.T @ gz_h)


def _parts(x: Any, h: Any, c: Any, weights: Any) -> tuple[Any, tuple[Any, ...], Any, Any]:
    """z, the gates, the new c and its tanh."""
    Wx, b, Wh = (_stack(weights[k : k + 4]) for k in (0, 4, 8))
    z = x @ Wx + h @ Wh + b
    f, i, o = Sigmoid.of(z[:3])
    u = Tanh.of(z[3])
    c = _cell(f, c, i, u)
    return z, (f, i, o, u), c, Tanh.of(c)


@fused("p", "x", "p", "x")
def _cell(f: Any, c: Any, i: Any, u: Any) -> Any:
    return f * c + i * u


@fused("x", "x", "p", "x")
def _cell_cotangent(gc: Any, gh: Any, o: Any, c: Any) -> Any:
    """The cotangent of c, which also decides h = o * tanh(c)."""
    return gc + gh * o * Sech2.of(c)


def _rows(gz: Any, n: int) -> Any:
    """The cotangent (..., N, H), summed where the one row of an operand was every example's."""
    return gz if gz.shape[-2] == n else SumTo.of(gz, shape=(*gz.shape[:-2], n, gz.shape[-1]))


def _stack(four: Sequence[Any]) -> Any:
    """Four of shape (rows, H), or of one row (H,), as (4, rows, H)."""
    return Concatenate.of(*four, axis=0).reshape((4, -1, four[0].shape[-1]))


def _through(gz: Any, matrices: Sequence[Any]) -> Any:
    """The cotangent of what was multiplied by four matrices to give z."""
    return (gz @ _stack(matrices).transpose((0, 2, 1))).sum(axis=0)
