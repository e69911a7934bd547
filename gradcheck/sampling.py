"""Inputs: values drawn from a domain by a seed, and the layouts in which they lie in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.cuda import get_array_module

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
        ValueError: nothing is left of the interval.

    >>> uniform(np.random.default_rng(0), (3,), -1, 1, avoid=(0.0,), gap=0.5).round(2)
    array([-0.97,  0.63, -0.92])
    """
    values = _spread_out(rng, shape, low, high) if distinct else rng.uniform(low, high, shape)
    for _ in range(100):
        close = np.zeros(shape, bool)
        for point in avoid:
            close |= np.abs(values - point) < gap
        if not close.any():
            return np.asarray(_short(values, low, high))
        values = np.where(close, rng.uniform(low, high, shape), values)
    raise ValueError(f"uniform: nothing in [{low}, {high}] keeps {gap} away from {avoid}")


def _spread_out(rng: np.random.Generator, shape: tuple[int, ...], low: float, high: float) -> np.ndarray:
    count = int(np.prod(shape))
    ranks = rng.permutation(count) + rng.uniform(0.25, 0.75, count)
    return (low + (high - low) * ranks / max(count, 1)).reshape(shape)


def _short(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Rounded to few binary digits where the interval is wide enough to bear it."""
    return np.round(values / _STEP) * _STEP if high - low > 64 * _STEP else values


def _fortran(x: Any) -> Any:
    return x.copy(order="F")


def _negative_strides(x: Any) -> Any:
    reverse = (slice(None, None, -1),) * x.ndim
    return x[reverse].copy()[reverse] if x.ndim else x.copy()


def _strided(x: Any) -> Any:
    """Every other element of a larger array whose gaps hold NaN, so that reading them shows."""
    if x.ndim == 0:
        return x.copy()
    gap = np.nan if x.dtype.kind == "f" else 0
    wide = get_array_module(x).full_like(x, gap, order="C", shape=tuple(2 * n for n in x.shape))
    view = wide[tuple(slice(None, None, 2) for _ in x.shape)]
    view[...] = x
    return view


def _read_only(x: Any) -> Any:
    """A copy; where arrays can be protected (not on a device), a protected one."""
    copy = x.copy()
    if isinstance(copy, np.ndarray):
        copy.flags.writeable = False
    return copy


def repeated(x: np.ndarray) -> np.ndarray:
    """`x` constant along its first axis longer than 1: an array that "broadcast" lays out with a stride of 0.

    >>> repeated(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    axis = next((n for n, size in enumerate(x.shape) if size > 1), None)
    return x.copy() if axis is None else np.repeat(x.take([0], axis), x.shape[axis], axis)


def _broadcast(x: Any) -> Any:
    """A view with a stride of 0 along the axes along which `x` is constant."""
    first = x.copy()
    for axis in range(x.ndim):
        if x.shape[axis] > 1 and (x == x.take([0], axis)).all():
            first = first.take([0], axis)
    return get_array_module(x).broadcast_to(first, x.shape) if first.shape != x.shape else first


# Each gives the same values in another memory layout.
LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "contiguous": lambda x: x.copy(),
    "fortran": _fortran,
    "strided": _strided,
    "negative": _negative_strides,
    "broadcast": _broadcast,
    "readonly": _read_only,
}
