"""conv2d of (16, 32, 32, 32) to 64 channels, 3x3, and its three gradients; by hand: im2col."""

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable

N, C, H, W, OC, K = 16, 32, 32, 32, 64, 3


def pair(rng: np.random.Generator) -> tuple[Any, Any]:
    x = rng.standard_normal((N, C, H, W), dtype="f")
    kernel = rng.standard_normal((OC, C, K, K), dtype="f")
    b = rng.standard_normal(OC, dtype="f")
    gy = rng.standard_normal((N, OC, H, W), dtype="f")
    variables = [Variable(array) for array in (x, kernel, b)]

    def ours() -> list[np.ndarray]:
        for v in variables:
            v.cleargrad()
        y = F.conv2d(*variables, stride=1, pad=1)
        y.grad = Variable(gy)
        y.backward()
        return [y.data, *(v.grad.data for v in variables)]

    return ours, lambda: by_hand(x, kernel, b, gy)


def by_hand(x: Any, kernel: Any, b: Any, gy: Any) -> list[np.ndarray]:
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
