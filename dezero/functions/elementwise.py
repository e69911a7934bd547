"""Functions of each element: one formula forward, one for the derivative.

In `vjps`, gy is the cotangent of the output y, and x the input. The formulas run on arrays, and on
Variables where a graph of backward is wanted: `F.of(x)` is the function F on either. A comparison
is made on arrays (`array_of`): it has no derivative itself.

A derivative that would cancel in the tails is written so that it does not, at every order, because
each formula is made of Functions whose own derivatives have the same care.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from dezero.core import Elementwise, Variable, array_of, as_array, as_input, is_real
from dezero.cuda import get_array_module
from dezero.functions._masks import keep
from dezero.fusion import fused_elementwise
from dezero.refusal import raise_refused

__all__ = [
    "Abs",
    "Cos",
    "Cosh",
    "Exp",
    "Expm1",
    "Log",
    "Log1p",
    "Reciprocal",
    "Sech2",
    "Sin",
    "Sinh",
    "Sqrt",
    "Square",
    "Tan",
    "Tanh",
    "cos",
    "cosh",
    "exp",
    "expm1",
    "log",
    "log1p",
    "reciprocal",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
]


@fused_elementwise("x")
class Sin(Elementwise):
    def forward(self, x: Any) -> Any:
        return get_array_module(x).sin(x)

    vjps = (lambda gy, y, x: gy * Cos.of(x),)


@fused_elementwise("x")
class Cos(Elementwise):
    def forward(self, x: Any) -> Any:
        return get_array_module(x).cos(x)

    vjps = (lambda gy, y, x: -gy * Sin.of(x),)


@fused_elementwise("x")
class Tan(Elementwise):
    def forward(self, x: Any) -> Any:
        return get_array_module(x).tan(x)

    vjps = (lambda gy, y, x: gy * (1 + y * y),)


@fused_elementwise("x")
class Sinh(Elementwise):
    def forward(self, x: Any) -> Any:
        return get_array_module(x).sinh(x)

    vjps = (lambda gy, y, x: gy * Cosh.of(x),)


@fused_elementwise("x")
class Cosh(Elementwise):
    def forward(self, x: Any) -> Any:
        return get_array_module(x).cosh(x)

    vjps = (lambda gy, y, x: gy * Sinh.of(x),)


@fused_elementwise("x")
class Tanh(Elementwise):
    def forward(self, x: Any) -> Any:
        return get_array_module(x).tanh(x)

    vjps = (lambda gy, y, x: gy * Sech2.of(x),)


FAR = 12000.0  # exp(-2 FAR) is 0 in every dtype, and 2 FAR a number of float16


def _exp_down(x: Any) -> Any:
    """exp(-2 |x|); near the largest number NumPy would tell that the product overflows."""
    xp = get_array_module(x)
    size = magnitude(x, xp)
    if isinstance(size, np.floating):  # a comparison takes a fifth of a call of NumPy
        return np.exp(-2 * (type(size)(FAR) if size > FAR else size))
    if xp is not np:
        return xp.exp(-2 * size)
    np.minimum(size, FAR, out=size)
    size *= -2
    return np.exp(size, out=size)


@fused_elementwise("x", forward=True)
class Sech2(Elementwise):
    """1 / cosh(x)**2, the derivative of tanh; 1 - tanh(x)**2 would lose all digits in the tails."""

    def forward(self, x: Any) -> Any:
        if not is_real(x):
            cosh = get_array_module(x).cosh(x)
            return 1 / (cosh * cosh)
        e = _exp_down(x)  # at most 1: cosh itself would overflow
        total = 1 + e
        total *= total
        e *= 4
        e /= total
        return e

    vjps = (lambda gy, y, x: -2 * gy * TanhSech2.of(x),)


@fused_elementwise("x", forward=True)
class TanhSech2(Elementwise):
    """tanh(x) / cosh(x)**2: the second derivative of tanh, but for a factor -2."""

    def forward(self, x: Any) -> Any:
        return Tanh.of(x) * Sech2.of(x)

    vjps = (lambda gy, y, x: gy * Sech2Bend.of(x),)


@fused_elementwise("x", forward=True)
class Sech2Bend(Elementwise):
    """s (3 s - 2) where s = 1 / cosh(x)**2: the third derivative of tanh, but for a factor -2."""

    def forward(self, x: Any) -> Any:
        return Sech2.of(x) * Sech2Less.of(x, n=2)

    vjps = (lambda gy, y, x: -4 * gy * TanhSech2.of(x) * Sech2Less.of(x, n=1),)


# For each n of Sech2Less, x0 and exp(-2 x0).
SECH2_ZEROS = {
    1: ("1.146215834780588843900", "0.1010205144336438036054"),
    2: ("0.6584789484624083543125", "0.2679491924311227064726"),
}


@fused_elementwise("x")
class Sech2Less(Elementwise):
    """3 / cosh(x)**2 - n for n = 1 or 2, which is 0 where |x| is x0 = arccosh(sqrt(3 / n)).

    Near there it must be formed from |x| - x0. With e = exp(-2 |x|) and e0 = exp(-2 x0) it is
    n (e / e0 - 1) (1 - e0 e) / (1 + e)**2.
    """

    def __init__(self, n: int) -> None:
        self.n = n

    def forward(self, x: Any) -> Any:
        xp, n = get_array_module(x), self.n
        if not is_real(x):
            return 3 * Sech2.of(x) - n
        x0, e0 = (x.dtype.type(digits).item() for digits in SECH2_ZEROS[n])
        e = _exp_down(x)
        return n * xp.expm1(-2 * (magnitude(x, xp) - x0)) * (1 - e0 * e) / ((1 + e) * (1 + e))

    vjps = (lambda gy, y, x: -6 * gy * TanhSech2.of(x),)


class Exp(Elementwise):
    def forward(self, x: Any) -> Any:
        return get_array_module(x).exp(x)

    vjps = (lambda gy, y, x: gy * y,)


@fused_elementwise("x")
class Expm1(Elementwise):
    def forward(self, x: Any) -> Any:
        return get_array_module(x).expm1(x)

    vjps = (lambda gy, y, x: gy * Exp.of(x),)


class Log(Elementwise):
    def forward(self, x: Any) -> Any:
        return get_array_module(x).log(x)

    vjps = (lambda gy, y, x: gy / x,)


@fused_elementwise("p")
class Log1p(Elementwise):
    def forward(self, x: Any) -> Any:
        return get_array_module(x).log1p(x)

    vjps = (lambda gy, y, x: gy / (1 + x),)


@fused_elementwise("p")
class Sqrt(Elementwise):
    def forward(self, x: Any) -> Any:
        return get_array_module(x).sqrt(x)

    vjps = (lambda gy, y, x: gy / (2 * y),)


@fused_elementwise("x")
class Square(Elementwise):
    def forward(self, x: Any) -> Any:
        return x * x

    vjps = (lambda gy, y, x: 2 * gy * x,)


@fused_elementwise("x")
class Reciprocal(Elementwise):
    def forward(self, x: Any) -> Any:
        return 1 / x

    vjps = (lambda gy, y, x: -gy * y * y,)


@fused_elementwise("x")
class Abs(Elementwise):
    def forward(self, x: Any) -> Any:
        return get_array_module(x).abs(x)

    vjps = (lambda gy, y, x: _signed(gy, array_of(x)),)


def magnitude(x: Any, xp: Any) -> Any:
    """abs(x), which is quicker for scalars of NumPy; what is traced to be fused has `xp.abs` only."""
    return builtins.abs(x) if xp is np else xp.abs(x)


def _sign(x: Any) -> Any:
    return get_array_module(x).sign(x)


def _signed(gy: Any, x: Any) -> Any:
    """`gy` with the sign of x, and 0 where x is 0."""
    if get_array_module(x) is np and not isinstance(gy, Variable):
        try:
            with np.errstate(invalid="raise"):
                return gy * _sign(x)
        except FloatingPointError:
            pass  # an infinity times 0
    return keep(gy, x != 0) * _sign(x)


def sin(x: Any) -> Variable:
    """Sine.

    >>> sin(0.0)
    variable(0.0)
    """
    return Sin()(x)


def cos(x: Any) -> Variable:
    """Cosine."""
    return Cos()(x)


def tan(x: Any) -> Variable:
    """Tangent."""
    return Tan()(x)


def sinh(x: Any) -> Variable:
    """Hyperbolic sine."""
    return Sinh()(x)


def cosh(x: Any) -> Variable:
    """Hyperbolic cosine."""
    return Cosh()(x)


def tanh(x: Any) -> Variable:
    """Hyperbolic tangent. Its derivatives keep their digits in the tails."""
    return Tanh()(x)


def exp(x: Any) -> Variable:
    """Exponential."""
    return Exp()(x)


def expm1(x: Any) -> Variable:
    """exp(x) - 1, accurate near 0."""
    return Expm1()(x)


def log(x: Any) -> Variable:
    """Natural logarithm."""
    return Log()(x)


def log1p(x: Any) -> Variable:
    """log(1 + x), accurate near 0."""
    return Log1p()(x)


def sqrt(x: Any) -> Variable:
    """Square root."""
    return Sqrt()(x)


def square(x: Any) -> Variable:
    """x * x."""
    return Square()(x)


def reciprocal(x: Any) -> Variable:
    """1 / x."""
    return Reciprocal()(x)


def abs(x: Any) -> Variable:
    """Absolute value. The derivative at 0 is 0.

    >>> abs(-2.0)
    variable(2.0)
    """
    return Abs()(x)


def sign(x: Any) -> Variable:
    """-1, 0 or 1. Not differentiable: the result is a leaf, and no gradient passes.

    >>> sign(-2.0)
    variable(-1.0)
    """
    try:
        return Variable(as_array(_sign(as_input(x).data)))
    except Exception as error:
        raise_refused(error)
