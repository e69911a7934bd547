"""Floats of the host as rows: matrices in C order whose rows lie along the axis that a function reduces.

So a formula of many passes reads memory in its order, whatever the layout of its arguments was, many rows
block by block, and an element of a row has one number as index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dezero.functions._masks import MANY, has_bits

BLOCK = 1 << 21  # bytes of an array: some such blocks stay in a cache, and hide what calls of NumPy cost
FEW = 32  # elements of a row: of so short rows one product with a matrix is quicker than one for each row
BUFFER = 512  # elements: NumPy would repeat a broadcast number to fill a buffer larger than the row
PIECE = {"f": 1024, "d": 128}  # elements up to which BLAS, which is quicker, adds as accurately as `sum`


def have_rows(axis: Any, x: Any, *others: Any) -> bool:
    """Whether all are float32, or all are float64, of the host, not empty, and `axis` is one axis.

    Or None: then all elements, which lie in C order, are one row.
    """
    if not (has_bits(x) and x.size and (x.flags.c_contiguous if axis is None else type(axis) is int)):
        return False
    return all(type(other) is np.ndarray and other.dtype == x.dtype for other in others)


def in_rows(
    formula: Callable[..., None], axis: Any, *given: np.ndarray, full: int = 1, columns: int = 0
) -> list[np.ndarray]:
    """What `formula(*made, *given)` makes of arrays, as rows: it fills the arrays `made`.

    The given are alike but for the size of `axis`, which some have with size 1. So are those made: `full`
    ones as large as the first given, then `columns` of one element for each row.

    >>> x = np.array([[1.0, 3.0], [2.0, 5.0]])
    >>> in_rows(lambda y, x: np.sum(x, axis=1, keepdims=True, out=y), 0, x, full=0, columns=1)
    [array([[3., 8.]])]
    """
    x = given[0]
    made = [np.empty(shape, x.dtype) for shape in [x.shape] * full + [_kept(x.shape, axis)] * columns]
    into, rows = [_as_rows(y, axis) for y in made], [_as_rows(x, axis) for x in given]
    if x.nbytes <= BLOCK:
        formula(*into, *rows)
    else:
        with np.errstate():  # whose end restores the size of NumPy's buffers
            if rows[0].shape[1] >= BUFFER:
                np.setbufsize(BUFFER)
            for block in _blocks(rows[0]):
                formula(*[y[block] for y in into], *[x[block] for x in rows])
    if not _is_last(axis, x.ndim):  # then `into` are copies
        for y, filled in zip(made, into, strict=True):
            last = y.swapaxes(axis, -1)
            last[...] = filled.reshape(last.shape)
    return made


def _kept(shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    """`shape` with size 1 along `axis`."""
    if axis is None:
        return (1,) * len(shape)
    sizes = list(shape)
    sizes[axis] = 1
    return tuple(sizes)


def _as_rows(x: np.ndarray, axis: Any) -> np.ndarray:
    """The rows of x: a view where they lie in C order."""
    if axis in (1, -1) and x.ndim == 2 and x.flags.c_contiguous:
        return x  # as below, but quicker for few numbers
    if not _is_last(axis, x.ndim):
        x = x.swapaxes(axis, -1)
    x = np.ascontiguousarray(x)
    return x.reshape(1, -1) if axis is None else x.reshape(-1, x.shape[-1])


def _blocks(x: np.ndarray) -> Iterator[slice]:
    """The rows of the matrix x, so many at a time as make a block."""
    step = max(1, BLOCK * len(x) // x.nbytes)
    return (slice(start, start + step) for start in range(0, len(x), step))


def _is_last(axis: Any, ndim: int) -> bool:
    return axis is None or axis in (-1, ndim - 1)


def at(x: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The number of one element in each row of the matrix x, for `take` and `put`."""
    return np.arange(0, x.size, x.shape[1]) + columns


def column(values: np.ndarray) -> np.ndarray:
    """One number for each row, as a column that broadcasts along the rows."""
    return values[:, None]


def sums(x: np.ndarray) -> np.ndarray:
    """The sums of the rows of a matrix, as a column."""
    size = x.shape[1]
    if x.size <= MANY or size > PIECE[x.dtype.char]:
        return x.sum(axis=1, keepdims=True)
    ones = np.ones(size, x.dtype)
    return column(x @ ones if size <= FEW else np.vecdot(x, ones))


def dots(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The sums of the products of the rows of two matrices, piece by piece, as a column."""
    size, piece = x.shape[1], PIECE[x.dtype.char]
    end = size - size % piece
    total = np.vecdot(x[:, end:], y[:, end:])
    if end:
        pieces = np.vecdot(x[:, :end].reshape(len(x), -1, piece), y[:, :end].reshape(len(y), -1, piece))
        total = total + pieces.sum(axis=1)
    return column(total)
