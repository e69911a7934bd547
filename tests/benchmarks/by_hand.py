"""Pieces of networks in plain NumPy, forward and backward, as one would write them by hand."""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Arrays = list[Any]


def convolve(x: Any, kernel: Any, b: Any) -> tuple[Any, Any]:
    """Of stride 1 and so padded that the size stays: y, and the columns (C*K*K, N*H*W) of the whole batch."""
    (N, C, H, W), (OC, _, K, _) = x.shape, kernel.shape
    edge = K // 2
    padded = np.zeros((C, N, H + 2 * edge, W + 2 * edge), x.dtype)
    padded[:, :, edge : edge + H, edge : edge + W] = x.swapaxes(0, 1)
    col = np.empty((C, K, K, N, H, W), x.dtype)
    for i in range(K):
        for j in range(K):
            col[:, i, j] = padded[:, :, i : i + H, j : j + W]
    col = col.reshape(C * K * K, -1)
    y = kernel.reshape(OC, -1) @ col
    y += b[:, None]
    return y.reshape(OC, N, H, W).swapaxes(0, 1), col


def convolve_back(col: Any, kernel: Any, gy: Any, by_x: bool = True) -> Arrays:
    """The gradients of kernel and b, and that of x before them where it is wanted: large products."""
    (N, OC, H, W), (_, C, K, _) = gy.shape, kernel.shape
    edge = K // 2
    gy = gy.swapaxes(0, 1).reshape(OC, -1)
    gradients = [(gy @ col.T).reshape(kernel.shape), gy.sum(axis=1)]
    if not by_x:
        return gradients
    gcol = (kernel.reshape(OC, -1).T @ gy).reshape(C, K, K, N, H, W)
    gx = np.zeros((C, N, H + 2 * edge, W + 2 * edge), gy.dtype)
    for i in range(K):
        for j in range(K):
            gx[:, :, i : i + H, j : j + W] += gcol[:, i, j]
    return [gx[:, :, edge : edge + H, edge : edge + W].swapaxes(0, 1), *gradients]


def normalize(
    x: Any, gamma: Any, beta: Any, averages: Sequence[Any], gy: Any, eps: float, decay: float = 0.9
) -> Arrays:
    """Batch normalization of (N, C) or (N, C, H, W): the value and the three gradients.

    The averages of mean and variance are moved.
    """
    x3, gy3 = (array.reshape(*array.shape[:2], -1) for array in (x, gy))
    axes, count = (0, 2), x.size // x.shape[1]
    gamma, beta = gamma[:, None], beta[:, None]
    mean = x3.mean(axis=axes, keepdims=True)
    centred = x3 - mean
    var = np.einsum("ncd,ncd->c", centred, centred)[:, None] / count
    inv_std = 1 / np.sqrt(var + x.dtype.type(eps))
    for average, value, unbiased in zip(averages, (mean, var), (1, count / (count - 1)), strict=True):
        average *= decay
        average += (1 - decay) * unbiased * value.reshape(-1)
    normalized = centred
    normalized *= inv_std
    y = gamma * normalized + beta
    gbeta = gy3.sum(axis=axes)
    ggamma = np.einsum("ncd,ncd->c", gy3, normalized)
    gx = normalized * (ggamma / -count)[:, None]
    gx += gy3
    gx -= (gbeta / count)[:, None]
    gx *= gamma * inv_std
    return [y.reshape(x.shape), gx.reshape(x.shape), ggamma, gbeta]


def pool(x: Any, k: int) -> Any:
    """Of each window of k x k elements the largest, found by one maximum after the other."""
    places = _places(k)
    y = x[places[0]].copy()
    for place in places[1:]:
        np.maximum(y, x[place], out=y)
    return y


def pool_back(x: Any, y: Any, gy: Any, k: int) -> Any:
    gx = np.zeros_like(x)
    for place in _places(k):
        gx[place] = gy * (x[place] == y)
    return gx


def _places(k: int) -> list[tuple[Any, ...]]:
    return [(..., slice(i, None, k), slice(j, None, k)) for i in range(k) for j in range(k)]


def cross_entropy(x: Any, t: Any) -> tuple[Any, Any]:
    """The mean cross entropy of softmax(x) (N, C) with the labels t, and its gradient by x."""
    rows = np.arange(len(x))
    y = x - x.max(axis=1, keepdims=True)
    at_label = y[rows, t]
    np.exp(y, out=y)
    total = y.sum(axis=1, keepdims=True)
    loss = (np.log(total[:, 0]) - at_label).mean()
    y /= total
    y[rows, t] -= 1
    y /= len(x)
    return loss, y
