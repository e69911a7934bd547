"""Floats of the host row by row, in blocks of rows that stay in the processor's cache.

A formula of several passes then reads the memory once. A row lies along the axis that a function reduces;
whatever the layout, a formula sees blocks of n rows and C columns in C order, and fills others like them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.functions._masks import has_bits

BLOCK = 1 << 17  # elements: some arrays of them fit into a cache of 1 MB, and hide what a call of NumPy costs
FEW = 128  # elements of a row up to which `sum` adds them as plainly as a product does


def have_rows(axis: Any, *arrays: Any) -> bool:
    """Whether all are float32 or float64 of the host, not empty, and `axis` is one axis or None (all axes)."""
    dtype = arrays[0].dtype
    return (axis is None or type(axis) is int) and all(
        has_bits(x) and x.dtype == dtype and x.size for x in arrays
    )


def in_blocks(
    formula: Callable[..., None], axis: int | None, *given: np.ndarray, full: int = 1, columns: int = 0
) -> list[np.ndarray]:
    """What `formula(*made, *given)` makes of arrays, block by block: it fills the arrays `made`.

    The given are alike but for the size of `axis`, which some have with size 1. So are those made: `full`
    ones as large as the first given, then `columns` of one element for each row.

    >>> x = np.array([[1.0, 3.0], [2.0, 5.0]])
    >>> in_blocks(lambda y, x: np.sum(x, axis=1, keepdims=True, out=y), 0, x, full=0, columns=1)
    [array([[3., 8.]])]
    """
    x = given[0]
    shapes = [x.shape] * full + [_kept(x.shape, axis)] * columns
    made = [np.empty(shape, x.dtype) for shape in shapes]
    into, read = [_rows(y, axis) for y in made], [_rows(x, axis) for x in given]
    count = len(read[0])
    step = max(1, BLOCK * count // x.size)
    for start in range(0, count, step):
        block = slice(start, start + step)
        parts = [y[block] for y in into]
        filled = [_matrix(part) for part in parts]
        formula(*filled, *[_matrix(x[block]) for x in read])
        for part, y in zip(parts, filled, strict=True):
            if not part.flags.c_contiguous:  # y is a copy
                part[...] = y.reshape(part.shape)
    return made


def _kept(shape: tuple[int, ...], axis: int | None) -> tuple[int, ...]:
    """`shape` with `axis` reduced to size 1."""
    reduced = range(len(shape)) if axis is None else (axis % len(shape),)
    return tuple(1 if k in reduced else size for k, size in enumerate(shape))


def _rows(x: np.ndarray, axis: int | None) -> np.ndarray:
    """x with `axis` last, and another one; a view of what is in C order."""
    if axis is None:
        return x.reshape(1, -1)
    x = x.swapaxes(axis, -1)
    return x if x.ndim > 1 else x[None]


def _matrix(x: np.ndarray) -> np.ndarray:
    """The rows of x as one matrix in C order: x itself where it is in C order, else a copy."""
    return np.ascontiguousarray(x).reshape(-1, x.shape[-1])


def at(x: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The index of one element in each row of the matrix x."""
    return np.arange(len(x)), columns


def column(values: np.ndarray) -> np.ndarray:
    """One number for each row, as a column that broadcasts along the rows."""
    return values[:, None]


def sums(x: np.ndarray) -> np.ndarray:
    """The sums of the rows of a matrix, as a column. Many short rows are quicker as a product."""
    return x @ np.ones((x.shape[1], 1), x.dtype) if x.shape[1] <= FEW else x.sum(axis=1, keepdims=True)
