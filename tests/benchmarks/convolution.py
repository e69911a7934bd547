"""conv2d of (16, 32, 32, 32) to 64 channels, 3x3, and its three gradients; by hand: im2col."""

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
from tests.benchmarks import steps
from tests.benchmarks.steps import Arrays, Step, in_dezero

N, C, H, W, OC, K = 16, 32, 32, 32, 64, 3
name = "conv2d (16,32,32,32)*(64,32,3,3)"


def draw(rng: np.random.Generator) -> Arrays:
    shapes = (N, C, H, W), (OC, C, K, K), (OC,), (N, OC, H, W)
    return [rng.standard_normal(shape, dtype="f") for shape in shapes]


def ours(arrays: Arrays) -> Step:
    *inputs, gy = arrays
    return in_dezero(lambda *xs: F.conv2d(*xs, stride=1, pad=1), inputs, gy)


def in_torch(torch: Any, tensors: Arrays) -> Step:
    *inputs, gy = tensors
    return steps.in_torch(lambda *xs: torch.nn.functional.conv2d(*xs, padding=1), inputs, gy)


def by_hand(arrays: Arrays) -> Step:
    return lambda: convolve(*arrays)


def convolve(x: Any, kernel: Any, b: Any, gy: Any) -> list[np.ndarray]:
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
