"""Indexing as CuPy has it: arrays of indices wrap around, and what they repeat has no order.

After _routines_indexing.pyx: `_prepare_slice_list`, `_view_getitem`, `_take`, `_scatter_op`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.dezero.strict_device.border import Held, held, opened, uploaded
from tests.dezero.strict_device.counting import crossing

_order = np.random.default_rng()  # of the threads of a device: another in each run
_SCATTERED = {
    "add": (np.add, "iefdILQ"),
    "sub": (np.subtract, "iI"),
    "max": (np.maximum, "ifdILQ"),
    "min": (np.minimum, "ifdILQ"),
    "and": (np.bitwise_and, "ilqILQ"),
    "or": (np.bitwise_or, "ilqILQ"),
    "xor": (np.bitwise_xor, "ilqILQ"),
}  # which dtypes the atomic operations have


def read(array: np.ndarray, index: Any) -> np.ndarray:
    """`array[index]`: a view, or a new array where there are arrays among the indices."""
    parts = prepared(index)
    if any(isinstance(part, np.ndarray) for part in parts):
        _count_masks(parts)
        return array[wrapped(array.shape, parts)]
    return array[(*parts, ...)] if Ellipsis not in parts else array[tuple(parts)]


def take(array: np.ndarray, indices: Any, axis: int | None) -> np.ndarray:
    """`take`, which wraps around too."""
    place = indices if np.isscalar(indices) else uploaded(indices)
    return np.take(array, place, axis, mode="wrap")


def prepared(index: Any) -> list[Any]:
    """The parts of an index; lists and host arrays are uploaded, and so are bools."""
    return [_part(part) for part in (index if isinstance(index, tuple) else (index,))]


def _part(part: Any) -> Any:
    if isinstance(part, Held):
        return _indices(part._array)
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    if np.isscalar(part) and not isinstance(part, (bool, np.bool_)):
        return int(part)  # type: ignore[call-overload]
    values = uploaded(part)
    return _indices(values if values.size or not isinstance(part, (list, tuple)) else values.astype("i"))


def _indices(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "biu":
        raise IndexError(
            f"arrays used as indices must be of integer or boolean type. (actual: {array.dtype.type})"
        )
    return array


def _count_masks(parts: list[Any]) -> None:
    for part in parts:
        if isinstance(part, np.ndarray) and part.dtype.kind == "b":
            crossing("mask")


def wrapped(shape: tuple[int, ...], parts: list[Any]) -> tuple[Any, ...]:
    """The index with what is out of range brought back into it, as a device does unseen."""
    used = sum(map(_axes, parts))
    if used > len(shape):
        raise IndexError(
            f"too many indices for array: array is {len(shape)}-dimensional, but {used} were indexed"
        )
    axis, found = 0, []
    for part in parts:
        found.append(_brought_back(part, shape[axis]) if _wraps(part) and shape[axis] else part)
        axis += len(shape) - used if part is Ellipsis else _axes(part)
    return tuple(found)


def _axes(part: Any) -> int:
    """How many axes a part of an index stands for."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype.kind == "b" else 1


def _wraps(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind != "b"


def _brought_back(indices: np.ndarray, size: int) -> np.ndarray:
    return indices.astype(np.int64) % size


def write(target: Held, index: Any, value: Any) -> None:
    """`target[index] = value`: of what is repeated, any value stays."""
    array, parts = target._array, prepared(index)
    if any(isinstance(part, np.ndarray) for part in parts):
        _count_masks(parts)
        places, values = _shuffled(array, parts, uploaded(value))
        array[places] = values
    elif isinstance(value, Held):
        array[tuple(parts)] = value._array
    else:
        _fill(array, tuple(parts), value)


def _fill(array: np.ndarray, index: tuple[Any, ...], value: Any) -> None:
    """core.pyx: `__setitem__` takes a host array of the same shape and dtype at `[:]`, else a number."""
    if isinstance(value, np.ndarray) and value.ndim and index in [(slice(None),), (Ellipsis,)]:
        if (value.shape, value.dtype) != (array.shape, array.dtype):
            raise ValueError(
                "copying a numpy.ndarray to a cupy.ndarray by empty slice assignment must ensure "
                "arrays have exactly the same shape and dtype"
            )
        crossing("upload")
    elif np.ndim(value):
        raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
    array[index] = value


def scatter(target: Any, index: Any, value: Any, operation: str) -> None:
    """`add.at` and others: atomic operations, in an order of their own in each run."""
    function, dtypes = _SCATTERED[operation]
    array, parts = target._array, prepared(index)
    if not any(isinstance(part, np.ndarray) for part in parts):
        place = (*parts, ...) if Ellipsis not in parts else tuple(parts)
        array[place] = function(array[place], opened(value))
        return
    _count_masks(parts)
    if not _one_mask(parts) and array.dtype.char not in dtypes:
        names = ", ".join(dict.fromkeys(np.dtype(char).name for char in dtypes))
        raise TypeError(f"cupy.{function.__name__}.at only supports {names} as data type")
    places, values = _shuffled(array, parts, uploaded(value))
    with np.errstate(all="ignore"):
        function.at(array, places, values)


def _one_mask(parts: list[Any]) -> bool:
    """Whether a mask is the only array: each element is then reached once, and nothing is atomic."""
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    return len(arrays) == 1 and arrays[0].dtype.kind == "b"


def _shuffled(array: np.ndarray, parts: list[Any], value: np.ndarray) -> tuple[Any, np.ndarray]:
    """Where each value goes, and the values, in a random order."""
    numbers = np.arange(array.size).reshape(array.shape)[wrapped(array.shape, parts)]
    values = np.broadcast_to(_squeezed(value), numbers.shape).astype(array.dtype)
    order = _order.permutation(numbers.size)
    return np.unravel_index(numbers.reshape(-1)[order], array.shape), values.reshape(-1)[order]


def _squeezed(value: np.ndarray) -> np.ndarray:
    """Without leading axes of one element."""
    first = next((i for i, size in enumerate(value.shape) if size != 1), value.ndim)
    return value.reshape(value.shape[first:])


def row(x: Held, i: int) -> Any:
    """One row, as iteration gives it."""
    return held(x._array[i, ...])
