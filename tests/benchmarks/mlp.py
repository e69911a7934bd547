"""One SGD step of an MLP 784-1000-1000-10 with sigmoids and cross entropy, batch of 100."""

# the field's letters

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
from dezero.models import MLP
from dezero.optimizers import SGD

SIZES, BATCH, LR = (784, 1000, 1000, 10), 100, 0.01


def pair(rng: np.random.Generator) -> tuple[Any, Any]:
    x = rng.standard_normal((BATCH, SIZES[0]), dtype="f")
    t = rng.integers(0, SIZES[-1], BATCH)
    model = MLP(SIZES[1:])
    model(x)
    weights = [param.data.copy() for param in model.params()]
    optimizer = SGD(LR).setup(model)

    def ours() -> list[np.ndarray]:
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        return [param.data for param in model.params()]

    return ours, lambda: by_hand(x, t, weights)


def by_hand(x: Any, t: Any, weights: list[np.ndarray]) -> list[np.ndarray]:
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    inputs = [x]
    for W, b in layers[:-1]:
        inputs.append(1 / (1 + np.exp(-(inputs[-1] @ W + b))))
    W, b = layers[-1]
    y = inputs[-1] @ W + b
    y = np.exp(y - y.max(axis=1, keepdims=True))
    y /= y.sum(axis=1, keepdims=True)
    y[np.arange(BATCH), t] -= 1
    g = y / BATCH
    for k in range(len(layers) - 1, -1, -1):
        (W, b), h = layers[k], inputs[k]
        gW, gb = h.T @ g, g.sum(axis=0)
        if k:
            g = (g @ W.T) * h * (1 - h)
        W -= LR * gW
        b -= LR * gb
    return weights
