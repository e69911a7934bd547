"""Recurrent layers over a sequence: the sum of their states, and every gradient."""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.layers as L
from dezero.cuda import get_array_module
from tests.benchmarks.steps import Arrays, Step

GATES = {"RNN": "h", "LSTM": "fiou"}  # their columns in Wx, b and Wh, in this order


@dataclass(frozen=True)
class Recurrent:
    """A layer over `steps` inputs (batch, inputs), with `hidden` states.

    Attributes:
        kind: the name of the layer, in both frameworks.
    """

    name: str
    kind: str
    steps: int
    batch: int
    inputs: int
    hidden: int
    dtype: str = "f"

    def draw(self, rng: np.random.Generator) -> Arrays:
        """The inputs of all steps, and the weights of the gates side by side."""
        H, scalar = self.hidden * len(GATES[self.kind]), np.dtype(self.dtype).type
        xs = rng.standard_normal((self.steps, self.batch, self.inputs), dtype=scalar)
        shapes = (self.inputs, H), (H,), (self.hidden, H)
        return [xs, *(rng.standard_normal(shape, dtype=scalar) / scalar(10) for shape in shapes)]

    def ours(self, arrays: Arrays) -> Step:
        xs, *weights = arrays
        layer = getattr(L, self.kind)(self.hidden, in_size=self.inputs)
        parameters = self._parameters(layer)
        for gates, weight in zip(parameters, weights, strict=True):
            for n, param in enumerate(gates):
                param.data = weight[..., n * self.hidden : (n + 1) * self.hidden].copy()
        concatenate = get_array_module(xs).concatenate

        def step() -> Arrays:
            layer.reset_state()
            layer.cleargrads()
            loss = sum(layer(x).sum() for x in xs)
            loss.backward()
            return [loss.data, *(concatenate([p.grad.data for p in gates], axis=-1) for gates in parameters)]

        return step

    def _parameters(self, layer: Any) -> list[list[Any]]:
        """Wx, b and Wh, each of every gate."""
        from_x, from_h = ([getattr(layer, side + gate) for gate in GATES[self.kind]] for side in ("x2", "h2"))
        return [[gate.W for gate in from_x], [gate.b for gate in from_x], [gate.W for gate in from_h]]

    def in_torch(self, torch: Any, tensors: Arrays) -> Step:
        """torch.nn's layer, whose gates are in rows, of LSTM i, f, candidate, o; it has two biases."""
        xs, *weights = tensors
        layer = getattr(torch.nn, self.kind)(self.inputs, self.hidden).to(xs)
        Wx, b, Wh = (torch.t(self._swapped(torch, weight)) for weight in weights)
        with torch.no_grad():
            for name, value in {"weight_ih": Wx, "weight_hh": Wh, "bias_ih": b, "bias_hh": 0 * b}.items():
                getattr(layer, f"{name}_l0").copy_(value)

        def step() -> Arrays:
            layer.zero_grad()
            loss = layer(xs)[0].sum()
            loss.backward()
            found = layer.weight_ih_l0.grad, layer.bias_ih_l0.grad, layer.weight_hh_l0.grad
            return [loss.detach(), *(self._swapped(torch, torch.t(g)) for g in found)]

        return step

    def _swapped(self, torch: Any, weight: Any) -> Any:
        """Columns from dezero's order of gates to torch's, or back."""
        if self.kind == "RNN":
            return weight
        first, second, third, fourth = weight.split(self.hidden, dim=-1)
        return torch.cat([second, first, fourth, third], dim=-1)


class LSTMByHand(Recurrent):
    """An LSTM that is written by hand, too."""

    def by_hand(self, arrays: Arrays) -> Step:
        return lambda: unroll(*arrays)


LSTM = LSTMByHand("LSTM, 30 steps of (30,100)", "LSTM", steps=30, batch=30, inputs=100, hidden=100)


def unroll(xs: Any, Wx: Any, b: Any, Wh: Any) -> list[np.ndarray]:
    """The four gates of an LSTM side by side in one product."""
    H = len(Wh)
    h, c = np.zeros((2, xs.shape[1], H), xs.dtype)
    loss, steps = xs.dtype.type(0), []
    for x in xs:
        z = x @ Wx + h @ Wh + b
        gates = 1 / (1 + np.exp(-z[:, : 3 * H]))
        f, i, o = np.split(gates, 3, axis=1)
        u = np.tanh(z[:, 3 * H :])
        before = h, c
        c = f * c + i * u
        tanh_c = np.tanh(c)
        h = o * tanh_c
        loss += h.sum()
        steps.append((x, *before, f, i, o, u, tanh_c))
    gWx, gb, gWh = np.zeros_like(Wx), np.zeros_like(b), np.zeros_like(Wh)
    gh, gc = np.zeros_like(h), np.zeros_like(c)
    for x, h, c, f, i, o, u, tanh_c in reversed(steps):
        gh = gh + 1
        gc = gc + gh * o * (1 - tanh_c * tanh_c)
        gz = np.concatenate(
            [
                gc * c * f * (1 - f),
                gc * u * i * (1 - i),
                gh * tanh_c * o * (1 - o),
                gc * i * (1 - u * u),
            ],
            axis=1,
        )
        gWx += x.T @ gz
        gWh += h.T @ gz
        gb += gz.sum(axis=0)
        gh = gz @ Wh.T
        gc = gc * f
    return [loss, gWx, gb, gWh]
