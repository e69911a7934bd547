"""Distances in units in the last place of a dtype, between floats and balls."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb


def precision(dtype: Any) -> int:
    """Significant bits of a float dtype: 11, 24, 53, 64.

    >>> precision(np.float32)
    24
    """
    return int(np.finfo(dtype).nmant) + 1


def exponent(value: arb) -> int:
    """e with 2**(e-1) <= |midpoint| < 2**e; the midpoint must not be zero.

    >>> exponent(arb(1)), exponent(arb(0.75))
    (1, 0)
    """
    mantissa, power = value.mid().man_exp()
    return int(abs(mantissa).bit_length()) + int(power)


def ulp(value: arb, dtype: Any) -> arb:
    """The spacing of `dtype` at the midpoint of `value`; below the normal range, the smallest subnormal.

    >>> ulp(arb(1), np.float64) == arb(2) ** -52
    True
    """
    info = np.finfo(dtype)
    lowest = int(info.minexp) - int(info.nmant)
    if value.mid().is_zero() or not value.is_finite():
        return arb(2) ** lowest
    return arb(2) ** max(exponent(value) - precision(dtype), lowest)


def distance(got: arb, truth: arb, dtype: Any) -> float:
    """|got - midpoint of truth| in ULPs of `dtype` at the truth; inf where `got` is not finite.

    >>> distance(arb(1.0000000000000002), arb(1), np.float64)
    1.0
    """
    if not got.is_finite():
        return float("inf")
    return float((abs(got - truth.mid()) / ulp(truth, dtype)).mid())
