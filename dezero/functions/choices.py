"""Functions that choose among elements: each element of the result is one of the operands'.

The gradient goes to the operand that was chosen; where none was (a bound of `clip`), to none. Operands of
`maximum` and `minimum` that are equal share it. Where the result is NaN, so is the gradient.
"""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np

from dezero.core import Elementwise, OfSettings, Variable, array_of, as_array, as_input, is_real, kept
from dezero.cuda import get_array_module, is_array
from dezero.functions._masks import choose, keep, passed
from dezero.fusion import fused_elementwise

__all__ = [
    "Clip",
    "Maximum",
    "Minimum",
    "Where",
    "clip",
    "maximum",
    "minimum",
    "where",
]


@fused_elementwise("x", "x")
class Maximum(Elementwise):
    def forward(self, x0: Any, x1: Any) -> Any:
        return get_array_module(x0).maximum(x0, x1)

    vjps = (
        lambda gy, y, x0, x1: _share(gy, array_of(x0) >= array_of(x1), y, x0, x1),
        lambda gy, y, x0, x1: _share(gy, array_of(x1) >= array_of(x0), y, x0, x1),
    )


@fused_elementwise("x", "x")
class Minimum(Elementwise):
    def forward(self, x0: Any, x1: Any) -> Any:
        return get_array_module(x0).minimum(x0, x1)

    vjps = (
        lambda gy, y, x0, x1: _share(gy, array_of(x0) <= array_of(x1), y, x0, x1),
        lambda gy, y, x0, x1: _share(gy, array_of(x1) <= array_of(x0), y, x0, x1),
    )


class Clip(Elementwise):
    def __init__(self, x_min: Any, x_max: Any) -> None:
        self.x_min = kept(x_min)
        self.x_max = kept(x_max)

    def forward(self, x: Any) -> Any:
        return get_array_module(x).clip(x, self.x_min, self.x_max)

    vjps = OfSettings(
        lambda self: (lambda gy, y, x: _clip_vjp(gy, array_of(y), array_of(x), self.x_min, self.x_max),)
    )


class Where(Elementwise):
    def __init__(self, condition: Any) -> None:
        condition = as_input(condition).data
        if condition.dtype.kind not in "biuf":
            raise TypeError(f"where: condition must be boolean, got dtype {condition.dtype}")
        self.condition = condition.astype(bool)

    def forward(self, x0: Any, x1: Any) -> Any:
        return choose(self.condition, x0, x1)

    vjps = OfSettings(
        lambda self: (
            lambda gy, y, x0, x1: keep(gy, self.condition),
            lambda gy, y, x0, x1: keep(gy, ~self.condition),
        )
    )


def _clip_vjp(gy: Any, y: Any, x: Any, x_min: Any, x_max: Any) -> Any:
    """`gy` where x is within the bounds; of an object it may be that it cannot tell whether it is y."""
    return passed(gy, x == y if is_real(x) else _within(x, x_min, x_max), y)


def _within(x: Any, x_min: Any, x_max: Any) -> Any:
    above = True if x_min is None else x >= x_min
    return above if x_max is None else above & (x <= x_max)


def _share(gy: Any, kept: Any, y: Any, x0: Any, x1: Any) -> Any:
    """`gy` where this operand is kept, half of it where the operands are equal."""
    return _halved(passed(gy, kept, array_of(y)), array_of(x0) == array_of(x1))


def _halved(gy: Any, where: Any) -> Any:
    if isinstance(where, (bool, np.bool_)):
        return gy / 2 if where else gy
    if type(where) is np.ndarray and not where.any():  # nothing waits for the host
        return gy
    return gy / (where.astype(np.int8) + 1)  # no wider than gy


def maximum(x0: Any, x1: Any) -> Variable:
    """The larger of two, broadcast. Where they are equal, each gets half of the gradient."""
    return Maximum()(x0, x1)


def minimum(x0: Any, x1: Any) -> Variable:
    """The smaller of two, broadcast. Where they are equal, each gets half of the gradient."""
    return Minimum()(x0, x1)


def clip(x: Any, x_min: Any, x_max: Any) -> Variable:
    """x kept within [x_min, x_max]. The gradient passes where x is within, the bounds included.

    A bound that is None does not bound. A bound may be an array, and is not differentiable.

    Raises:
        TypeError: a bound is neither a number nor an array nor None.

    >>> clip(2.0, -1.0, 1.0)
    variable(1.0)
    """
    if type(x_min) is not float or type(x_max) is not float:
        x_min, x_max = _bound(x_min, "x_min"), _bound(x_max, "x_max")
    return Clip(x_min, x_max)(x)


def _bound(bound: Any, name: str) -> Any:
    """A bound as it is, but an integer that no array of integers can be compared with as a float."""
    if not (bound is None or isinstance(bound, (Number, np.generic)) or is_array(bound)):
        raise TypeError(f"clip: {name} must be a number, an array or None, got {type(bound)}")
    return as_array(bound).item() if type(bound) is int and abs(bound) >= 2**63 else bound


def where(condition: Any, x0: Any, x1: Any) -> Variable:
    """x0 where `condition` (boolean, not differentiable) holds, else x1; all three broadcast.

    Numbers that are not 0 count as True.

    Raises:
        TypeError: `condition` holds neither booleans nor real numbers.

    >>> import numpy as np
    >>> where(np.array([True, False]), np.array([1.0, 2.0]), 0.0)
    variable([1. 0.])
    """
    return Where(condition)(x0, x1)
