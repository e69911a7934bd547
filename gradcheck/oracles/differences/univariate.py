"""Derivatives of a function of one variable by finite differences, and a bound on what is wrong.

The bound is not a proof but a model's (see `ladder`), tested to hold over functions, points, scales
and dtypes; where the model does not apply (a kink among the samples, noise, detail) it is
infinite. What no model can see is a function that is smooth but not the one it is meant to be:
overflow that turns into a constant 0, say.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple

import numpy as np

from gradcheck.oracles.differences.ladder import NoRoomError, Samples, differentiate
from gradcheck.oracles.differences.paths import Path, placed, ulps
from gradcheck.oracles.differences.trust import LONG, Array

_DOUBLE, _TINY = 2.0**-53, 5e-324  # half an ULP of a float64: relative, of subnormal numbers


class Derivative(NamedTuple):
    """A derivative by finite differences, and an absolute bound; infinite where the model does not apply."""

    value: float
    bound: float


def derivative(
    g: Callable[[Array], Any],
    x: float,
    order: int = 1,
    *,
    lower: float = -inf,
    upper: float = inf,
    dtype: Any = np.float64,
) -> Derivative:
    """The derivative of `g` at `x`, of any order from 1.

    `g` maps a 1-D array of points (of `dtype`) to an array of as many values; it is called once or
    twice, never outside [lower, upper], and on these bounds only if `x` lies there. A value may be off
    by one unit in its last place, and by what the samples show to be noise. Raises ValueError for misuse.

    >>> d = derivative(np.exp, 1.0)
    >>> abs(d.value - np.e) <= d.bound < 1e-10
    True
    >>> derivative(np.abs, 0.0).bound
    inf
    """
    position = _position(x, order, lower, upper, dtype)

    def line(offsets: Array) -> Samples:
        points, misplaced = placed(position, offsets, lower, upper)
        values = np.asarray(g(points))
        if values.shape != points.shape:
            raise ValueError(
                f"derivative: g must map {points.shape} points to as many values, got shape {values.shape}"
            )
        rounding = ulps(values, position.dtype)
        return Samples(values.astype(LONG)[:, np.newaxis], rounding[:, np.newaxis], misplaced)

    where = Path([position], [np.ones(1)], [(lower, upper)]).range()
    try:
        found = differentiate(line, where, order)
    except NoRoomError:
        return Derivative(np.nan, inf)
    value = float(found.value[0])
    bound = float(found.bound[0]) + abs(value) * _DOUBLE + _TINY  # value was rounded to a float64
    return Derivative(value, bound if np.isfinite(value) else inf)


def _position(x: float, order: int, lower: float, upper: float, dtype: Any) -> Array:
    position = np.array([x], dtype=dtype)
    if position.dtype.kind != "f":
        raise ValueError(f"derivative: dtype must be a float, got {position.dtype}")
    if not np.isfinite(position).all() or not lower <= x <= upper:
        raise ValueError(f"derivative: x must be finite and in [{lower}, {upper}], got {x}")
    if order < 1:
        raise ValueError(f"derivative: order must be at least 1, got {order}")
    return position
