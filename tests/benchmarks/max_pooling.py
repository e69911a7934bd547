"""Max pooling of (16, 64, 32, 32), 2x2 with stride 2, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
from tests.benchmarks import steps
from tests.benchmarks.steps import Arrays, Step, in_dezero

SHAPE, K = (16, 64, 32, 32), 2
name = "max pooling (16,64,32,32)"


def draw(rng: np.random.Generator) -> Arrays:
    return [rng.standard_normal(shape, dtype="f") for shape in (SHAPE, (16, 64, 16, 16))]


def ours(arrays: Arrays) -> Step:
    x, gy = arrays
    return in_dezero(lambda x: F.pooling(x, K, stride=K), [x], gy)


def in_torch(torch: Any, tensors: Arrays) -> Step:
    x, gy = tensors
    return steps.in_torch(lambda x: torch.nn.functional.max_pool2d(x, K), [x], gy)


def by_hand(arrays: Arrays) -> Step:
    return lambda: pool(*arrays)


def pool(x: Any, gy: Any) -> list[np.ndarray]:
    """Of the elements of a window the largest, found by one maximum after the other."""
    places = [(..., slice(i, None, K), slice(j, None, K)) for i in range(K) for j in range(K)]
    y = x[places[0]].copy()
    for place in places[1:]:
        np.maximum(y, x[place], out=y)
    gx = np.zeros_like(x)
    for place in places:
        gx[place] = gy * (x[place] == y)
    return [y, gx]
