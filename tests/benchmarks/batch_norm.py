"""Batch normalization of (16, 64, 32, 32) in training mode, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable

SHAPE, AXES = (16, 64, 32, 32), (0, 2, 3)
CHANNELS, COUNT = 64, 16 * 32 * 32
EPS = 2e-5


def pair(rng: np.random.Generator) -> tuple[Any, Any]:
    x, gy = (rng.standard_normal(SHAPE, dtype="f") for _ in range(2))
    gamma, beta = (rng.standard_normal(CHANNELS, dtype="f") for _ in range(2))
    averages = np.zeros(CHANNELS, "f"), np.ones(CHANNELS, "f")
    variables = [Variable(array) for array in (x, gamma, beta)]

    def ours() -> list[np.ndarray]:
        for v in variables:
            v.cleargrad()
        y = F.batch_norm(*variables, *averages, eps=EPS)
        y.grad = Variable(gy)
        y.backward()
        return [y.data, *(v.grad.data for v in variables)]

    return ours, lambda: by_hand(x, gamma, beta, gy)


def by_hand(x: Any, gamma: Any, beta: Any, gy: Any) -> list[np.ndarray]:
    gamma, beta = gamma[:, None, None], beta[:, None, None]
    centred = x - x.mean(axis=AXES, keepdims=True)
    var = np.einsum("nchw,nchw->c", centred, centred)[:, None, None] / COUNT
    inv_std = 1 / np.sqrt(var + EPS)
    normalized = centred * inv_std
    y = gamma * normalized + beta
    gbeta = gy.sum(axis=AXES)
    ggamma = np.einsum("nchw,nchw->c", gy, normalized)
    gx = normalized * (ggamma / -COUNT)[:, None, None]
    gx += gy
    gx -= (gbeta / COUNT)[:, None, None]
    gx *= gamma * inv_std
    return [y, gx, ggamma, gbeta]
