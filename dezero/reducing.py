"""Sums and extremes over axes of an array, without a call of NumPy's inner loop for each of many short rows.

NumPy reduces row by row, and adds a table up row by row. Where a row has ten elements its call costs ten
times what the elements do. So neighbouring axes are reduced as one, the middle one of an array (A, C, B).
Where it is the last, B is 1: there BLAS adds rows up, and short rows are turned into columns for extremes.
Else short rows that are added to one another are laid side by side. Terms are added in another order then,
and no sum has more roundings one after the other than before.
"""

# ruff: noqa: N806  # the letters of shapes

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np

__all__ = ["max_array", "min_array", "sum_array"]

WIDE = 4096  # elements of a row whose call costs nothing beside them
FEW = 16  # elements of a row that is quicker as columns
NARROW = 64  # elements of a row that is quicker beside others
# Elements of a row up to which BLAS, which is quicker, adds as accurately as `sum`: by a product of a matrix
# and ones, and by one for each row.
SHORT, PIECE = {"f": 128, "d": 32}, {"f": 1024, "d": 128}


def sum_array(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`x.sum(axis, keepdims)` of an array, in its dtype; float16 accumulates in float32.

    NumPy's operations on 0-d object arrays give elements: such an `x` is its own sum.
    """
    if not hasattr(x, "dtype"):
        return x
    if x.dtype.char == "e":
        return x.sum(axis=axis, keepdims=keepdims, dtype="float32").astype(x.dtype)
    y = _by_middles(sum_middle, x, axis, keepdims)
    return x.sum(axis=axis, keepdims=keepdims) if y is None else y


def max_array(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`x.max(axis, keepdims)` of an array."""
    y = _by_middles(max_middle, x, axis, keepdims)
    return x.max(axis=axis, keepdims=keepdims) if y is None else y


def min_array(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`x.min(axis, keepdims)` of an array."""
    y = _by_middles(partial(_extreme, np.minimum), x, axis, keepdims)
    return x.min(axis=axis, keepdims=keepdims) if y is None else y


def _by_middles(reduce: Callable[[Any], Any], x: Any, axis: Any, keepdims: bool) -> Any:
    """x, an array of the host of many floats, reduced run by run of neighbouring axes; else None."""
    if axis is None or axis == () or x.size < 2 * WIDE or type(x) is not np.ndarray:
        return None
    if x.dtype.char not in "fd" or not x.flags.c_contiguous:
        return None
    axes, y = sorted(i % x.ndim for i in (axis if type(axis) is tuple else (axis,))), x
    runs = [[*run] for _, run in groupby(axes, lambda i: i - axes.index(i))]
    for run in runs:
        before, shape, after = y.shape[: run[0]], y.shape[run[0] : run[-1] + 1], y.shape[run[-1] + 1 :]
        y = reduce(y.reshape(math.prod(before), math.prod(shape), math.prod(after)))
        y = y.reshape(*before, *(1,) * len(run), *after)
    return y if keepdims else y.reshape([n for i, n in enumerate(x.shape) if i not in axes])


# Of arrays (A, C, B) of floats in C order: results (A, B) -------------------------------------------------


def sum_middle(x: np.ndarray) -> np.ndarray:
    """`x.sum(axis=1)`."""
    A, C, B = x.shape
    short, piece = SHORT[x.dtype.char], PIECE[x.dtype.char]
    if B > 1 or piece < C:
        return _reduced(np.add, x)
    rows, ones = x.reshape(A, C), np.ones(C, x.dtype)
    return (rows @ ones if short >= C else np.vecdot(rows, ones)).reshape(A, B)


def max_middle(x: np.ndarray) -> np.ndarray:
    """`x.max(axis=1)`."""
    return _extreme(np.maximum, x)


def _extreme(ufunc: np.ufunc, x: np.ndarray) -> np.ndarray:
    A, C, B = x.shape
    if B == 1 and C <= FEW < A:
        return ufunc.reduce(np.ascontiguousarray(x.reshape(A, C).T), axis=0).reshape(A, B)
    return _reduced(ufunc, x)


def _reduced(ufunc: np.ufunc, x: np.ndarray) -> np.ndarray:
    """`ufunc.reduce(x, axis=1)`, by rows that lie side by side as one wide row where they are short."""
    A, C, B = x.shape
    if not 1 < B <= NARROW:
        return ufunc.reduce(x, axis=1)
    side = WIDE // B
    whole = C // side * side
    if whole <= side:
        return _by_halves(ufunc, x)
    wide = ufunc.reduce(x[:, :whole].reshape(A, -1, side * B), axis=1)
    return _by_halves(ufunc, np.concatenate([wide.reshape(A, side, B), x[:, whole:]], axis=1))


def _by_halves(ufunc: np.ufunc, x: np.ndarray) -> np.ndarray:
    """`ufunc.reduce(x, axis=1)`, half of the rows with the other half until one is left."""
    while len(x[0]) > 1:
        half, odd = divmod(len(x[0]), 2)
        y = ufunc(x[:, :half], x[:, half : 2 * half])
        if odd:
            ufunc(y[:, 0], x[:, -1], out=y[:, 0])
        x = y
    return x[:, 0]
