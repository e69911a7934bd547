"""One step of an LSTM as one Function: a sequence makes many small steps, and each call has its cost.

N examples, I input size, H hidden size; the gates f (forget), i (input), o (output) and the candidate
u lie side by side, in this order, in z (N, 4 H). The formulas run on arrays, and on Variables where
backward is recorded.
"""

# the book's names of weights: Wx, Wh

# ruff: noqa: N806  # the book's names of weights: Wx, Wh

from __future__ import annotations

from typing import Any

from dezero.core import Config, Constant, Function, Variable
from dezero.functions.activation import Sigmoid, SigmoidSlope
from dezero.functions.elementwise import Sech2, Tanh
from dezero.functions.shape import Concatenate


class LSTMStep(Function):
    """h and c after x (N, I), from h and c (N, H) before it.

        z = x Wx + b + h Wh;  f, i, o = sigmoid(z);  u = tanh(z)
        c = f * c + i * u;  h = o * tanh(c)

    The operands are x, h, c, then Wx (I, H) of f, i, o and u, then their b (H,), then Wh (H, H).
    """

    def forward(self, x: Any, h: Any, c: Any, *weights: Any) -> tuple[Any, Any]:
        self.parts = _parts(x, h, c, weights)
        _, (_, _, o, _), c, tanh_c = self.parts
        return o * tanh_c, c

    def backward(self, gh: Variable, gc: Variable) -> tuple[Variable | None, ...]:
        if Config.enable_backprop:
            x, h, c, *weights = self.inputs
            return self._gradients(_parts(x, h, c, weights), gh, gc, x, h, c, weights)
        x, h, c, *weights = (v.data for v in self.inputs)
        gxs = self._gradients(self.parts, gh.data, gc.data, x, h, c, weights)
        return tuple(None if gx is None else Variable(gx) for gx in gxs)

    def _gradients(
        self, parts: Any, gh: Any, gc: Any, x: Any, h: Any, c: Any, weights: Any
    ) -> tuple[Any, ...]:
        z, (f, i, o, u), c_new, tanh_c = parts
        gc = gc + gh * o * Sech2.of(c_new)
        sigmoids, tanh = z[:, : -f.shape[1]], z[:, -f.shape[1] :]
        gates = Concatenate.of(gc * c, gc * u, gh * tanh_c, axis=1) * SigmoidSlope.of(sigmoids)
        gzs = *_split(gates, 3), gc * i * Sech2.of(tanh)
        gx = None if type(self.inputs[0]) is Constant else _through(gzs, weights[:4])
        gWx, gWh = ([a.T @ gz for gz in gzs] for a in (x, h))
        gb = [gz.sum(axis=0) for gz in gzs]
        return gx, _through(gzs, weights[8:]), gc * f, *gWx, *gb, *gWh


def _parts(x: Any, h: Any, c: Any, weights: Any) -> tuple[Any, tuple[Any, ...], Any, Any]:
    """z, the gates, the new c and its tanh."""
    products = [
        x @ Wx + b + h @ Wh
        for Wx, b, Wh in zip(weights[:4], weights[4:8], weights[8:], strict=True)
    ]
    z = Concatenate.of(*products, axis=1)
    H = c.shape[1]
    f, i, o = _split(Sigmoid.of(z[:, : 3 * H]), 3)
    u = Tanh.of(z[:, 3 * H :])
    c = f * c + i * u
    return z, (f, i, o, u), c, Tanh.of(c)


def _split(a: Any, parts: int) -> tuple[Any, ...]:
    """(N, parts * H) as `parts` times (N, H)."""
    H = a.shape[1] // parts
    return tuple(a[:, k * H : (k + 1) * H] for k in range(parts))


def _through(gzs: Any, matrices: Any) -> Any:
    """The cotangent of what was multiplied by four matrices to give the parts of z."""
    f, i, o, u = (gz @ W.T for gz, W in zip(gzs, matrices, strict=True))
    return f + i + o + u
