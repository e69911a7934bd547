"""What dezero's functions are, written again: plain definitions in long double, with derivatives.

`RULES` has functions of one number with their first and second derivatives; the rest are made of jets.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.attack.jets import Array, Jet, Rule, apply


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
    a, b = a.aligned(b)
    y.t[0] = a.v / b.v
    return y


def powered(a: Jet, b: Jet) -> Jet:
    """a ** b for a > 0."""
    y = apply(apply(a, RULES["log"]) * b, RULES["exp"])
    a, b = a.aligned(b)
    y.t[0] = a.v**b.v
    return y


def chosen(condition: Array, a: Jet, b: Jet) -> Jet:
    """a where the condition holds, else b."""
    a, b = (x.aligned(np.zeros((1,) * condition.ndim))[0] for x in a.aligned(b))
    return a.like(np.where(condition, a.t, b.t))


def larger(a: Jet, b: Jet, sign: int = 1) -> Jet:
    """The maximum (sign 1) or minimum (-1): where both are equal, each has half of the derivative."""
    a, b = a.aligned(b)
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
