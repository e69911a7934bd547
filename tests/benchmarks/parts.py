"""What networks are made of, forward and backward, also compared with NumPy by hand."""

# the field's letters

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import dezero.functions as F
from tests.benchmarks.operations import Operation
from tests.benchmarks.steps import Arrays, Step

N, C, H, W, OC, K = 16, 32, 32, 32, 64, 3  # of a convolution
CHANNELS, AXES, COUNT = 64, (0, 2, 3), N * H * W  # of batch normalization
EPS = 2e-5
POOL = 2


@dataclass(frozen=True)
class Part(Operation):
    """An operation that is written by hand, too.

    Attributes:
        hand: arrays of the inputs and the cotangent -> the value and the gradients.
    """

    hand: Callable[..., Arrays] = field(kw_only=True)

    def by_hand(self, arrays: Arrays) -> Step:
        inputs, gy = arrays[: len(self.shapes)], self.cotangent(arrays)
        return lambda: self.hand(*inputs, gy)


def convolve(x: Any, kernel: Any, b: Any, gy: Any) -> Arrays:
    """Columns (C*K*K, N*H*W) for the whole batch, and one large product for each result."""
    padded = np.zeros((C, N, H + 2, W + 2), "f")
    padded[:, :, 1:-1, 1:-1] = x.swapaxes(0, 1)
    col = np.empty((C, K, K, N, H, W), "f")
    for i in range(K):
        for j in range(K):
            col[:, i, j] = padded[:, :, i : i + H, j : j + W]
    col = col.reshape(C * K * K, -1)
    matrix, gy = kernel.reshape(OC, -1), gy.swapaxes(0, 1).reshape(OC, -1)
    y = (matrix @ col + b[:, None]).reshape(OC, N, H, W).swapaxes(0, 1)
    gkernel, gb = (gy @ col.T).reshape(kernel.shape), gy.sum(axis=1)
    gcol = (matrix.T @ gy).reshape(C, K, K, N, H, W)
    gx = np.zeros_like(padded)
    for i in range(K):
        for j in range(K):
            gx[:, :, i : i + H, j : j + W] += gcol[:, i, j]
    return [y, gx[:, :, 1:-1, 1:-1].swapaxes(0, 1), gkernel, gb]


def normalize(x: Any, gamma: Any, beta: Any, gy: Any) -> Arrays:
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


def pool(x: Any, gy: Any) -> Arrays:
    """Of the elements of a window the largest, found by one maximum after the other."""
    places = [(..., slice(i, None, POOL), slice(j, None, POOL)) for i in range(POOL) for j in range(POOL)]
    y = x[places[0]].copy()
    for place in places[1:]:
        np.maximum(y, x[place], out=y)
    gx = np.zeros_like(x)
    for place in places:
        gx[place] = gy * (x[place] == y)
    return [y, gx]


IMAGES = (N, CHANNELS, H, W)
CONVOLUTION = Part(
    "conv2d (16,32,32,32)*(64,32,3,3)",
    functools.partial(F.conv2d, stride=1, pad=1),
    lambda torch, *xs: torch.nn.functional.conv2d(*xs, padding=1),
    [(N, C, H, W), (OC, C, K, K), (OC,)],
    hand=convolve,
)
BATCH_NORM = Part(
    "batch norm (16,64,32,32)",
    functools.partial(F.batch_norm, eps=EPS),
    lambda torch, x, gamma, beta, *averages: torch.nn.functional.batch_norm(
        x, *averages, gamma, beta, training=True, eps=EPS
    ),
    [IMAGES, (CHANNELS,), (CHANNELS,)],
    [lambda rng: np.zeros(CHANNELS, "f"), lambda rng: np.ones(CHANNELS, "f")],
    hand=normalize,
)
MAX_POOLING = Part(
    "max pooling (16,64,32,32)",
    lambda x: F.pooling(x, POOL, stride=POOL),
    lambda torch, x: torch.nn.functional.max_pool2d(x, POOL),
    [IMAGES],
    hand=pool,
)
