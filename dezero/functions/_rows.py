"""Floats of the host as rows: arrays (A, C, B) in C order, whose rows lie along the middle axis.

That one is reduced. B is 1 where it is the last one; then a formula of many passes reads memory in its order,
many rows block by block. So each element has one number as index, along whichever axis; neighbouring axes are
reduced as one.
"""

# ruff: noqa: N806  # the letters of shapes

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np

from dezero.functions._masks import MANY, has_bits, keep
from dezero.reducing import PIECE, max_middle, sum_middle

BLOCK = 1 << 21  # bytes of an array: some such blocks stay in a cache, and hide what calls of NumPy cost
BUFFER = 512  # elements: NumPy would repeat a broadcast number to fill a buffer larger than the row
MOST = 8  # one row of so many is addressed in the time that masks take for all
FEW = 32  # rows of which masks take no longer than the calls to address one

Axis = int | tuple[int, ...] | None


def have_rows(axis: Axis, x: Any, *others: Any) -> bool:
    """Whether all are float32, or all are float64, of the host, not empty, and `axis` is one run of axes.

    Or None: then all elements, which lie in C order, are one row.
    """
    if not (has_bits(x) and x.size):
        return False
    if axis is None and not x.flags.c_contiguous:
        return False
    if type(axis) is tuple and not _are_neighbours(axis, x.ndim):
        return False
    return all(type(other) is np.ndarray and other.dtype == x.dtype for other in others)


def _are_neighbours(axes: tuple[int, ...], ndim: int) -> bool:
    numbers = sorted(axis % ndim for axis in axes)
    return numbers == [*range(numbers[0], numbers[0] + len(numbers))] if numbers else False


def in_rows(
    formula: Callable[..., None], axis: Axis, *given: np.ndarray, full: int = 1, columns: int = 0
) -> list[np.ndarray]:
    """What `formula(*made, *given)` makes of arrays, as rows: it fills the arrays `made`.

    The given are alike but for the size of `axis`, which some have with size 1. So are those made: `full`
    ones as large as the first given, then `columns` of one element for each row.

    >>> x = np.array([[1.0, 3.0], [2.0, 5.0]])
    >>> in_rows(lambda y, x: np.sum(x, axis=1, keepdims=True, out=y), 1, x, full=0, columns=1)
    [array([[4.],
           [7.]])]
    """
    x = given[0]
    first, stop = _run(axis, x.ndim)
    before, after = x.shape[:first], x.shape[stop:]
    kept = (*before, *(1,) * (stop - first), *after)
    made = [np.empty(shape, x.dtype) for shape in [x.shape] * full + [kept] * columns]
    A, B = prod(before), prod(after)
    into, rows = ([_as_rows(y, A, B) for y in arrays] for arrays in (made, given))
    if A == 1 or x.nbytes <= BLOCK:
        formula(*into, *rows)
    else:
        with np.errstate():  # whose end restores the size of NumPy's buffers
            if B == 1 and x.size >= BUFFER * A:
                np.setbufsize(BUFFER)
            for block in _blocks(rows[0]):
                formula(*[y[block] for y in into], *[x[block] for x in rows])
    return made


def _run(axis: Axis, ndim: int) -> tuple[int, int]:
    """The first axis that is reduced, and the one after the last."""
    if axis is None:
        return 0, ndim
    if isinstance(axis, tuple):
        numbers = [i % ndim for i in axis]
        return min(numbers), max(numbers) + 1
    return axis % ndim, axis % ndim + 1


def _as_rows(x: np.ndarray, A: int, B: int) -> np.ndarray:  # noqa: N803
    """The rows of x: a view where it lies in C order."""
    return np.ascontiguousarray(x).reshape(A, -1, B)


def _blocks(x: np.ndarray) -> Iterator[slice]:
    """Some of the A of x (A, C, B) at a time, so many as make a block."""
    step = max(1, BLOCK * len(x) // x.nbytes)
    return (slice(start, start + step) for start in range(0, len(x), step))


def at(x: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Where in x, for `take` and `put`, each row has the element of a number: (A, 1, B), as `numbers` are."""
    A, C, B = x.shape
    within = numbers if B == 1 else numbers * B + np.arange(B)
    return np.arange(0, x.size, C * B).reshape(A, 1, 1) + within


def places_of(x: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Where in x, for `take` and `put`, rows have their elements: (rows, C). They are places in a column."""
    _, C, B = x.shape
    a, b = np.divmod(rows, B)
    return (a * (C * B) + b)[:, None] + np.arange(0, C * B, B)


def are_most(count: Any, rows: int) -> bool:
    """Whether `count` of the rows, if any, are so many that masks over all are quicker than addresses."""
    return bool(MOST * count > rows or (count and rows <= FEW))


def chosen(x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The element of each row where `mask` holds, of which there is one at most, as a column; else 0."""
    A, C, B = x.shape
    count = np.count_nonzero(mask)
    if are_most(count, A * B):
        return sums(keep(x, mask))
    values = np.zeros((A, 1, B), x.dtype)
    if count:
        places = np.flatnonzero(mask)
        values.put(places // (C * B) * B + places % B, x.take(places))
    return values


def largest_of(x: np.ndarray) -> np.ndarray:
    """The largest of each row, as a column."""
    return np.maximum.reduce(x, axis=1, keepdims=True) if x.size <= MANY else max_middle(x)[:, None]


def sums(x: np.ndarray) -> np.ndarray:
    """The sums of the rows, as a column."""
    return np.add.reduce(x, axis=1, keepdims=True) if x.size <= MANY else sum_middle(x)[:, None]


def dots(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The sums of the products of the rows of two arrays, as a column; those of long ones piece by piece."""
    A, C, B = x.shape
    if B > 1:
        return np.einsum("acb,acb->ab", x, y)[:, None]
    x, y, piece = x.reshape(A, C), y.reshape(A, C), PIECE[x.dtype.char]
    end = C - C % piece
    total = np.vecdot(x[:, end:], y[:, end:])
    if end:
        pieces = np.vecdot(x[:, :end].reshape(A, -1, piece), y[:, :end].reshape(A, -1, piece))
        total = total + pieces.sum(axis=1)
    return total.reshape(A, 1, 1)
