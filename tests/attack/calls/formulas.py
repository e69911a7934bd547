"""What dezero's functions are, written again: plain definitions in long double, with derivatives.

`RULES` has functions of one number with their first and second derivatives; the rest are made of jets.
"""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.attack.jets import Array, Jet, Rule, apply, bilinear

Pair = tuple[int, int]


def _sech2(x: Array) -> Array:
    c = np.cosh(x)
    return 1 / c / c


def _logistic(x: Array) -> Array:
    if x.dtype.kind == "c":
        return 1 / (1 + np.exp(-x))
    e = np.exp(-abs(x))
    return np.where(np.isnan(x), x, np.where(x >= 0, 1, e) / (1 + e))


def _slope(x: Array) -> Array:
    """The derivative of the logistic function."""
    return _sech2(x / 2) / 4


def _softplus(x: Array) -> Array:
    if x.dtype.kind == "c":
        return np.log(1 + np.exp(x))
    return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))


def _flat(x: Array) -> Array:
    return 0 * x


def step(above: float, below: float) -> Any:
    """`above` where x > 0, else `below`; NaN where x is."""
    return lambda x: np.where(np.isnan(x), x, np.where(x > 0, x.dtype.type(above), x.dtype.type(below)))


def power_of(c: Any) -> Rule:
    """x ** c for a number c; the derivatives of a constant are 0."""
    if c == 0:
        return np.ones_like, np.zeros_like, np.zeros_like
    if c == 1:
        return lambda x: x, np.ones_like, lambda x: x * 0
    if c == 2:
        return lambda x: x * x, lambda x: 2 * x, lambda x: np.full_like(x, 2)
    return lambda x: x**c, lambda x: c * x ** (c - 1), lambda x: c * (c - 1) * x ** (c - 2)


RULES: dict[str, Rule] = {
    "sin": (np.sin, np.cos, lambda x: -np.sin(x)),
    "cos": (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)),
    "tan": (np.tan, lambda x: 1 + np.tan(x) ** 2, lambda x: 2 * np.tan(x) * (1 + np.tan(x) ** 2)),
    "sinh": (np.sinh, np.cosh, np.sinh),
    "cosh": (np.cosh, np.sinh, np.cosh),
    "tanh": (np.tanh, _sech2, lambda x: -2 * np.tanh(x) * _sech2(x)),
    "exp": (np.exp, np.exp, np.exp),
    "expm1": (np.expm1, np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x, lambda x: -1 / x / x),
    "log1p": (np.log1p, lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) / (1 + x)),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x), lambda x: -0.25 / np.sqrt(x) / x),
    "square": power_of(2),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x / x, lambda x: 2 / x / x / x),
    "neg": (lambda x: -x, lambda x: -np.ones_like(x), _flat),
    "abs": (abs, np.sign, _flat),
    "sign": (np.sign, _flat, _flat),
    "sigmoid": (_logistic, _slope, lambda x: -_slope(x) * np.tanh(x / 2)),
    "softplus": (_softplus, _logistic, _slope),
    "relu": (lambda x: np.maximum(x, 0), step(1, 0), _flat),
}


def divided(a: Jet, b: Jet) -> Jet:
    """a / b, whose value is one division: infinite where the reciprocal alone is not right."""
    y = a * apply(b, RULES["reciprocal"])
    a, b = a.beside(b)
    y.t[0] = a.v / b.v
    return y


def powered(a: Jet, b: Jet) -> Jet:
    """a ** b for a > 0."""
    y = apply(apply(a, RULES["log"]) * b, RULES["exp"])
    a, b = a.beside(b)
    y.t[0] = a.v**b.v
    return y


def chosen(condition: Array, a: Jet, b: Jet) -> Jet:
    """a where the condition holds, else b."""
    a, b = (x.beside(np.zeros((1,) * condition.ndim))[0] for x in a.beside(b))
    return a.like(np.where(condition, a.t, b.t))


