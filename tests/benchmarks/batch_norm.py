"""Batch normalization of (16, 64, 32, 32) in training mode, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
from tests.benchmarks import steps
from tests.benchmarks.steps import Arrays, Step, in_dezero

SHAPE, AXES = (16, 64, 32, 32), (0, 2, 3)
CHANNELS, COUNT = 64, 16 * 32 * 32
EPS = 2e-5
name = "batch norm (16,64,32,32)"


def draw(rng: np.random.Generator) -> Arrays:
    x, gy = (rng.standard_normal(SHAPE, dtype="f") for _ in range(2))
    gamma, beta = (rng.standard_normal(CHANNELS, dtype="f") for _ in range(2))
    return [x, gamma, beta, np.zeros(CHANNELS, "f"), np.ones(CHANNELS, "f"), gy]


def ours(arrays: Arrays) -> Step:
    x, gamma, beta, mean, var, gy = arrays
    averages = mean.copy(), var.copy()
    return in_dezero(lambda *xs: F.batch_norm(*xs, *averages, eps=EPS), (x, gamma, beta), gy)


def in_torch(torch: Any, tensors: Arrays) -> Step:
    x, gamma, beta, mean, var, gy = tensors
    averages, norm = (mean.clone(), var.clone()), torch.nn.functional.batch_norm
    return steps.in_torch(
        lambda x, *factors: norm(x, *averages, *factors, training=True, eps=EPS), (x, gamma, beta), gy
    )


def by_hand(arrays: Arrays) -> Step:
    x, gamma, beta, _, _, gy = arrays
    return lambda: normalize(x, gamma, beta, gy)


def normalize(x: Any, gamma: Any, beta: Any, gy: Any) -> list[np.ndarray]:
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
