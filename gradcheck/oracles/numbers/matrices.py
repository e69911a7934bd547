"""Products of matrices of balls and of series, and what the rounding of sums may amount to.

A matrix of series is a polynomial in t whose coefficients are matrices of balls.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import flint
import numpy as np
from flint import arb, arb_mat, arb_series

from gradcheck.oracles.numbers.elementary import coefficients
from gradcheck.oracles.numbers.working import state

AT_ONCE = 1 << 17  # terms of a product that are looked at in one array
EXPONENT = np.float64("inf").view(np.uint64)  # the bits of the exponent of a float64
Polynomial = list[arb_mat | None]  # the coefficients of 1, t, t^2, ...; None for a matrix of zeros


def dot(a: Sequence[arb], b: Sequence[Any]) -> arb:
    """The sum of the products of balls with balls or floats.

    >>> dot([arb(1), arb(2)], [3.0, 0.5])
    4.00000000000000
    """
    return (arb_mat(1, len(a), a) * arb_mat(len(b), 1, b))[0, 0] if a else arb(0)


def matrix(elements: list[Any], shape: tuple[int, ...]) -> arb_mat:
    rows, columns = shape
    return arb_mat(rows, columns, elements)


# Rounding -------------------------------------------------------------------------------------------


def any_order() -> bool:
    now = state.get()
    return now is not None and now.unordered


def reordered(sizes: Any, additions: Any) -> np.ndarray:
    """The rounding of this number of additions in any order, of terms whose sizes add up to `sizes`."""
    return np.asarray(additions * sizes * 2.0**-flint.ctx.prec)


def product_rounding(
    left: list[arb], left_shape: tuple[int, ...], right: list[arb], right_shape: tuple[int, ...]
) -> np.ndarray | None:
    """What the roundings of a product add up to that is made term by term, at the working precision.

    FLINT rounds only once. None where the terms or sums leave the range of float64.
    """
    a, b = _midpoints(left, left_shape), _midpoints(right, right_shape)
    if a is None or b is None:
        return None
    sums = np.zeros((a.shape[0], b.shape[1]))
    radii = sums.copy()
    step = max(1, AT_ONCE // sums.size)
    for start in range(0, len(b), step):
        part = slice(start, start + step)
        terms = a[:, part, None] * b[part]
        partial = sums[:, None] + np.cumsum(terms, axis=1)
        radii += (_unit(terms) + _unit(partial)).sum(axis=1)
        sums = partial[:, -1]
    if any_order():
        radii += reordered(np.abs(a) @ np.abs(b), len(b) - 1)
    return radii if np.isfinite(radii).all() else None


def _midpoints(balls: list[arb], shape: tuple[int, ...]) -> np.ndarray | None:
    """The midpoints; None unless products of them are normal numbers."""
    values = np.array(list(map(float, balls))).reshape(shape)
    sizes = np.abs(values[values != 0])
    if not np.isfinite(values).all() or (sizes.size and not 1e-140 < sizes.min() <= sizes.max() < 1e140):
        return None
    return values


def _unit(x: np.ndarray) -> np.ndarray:
    """One unit in the last place at the working precision; 0 where x is 0, which must not be subnormal.

    The bits of the exponent alone are those of the power of two below |x|.
    """
    return (x.view(np.uint64) & EXPONENT).view(np.float64) * 2.0 ** (1 - flint.ctx.prec)


# Series ---------------------------------------------------------------------------------------------


def polynomial(series: dict[int, Any], places: Sequence[int], shape: tuple[int, ...]) -> Polynomial:
    """The matrix of series that has in each place the one of this number, and zero where there is none."""
    cap, zero = flint.ctx.cap, arb(0)
    if any(s.prec < cap for s in series.values()):
        series = {number: arb_series(coefficients(s)) for number, s in series.items()}
    length = max(map(arb_series.length, series.values()), default=0)
    known: Polynomial = []
    for k in range(min(length, cap)):
        terms = {number: s[k] for number, s in series.items()}
        known.append(matrix(list(map(terms.get, places, repeat(zero))), shape))
    return known + [None] * (cap - len(known))


def times(p: Polynomial, q: Polynomial) -> Polynomial:
    product: Polynomial = [None] * flint.ctx.cap
    for k in range(flint.ctx.cap):
        for a, b in zip(p[: k + 1], q[k::-1], strict=True):
            if a is not None and b is not None:
                product[k] = added(product[k], a * b)
    return product


def added(a: arb_mat | None, b: arb_mat | None) -> arb_mat | None:
    return b if a is None else a if b is None else a + b


def series_of(terms: Polynomial, shape: tuple[int, int]) -> list[Any]:
    """A series for each element."""
    while terms and terms[-1] is None:
        terms = terms[:-1]
    zeros = [arb(0)] * (shape[0] * shape[1])
    columns = [zeros if m is None else m.entries() for m in terms] or [zeros]
    return [arb_series(list(c)) for c in zip(*columns, strict=True)]