def larger(a: Jet, b: Jet, sign: int = 1) -> Jet:
    """The maximum (sign 1) or minimum (-1): where both are equal, each has half of the derivative."""
    a, b = a.beside(b)
    ahead = sign * (a.v - b.v)
    ahead = np.where(a.v == b.v, 0, ahead)  # equal infinities too
    t = np.where(ahead > 0, a.t, np.where(ahead < 0, b.t, a.t / 2 + b.t / 2))
    missing = np.isnan(ahead)
    if missing.any():
        t = np.where(missing & ((a.t != 0) | (b.t != 0)), np.nan, t)
    t[0] = np.maximum(a.v, b.v) if sign == 1 else np.minimum(a.v, b.v)
    return a.like(t)


def axes_of(x: Jet, axis: Any) -> tuple[int, ...]:
    """The axes of a jet's array that have the leading one before them."""
    given = range(x.ndim) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
    return tuple(int(a) % x.ndim + 1 for a in given)


def summed(x: Jet, axis: Any = None, keepdims: bool = False) -> Jet:
    axes = axes_of(x, axis)
    return x.linear(lambda t: t.sum(axis=axes, keepdims=keepdims))


def averaged(x: Jet, axis: Any = None, keepdims: bool = False) -> Jet:
    y = summed(x, axis, keepdims)
    return y * (1 / np.longdouble(x.v.size // y.v.size)) if y.v.size else y


def extreme(x: Jet, axis: Any, keepdims: bool, sign: int = 1) -> Jet:
    """The maximum or minimum over axes; elements that tie share the derivative."""
    axes = tuple(a - 1 for a in axes_of(x, axis))
    best = x.v.max(axis=axes, keepdims=True) if sign == 1 else x.v.min(axis=axes, keepdims=True)
    weights = (x.v == best).astype(x.t.dtype)
    weights /= weights.sum(axis=axes, keepdims=True)
    y = summed(x.linear(lambda t: np.where(weights == 0, 0, t * weights)), axis, keepdims)
    y.t[0] = best.reshape(y.shape)
    return y


def _apart(x: Jet, axis: Any) -> tuple[Jet, Jet, Jet]:
    """The largest element, the others less it, and log(sum(exp)) less it: no sum cancels."""
    axes = tuple(a - 1 for a in axes_of(x, axis))
    order = (*(k for k in range(x.ndim) if k not in axes), *axes)
    lanes = x.v.transpose(order).reshape(*(x.shape[k] for k in order[: x.ndim - len(axes)]), -1)
    first = np.zeros(lanes.shape, bool)
    np.put_along_axis(first, lanes.argmax(axis=-1)[..., None], True, -1)
    first = first.reshape([x.shape[k] for k in order]).transpose(np.argsort(order))
    top = summed(x.linear(lambda t: np.where(first, t, 0)), axis, True)
    less = x - top
    rest = summed(apply(less, RULES["exp"]).linear(lambda t: np.where(first, 0, t)), axis, True)
    return top, less, apply(rest, RULES["log1p"])


def log_sum_exp(x: Jet, axis: Any, keepdims: bool) -> Jet:
    if not x.v.size:
        return x.constant(np.full(summed(x, axis, keepdims).shape, -np.inf))
    top, _, log_of_sum = _apart(x, axis)
    y = top + log_of_sum
    y.t[0] = np.where(np.isinf(top.v), top.v, y.v)
    return y.linear(lambda t: t.reshape(len(t), *summed(x, axis, keepdims).shape))


def log_softmax(x: Jet, axis: Any) -> Jet:
    if not x.v.size:
        return x
    _, less, log_of_sum = _apart(x, axis)
    return less - log_of_sum


def softmax(x: Jet, axis: Any) -> Jet:
    return apply(log_softmax(x, axis), RULES["exp"])


def summed_to(x: Jet, shape: tuple[int, ...]) -> Jet:
    lead = x.ndim - len(shape)
    kept = [lead + k for k, size in enumerate(shape) if size == 1 and x.shape[lead + k] != 1]
    y = summed(x, (*range(lead), *kept), True) if lead or kept else x
    return y.linear(lambda t: t.reshape(len(t), *shape))


def matmul(a: Jet, b: Jet) -> Jet:
    """NumPy's matrix product, axes of size 1 put before what is one-dimensional and taken away after."""
    row, column = a.ndim == 1, b.ndim == 1
    if row:
        a = a.linear(lambda t: t[:, None])
    if column:
        b = b.linear(lambda t: t[..., None])
    a, b = a.beside(b)
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


