"""What balls and jets share: the state of an evaluation, exact conversion, and NumPy's operators."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import flint
import numpy as np
from flint import arb


class NotSmoothError(ArithmeticError):
    """A function was asked for what it does not have here (the sign of an undefined value, say)."""


@dataclass
class Arithmetic:
    """The state of one evaluation: which side of a tie it follows, and what it met on its way.

    With `rounds` the radii of balls are to be what the rounding of each operation can do: a sum is made
    term by term, as floats make it. `known` has the functions of balls that were asked for: a backward asks
    for the same exponential again and again.
    """

    side: int = 1
    rounds: bool = False
    ties: int = 0
    guesses: int = 0
    known: dict[tuple[str, int], tuple[Any, Any]] = field(default_factory=dict)


state: ContextVar[Arithmetic | None] = ContextVar("arithmetic", default=None)


@contextmanager
def working(
    bits: int, length: int = 1, side: int = 1, *, rounds: bool = False
) -> Iterator[Arithmetic]:
    """Within the block balls have `bits` bits and series `length` coefficients (settings of FLINT)."""
    context = flint.ctx
    before = context.prec, context.cap
    current = Arithmetic(side, rounds)
    token = state.set(current)
    context.prec, context.cap = bits, length
    try:
        yield current
    finally:
        context.prec, context.cap = before
        state.reset(token)


def exact(x: Any) -> arb:
    """The real number `x` (a Python or NumPy number of any float dtype) as a ball of radius zero.

    >>> exact(np.float32(0.1)).is_exact()
    True
    """
    if isinstance(x, (int, float)):
        return arb(x)
    if isinstance(x, np.generic):
        if isinstance(x, (np.bool_, np.integer)):
            return arb(int(x))
        if isinstance(x, np.longdouble) and np.isfinite(x):
            return _exact_longdouble(x)
        return arb(float(x))
    if isinstance(x, arb) and x.is_exact():
        return x
    raise TypeError(f"exact: expected a real number, got {type(x)}")


def exacts(x: np.ndarray) -> list[arb]:
    """`exact` of each element of a real array, in row-major order."""
    if x.dtype.char in "edf":  # tolist gives Python's floats
        return list(map(arb, x.ravel().tolist()))
    return [exact(v) for v in x.ravel().tolist()]


def _exact_longdouble(x: np.longdouble) -> arb:
    """A longdouble is the sum of two floats, unless its exponent is out of their range."""
    mantissa, exponent = np.frexp(x)
    high = float(mantissa)
    low = float(mantissa - np.longdouble(high))
    with working(160):
        return (arb(high) + arb(low)) * arb(2) ** int(exponent)


def plain(x: Any) -> Any:
    """A foreign operand as something FLINT takes exactly, or None."""
    if isinstance(x, (int, float, arb)):
        return x
    if isinstance(x, np.generic) and not isinstance(x, np.complexfloating):
        return exact(x)
    if isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind in "fiub":
        return exact(x[()])
    return None


def is_one(x: Any) -> bool:
    """Whether `x` is True or the integer 1: a product with it is the other factor itself."""
    return (x is True or type(x) is int) and x == 1


def is_nothing(x: Any) -> bool:
    """Whether `x` is the integer 0: a sum with it is the other term itself."""
    return type(x) is int and x == 0


class Number:
    """An element of an object array: comparison, and the functions that follow from the others.

    A subclass gives the operators + - * / and **, `constant`, `sign`, `of` and the elementary functions.
    There is no way from it to a float: a result that lost its series would look like a constant.
    """

    __slots__ = ()
    __array_priority__ = -1.0
    __hash__ = None  # type: ignore[assignment]  # equal balls need not be equal numbers

    @classmethod
    def of(cls, value: Any) -> Any:
        """The constant `value`."""
        raise NotImplementedError

    def constant(self) -> arb:
        """The value at t = 0."""
        raise NotImplementedError

    def sign(self) -> int:
        """-1, 0 or 1, for comparisons."""
        raise NotImplementedError

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return -self if self < 0 else self  # type: ignore[operator]  # a subclass has __neg__

    fabs = __abs__

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, lambda sign: sign < 0)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, lambda sign: sign <= 0)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, lambda sign: sign > 0)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, lambda sign: sign >= 0)

    def __eq__(self, other: Any) -> Any:
        return self._compare(other, lambda sign: sign == 0)

    def __ne__(self, other: Any) -> Any:
        return self._compare(other, lambda sign: sign != 0)

    def __bool__(self) -> bool:
        return self.sign() != 0

    def _compare(self: Any, other: Any, holds: Callable[[int], bool]) -> Any:
        if type(other) is not type(self):
            other = plain(other)
            if other is None:
                return NotImplemented
            if isinstance(other, float) and not math.isfinite(other):
                return False if math.isnan(other) else holds(-1 if other > 0 else 1)
        return holds((self - other).sign())

    def __float__(self) -> float:
        raise TypeError(
            "a certified number cannot become a float (it would lose its proof): "
            "compute with NumPy operations that keep dtype=object arrays, without float() or astype"
        )

    __int__ = __index__ = __float__  # all three refuse

    def conjugate(self) -> Any:
        return self

    @property
    def real(self) -> Any:
        return self

    # Functions that NumPy's ufuncs call by name, made of others.

    def square(self: Any) -> Any:
        return self * self

    def exp2(self: Any) -> Any:
        return 2**self

    def log2(self: Any) -> Any:
        return self.log() / arb(2).log()

    def log10(self: Any) -> Any:
        return self.log() / arb(10).log()

    def cbrt(self: Any) -> Any:
        third = arb(1) / 3
        return -((-self) ** third) if self < 0 else self**third

    def hypot(self: Any, other: Any) -> Any:
        return (self * self + other * other).sqrt()

    def arctan2(self: Any, other: Any) -> Any:
        """The angle of the point (other, self), by the quotient that is at most 1."""
        if abs(self) > abs(other):
            quarter = arb.pi() / 2
            return -(other / self).arctan() + (quarter if self > 0 else -quarter)
        angle = (self / other).arctan()
        if other > 0:
            return angle
        return angle + (arb.pi() if self >= 0 else -arb.pi())

    def degrees(self: Any) -> Any:
        return self * (180 / arb.pi())

    def radians(self: Any) -> Any:
        return self * (arb.pi() / 180)

    rad2deg, deg2rad = degrees, radians

    # Steps: constants, except at a jump, where the side that is followed decides.

    def __floor__(self: Any) -> Any:
        value = self.constant()
        if not value.is_finite():
            raise NotSmoothError("floor of an undefined value")
        below = value.mid().floor().unique_fmpz()
        nearest = (value.mid() + 0.5).floor().unique_fmpz()
        if value.contains(nearest):
            below = nearest if self >= arb(nearest) else nearest - 1
        return self.of(arb(below))

    def __ceil__(self: Any) -> Any:
        return -((-self).__floor__())

    def __trunc__(self: Any) -> Any:
        return self.__ceil__() if self < 0 else self.__floor__()

    def rint(self: Any) -> Any:
        return (self + 0.5).__floor__()

    def __floordiv__(self: Any, other: Any) -> Any:
        return (self / other).__floor__()

    def __mod__(self: Any, other: Any) -> Any:
        return self - other * (self / other).__floor__()

    def __rfloordiv__(self: Any, other: Any) -> Any:
        return (other / self).__floor__()

    def __rmod__(self: Any, other: Any) -> Any:
        return other - self * (other / self).__floor__()


def integer(c: Any) -> int | None:
    """The integer that a real number `c` is, or None."""
    if isinstance(c, arb):
        whole = c.unique_fmpz() if c.is_exact() and c.is_integer() else None
        return None if whole is None else int(whole)
    return int(c) if math.isfinite(c) and c == int(c) else None
