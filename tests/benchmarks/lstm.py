"""An LSTM of 100 over 30 steps of a batch of 30: the sum of its states, and every gradient."""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.cuda import get_array_module
from dezero.layers import LSTM
from tests.benchmarks.steps import Arrays, Step

STEPS, BATCH, IN, HIDDEN = 30, 30, 100, 100
GATES = "fiou"  # their columns in Wx, b and Wh, in this order
name = "LSTM, 30 steps of (30,100)"


def draw(rng: np.random.Generator) -> Arrays:
    """The inputs of all steps, and the weights of the four gates side by side."""
    xs = rng.standard_normal((STEPS, BATCH, IN), dtype="f")
    shapes = (IN, 4 * HIDDEN), (4 * HIDDEN,), (HIDDEN, 4 * HIDDEN)
    return [xs, *(rng.standard_normal(shape, dtype="f") / 10 for shape in shapes)]


def ours(arrays: Arrays) -> Step:
    xs, *weights = arrays
    layer = LSTM(HIDDEN, in_size=IN)
    for four, weight in zip(_fours(layer), weights, strict=True):
        for n, param in enumerate(four):
            param.data = weight[..., n * HIDDEN : (n + 1) * HIDDEN].copy()
    concatenate = get_array_module(xs).concatenate

    def step() -> Arrays:
        layer.reset_state()
        layer.cleargrads()
        loss = sum(layer(x).sum() for x in xs)
        loss.backward()
        return [concatenate([p.grad.data for p in four], axis=-1) for four in _fours(layer)]

    return step


def in_torch(torch: Any, tensors: Arrays) -> Step:
    """torch.nn.LSTM, whose gates are i, f, candidate, o in rows, and which has two biases."""
    xs, *weights = tensors
    layer = torch.nn.LSTM(IN, HIDDEN).to(xs.device)
    Wx, b, Wh = (torch.t(_swapped(torch, weight)) for weight in weights)
    with torch.no_grad():
        for name, value in {"weight_ih": Wx, "weight_hh": Wh, "bias_ih": b, "bias_hh": 0 * b}.items():
            getattr(layer, f"{name}_l0").copy_(value)

    def step() -> Arrays:
        layer.zero_grad()
        layer(xs)[0].sum().backward()
        found = layer.weight_ih_l0.grad, layer.bias_ih_l0.grad, layer.weight_hh_l0.grad
        return [_swapped(torch, torch.t(g)) for g in found]

    return step


def _swapped(torch: Any, weight: Any) -> Any:
    """Columns from dezero's order of gates to torch.nn.LSTM's, or back."""
    first, second, third, fourth = weight.split(HIDDEN, dim=-1)
    return torch.cat([second, first, fourth, third], dim=-1)


def by_hand(arrays: Arrays) -> Step:
    return lambda: unroll(*arrays)


def _fours(layer: LSTM) -> list[list[Any]]:
    """Wx, b and Wh, each of the four gates."""
    from_x = [getattr(layer, f"x2{gate}") for gate in GATES]
    return [
        [gate.W for gate in from_x],
        [gate.b for gate in from_x],
        [getattr(layer, f"h2{gate}").W for gate in GATES],
    ]


def unroll(xs: Any, Wx: Any, b: Any, Wh: Any) -> list[np.ndarray]:
    """The four gates side by side in one product."""
    h, c = np.zeros((2, BATCH, HIDDEN), "f")
    steps = []
    for x in xs:
        z = x @ Wx + h @ Wh + b
        gates = 1 / (1 + np.exp(-z[:, : 3 * HIDDEN]))
        f, i, o = np.split(gates, 3, axis=1)
        u = np.tanh(z[:, 3 * HIDDEN :])
        before = h, c
        c = f * c + i * u
        tanh_c = np.tanh(c)
        h = o * tanh_c
        steps.append((x, *before, f, i, o, u, tanh_c))
    gWx, gb, gWh = np.zeros_like(Wx), np.zeros_like(b), np.zeros_like(Wh)
    gh, gc = np.zeros((2, BATCH, HIDDEN), "f")
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
    return [gWx, gb, gWh]
