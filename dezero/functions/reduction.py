"""Functions that reduce axes: sum, mean, max, min.

`axis` is None (all axes), an integer or a tuple of integers, negative ones counted from the end;
with `keepdims` the reduced axes stay, with size 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from dezero.core import BroadcastTo, Formula, Variable, array_of, as_operand, sum_array
from dezero.functions._masks import keep, spoil

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
        every = tuple(range(len(shape)))
        axes = every if self.axis is None else normalize_axis_tuple(self.axis, len(shape))
        return y.reshape(tuple(1 if axis in axes else size for axis, size in enumerate(shape)))


class Sum(Reduction):
    def forward(self, x: Any) -> Any:
        return sum_array(x, self.axis, self.keepdims)

    def cotangents(self, gys: Sequence[Any], x: Any) -> Sequence[Any]:
        return (BroadcastTo.of(self.spread(gys[0], x.shape), shape=x.shape),)


class Mean(Reduction):
    def forward(self, x: Any) -> Any:
        return x.mean(axis=self.axis, keepdims=self.keepdims)

    def cotangents(self, gys: Sequence[Any], x: Any) -> Sequence[Any]:
        (gy,) = gys
        gy = self.spread(gy, x.shape) / (x.size // (gy.size or 1))
        return (BroadcastTo.of(gy, shape=x.shape),)


class Max(Reduction):
    def forward(self, x: Any) -> Any:
        return x.max(axis=self.axis, keepdims=self.keepdims)

    def cotangents(self, gys: Sequence[Any], x: Any) -> Sequence[Any]:
        (gy,), y = gys, self.spread(array_of(self.output(x)), x.shape)
        ties = self.ties(array_of(x), y)
        count = ties.astype(gy.dtype).sum(axis=self.axis, keepdims=True)
        return (keep(spoil(self.spread(gy, x.shape) / count, y), ties),)

    def ties(self, x: Any, y: Any) -> Any:
        """Where x is the result y; everywhere where that is NaN."""
        return _equal(x, y) if x.dtype == object else ~(x < y)


class Min(Max):
    def forward(self, x: Any) -> Any:
        return x.min(axis=self.axis, keepdims=self.keepdims)

    def ties(self, x: Any, y: Any) -> Any:
        return _equal(x, y) if x.dtype == object else ~(x > y)


def _equal(x: Any, y: Any) -> Any:
    """x == y of objects. One that cannot tell whether it equals itself (a ball) does so when it is y."""
    same = np.frompyfunc(lambda a, b: a is b or bool(a == b), 2, 1)
    return np.asarray(same(x, y), dtype=bool)


def with_axes(x: Any, axis: Axis, who: str) -> Variable:
    """x as an operand, which has the axes in `axis`.

    Raises:
        numpy.exceptions.AxisError: (a ValueError and IndexError) it has not; `who` is named.
    """
    x = as_operand(x)
    if axis is not None and not (type(axis) is int and -x.ndim <= axis < x.ndim):
        normalize_axis_tuple(axis, x.ndim, f"{who}: axis")
    return x


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """The sum over `axis`. float16 accumulates in float32.

    >>> sum(np.ones((2, 3)), axis=-1)
    variable([3. 3.])
    """
    return Sum(axis, keepdims)(with_axes(x, axis, "sum"))


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """The mean over `axis`. float16 accumulates in float32.

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
