"""What networks are made of, forward and backward, also compared with NumPy by hand."""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import dezero.functions as F
from tests.benchmarks import by_hand
from tests.benchmarks.operations.operation import Operation, nn_function
from tests.benchmarks.steps import Arrays, Step

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
        gy = self.cotangent(arrays)
        return lambda: self.hand(*arrays, gy)


def _convolve(x: Any, kernel: Any, b: Any, gy: Any) -> Arrays:
    y, col = by_hand.convolve(x, kernel, b)
    return [y, *by_hand.convolve_back(col, kernel, gy)]


def _normalize(x: Any, gamma: Any, beta: Any, mean: Any, var: Any, gy: Any) -> Arrays:
    return by_hand.normalize(x, gamma, beta, (mean, var), gy, EPS)


def _pool(x: Any, gy: Any) -> Arrays:
    y = by_hand.pool(x, POOL)
    return [y, by_hand.pool_back(x, y, gy, POOL)]


def _cross_entropy(x: Any, t: Any, gy: Any) -> Arrays:
    loss, gx = by_hand.cross_entropy(x, t)
    gx *= gy
    return [loss, gx]


def _embed(W: Any, ids: Any, gy: Any) -> Arrays:
    gW = np.zeros_like(W)
    np.add.at(gW, ids, gy)
    return [W[ids], gW]


def _batch_norm(name: str, shape: tuple[int, ...]) -> Part:
    C = shape[1]
    return Part(
        name,
        functools.partial(F.batch_norm, eps=EPS),
        lambda torch, x, gamma, beta, *averages: torch.nn.functional.batch_norm(
            x, *averages, gamma, beta, training=True, eps=EPS
        ),
        [shape, (C,), (C,)],
        [lambda rng: np.zeros(C, "f"), lambda rng: np.ones(C, "f")],
        hand=_normalize,
    )


CONVOLUTION = Part(
    "conv2d (16,32,32,32)*(64,32,3,3)",
    functools.partial(F.conv2d, stride=1, pad=1),
    lambda torch, *xs: torch.nn.functional.conv2d(*xs, padding=1),
    [(16, 32, 32, 32), (64, 32, 3, 3), (64,)],
    hand=_convolve,
)
BATCH_NORM = _batch_norm("batch norm (16,64,32,32)", (16, 64, 32, 32))
BATCH_NORM_OF_ROWS = _batch_norm("batch norm (64,256)", (64, 256))
MAX_POOLING = Part(
    "max pooling (16,64,32,32)",
    lambda x: F.pooling(x, POOL, stride=POOL),
    lambda torch, x: torch.nn.functional.max_pool2d(x, POOL),
    [(16, 64, 32, 32)],
    hand=_pool,
)
CROSS_ENTROPY = Part(
    "softmax cross entropy (1000,1000)",
    F.softmax_cross_entropy,
    nn_function("cross_entropy"),
    [(1000, 1000)],
    [lambda rng: rng.integers(0, 1000, 1000)],
    hand=_cross_entropy,
)
EMBEDDING = Part(
    "embedding (10000,128), 512 ids",
    lambda W, ids: F.embed_id(ids, W),
    lambda torch, W, ids: torch.nn.functional.embedding(ids, W),
    [(10_000, 128)],
    [lambda rng: rng.integers(0, 10_000, 512)],
    hand=_embed,
)
PARTS = (CONVOLUTION, BATCH_NORM, BATCH_NORM_OF_ROWS, MAX_POOLING, CROSS_ENTROPY, EMBEDDING)
