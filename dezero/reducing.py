"""Sums and extremes over axes of an array, without a call of NumPy's inner loop for each of many short rows.

NumPy reduces row by row, and adds a table up row by row. Where a row has ten elements its call costs ten
times what the elements do. So short rows are turned into columns first, and short rows that are added to one
another are laid side by side. Terms are added in another order then, and no sum has more roundings one after
the other than before.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["max_array", "min_array", "sum_array"]

WIDE = 4096  # elements of a row whose call costs nothing beside them
FEW = 16  # elements of a row that is quicker as columns
NARROW = 64  # elements of a row that is quicker beside others


def sum_array(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`x.sum(axis, keepdims)` of an array, in its dtype; float16 accumulates in float32.

    NumPy's operations on 0-d object arrays give elements: such an `x` is its own sum.
    """
    if not hasattr(x, "dtype"):
        return x
    if x.dtype.char == "e":
        return x.sum(axis=axis, keepdims=keepdims, dtype="float32").astype(x.dtype)
    y = _of_short_rows(np.add, x, axis, keepdims)
    return x.sum(axis=axis, keepdims=keepdims) if y is None else y


def max_array(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`x.max(axis, keepdims)` of an array."""
    y = _of_short_rows(np.maximum, x, axis, keepdims)
    return x.max(axis=axis, keepdims=keepdims) if y is None else y


def min_array(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`x.min(axis, keepdims)` of an array."""
    y = _of_short_rows(np.minimum, x, axis, keepdims)
    return x.min(axis=axis, keepdims=keepdims) if y is None else y


def _of_short_rows(ufunc: np.ufunc, x: Any, axis: Any, keepdims: bool) -> Any:
    """x, an array of the host of many short rows, reduced over its first or its last axes; else None."""
    if axis is None or x.size < 2 * WIDE or type(x) is not np.ndarray:
        return None
    if x.dtype.char not in "fd" or not x.flags.c_contiguous:
        return None
    axes = sorted(i % x.ndim for i in (axis if type(axis) is tuple else (axis,)))
    count = len(axes)
    first, last = axes == [*range(count)], axes == [*range(x.ndim - count, x.ndim)]
    length = math.prod(x.shape[count:] if first else x.shape[x.ndim - count :])
    if first and length <= NARROW:
        y = _side_by_side(ufunc, x.reshape(-1, length))
    elif last and length <= FEW:
        y = ufunc.reduce(np.ascontiguousarray(x.reshape(-1, length).T), axis=0)
    else:
        return None
    shape = [(1 if i in axes else n) for i, n in enumerate(x.shape) if keepdims or i not in axes]
    return y.reshape(shape)


def _side_by_side(ufunc: np.ufunc, rows: Any) -> Any:
    """`ufunc.reduce(rows, axis=0)`, by rows that lie side by side as one wide row."""
    n, length = rows.shape
    side = WIDE // length
    whole = n // side * side
    wide = ufunc.reduce(rows[:whole].reshape(-1, side * length), axis=0)
    return ufunc.reduce(np.concatenate([wide.reshape(side, length), rows[whole:]]), axis=0)
