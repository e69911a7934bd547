"""Max pooling of (16, 64, 32, 32), 2x2 with stride 2, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable

SHAPE, K = (16, 64, 32, 32), 2


def pair(rng: np.random.Generator) -> tuple[Any, Any]:
    x = rng.standard_normal(SHAPE, dtype="f")
    gy = rng.standard_normal((16, 64, 16, 16), dtype="f")
    variable = Variable(x)

    def ours() -> list[np.ndarray]:
        variable.cleargrad()
        y = F.pooling(variable, K, stride=K)
        y.grad = Variable(gy)
        y.backward()
        return [y.data, variable.grad.data]

    return ours, lambda: by_hand(x, gy)


def by_hand(x: Any, gy: Any) -> list[np.ndarray]:
    """Of the elements of a window the largest, found by one maximum after the other."""
    places = [(..., slice(i, None, K), slice(j, None, K)) for i in range(K) for j in range(K)]
    y = x[places[0]].copy()
    for place in places[1:]:
        np.maximum(y, x[place], out=y)
    gx = np.zeros_like(x)
    for place in places:
        gx[place] = gy * (x[place] == y)
    return [y, gx]
