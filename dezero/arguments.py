"""Checks of arguments: each gives the argument back, or raises an error that says what it must be.

`who` names function and argument, as in "Linear: out_size". What has another type is a TypeError, another
value a ValueError. Booleans are no numbers here, though Python counts with them.
"""

from __future__ import annotations

import math
from numbers import Real
from operator import index
from typing import Any

import numpy as np
from numpy.exceptions import AxisError

from dezero.refusal import described

MOST = 2**31 - 1  # of a size in the plane: with a wider one no index could be counted

_FLAGS = (bool, np.bool_)
_NO_NUMBERS = (*_FLAGS, np.timedelta64)  # which NumPy counts among the integers


def integer(x: Any, who: str, least: int | None = None) -> int:
    """An integer of Python or NumPy, `least` or more.

    >>> integer(np.int8(3), "Linear: out_size", least=1)
    3
    """
    wanted = "an integer" if least is None else f"an integer of {least} or more"
    number = _index(x)
    if number is None:
        raise TypeError(f"{who} must be {wanted}, got {described(x)}")
    if least is not None and number < least:
        raise ValueError(f"{who} must be {wanted}, got {described(x)}")
    return number


def number(x: Any, who: str, low: Any = -math.inf, high: Any = math.inf) -> Any:
    """A finite real number from `low` to `high`: a float of Python or NumPy as it is, others as a float.

    >>> number(0.5, "SGD: lr", low=0.0)
    0.5
    """
    if type(x) is float and low <= x <= high and -math.inf < x < math.inf:
        return x
    wanted = _wanted(low, high)
    if isinstance(x, _NO_NUMBERS) or not isinstance(x, Real):
        raise TypeError(f"{who} must be {wanted}, got {described(x)}")
    if not low <= x <= high or not _is_finite(x):
        raise ValueError(f"{who} must be {wanted}, got {described(x)}")
    return x if isinstance(x, (float, np.number)) else float(x)


def _is_finite(x: Any) -> bool:
    try:
        return math.isfinite(x)
    except OverflowError:  # an integer that no float holds
        return False


def _wanted(low: float, high: float) -> str:
    if (low, high) == (-math.inf, math.inf):
        return "a finite number"
    if high == math.inf:
        return f"a finite number of {low:g} or more"
    return f"a number from {low:g} to {high:g}"


def flag(x: Any, who: str) -> bool:
    """True or False, of Python or NumPy."""
    if not isinstance(x, _FLAGS):
        raise TypeError(f"{who} must be True or False, got {described(x)}")
    return bool(x)


def function(x: Any, who: str) -> Any:
    """What can be called."""
    if not callable(x):
        raise TypeError(f"{who} must be a function, got {described(x)}")
    return x


def generator(x: Any, who: str) -> np.random.Generator:
    """A Generator as it is, or a fresh one from a seed (None: from the system's noise).

    >>> generator(0, "DataLoader: rng").integers(10)
    np.int64(8)
    """
    try:
        return np.random.default_rng(x)
    except Exception as error:
        raise TypeError(f"{who} must be a Generator, a seed or None, got {described(x)}: {error}") from error


def float_dtype(x: Any, who: str) -> Any:
    """What names a dtype of floats or complex numbers, as it is."""
    if _dtype(x, who).kind not in "fc":
        raise ValueError(f"{who} must be a dtype of floats, got {described(x)}")
    return x


def number_dtype(x: Any, who: str) -> Any:
    """What names a dtype of numbers or booleans, as it is."""
    if _dtype(x, who).kind not in "biufc":
        raise ValueError(f"{who} must be a dtype of numbers, got {described(x)}")
    return x


def _dtype(x: Any, who: str) -> np.dtype:
    try:
        if x is None:
            raise TypeError("None would mean float64")
        return np.dtype(x)
    except Exception as error:  # of many classes, a warning about an old name among them
        raise TypeError(f"{who} must be a dtype, got {described(x)}: {error}") from error


def pair(x: Any, who: str = "pair: x", least: int | None = None) -> tuple[int, int]:
    """Two integers as they are, or one integer twice.

    Raises:
        ValueError: neither, or one is less than `least` or more than MOST; `who` says in the message what it
            was to be.

    >>> pair(3), pair((1, 2))
    ((3, 3), (1, 2))
    """
    both = x if isinstance(x, (tuple, list)) else (x, x)
    if len(both) == 2:
        first, second = both
        if not (type(first) is type(second) is int):
            first, second = _index(first), _index(second)
        low = -MOST if least is None else least
        if first is not None and second is not None and all(low <= n <= MOST for n in (first, second)):
            return first, second
    bound = "" if least is None else f", {least} or more"
    if any(isinstance(n, int) and abs(n) > MOST for n in both):
        bound += ", below 2**31"
    raise ValueError(f"{who} must be an integer or two of them{bound}, got {described(x)}")


def axes(axis: Any, ndim: int, who: str) -> tuple[int, ...] | None:
    """None, or the axes that an integer or a tuple of them names, from 0 to ndim - 1.

    Raises:
        TypeError: `axis` is none of these.
        numpy.exceptions.AxisError: (a ValueError and IndexError) an axis is not there, or named twice.

    >>> axes((0, -1), 3, "sum: axis")
    (0, 2)
    """
    if axis is None:
        return None
    numbers = [_index(number) for number in (axis if isinstance(axis, tuple) else (axis,))]
    found = []
    for number in numbers:
        if number is None:
            raise TypeError(f"{who} must be None, an integer or a tuple of integers, got {described(axis)}")
        if not -ndim <= number < ndim:
            raise AxisError(f"{who}: axis {number} is out of bounds for array of dimension {ndim}")
        found.append(number % ndim)
    if len(set(found)) < len(found):
        raise AxisError(f"{who}: repeated axis, got {described(axis)}")
    return tuple(found)


def one_axis(axis: Any, ndim: int, who: str) -> int:
    """The axis that an integer names, from 0 to ndim - 1.

    >>> one_axis(-1, 3, "stack: axis")
    2
    """
    if type(axis) is int and -ndim <= axis < ndim:
        return axis % ndim
    integer(axis, who)
    (found,) = axes(axis, ndim, who) or ()
    return found


def shape(x: Any, who: str) -> tuple[int, ...]:
    """Sizes of an array: a sequence of integers, or one integer.

    >>> shape([2, -1], "reshape: shape"), shape(3, "reshape: shape")
    ((2, -1), (3,))
    """
    try:
        sizes = [_index(size) for size in ((x,) if _index(x) is not None else tuple(x))]
    except Exception:  # what iterating over an object raises is the object's to choose
        sizes = [None]
    known = tuple(size for size in sizes if size is not None)
    if isinstance(x, (str, bytes, dict)) or len(known) < len(sizes):
        raise TypeError(f"{who} must be a tuple of integers, got {described(x)}")
    return known


def _index(x: Any) -> int | None:
    """An integer, also of NumPy, as Python's; None for anything else, booleans among it."""
    if isinstance(x, _NO_NUMBERS):
        return None
    try:
        return index(x)
    except TypeError:
        return None
