"""Derivatives of a function of one variable by finite differences, and a bound on what is wrong.

The bound is not a proof but a model's (see `ladder`), tested to hold over functions, points, scales
and dtypes; where the model does not apply (a kink among the samples, noise, detail) it is
infinite. What no model can see is a function that is smooth but not the one it is meant to be:
overflow that turns into a constant 0, say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from gradcheck.oracles.differences.ladder import NoRoomError, Samples, differentiate
from gradcheck.oracles.differences.paths import Path, placed, ulps
from gradcheck.oracles.differences.trust import LONG, Array, Found

_NO_ROOM = "the bounds leave no room for a stencil"
_DOUBLE, _TINY = 2.0**-53, 5e-324  # half an ULP of a float64: relative, of subnormal numbers


@dataclass(frozen=True)
class Difference:
    """A derivative by finite differences.

    Attributes:
        value: the derivative.
        bound: absolute; infinite where not `reliable`.
        step: the distance of the samples that were used.
        truncation, rounding: the parts of the bound, as the model sees them.
        evaluations: at how many points the function was sampled.
        reliable: whether the model applies.
        reason: why not, else "".
    """

    value: float
    bound: float
    step: float
    truncation: float
    rounding: float
    evaluations: int
    reliable: bool
    reason: str


def derivative(
    g: Callable[[Array], Any],
    x: float,
    order: int = 1,
    *,
    noise: float | Callable[[Array], Any] | None = None,
    lower: float = -inf,
    upper: float = inf,
    dtype: Any = np.float64,
) -> Difference:
    """The derivative of `g` at `x`, of any order from 1.

    `g` maps a 1-D array of points (of `dtype`) to an array of as many values; it is called once or
    twice, never outside [lower, upper], and on these bounds only if `x` lies there. `noise` is the
    absolute error of a value: a number, or a function of the points; without it, one unit in the
    last place of each value. Noise that shows in the samples counts in either case. Raises
    ValueError for misuse.

    >>> d = derivative(np.exp, 1.0)
    >>> abs(d.value - np.e) <= d.bound < 1e-10, d.reliable
    (True, True)
    >>> derivative(np.abs, 0.0).reliable
    False
    """
    position = _position(x, order, lower, upper, dtype)
    evaluations = 0

    def line(offsets: Array) -> Samples:
        nonlocal evaluations
        evaluations += len(offsets)
        points, misplaced = placed(position, offsets, lower, upper)
        values = np.asarray(g(points))
        if values.shape != points.shape:
            raise ValueError(
                f"derivative: g must map {points.shape} points to as many values, got shape {values.shape}"
            )
        rounding = ulps(values, position.dtype) if noise is None else _declared(noise, points)
        return Samples(values.astype(LONG)[:, np.newaxis], rounding[:, np.newaxis], misplaced)

    where = Path([position], [np.ones(1)], [(lower, upper)]).range()
    try:
        found = differentiate(line, where, order)
    except NoRoomError:
        return Difference(np.nan, inf, np.nan, np.nan, np.nan, 0, False, _NO_ROOM)
    return _difference(found, evaluations)


def _position(x: float, order: int, lower: float, upper: float, dtype: Any) -> Array:
    position = np.array([x], dtype=dtype)
    if position.dtype.kind != "f":
        raise ValueError(f"derivative: dtype must be a float, got {position.dtype}")
    if not np.isfinite(position).all() or not lower <= x <= upper:
        raise ValueError(f"derivative: x must be finite and in [{lower}, {upper}], got {x}")
    if order < 1:
        raise ValueError(f"derivative: order must be at least 1, got {order}")
    return position


def _declared(noise: float | Callable[[Array], Any], points: Array) -> Array:
    errors = noise(points) if callable(noise) else noise
    return np.broadcast_to(np.asarray(errors, dtype=LONG), points.shape)


def _difference(found: Found, evaluations: int) -> Difference:
    value = float(found.value[0])
    bound = float(found.bound[0]) + abs(value) * _DOUBLE + _TINY  # value was rounded to a float64
    return Difference(
        value=value,
        bound=bound if np.isfinite(value) else inf,
        step=float(found.step[0]),
        truncation=float(found.truncation[0]),
        rounding=float(found.rounding[0]),
        evaluations=evaluations,
        reliable=bool(np.isfinite(bound) and np.isfinite(value)),
        reason=found.reasons[0],
    )
