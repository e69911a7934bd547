"""The arithmetic behind Variable's operators."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np

from dezero import above
from dezero.formulas import Elementwise, OfSettings, Operator
from dezero.function import NUMBERS, Function
from dezero.variable import Variable

__all__ = [
    "Add", "Copy", "Div", "Mul", "Neg", "Pow", "Sub", "add", "div", "mul", "neg", "pow", "rdiv", "rsub",
    "sub",
]  # fmt: skip


class Add(Operator):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 + x1

    vjps = (lambda gy, y, x0, x1: gy, lambda gy, y, x0, x1: gy)


class Sub(Operator):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 - x1

    vjps = (lambda gy, y, x0, x1: gy, lambda gy, y, x0, x1: -gy)


class Mul(Operator):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 * x1

    vjps = (lambda gy, y, x0, x1: gy * x1, lambda gy, y, x0, x1: gy * x0)


class Div(Operator):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 / x1

    vjps = (lambda gy, y, x0, x1: gy / x1, lambda gy, y, x0, x1: -gy * y / x1)


class Neg(Elementwise):
    def forward(self, x: Any) -> Any:
        return -x

    vjps = (lambda gy, y, x: -gy,)


class Pow(Elementwise):
    """x ** c for a number c. The derivative of a constant (c = 0) is zero also at x = 0."""

    def __init__(self, c: Any) -> None:
        self.c = c

    def forward(self, x: Any) -> Any:
        plain = type(x) is np.ndarray and x.dtype.char in "fd" and type(self.c) in NUMBERS
        return _integer_power(x, self.c) if plain and self.c % 1 == 0 else x**self.c

    vjps = OfSettings(lambda self: (lambda gy, y, x: _pow_vjp(gy, y, x, self.c),))


def _integer_power(x: Any, c: Any) -> Any:
    """x ** c for an integer c: NumPy takes 50 times longer where x is negative than where it is not."""
    if c in (-1, 0, 1, 2):
        return x**c  # no power for NumPy
    if c == 3:
        return x * x * x
    size = np.abs(x)
    if c == -2 and size.min(initial=1) > EASY and size.max(initial=1) < 1 / EASY:
        return 1 / (x * x)
    size **= c
    return np.copysign(size, x) if c % 2 else size


EASY = 2.0**-50  # where neither a square nor its reciprocal leaves the normal numbers


def _pow_vjp(gy: Any, y: Any, x: Any, c: Any) -> Any:
    if c == 0:
        return y * 0  # y is 1, while gy may be infinite
    if c == 1:
        return gy
    return gy * c * (x if c == 2 else Pow.of(x, c=c - 1))


class Copy(Function):
    """The identity into fresh memory, as `dtype`."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def forward(self, x: Any) -> Any:
        return x.astype(self.dtype)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy if gy.dtype == x.dtype else Copy(x.dtype)(gy)


def add(x0: Any, x1: Any) -> Variable:
    """x0 + x1, broadcast."""
    return Add()(x0, x1)


def sub(x0: Any, x1: Any) -> Variable:
    """x0 - x1, broadcast."""
    return Sub()(x0, x1)


def mul(x0: Any, x1: Any) -> Variable:
    """x0 * x1, broadcast."""
    return Mul()(x0, x1)


def div(x0: Any, x1: Any) -> Variable:
    """x0 / x1, broadcast."""
    return Div()(x0, x1)


def neg(x: Any) -> Variable:
    """-x."""
    return Neg()(x)


def rsub(x0: Any, x1: Any) -> Variable:
    """x1 - x0 (the book's name for the reflected operator)."""
    return Sub()(x1, x0)


def rdiv(x0: Any, x1: Any) -> Variable:
    """x1 / x0 (the book's name for the reflected operator)."""
    return Div()(x1, x0)


def pow(x: Any, c: Any) -> Variable:
    """x ** c for a number, an array or a Variable c.

    >>> pow(Variable(np.array(2.0)), 3)
    variable(8.0)
    """
    if isinstance(c, (Number, np.generic)):
        return Pow(c.item() if isinstance(c, np.generic) else c)(x)
    return above.functions.power(x, c)
