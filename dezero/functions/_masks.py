"""What passes a mask and what does not: the cotangents of functions that choose among elements.

A product with 0 and 1 would do for numbers, but 0 times an infinity is NaN. `where` does for all, but is
several times slower on many elements whose mask has no pattern, as it branches at each. There a mask of
bits is laid over the numbers, in the time of a product.

Each function here takes arrays or scalars (an element alone is quicker than an array of it), and its
cotangents Variables too. Masks are boolean, and no Variables.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.core import Elementwise, OfSettings, Variable
from dezero.cuda import get_array_module

MANY = 256  # elements from which on bits are quicker than `where`
INTEGERS = {"f": np.dtype("i4"), "d": np.dtype("i8")}  # of the sizes of float32 and float64

OBJECT = np.dtype(object)
ZEROS = {char: np.zeros((), char) for char in INTEGERS}  # quicker than a number of Python


class Keep(Elementwise):
    """`keep`, or with y `passed`, as a function of gy."""

    def __init__(self, mask: Any, y: Any = None) -> None:
        self.mask = mask
        self.y = y

    def forward(self, gy: Any) -> Any:
        return passed(gy, self.mask, self.y)

    vjps = OfSettings(lambda self: (lambda ggx, gx, gy: passed(ggx, self.mask, self.y),))


class Spoil(Elementwise):
    """`spoil` as a function of gy."""

    def __init__(self, y: Any) -> None:
        self.y = y

    def forward(self, gy: Any) -> Any:
        return spoil(gy, self.y)

    vjps = OfSettings(lambda self: (lambda ggx, gx, gy: spoil(ggx, self.y),))


def keep(gy: Any, mask: Any) -> Any:
    """`gy` where `mask` holds, else 0, whatever gy is there; broadcast.

    >>> keep(np.array([1.0, np.inf]), np.array([True, False]))
    array([1., 0.])
    """
    if isinstance(gy, Variable):
        return Keep(mask)(gy)
    if _is_object(gy):
        return gy * mask
    if not has_bits(gy):
        return choose(mask, gy, gy.dtype.type(0) if isinstance(gy, np.generic) else 0)
    if are_many(mask):
        gx = np.empty(np.broadcast_shapes(gy.shape, mask.shape), gy.dtype)
        np.bitwise_and(_bits(gy), _ones(mask), out=_bits(gx))
        return gx
    return np.where(mask, gy, ZEROS[gy.dtype.char])


def spoil(gy: Any, y: Any) -> Any:
    """`gy`, but NaN where `y` (an array or a scalar) is: an undefined value has no derivative.

    >>> spoil(np.ones(2), np.array([0.5, np.nan]))
    array([ 1., nan])
    """
    if isinstance(gy, Variable):
        return Spoil(y)(gy)
    if not may_have_nan(y):
        return gy
    return choose(y == y, gy, y)


def passed(gy: Any, mask: Any, y: Any) -> Any:
    """`gy` where `mask` holds, NaN where `y` is (None: nowhere), else 0."""
    if isinstance(gy, Variable):
        return Keep(mask, y)(gy)
    gx = keep(gy, mask)
    return gx if y is None else spoil(gx, y)


def choose(mask: Any, x0: Any, x1: Any) -> Any:
    """`where(mask, x0, x1)` of arrays, scalars or elements of object arrays."""
    if isinstance(mask, (bool, np.bool_)) and type(x0) is not np.ndarray:
        return x0 if mask else x1
    if are_many(mask) and has_bits(x0) and getattr(x1, "dtype", None) == x0.dtype:
        chosen = np.empty(np.broadcast_shapes(x0.shape, x1.shape, mask.shape), x0.dtype)
        bits, others = _bits(chosen), _bits(x1)
        np.bitwise_xor(_bits(x0), others, out=bits)
        bits &= _ones(mask)
        bits ^= others
        return chosen
    return get_array_module(mask).where(mask, x0, x1)


def are_many(x: Any) -> bool:
    """Whether x is an array of the host with so many elements that branches at each would cost."""
    return type(x) is np.ndarray and x.size > MANY


def has_bits(x: Any) -> bool:
    """Whether x is an array of the host whose floats have integers of their size."""
    return type(x) is np.ndarray and x.dtype.char in INTEGERS and x.dtype.isnative


def may_have_nan(x: Any) -> bool:
    """Whether numbers have a NaN; of a device's, which is not asked, True. Objects have none."""
    if has_bits(x):  # of squares, which are not negative, nothing but a NaN makes the sum NaN
        return math.isnan(np.vdot(x, x))
    if type(x) is np.ndarray:
        return not _is_object(x) and bool(np.isnan(x).any())
    return not _is_object(x)


def all_finite(x: Any) -> bool:
    """Whether floats of the host are finite, and their squares' sum too; False where that is not known.

    A device is not asked.
    """
    if has_bits(x):
        return math.isfinite(np.vdot(x, x))
    if type(x) is np.ndarray or isinstance(x, np.floating):
        return not _is_object(x) and bool(np.isfinite(x).all())
    return False


def _is_object(x: Any) -> bool:
    """Whether x is an object array or an element of one: with arithmetic, and a zero, of its own."""
    return getattr(x, "dtype", OBJECT) == OBJECT


def _bits(x: Any) -> np.ndarray:
    return x.view(INTEGERS[x.dtype.char])


def _ones(mask: np.ndarray) -> np.ndarray:
    """For each element all bits or none, as integers of one byte, which widen as they are."""
    return -mask.view(np.int8)
