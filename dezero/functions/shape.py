"""Functions that move elements and change none: reshape, transpose, concatenate and similar ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from dezero import arguments
from dezero.core import Function, Variable, as_input, as_operand
from dezero.cuda import get_array_module

__all__ = [
    "Concatenate",
    "Reshape",
    "Transpose",
    "concatenate",
    "expand_dims",
    "flatten",
    "reshape",
    "squeeze",
    "stack",
    "transpose",
]


class Reshape(Function):
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        return x.reshape(self.shape)

    def backward(self, gy: Variable) -> Variable:
        return reshape(gy, self.inputs[0].shape)


class Transpose(Function):
    def __init__(self, axes: Sequence[int] | None = None) -> None:
        self.axes = None if axes is None else tuple(axes)

    def forward(self, x: Any) -> Any:
        return x.transpose(self.axes)

    def backward(self, gy: Variable) -> Variable:
        if self.axes is None:
            return transpose(gy)
        axes = [axis % gy.ndim for axis in self.axes]
        return transpose(gy, tuple(axes.index(axis) for axis in range(gy.ndim)))


class Concatenate(Function):
    def __init__(self, axis: int = 0) -> None:
        self.axis = axis

    def forward(self, *xs: Any) -> Any:
        return get_array_module(xs[0]).concatenate(xs, axis=self.axis)

    def backward(self, gy: Variable) -> tuple[Variable, ...]:
        lead = (slice(None),) * (self.axis % gy.ndim)
        ends = accumulate((x.shape[self.axis] for x in self.inputs), initial=0)
        return tuple(gy[(*lead, slice(start, end))] for start, end in pairwise(ends))


def reshape(x: Any, shape: int | Sequence[int]) -> Variable:
    """The same elements in another shape; one size may be -1.

    >>> import numpy as np
    >>> reshape(np.arange(4.0), (2, -1)).shape
    (2, 2)
    """
    x = as_input(x)
    if type(shape) is not tuple:
        shape = arguments.shape(shape, "reshape: shape")
    return x if x.shape == shape else Reshape(shape)(x)


def transpose(x: Any, axes: Sequence[int] | None = None) -> Variable:
    """Axes permuted: all reversed, or axis i of the result is axis `axes[i]` of x.

    >>> import numpy as np
    >>> transpose(np.zeros((2, 3, 4)), (0, -1, 1)).shape
    (2, 4, 3)
    """
    return Transpose(None if axes is None else arguments.shape(axes, "transpose: axes"))(x)


def flatten(x: Any) -> Variable:
    """(N, ...) to (N, D): all axes but the first become one.

    Raises:
        ValueError: x has no axis.
    """
    x = as_input(x)
    if x.ndim == 0:
        raise ValueError("flatten: x must have an axis or more, got shape ()")
    return reshape(x, (x.shape[0], math.prod(x.shape[1:])))


def expand_dims(x: Any, axis: int) -> Variable:
    """A new axis of size 1, which is axis `axis` of the result; past the last it is the last.

    >>> import numpy as np
    >>> expand_dims(np.zeros((2, 3)), -1).shape
    (2, 3, 1)
    """
    x = as_input(x)
    if isinstance(axis, (int, np.integer)) and axis > x.ndim:
        axis = x.ndim  # the book's programs count on it
    axis = arguments.one_axis(axis, x.ndim + 1, "expand_dims: axis")
    return reshape(x, (*x.shape[:axis], 1, *x.shape[axis:]))


def squeeze(x: Any, axis: int | tuple[int, ...] | None = None) -> Variable:
    """Without the axes of size 1: all of them, or those in `axis`.

    Raises:
        ValueError: an axis in `axis` has another size.

    >>> import numpy as np
    >>> squeeze(np.zeros((1, 3, 1)), axis=0).shape
    (3, 1)
    """
    x = as_input(x)
    if axis is None:
        return reshape(x, tuple(size for size in x.shape if size != 1))
    axes = arguments.axes(axis, x.ndim, "squeeze: axis") or ()
    if any(x.shape[i] != 1 for i in axes):
        raise ValueError(f"squeeze: axis={axis} must name axes of size 1, x has shape {x.shape}")
    return reshape(x, tuple(size for i, size in enumerate(x.shape) if i not in axes))


def concatenate(xs: Sequence[Any], axis: int = 0) -> Variable:
    """Joined along an axis they have; their other sizes are equal.

    Raises:
        TypeError: xs is no list or tuple of arrays, or is empty; axis is no integer.
        ValueError: the shapes do not fit, or there is no such axis.

    >>> import numpy as np
    >>> concatenate([np.zeros((2, 3)), np.zeros((1, 3))]).shape
    (3, 3)
    """
    if type(axis) is not int:
        axis = arguments.integer(axis, "concatenate: axis")
    return Concatenate(axis)(*_sequence(xs, axis, "concatenate"))


def stack(xs: Sequence[Any], axis: int = 0) -> Variable:
    """Joined along a new axis, which is axis `axis` of the result; their shapes are equal.

    >>> import numpy as np
    >>> stack([np.zeros(3), np.zeros(3)], axis=-1).shape
    (3, 2)
    """
    xs = _sequence(xs, None, "stack")
    axis = arguments.one_axis(axis, xs[0].ndim + 1, "stack: axis")
    return Concatenate(axis)(*(expand_dims(x, axis) for x in xs))


def _sequence(xs: Any, axis: int | None, name: str) -> list[Variable]:
    """The arrays to join, of equal shapes but for their size along `axis`."""
    if not isinstance(xs, (list, tuple)) or not xs:
        raise TypeError(f"{name}: xs must be a list or tuple of one or more arrays, got {xs!r}")
    xs = [as_operand(x) for x in xs]
    shapes = [x.shape for x in xs]
    if axis is not None:
        lead = arguments.one_axis(axis, len(shapes[0]), f"{name}: axis")
        shapes = [(*shape[:lead], *shape[lead + 1 :]) for shape in shapes]
    if len(set(shapes)) > 1:
        but = "" if axis is None else f" but for axis {axis}"
        given = ", ".join(str(x.shape) for x in xs)
        raise ValueError(f"{name}: xs must have equal shapes{but}, got {given}")
    return xs
