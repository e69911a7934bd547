"""The error of numerical derivatives against the step, and what the model of errors predicts.

    truncation   |C| h^p |g^(n+p)(x)|          p and C from the stencil
    rounding     sum |c_i| (error of a value) / h^n

A scheme is a stencil, in units of its smallest step; Richardson extrapolation of central
differences with steps 4h, 2h and h is one too. The complex step is the scheme whose rounding does
not grow as the step shrinks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import nan
from typing import Any

import numpy as np

from gradcheck.oracles.differences.stencils import coefficients, truncation
from gradcheck.oracles.differences.trust import LONG, Array

SCHEMES = ("forward", "central", "five-point", "richardson", "complex-step")

STEPS = tuple(2.0**-k for k in range(52))
_REACH = {"central": 0, "five-point": 1}  # central stencils: how much wider than needed


@dataclass(frozen=True)
class Curve:
    """Errors for each step, in ascending order of steps; plain numbers, ready for JSON.

    Attributes:
        step: the steps really taken.
        error: the actual error, divided by |truth| unless that is 0.
        truncation, rounding: the model's prediction.
        power, constant: the predicted truncation is constant * step^power.
        chosen_step: where the prediction is smallest.
        chosen_error: the actual error there.
    """

    step: list[float]
    error: list[float]
    truncation: list[float]
    rounding: list[float]
    power: int
    constant: float
    chosen_step: float
    chosen_error: float


def curve(
    g: Callable[[Array], Any],
    x: float,
    order: int = 1,
    steps: Sequence[float] = STEPS,
    scheme: str = "central",
    *,
    truth: Any,
    higher: Callable[[int], float] = lambda k: nan,
    dtype: Any = np.float64,
) -> Curve:
    """How wrong a scheme is at `x` for each step, and how wrong the model says it is.

    `g` maps an array of points of `dtype` (complex for "complex-step") to as many values; `truth`
    is its derivative of this order at x, a float or longdouble. `steps` are rounded to what can be
    added to x exactly.
    `higher(k)` gives the k-th derivative for the truncation line. A value is off by half an ULP of
    g(x). Where a wide step leaves the domain of g the error is NaN. Raises ValueError for an unknown
    scheme, an order that is not 1 to 4, or "complex-step" of another order than 1.

    >>> c = curve(np.exp, 1.0, truth=np.e, higher=lambda k: np.e)
    >>> 1e-6 < c.chosen_step < 1e-4, c.chosen_error < 1e-9
    (True, True)
    """
    position = np.array(x, dtype=dtype)[()]
    taken = _taken(position, steps)
    noise = float(np.abs(g(np.array([position]))[0]) * np.finfo(dtype).eps / 2)
    run = _complex_step if scheme == "complex-step" else partial(_stencil, scheme)
    values, rounding, p, constant = run(g, position, taken, order, noise)
    scale = LONG(abs(truth)) or LONG(1)
    error = np.abs(values - LONG(truth)) / scale
    relative = constant * abs(higher(order + p)) / scale
    predicted = relative * taken**p
    best = int(np.argmin(np.nan_to_num(predicted + rounding / scale, nan=np.inf)))
    return Curve(
        step=_numbers(taken),
        error=_numbers(error),
        truncation=_numbers(predicted),
        rounding=_numbers(rounding / scale),
        power=p,
        constant=float(relative),
        chosen_step=float(taken[best]),
        chosen_error=float(error[best]),
    )


def scheme_offsets(scheme: str, order: int) -> tuple[int, ...]:
    """The stencil of a scheme for a derivative of order 1 to 4.

    >>> scheme_offsets("forward", 1), scheme_offsets("central", 2), scheme_offsets("five-point", 1)
    ((0, 1), (-1, 0, 1), (-2, -1, 0, 1, 2))
    """
    if not 1 <= order <= 4:
        raise ValueError(f"curve: order must be from 1 to 4, got {order}")
    reach = (order + 1) // 2
    if scheme == "forward":
        return tuple(range(order + 1))
    if scheme == "richardson":
        outward = [*range(1, reach), *(reach * 2**i for i in range(3))]
        return (*(-o for o in reversed(outward)), 0, *outward)
    if scheme not in _REACH:
        raise ValueError(f"curve: scheme must be one of {', '.join(SCHEMES)}, got {scheme!r}")
    reach += _REACH[scheme]
    return tuple(range(-reach, reach + 1))


_Result = tuple[Array, Array, int, float]  # values, their rounding, and of truncation p and |C|


def _stencil(
    scheme: str, g: Callable[[Array], Any], x: Any, steps: Array, order: int, noise: float
) -> _Result:
    offsets = scheme_offsets(scheme, order)
    weights = np.array([LONG(c.numerator) / c.denominator for c in coefficients(offsets, order)])
    points = (LONG(x) + np.multiply.outer(steps, np.array(offsets, dtype=LONG))).astype(x.dtype)
    p, constant = truncation(offsets, order)
    with np.errstate(all="ignore"):  # wide steps may leave the domain: the error is NaN there
        values = np.asarray(g(points.ravel())).astype(LONG).reshape(points.shape)
        rounding = np.abs(weights).sum() * noise / steps**order
        return values @ weights / steps**order, rounding, p, float(abs(constant))


def _complex_step(g: Callable[[Array], Any], x: Any, steps: Array, order: int, noise: float) -> _Result:
    """Truncation is h^2/6 times the third derivative; rounding does not depend on h."""
    if order != 1:
        raise ValueError(f"curve: the complex step gives order 1 only, got {order}")
    values = np.asarray(g(x + 1j * steps.astype(x.dtype)))
    if values.dtype.kind != "c":
        raise TypeError(f"curve: g must return complex numbers for complex arguments, got {values.dtype}")
    values = values.imag / steps
    return values, np.abs(values) * (np.finfo(x.dtype).eps / 2), 2, 1 / 6


def _taken(x: Any, steps: Sequence[float]) -> Array:
    """The steps, ascending, as multiples of the spacing at x, so that x + h has no rounding."""
    spacing = LONG(np.spacing(np.abs(x)))
    rounded = np.rint(np.array(steps, dtype=LONG) / spacing) * spacing
    return np.unique(rounded[rounded > 0])


def _numbers(array: Array) -> list[float]:
    return [float(v) for v in array]
