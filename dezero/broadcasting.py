"""broadcast_to, and its adjoint sum_to."""

from __future__ import annotations

from typing import Any

from dezero import arguments, cuda
from dezero.function import Function
from dezero.operands import as_input
from dezero.reducing import sum_array
from dezero.variable import Variable

__all__ = ["BroadcastTo", "SumTo", "broadcast_to", "sum_to"]


class SumTo(Function):
    """The adjoint of broadcasting: sum over the axes that `shape` lacks or holds with size 1."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        if not _broadcasts(self.shape, x.shape):
            raise ValueError(f"sum_to: shape {self.shape} does not broadcast to the shape of x, {x.shape}")
        lead = x.ndim - len(self.shape)
        kept = tuple(
            lead + axis for axis, size in enumerate(self.shape) if size == 1 and x.shape[lead + axis] != 1
        )
        return sum_array(x, (*range(lead), *kept), keepdims=True).reshape(self.shape)

    def backward(self, gy: Variable) -> Variable:
        return broadcast_to(gy, self.inputs[0].shape)


class BroadcastTo(Function):
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        if not _broadcasts(x.shape, self.shape):
            raise ValueError(f"broadcast_to: the shape of x, {x.shape}, does not broadcast to {self.shape}")
        return cuda.get_array_module(x).broadcast_to(x, self.shape)

    def backward(self, gy: Variable) -> Variable:
        return sum_to(gy, self.inputs[0].shape)


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    lead = len(to) - len(shape)
    return lead >= 0 and all(n in (1, m) for n, m in zip(shape, to[lead:], strict=True))


def sum_to(x: Any, shape: tuple[int, ...]) -> Variable:
    """Sum `x` over the axes along which `shape` would have to be broadcast to give `x.shape`.

    Raises:
        ValueError: `shape` does not broadcast to `x.shape`.

    >>> import numpy as np
    >>> sum_to(np.ones((2, 3)), (1, 3))
    variable([[2. 2. 2.]])
    """
    x = as_input(x)
    if type(shape) is not tuple:
        shape = arguments.shape(shape, "sum_to: shape")
    return x if x.shape == shape else SumTo(shape)(x)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Variable:
    """Repeat `x` along new axes and along axes of size 1, as NumPy does.

    Raises:
        ValueError: `x` does not broadcast to `shape`.

    >>> import numpy as np
    >>> broadcast_to(np.array([1.0, 2.0]), (2, 2))
    variable([[1. 2.]
              [1. 2.]])
    """
    x = as_input(x)
    if type(shape) is not tuple:
        shape = arguments.shape(shape, "broadcast_to: shape")
    return x if x.shape == shape else BroadcastTo(shape)(x)
