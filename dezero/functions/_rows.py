"""Floats of the host as rows: matrices in C order whose rows lie along the last axis, which is reduced.

So a formula of many passes reads memory in its order, many rows block by block, and an element of a row
has one number as index. Along other axes a copy in this order would cost more than is gained.
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
    """Whether all are float32, or all are float64, of the host, not empty, and `axis` is the last one.

    Or None: then all elements, which lie in C order, are one row.
    """
    if not (has_bits(x) and x.size):
        return False
    if not (x.flags.c_contiguous if axis is None else axis == -1 or axis == x.ndim - 1):
        return False
    return all(type(other) is np.ndarray and other.dtype == x.dtype for other in others)


def in_rows(
    formula: Callable[..., None], axis: Any, *given: np.ndarray, full: int = 1, columns: int = 0
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
    return made


def _kept(shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    """`shape` with size 1 along `axis`."""
    return (1,) * len(shape) if axis is None else (*shape[:-1], 1)


def _as_rows(x: np.ndarray, axis: Any) -> np.ndarray:
    """The rows of x: a view where they lie in C order."""
    x = np.ascontiguousarray(x)
    if x.ndim == 2 and axis is not None:
        return x
    return x.reshape(1, -1) if axis is None else x.reshape(-1, x.shape[-1])


def _blocks(x: np.ndarray) -> Iterator[slice]:
    """The rows of the matrix x, so many at a time as make a block."""
    step = max(1, BLOCK * len(x) // x.nbytes)
    return (slice(start, start + step) for start in range(0, len(x), step))


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
