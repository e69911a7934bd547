"""Reading elements by index, and the adjoint: adding to them by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core import Function, Variable, array_of
from dezero.cuda import get_array_module
from dezero.functions._indices import PLAIN, as_index, has_device_arrays, on_device, parts_of
from dezero.functions._masks import MANY

__all__ = [
    "GetItem",
    "GetItemGrad",
    "get_item",
]

BLOCK = 1 << 14  # elements to which is added at a time: their numbers stay in the cache


class GetItem(Function):
    """x[slices]. On a device `slices` must be in range: CuPy wraps what is not.

    Attributes:
        index: the Variable that `slices` was, if it was one; for those who read the graph.
    """

    index: Variable | None = None

    def __init__(self, slices: Any) -> None:
        self.slices = as_index(slices)

    def forward(self, x: Any) -> Any:
        try:
            axis, numbers = _numbers(self.slices, x)
            return x[self.slices] if axis is None else x.take(numbers, axis=axis)
        except (IndexError, ValueError, TypeError, OverflowError) as error:
            if isinstance(error, TypeError) and has_device_arrays(self.slices):
                raise  # x lies on the host
            raise IndexError(
                f"get_item: slices must be an index of x, which has shape {x.shape}: {error}"
            ) from error

    def backward(self, gy: Variable) -> Variable:
        return GetItemGrad(self.slices, self.inputs[0].shape)(gy)


class GetItemGrad(Function):
    """Zeros of `in_shape`, with gy added at `slices`; an element read twice receives two terms."""

    def __init__(self, slices: Any, in_shape: tuple[int, ...]) -> None:
        self.slices = as_index(slices)
        self.in_shape = in_shape

    def forward(self, gy: Any) -> Any:
        if _may_repeat(self.slices):
            return sum_at(self.slices, gy, self.in_shape)
        gx = get_array_module(gy).zeros(self.in_shape, dtype=gy.dtype)
        gx[self.slices] = gy[()]  # a 0-d array of objects as its element
        return gx

    def backward(self, ggx: Variable) -> Variable:
        return GetItem(self.slices)(ggx)


def _may_repeat(slices: Any) -> bool:
    """Whether an element can be read twice: only integer arrays do that."""
    for part in parts_of(slices):
        if type(part) not in PLAIN and part.ndim > 0 and part.dtype.kind != "b":
            return True
    return False


def sum_at(slices: Any, values: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with `values` added at `slices`, in their dtype; what is named twice gets both.

    float16 accumulates in float32, as in every sum here: in float16 2048 ones more are no more. On a
    device terms are added in no fixed order, so that sums of floats may differ by their rounding.

    >>> sum_at(np.array([0, 2, 0]), np.ones(3), (3,))
    array([2., 0., 1.])
    """
    xp = get_array_module(values)
    if values.dtype.char == "e":
        return sum_at(slices, values.astype("f"), shape).astype("e")
    total = xp.zeros(shape, dtype=values.dtype)
    if xp is not np:
        _scatter(xp, total, slices, values)
        return total
    axis, numbers = _numbers(slices, total)
    if axis is None or values.size <= MANY:
        np.add.at(total, slices, values)
        return total
    places = numbers.reshape(-1).astype(np.intp, copy=False)
    if axis == 0:
        _add_rows(total, places, values.reshape(numbers.size, -1))
        return total
    rows = np.ascontiguousarray(np.moveaxis(values, range(axis, axis + numbers.ndim), range(numbers.ndim)))
    by_number = np.zeros_like(np.moveaxis(total, axis, 0), order="C")
    _add_rows(by_number, places, rows.reshape(numbers.size, -1))
    total[...] = np.moveaxis(by_number, 0, axis)
    return total


def _numbers(slices: Any, x: Any) -> tuple[Any, Any]:
    """The axis of x, of the host and of several axes, whose parts `slices` numbers, and the numbers.

    That is one array of signed integers, perhaps after ... or after slices that take whole axes. Else None
    for both.
    """
    *before, numbers = parts_of(slices) or (None,)
    if type(numbers) is np.ndarray and numbers.dtype.kind == "i" and type(x) is np.ndarray and x.ndim > 1:
        if len(before) == 1 and before[0] is ...:
            return x.ndim - 1, numbers
        if len(before) < x.ndim and all(type(part) is slice and part == slice(None) for part in before):
            return len(before), numbers
    return None, None


def _add_rows(total: np.ndarray, numbers: np.ndarray, rows: np.ndarray) -> None:
    """`np.add.at(total, numbers, rows)` of zeros, in a fifth of its time.

    In each round one row is added for each number that is left; where numbers are few, the rest element by
    element, for which NumPy is quicker than for rows.
    """
    matrix = total.reshape(len(total), -1)
    left, latest = np.arange(len(numbers)), np.empty(len(total), np.intp)
    while left.size:
        named = numbers[left]
        latest[named] = left
        once = latest[named] == left
        if 2 * np.count_nonzero(once) < left.size:
            break
        places, terms = named[once], rows.take(left[once], axis=0)
        matrix[places] = terms if left.size == len(numbers) else matrix.take(places, axis=0) + terms
        left = left[~once]
    size = matrix.shape[1]
    columns, flat = np.arange(size), matrix.reshape(-1)
    step = max(1, BLOCK // max(1, size))
    for start in range(0, left.size, step):
        some = left[start : start + step]
        first = numbers[some, None] % len(total) * size
        np.add.at(flat, (first + columns).reshape(-1), rows[some].reshape(-1))


def _scatter(xp: Any, total: Any, slices: Any, values: Any) -> None:
    """`xp.add.at` for the dtypes that a device cannot add atomically, through those that it can."""
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "c":
        _scatter(xp, total.real, slices, values.real)
        _scatter(xp, total.imag, slices, values.imag)
    elif kind == "i" and size == 8:  # two's complement adds as unsigned integers do
        xp.add.at(total.view("u8"), slices, values.view("u8"))
    elif kind in "biu" and size < 4:
        wide = xp.zeros(total.shape, dtype="i4")
        xp.add.at(wide, slices, values.astype("i4"))
        total[...] = wide.astype(total.dtype)
    else:
        xp.add.at(total, slices, values)


def get_item(x: Any, slices: Any) -> Variable:
    """x[slices], as NumPy indexes: integers, slices, ..., None, boolean masks, integer arrays.

    Whatever NumPy takes for an array of indices is one: sequences, buffers, Variables. It is copied, so that
    it may change before backward. An element read twice gets the sum of both gradients.

    On a device, integers, lists and NumPy arrays are checked on the host and then moved, once. Index
    arrays that lie on the device are checked there, and a mask there is counted: the program waits for
    the device, once for all index arrays and once for each mask.

    Raises:
        IndexError: an index is out of range, a mask has another shape, there are too many, or `slices` is
            no index at all.

    >>> get_item(np.arange(6.0).reshape(2, 3), (slice(None), np.array([0, 0, 2])))
    variable([[0. 0. 2.]
              [3. 3. 5.]])
    """
    plain = on_device(as_index(slices), array_of(x)) if get_array_module(x) is not np else slices
    function = GetItem(plain)
    if isinstance(slices, Variable):
        function.index = slices
    return function(x)
