"""Distances in units in the last place of a dtype, between floats and balls."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import arb

from gradcheck.system.floats import full_digits, lowest, precision


def count(size: arb, truth: arb, dtype: Any) -> float | None:
    """A finite size in ULPs of the truth; None where there are more than a float counts (of a true 0, say).

    >>> count(arb(2) ** -51, arb(1), np.float64), count(arb(1), arb(0), "longdouble")
    (2.0, None)
    """
    found = float((size / ulp(truth, dtype)).mid())
    return None if math.isinf(found) and size.is_finite() else found


def digits(got: arb, truth: arb, dtype: Any) -> float:
    """How many decimal digits of `got` are right: -log10 of its relative error, of `full_digits` at most.

    0 where none is, also for what is not finite; what the range of the dtype takes from numbers below its
    smallest normal one is not counted as lost.

    >>> digits(arb(0.5001), arb(0.5), np.float64) > 3.6, digits(arb(1), arb(0.5), np.float64)
    (True, 0.0)
    """
    full = full_digits(dtype)
    if not got.is_finite():
        return 0.0
    error = abs(got - truth.mid()).mid()
    if truth.contains(got) or error <= ulp(truth, dtype) / 2:
        return full
    size = abs(truth.mid())
    least = arb(2) ** int(np.finfo(dtype).minexp)
    relative = float((error / (size if size > least else least)).mid())
    return min(full, max(0.0, -math.log10(relative))) + 0.0 if relative else full


def digits_of_each(
    gots: np.ndarray, truths: Sequence[arb], ulps: np.ndarray, dtype: Any, high: np.ndarray | None = None
) -> np.ndarray:
    """`digits` of each element, from its `distances` where these are of normal numbers.

    Args:
        high: the truths as floats, where they are known.

    >>> truths = [arb(1), arb(0.5)]
    >>> gots = np.array([1.0, 1.0])
    >>> ulps = distances(gots, truths, np.float64)
    >>> [round(float(n), 2) for n in digits_of_each(gots, truths, ulps, np.float64)]
    [15.95, 0.0]
    """
    full, bits = full_digits(dtype), precision(dtype)
    with np.errstate(all="ignore"):
        mantissas, exponents = np.frexp(np.abs(_floats(truths) if high is None else high))
        found = -np.log10(ulps * 2.0**-bits / mantissas)
    found = np.clip(np.where(ulps <= 0.5, full, found), 0.0, full) + 0.0
    found[~np.isfinite(gots)] = 0.0
    normal = np.isfinite(mantissas) & (mantissas > 0) & (exponents > np.finfo(dtype).minexp)
    for p in np.flatnonzero(~normal & np.isfinite(gots) & (ulps > 0.5)).tolist():
        found[p] = digits(arb(float(gots[p])), truths[p], dtype)
    return found


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
    least = lowest(dtype)
    if value.mid().is_zero() or not value.is_finite():
        return arb(2) ** least
    return arb(2) ** max(exponent(value) - precision(dtype), least)


def distance(got: arb, truth: arb, dtype: Any) -> float:
    """|got - midpoint of truth| in ULPs of `dtype` at the truth; inf where `got` is not finite.

    In the ball of the truth nothing is wrong that is known: a 0 for a truth that is 0 as far as it is known.

    >>> distance(arb(1.0000000000000002), arb(1), np.float64)
    1.0
    >>> distance(arb(0), arb("1e-400", "1e-300"), np.float64)
    0.0
    """
    if not got.is_finite():
        return float("inf")
    if truth.contains(got):
        return 0.0
    return float((abs(got - truth.mid()) / ulp(truth, dtype)).mid())


def split(truths: Sequence[arb]) -> tuple[np.ndarray, np.ndarray]:
    """Each as a float64 and the rest, as one."""
    high = _floats(truths)
    return high, _floats([*map(operator.sub, truths, high.tolist())])


def _floats(balls: Sequence[arb]) -> np.ndarray:
    return np.array(list(map(float, balls)))


def distances(
    gots: np.ndarray, truths: Sequence[arb], dtype: Any, parts: tuple[np.ndarray, np.ndarray] | None = None
) -> np.ndarray:
    """`distance` of each element, up to some 1e-15 of itself.

    A truth is split into a float64 and the rest, so the difference to a float keeps its digits.

    Args:
        parts: `split` of the truths, where it is known.

    >>> distances(np.array([1.0000000000000002, np.nan]), [arb(1), arb(1)], np.float64)
    array([ 1., inf])
    """
    high, rest = split(truths) if parts is None else parts
    exponents = np.frexp(high)[1]
    units = np.ldexp(np.longdouble(1), np.maximum(exponents - precision(dtype), lowest(dtype)))
    with np.errstate(all="ignore"):
        found = np.asarray(np.abs((gots - high) - rest) / units, dtype=np.float64)
    found[~np.isfinite(gots)] = np.inf
    beyond = ~np.isfinite(high) | (high == 0) | (np.abs(high) < np.finfo(np.float64).tiny)
    for position in np.flatnonzero(beyond & np.isfinite(gots)).tolist():
        truth = truths[position]
        found[position] = distance(arb(float(gots[position])), truth, dtype)
    return found
