"""Reading elements by index, and the adjoint: adding to them by index."""

from __future__ import annotations

from typing import Any

from dezero.core import Function, Variable, array_of
from dezero.cuda import get_array_module


class GetItem(Function):
    def __init__(self, slices: Any) -> None:
        self.slices = slices

    def forward(self, x: Any) -> Any:
        return x[self.slices]

    def backward(self, gy: Variable) -> Variable:
        return GetItemGrad(self.slices, self.inputs[0].shape)(gy)


class GetItemGrad(Function):
    """Zeros of `in_shape`, with gy added at `slices`; an element read twice receives two terms."""

    def __init__(self, slices: Any, in_shape: tuple[int, ...]) -> None:
        self.slices = slices
        self.in_shape = in_shape

    def forward(self, gy: Any) -> Any:
        xp = get_array_module(gy)
        gx = xp.zeros(self.in_shape, dtype=gy.dtype)
        if _may_repeat(self.slices):
            xp.add.at(gx, self.slices, gy)
        else:
            gx[self.slices] = gy[()]  # a 0-d array of objects as its element
        return gx

    def backward(self, ggx: Variable) -> Variable:
        return get_item(ggx, self.slices)


def _may_repeat(slices: Any) -> bool:
    """Whether an element can be read twice: only integer arrays do that."""
    parts = slices if isinstance(slices, tuple) else (slices,)
    return any(isinstance(part, list) or getattr(part, "ndim", 0) > 0 for part in parts)


def get_item(x: Any, slices: Any) -> Variable:
    """x[slices], as NumPy indexes: integers, slices, ..., None, boolean masks, integer arrays.

    Indices may be Variables. An element read twice gets the sum of both gradients.

    >>> import numpy as np
    >>> get_item(np.arange(6.0).reshape(2, 3), (slice(None), np.array([0, 0, 2])))
    variable([[0. 0. 2.]
              [3. 3. 5.]])
    """
    plain = tuple(map(array_of, slices)) if isinstance(slices, tuple) else array_of(slices)
    return GetItem(plain)(x)
