"""Inputs: values drawn from a domain by a seed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_STEP = 2.0**-10  # values are multiples of it: short in decimals, exact in every float dtype's range


def uniform(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    low: float,
    high: float,
    *,
    avoid: tuple[float, ...] = (),
    gap: float = 0.125,
    distinct: bool = False,
) -> np.ndarray:
    """Values of float64 in [low, high], at least `gap` from each point of `avoid`.

    Args:
        distinct: no two elements closer than the interval divided by twice their number, so that an
            order among them is safe from any finite-difference step.

    Raises:
        ValueError: no part of the interval remains.

    >>> uniform(np.random.default_rng(0), (3,), -1, 1, avoid=(0.0,), gap=0.5).round(2)
    array([-0.97,  0.63, -0.92])
    """
    values = _spread_out(rng, shape, low, high) if distinct else rng.uniform(low, high, shape)
    crowded = distinct and 2 * values.size > (high - low) / _STEP  # rounded, some would be equal
    for _ in range(100):
        close = np.zeros(shape, bool)
        for point in avoid:
            close |= np.abs(values - point) < gap
        if not close.any():
            return np.asarray(values if crowded else _short(values, low, high))
        values = np.where(close, rng.uniform(low, high, shape), values)
    raise ValueError(f"uniform: nothing in [{low}, {high}] keeps {gap} away from {avoid}")


def _spread_out(rng: np.random.Generator, shape: tuple[int, ...], low: float, high: float) -> np.ndarray:
    count = math.prod(shape)
    ranks = rng.permutation(count) + rng.uniform(0.25, 0.75, count)
    return (low + (high - low) * ranks / max(count, 1)).reshape(shape)


def _short(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Rounded to few binary digits where the interval is wide enough."""
    short = np.round(values / _STEP) * _STEP if high - low > 64 * _STEP else values
    return np.where((short < low) | (short > high), values, short)


def rounded_inside(values: np.ndarray, dtype: Any, domain: tuple[float, float]) -> np.ndarray:
    """The values in a dtype; what it rounds to an end of an open domain is the float next to it, inside.

    >>> rounded_inside(np.array([0.5, 0.99999]), np.float16, (0.0, 1.0))
    array([0.5   , 0.9995], dtype=float16)
    """
    found = np.asarray(values.astype(dtype))
    with np.errstate(over="ignore"):
        lower, upper = (np.asarray(end, found.dtype) for end in domain)
    found = np.where(found <= lower, np.nextafter(lower, upper), found)
    return np.where(found >= upper, np.nextafter(upper, lower), found)
