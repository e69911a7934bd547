"""A real number with a proven radius, as an element of an object array."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from gradcheck.oracles.numbers import elementary
from gradcheck.oracles.numbers.conversion import (
    filled,
    flint_operand,
    integer,
    is_nothing,
    is_one,
    mapped,
)
from gradcheck.oracles.numbers.matrices import any_order, matrix, product_rounding, reordered
from gradcheck.oracles.numbers.number import Number
from gradcheck.oracles.numbers.working import current, state


def _operator(
    compute: Callable[[Any, Any], Any], leaves: Callable[[Any], bool] = lambda other: False
) -> Callable[[Any, Any], Any]:
    """An operator on a ball and another or a plain number; some numbers leave the ball as it is."""

    def method(self: Any, other: Any) -> Any:
        kind = type(other)
        if kind is Ball:
            return Ball(compute(self.v, other.v))
        if kind is float:
            return Ball(compute(self.v, other))
        if leaves(other):
            return self
        if kind is not int:
            other = flint_operand(other)
        return NotImplemented if other is None else Ball(compute(self.v, other))

    return method


def _reflected(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The same of a plain number and a ball."""

    def method(self: Any, other: Any) -> Any:
        if type(other) is not float:
            other = flint_operand(other)
        return NotImplemented if other is None else Ball(compute(other, self.v))

    return method


class Ball(Number):
    """A real number with a proven radius, `v`."""

    __slots__ = ("v",)

    def __init__(self, v: Any) -> None:
        self.v = v

    @classmethod
    def of(cls, value: Any) -> Ball:
        return cls(arb(value))

    def constant(self) -> arb:
        return self.v

    def __repr__(self) -> str:
        return f"Ball({self.v})"

    def is_constant(self) -> bool:
        """Unknown, so False: a float of it would be taken for exact, and rounded in what follows."""
        return False

    def __int__(self) -> int:
        """That of an exact integer, as steps give them: nothing is rounded."""
        whole = integer(self.v)
        return super().__int__() if whole is None else whole

    def sign(self) -> int | None:
        """Proven, or the midpoint's where the ball holds zero (noted as a guess)."""
        v = self.v
        if v > 0:
            return 1
        if v < 0:
            return -1
        if v.is_zero():
            return 0
        if v.is_nan():
            return None
        current().note_guess(v)
        v = v.mid()
        return 1 if v > 0 else -1 if v < 0 else 0

    __add__ = __radd__ = _operator(operator.add, is_nothing)
    __sub__ = _operator(operator.sub, is_nothing)
    __rsub__ = _reflected(operator.sub)
    __mul__ = __rmul__ = _operator(operator.mul, is_one)
    __truediv__ = _operator(operator.truediv)  # undefined where the divisor may be zero
    __rtruediv__ = _reflected(operator.truediv)

    def __neg__(self) -> Ball:
        return Ball(-self.v)

    def __abs__(self) -> Any:
        return self if self.v > 0 else Ball(-self.v) if self.v < 0 else super().__abs__()

    fabs = __abs__

    def __pow__(self: Any, other: Any) -> Any:
        exponent = other.v if type(other) is Ball else flint_operand(other)
        if exponent is None:
            return NotImplemented
        n = integer(exponent)
        if n is not None:
            return Ball(elementary.power(self.v, n))
        return self.raised(exponent)

    def raised(self: Any, exponent: Any) -> Any:
        if self.v.is_zero() and exponent > 0:
            return Ball(self.v)
        return self.sqrt() if exponent == 0.5 else (self.log() * arb(exponent)).exp()

    def __rpow__(self: Any, base: Any) -> Any:
        base = flint_operand(base)
        return NotImplemented if base is None else Ball(arb(base)) ** self

    @classmethod
    def product(cls, a: np.ndarray, b: np.ndarray) -> list[Any] | None:
        left, right = ([v.v if type(v) is Ball else v for v in x.ravel().tolist()] for x in (a, b))
        result = matrix(left, a.shape) * matrix(right, b.shape)
        now = state.get()
        if now is not None and now.rounds:
            radii = product_rounding(left, a.shape, right, b.shape)
            if radii is None:
                return None
            result += matrix(radii.ravel().tolist(), radii.shape) * arb(0, 1)
        return [Ball(v) for v in result.entries()]

    @classmethod
    def each(cls, name: str, elements: list[Any]) -> list[Any]:
        now, function = state.get(), _FUNCTIONS[name]
        if now is None:
            return [Ball(function(e.v)) for e in elements]
        key = name, *map(id, elements)
        if key not in now.known:  # with the elements: no others get their ids
            now.known[key] = elements, [Ball(function(e.v)) for e in elements]
        return now.known[key][1]

    @classmethod
    def total(cls, x: np.ndarray, axis: Any, keepdims: bool) -> Any:
        values = [e.v for e in x.ravel().tolist()]
        found = filled(x.shape, values).sum(axis=axis, keepdims=keepdims)
        if any_order():
            sizes = np.array([abs(float(v)) for v in values]).reshape(x.shape)
            sizes = sizes.sum(axis=axis, keepdims=keepdims)
            radii = reordered(sizes, x.size // max(sizes.size, 1) - 1)
            found = found + mapped(lambda radius: arb(0, radius), radii if radii.ndim else radii.item())
        return mapped(Ball, found)


# Elementary functions, under the names by which NumPy's ufuncs call them.


_FUNCTIONS = {name: getattr(arb, flint_name) for name, (flint_name, *_) in elementary.TABLE.items()}
_FUNCTIONS["sqrt"] = arb.sqrt  # not in the table: that of a series needs more


def _of_balls(function: Callable[[arb], arb]) -> Callable[[Ball], Ball]:
    return lambda self: Ball(function(self.v))


for _name, _function in _FUNCTIONS.items():
    setattr(Ball, _name, _of_balls(_function))
