"""An LSTM of 100 over 30 steps of a batch of 30: the sum of its states, and every gradient."""

# the field's letters

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.layers import LSTM

STEPS, BATCH, IN, HIDDEN = 30, 30, 100, 100


def pair(rng: np.random.Generator) -> tuple[Any, Any]:
    xs = rng.standard_normal((STEPS, BATCH, IN), dtype="f")
    layer = LSTM(HIDDEN, in_size=IN)
    weights = [np.concatenate([p.data for p in four], axis=-1) for four in _fours(layer)]

    def ours() -> list[np.ndarray]:
        layer.reset_state()
        layer.cleargrads()
        loss = sum(layer(x).sum() for x in xs)
        loss.backward()
        return [np.concatenate([p.grad.data for p in four], axis=-1) for four in _fours(layer)]

    return ours, lambda: by_hand(xs, *weights)


def _fours(layer: LSTM) -> list[list[Any]]:
    """Wx, b and Wh, each of the four gates."""
    from_x = [getattr(layer, f"x2{gate}") for gate in "fiou"]
    return [
        [gate.W for gate in from_x],
        [gate.b for gate in from_x],
        [getattr(layer, f"h2{gate}").W for gate in "fiou"],
    ]


def by_hand(xs: Any, Wx: Any, b: Any, Wh: Any) -> list[np.ndarray]:
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
