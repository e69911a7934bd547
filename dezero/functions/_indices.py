"""Indices: as NumPy reads them, and of an array on a device, which wraps what is out of range.

An index has parts: integers, slices, ..., None, masks (boolean arrays) and numbers (integer arrays).
Numbers on the host are checked there; checking numbers on a device would wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import index, or_
from typing import Any, NamedTuple

import numpy as np

from dezero.core import array_of, kept
from dezero.cuda import get_array_module, is_array

PLAIN = frozenset({int, slice, type(None), type(...), bool})  # the types of parts that are no arrays


def as_index(slices: Any) -> Any:
    """`slices` with an array of its own for each part in which NumPy sees one: see `kept`.

    Raises:
        IndexError: a part can be no array.
    """
    if type(slices) in PLAIN:
        return slices
    if not isinstance(slices, tuple):
        return kept(slices) if type(slices) is np.ndarray else _as_part(slices)
    if PLAIN.issuperset(map(type, slices)):
        return slices
    return tuple(part if type(part) in PLAIN else _as_part(part) for part in slices)


def _as_part(given: Any) -> Any:
    given = array_of(given)
    if is_array(given):
        return kept(given) if isinstance(given, np.ndarray) else given  # `on_device` copies all other arrays
    try:
        if hasattr(given, "__index__"):
            return index(given)
        part = np.array(given)
    except (TypeError, ValueError) as error:
        raise IndexError(f"get_item: slices must hold integers, masks and slices: {error}") from error
    if part.size == 0:
        part = part.astype(np.intp)  # of an empty list it is float64
    part.flags.writeable = False
    return part


def parts_of(slices: Any) -> tuple[Any, ...]:
    """The parts of an index."""
    return slices if isinstance(slices, tuple) else (slices,)


def has_device_arrays(slices: Any) -> bool:
    """Whether a part lies on a device."""
    return any(get_array_module(part) is not np for part in parts_of(slices))


class Bounded(NamedTuple):
    """Numbers (int64) that must be in [low, high), and the words for one of them."""

    numbers: Any
    low: int
    high: int
    who: str


def check(given: Sequence[Bounded]) -> None:
    """Raises IndexError where a number is out of bounds. All lie on one side; a device waits once."""
    outside = [_outside(b) for b in given]
    if not outside or not bool(reduce(or_, outside)):
        return
    for numbers, low, high, who in given:
        smallest, largest = (int(numbers.min()), int(numbers.max())) if numbers.size else (low, low)
        if smallest < low or largest >= high:
            got = smallest if smallest < low else largest
            raise IndexError(f"{who} must be from {low} to {high - 1}, got {got}")


def _outside(b: Bounded) -> Any:
    """Whether a number is out of bounds. As an unsigned number a negative one is huge."""
    numbers = b.numbers - b.low if b.low else b.numbers
    return (numbers.view(np.uint64) >= b.high - b.low).any()


def on_device(slices: Any, x: Any) -> Any:
    """`slices`, an index of the device array x: in range, masks as numbers, arrays on the device.

    Raises:
        IndexError: it is no index of x.
    """
    parts = parts_of(slices)
    if not any(hasattr(part, "ndim") for part in parts):
        return slices  # the device checks these itself
    placed = list(_placed([_plain(part) for part in parts], x.shape))
    bounded = [
        Bounded(part, -x.shape[axis], x.shape[axis], f"get_item: indices of axis {axis} of x {x.shape}")
        for part, axis in placed
        if _kind(part) == "i"
    ]
    check([b for b in bounded if isinstance(b.numbers, np.ndarray)])
    check([b for b in bounded if not isinstance(b.numbers, np.ndarray)])
    return tuple(moved for part, _ in placed for moved in _moved(part, get_array_module(x)))


def _kind(part: Any) -> str:
    """ "i" for numbers, "b" for a mask, "" for anything but an array."""
    return part.dtype.kind if hasattr(part, "dtype") else ""


def _plain(part: Any) -> Any:
    """Scalars of the host as Python's, numbers as int64 (a device counts in their dtype)."""
    if isinstance(part, np.ndarray) and part.shape == ():
        return part.item()
    if _kind(part) not in ("i", "u"):
        return part
    numbers = part.astype(np.int64, copy=False)
    return kept(numbers) if numbers is part else numbers


def _placed(parts: list[Any], shape: tuple[int, ...]) -> Iterator[tuple[Any, int]]:
    """Each part and the first axis that it indexes."""
    widths = [_width(part) for part in parts]
    if sum(widths) > len(shape) or sum(part is ... for part in parts) > 1:
        raise IndexError(f"get_item: too many indices for x of shape {shape}")
    axis = 0
    for part, width in zip(parts, widths, strict=True):
        sizes = shape[axis : axis + width]
        if _kind(part) == "b" and any(m not in (0, n) for m, n in zip(part.shape, sizes, strict=True)):
            raise IndexError(
                f"get_item: a mask of axis {axis} of x {shape} must have its sizes, got shape {part.shape}"
            )
        yield part, axis
        axis += len(shape) - sum(widths) if part is ... else width


def _width(part: Any) -> int:
    """How many axes a part indexes; of ... none, as it takes the remaining axes."""
    if part is None or part is ... or isinstance(part, bool):
        return 0
    if _kind(part) not in ("", "i", "b"):
        raise IndexError(f"get_item: arrays of indices must be integer or boolean, got {part.dtype}")
    return part.ndim if _kind(part) == "b" else 1


def _moved(part: Any, xp: Any) -> tuple[Any, ...]:
    """An array as numbers on the device, a mask as the places where it is true; the rest as it is."""
    if _kind(part) == "b" and part.ndim:
        return tuple(map(xp.asarray, part.nonzero()))
    return (xp.asarray(part),) if _kind(part) else (part,)
