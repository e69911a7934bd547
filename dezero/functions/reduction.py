"""Functions that reduce axes: sum, mean, max, min.

`axis` is None (all axes), an integer or a tuple of integers, negative ones counted from the end;
with `keepdims` the reduced axes stay, with size 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero import arguments
from dezero.core import BroadcastTo, Formula, Variable, array_of, as_operand, max_array, min_array, sum_array
from dezero.functions._masks import keep, spoil

__all__ = [
    "Max",
    "Mean",
    "Min",
    "Sum",
    "average",
    "max",
    "mean",
    "min",
    "sum",
]

Axis = int | tuple[int, ...] | None


class Reduction(Formula):
    """A function that reduces `axis`."""

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis = axis
        self.keepdims = keepdims

    def output(self, x: Any) -> Any:
        """The output: a Variable if x is one, else an array."""
        y = self.outputs[0]()
        return y if isinstance(x, Variable) else y.data

    def spread(self, y: Any, shape: tuple[int, ...]) -> Any:
        """`y` (a result, or its cotangent) with the axes of `shape` that were reduced back in place."""
        if self.axis is None:
            return y  # one element broadcasts as it is
        axes = arguments.axes(self.axis, len(shape), "axis") or ()
        return y.reshape(tuple(1 if axis in axes else size for axis, size in enumerate(shape)))


class Sum(Reduction):
    def forward(self, x: Any) -> Any:
        return sum_array(x, self.axis, self.keepdims)

    def cotangents(self, gys: Sequence[Any], x: Any) -> Sequence[Any]:
        return (BroadcastTo.of(self.spread(gys[0], x.shape), shape=x.shape),)


class Mean(Reduction):
    def forward(self, x: Any) -> Any:
        if x.size == 0:
            self._refuse_empty(x)
        if x.dtype.char in "fd":  # as `x.mean` does, but for its sum
            total = sum_array(x, self.axis, self.keepdims)
            return total / (x.size // total.size)
        return x.mean(axis=self.axis, keepdims=self.keepdims)

    def cotangents(self, gys: Sequence[Any], x: Any) -> Sequence[Any]:
        (gy,) = gys
        gy = self.spread(gy, x.shape) / (x.size // (gy.size or 1))
        return (BroadcastTo.of(gy, shape=x.shape),)

    def _refuse_empty(self, x: Any) -> None:
        """Raises ValueError unless there is something to average for each element of the result."""
        axes = arguments.axes(self.axis, x.ndim, "mean: axis")
        if axes is None or any(x.shape[axis] == 0 for axis in axes):
            raise ValueError(f"mean: x must have elements along axis {self.axis}, got shape {x.shape}")


class Max(Reduction):
    def forward(self, x: Any) -> Any:
        return max_array(x, self.axis, self.keepdims)

    def cotangents(self, gys: Sequence[Any], x: Any) -> Sequence[Any]:
        (gy,), y = gys, self.spread(array_of(self.output(x)), x.shape)
        ties = self.ties(array_of(x), y)
        count = sum_array(ties.astype(gy.dtype), self.axis, keepdims=True)
        return (keep(spoil(self.spread(gy, x.shape) / count, y), ties),)

    def ties(self, x: Any, y: Any) -> Any:
        """Where x is the result y; everywhere where that is NaN."""
        return _equal(x, y) if x.dtype == object else ~(x < y)


class Min(Max):
    def forward(self, x: Any) -> Any:
        return min_array(x, self.axis, self.keepdims)

    def ties(self, x: Any, y: Any) -> Any:
        return _equal(x, y) if x.dtype == object else ~(x > y)


def _equal(x: Any, y: Any) -> Any:
    """x == y of objects. One that cannot tell whether it equals itself (a ball) does so when it is y."""
    same = np.frompyfunc(lambda a, b: a is b or bool(a == b), 2, 1)
    return np.asarray(same(x, y), dtype=bool)


def with_axes(x: Any, axis: Axis, who: str) -> Variable:
    """x as an operand, which has the axes in `axis`.

    Raises:
        TypeError: `axis` is neither None nor an integer nor a tuple of them; x is no array.
        numpy.exceptions.AxisError: (a ValueError and IndexError) it has not; `who` is named.
    """
    x = as_operand(x)
    if axis is not None and not (type(axis) is int and -x.ndim <= axis < x.ndim):
        arguments.axes(axis, x.ndim, f"{who}: axis")
    return x


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """The sum over `axis`. float16 accumulates in float32.

    >>> sum(np.ones((2, 3)), axis=-1)
    variable([3. 3.])
    """
    return Sum(axis, keepdims)(with_axes(x, axis, "sum"))


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """The mean over `axis`. float16 accumulates in float32.

    Raises:
        ValueError: there is nothing to average.

    >>> mean(np.arange(4.0))
    variable(1.5)
    """
    return Mean(axis, keepdims)(with_axes(x, axis, "mean"))


average = mean


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """The largest over `axis`. Elements that tie share the gradient equally.

    >>> max(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
    variable([3. 2.])
    """
    return Max(axis, keepdims)(with_axes(x, axis, "max"))


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """The smallest over `axis`. Elements that tie share the gradient equally."""
    return Min(axis, keepdims)(with_axes(x, axis, "min"))
