"""The plain definitions of what networks are made of, of jets: products, windows, losses, memory."""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.attack.calls.formulas import RULES, averaged, extreme, log_softmax, power_of, summed
from tests.attack.jets import Array, Jet, apply, bilinear

Pair = tuple[int, int]


def matmul(a: Jet, b: Jet) -> Jet:
    """NumPy's matrix product, axes of size 1 put before what is one-dimensional and taken away after."""
    row, column = a.ndim == 1, b.ndim == 1
    if row:
        a = a.linear(lambda t: t[:, None])
    if column:
        b = b.linear(lambda t: t[..., None])
    a, b = a.aligned(b)
    y = bilinear(a, b, np.matmul)
    if column:
        y = y.linear(lambda t: t[..., 0])
    return y.linear(lambda t: t[..., 0] if column else t[..., 0, :]) if row else y


def linear(x: Jet, W: Jet, b: Jet | None = None) -> Jet:
    y = matmul(x, W)
    return y if b is None else y + b


def columns(x: Jet, kernel: Pair, stride: Pair, pad: Pair, fill: str = "constant") -> Jet:
    """(N, C, H, W) as (N, C, KH, KW, OH, OW)."""
    (KH, KW), (SH, SW), (PH, PW) = kernel, stride, pad
    OH = (x.shape[2] + 2 * PH - KH) // SH + 1
    OW = (x.shape[3] + 2 * PW - KW) // SW + 1

    def seen(t: Array) -> Array:
        t = np.pad(t, ((0, 0), (0, 0), (0, 0), (PH, PH), (PW, PW)), mode=fill)  # type: ignore[call-overload]
        rows = np.arange(KH)[:, None, None, None] + SH * np.arange(OH)[:, None]
        cols = np.arange(KW)[:, None, None] + SW * np.arange(OW)
        return t[:, :, :, rows, cols]

    return x.linear(seen)


def added_up(col: Jet, size: Pair, stride: Pair, pad: Pair) -> Jet:
    """(N, C, KH, KW, OH, OW) added up into (N, C, *size)."""
    (SH, SW), (PH, PW) = stride, pad
    KH, KW, OH, OW = col.shape[2:]

    def images(t: Array) -> Array:
        wide = np.zeros((*t.shape[:3], size[0] + 2 * PH + SH, size[1] + 2 * PW + SW), t.dtype)
        for i in range(KH):
            for j in range(KW):
                wide[..., i : i + SH * OH : SH, j : j + SW * OW : SW] += t[:, :, :, i, j]
        return wide[..., PH : PH + size[0], PW : PW + size[1]]

    return col.linear(images)


def conv2d(x: Jet, W: Jet, b: Jet | None, stride: Pair, pad: Pair) -> Jet:
    kernel = (W.shape[2], W.shape[3])
    y = bilinear(
        columns(x, kernel, stride, pad), W, lambda c, w: np.einsum("zncijhw,zocij->znohw", *_alike(c, w))
    )
    return y if b is None else y + b.linear(lambda t: t[:, :, None, None])


def deconv2d(x: Jet, W: Jet, b: Jet | None, stride: Pair, pad: Pair, size: Pair) -> Jet:
    col = bilinear(x, W, lambda a, w: np.einsum("znchw,zcoij->znoijhw", *_alike(a, w)))
    y = added_up(col, size, stride, pad)
    return y if b is None else y + b.linear(lambda t: t[:, :, None, None])


def _alike(a: Array, b: Array) -> tuple[Array, Array]:
    """Both with a leading axis of the same size."""
    rows = max(len(a), len(b))
    return np.broadcast_to(a, (rows, *a.shape[1:])), np.broadcast_to(b, (rows, *b.shape[1:]))


def pooling(x: Jet, kernel: Pair, stride: Pair, pad: Pair) -> Jet:
    """The first of the largest of each window."""
    col = columns(x, kernel, stride, pad, "edge")
    N, C, KH, KW, OH, OW = col.shape
    first = col.v.reshape(N, C, KH * KW, OH, OW).argmax(axis=2)[None, :, :, None]
    return col.linear(
        lambda t: np.take_along_axis(t.reshape(len(t), N, C, KH * KW, OH, OW), first, 3)[:, :, :, 0]
    )


def pooling_simple(x: Jet, kernel: Pair, stride: Pair, pad: Pair) -> Jet:
    return extreme(columns(x, kernel, stride, pad, "edge"), (2, 3), False)


def average_pooling(x: Jet, kernel: Pair, stride: Pair, pad: Pair) -> Jet:
    return averaged(columns(x, kernel, stride, pad), (2, 3))


def batch_norm(x: Jet, gamma: Jet, beta: Jet, moments: Sequence[Array] | None, eps: float) -> Jet:
    """By the batch's own moments, or by those that are given."""
    axes = (0, *range(2, x.ndim))
    spread = (1, x.shape[1]) + (1,) * (x.ndim - 2)
    if moments is None:
        centred = x - averaged(x, axes, True)
        var = averaged(centred * centred, axes, True)
    else:
        centred = x - moments[0].reshape(spread)
        var = x.constant(moments[1].reshape(spread))
    scale = apply(var + np.longdouble(eps), power_of(np.longdouble(-0.5)))
    gamma, beta = (p.linear(lambda t: t.reshape(len(t), *spread)) for p in (gamma, beta))
    return centred * scale * gamma + beta


def cross_entropy(x: Jet, labels: Array) -> Jet:
    picked = log_softmax(x, 1).linear(lambda t: t[:, np.arange(len(labels)), labels])
    return -averaged(picked)


def sigmoid_cross_entropy(x: Jet, t: Jet) -> Jet:
    """softplus(x) - t x, summed, over N."""
    each = apply(x, RULES["softplus"]) * (t.constant(1) - t) + apply(-x, RULES["softplus"]) * t
    return summed(each) * (1 / np.longdouble(x.shape[0] if x.ndim else 1))


def binary_cross_entropy(p: Jet, t: Jet) -> Jet:
    each = apply(p, RULES["log"]) * t + apply(-p, RULES["log1p"]) * (t.constant(1) - t)
    return -summed(each) * (1 / np.longdouble(p.shape[0] if p.ndim else 1))


def squared_error(a: Jet, b: Jet) -> Jet:
    diff = a - b
    return summed(diff * diff) * (1 / np.longdouble(diff.shape[0] if diff.ndim else 1))


def rnn(x: Sequence[Jet], W: Jet, b: Jet, Wh: Jet) -> Jet:
    h = apply(linear(x[0], W, b), RULES["tanh"])
    for later in x[1:]:
        h = apply(linear(later, W, b) + matmul(h, Wh), RULES["tanh"])
    return h


def lstm(x: Sequence[Jet], Wx: Sequence[Jet], b: Sequence[Jet], Wh: Sequence[Jet]) -> Jet:
    """h after all steps; the gates in the order f, i, o, u."""
    h = c = None
    for now in x:
        z = [linear(now, Wx[k], b[k]) for k in range(4)]
        if h is not None:
            z = [z[k] + matmul(h, Wh[k]) for k in range(4)]
        f, i, o = (apply(z[k], RULES["sigmoid"]) for k in range(3))
        u = apply(z[3], RULES["tanh"])
        c = i * u if c is None else f * c + i * u
        h = o * apply(c, RULES["tanh"])
    assert h is not None
    return h
