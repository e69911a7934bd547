"""Numbers of Python and NumPy as exact balls, and arrays of objects."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from flint import arb, fmpq

from gradcheck.oracles.numbers.working import working


def filled(shape: tuple[int, ...], elements: Iterable[Any]) -> np.ndarray:
    """An object array of these elements in row-major order (np.array would look into them).

    >>> filled((2, 1), [[1], [2, 3]])
    array([[list([1])],
           [list([2, 3])]], dtype=object)
    """
    return np.fromiter(elements, dtype=object, count=math.prod(shape)).reshape(shape)


def mapped(function: Any, *parts: Any) -> Any:
    """A function of each element of the parts: arrays of one shape, or an element each."""
    if not isinstance(parts[0], np.ndarray):
        return function(*parts)
    return filled(parts[0].shape, map(function, *(part.ravel().tolist() for part in parts)))


def exact(x: Any) -> arb:
    """The real number `x` (a Python or NumPy number of any float dtype) as a ball of radius zero.

    A ball is returned as it is.

    >>> exact(np.float32(0.1)).is_exact()
    True
    """
    if isinstance(x, (int, float, arb)):
        return arb(x)
    if isinstance(x, np.generic):
        if isinstance(x, (np.bool_, np.integer)):
            return arb(int(x))
        if isinstance(x, np.longdouble) and np.isfinite(x):
            return _exact_longdouble(x)
        return arb(float(x))
    raise TypeError(f"exact: expected a real number, got {type(x)}")


def exacts(x: np.ndarray) -> list[arb]:
    """`exact` of each element of a real array, in row-major order."""
    if x.dtype.char in "edf":  # tolist gives Python's floats
        return list(map(arb, x.ravel().tolist()))
    return [exact(v) for v in x.ravel().tolist()]


def _exact_longdouble(x: np.longdouble) -> arb:
    """A longdouble is the sum of two floats, unless its exponent is out of their range."""
    mantissa, exponent = np.frexp(x)
    high = float(mantissa)
    low = float(mantissa - np.longdouble(high))
    with working(160):
        return (arb(high) + arb(low)) * arb(2) ** int(exponent)


def flint_operand(x: Any) -> Any:
    """A foreign operand as something FLINT takes exactly, or None."""
    if isinstance(x, (int, float, arb)):
        return x
    if isinstance(x, np.generic) and not isinstance(x, np.complexfloating):
        return exact(x)
    if isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind in "fiub":
        return exact(x[()])
    return None


def is_one(x: Any) -> bool:
    """Whether `x` is True or the integer 1: a product with it is the other factor itself."""
    return (x is True or type(x) is int) and x == 1


def is_nothing(x: Any) -> bool:
    """Whether `x` is the integer 0: a sum with it is the other term itself."""
    return type(x) is int and x == 0


def integer(c: Any) -> int | None:
    """The integer that a real number `c` is, or None."""
    if isinstance(c, arb):
        whole = c.unique_fmpz() if c.is_exact() and c.is_integer() else None
        return None if whole is None else int(whole)
    if isinstance(c, fmpq):
        return int(c.p) if c.q == 1 else None
    return int(c) if math.isfinite(c) and c == int(c) else None
