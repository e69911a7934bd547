"""What balls and jets share as elements of object arrays: comparisons, steps, and NumPy's scalars."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb, fmpq

from gradcheck.oracles.numbers.conversion import filled, flint_operand, integer
from gradcheck.oracles.numbers.element import Element, is_defined, same_infinity, sign_between
from gradcheck.oracles.numbers.lifting import lifted
from gradcheck.oracles.numbers.working import current

THIRD = fmpq(1, 3)
OBJECT = np.dtype(object)


def _comparison(holds: Callable[[int, int], bool], unordered: bool = False) -> Callable[[Any, Any], Any]:
    """By the sign of the difference; of what is undefined `unordered`, as of NaN, which is noted."""

    def compare(self: Any, other: Any) -> Any:
        if type(other) is not type(self):
            other = flint_operand(other)
            if other is None:
                return NotImplemented
            if isinstance(other, float) and math.isnan(other):
                return unordered
        sign = sign_between(self, other)
        if sign is None and same_infinity(self, other):
            sign = 0
        if sign is None:
            current().note_undefined()
            return unordered
        return holds(sign, 0)

    return compare


class Number(Element):
    """An element of an object array, which a program may use as it uses a scalar of NumPy.

    A subclass gives the operators + - * / and **, `constant`, `sign`, `is_constant`, `of`, `raised` and the
    elementary functions. What does not move becomes a float where that is the same number. Anything else
    does not: a result that lost its series would look like a constant.
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # equal balls need not be equal numbers

    def is_constant(self) -> bool:
        """Whether this is known to be a constant."""
        raise NotImplementedError

    def raised(self, exponent: Any) -> Any:
        """The power of a real number (or fraction) that is no integer."""
        raise NotImplementedError

    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)
    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne, unordered=True)

    def __bool__(self) -> bool:
        return bool(self != 0)

    # A scalar of NumPy has what arrays have, and ufuncs take it.

    dtype = OBJECT
    shape: tuple[int, ...] = ()
    ndim = 0
    size = 1

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, Number) for x in kwargs.get("out", ())):
            raise TypeError("a number is no place to write to")
        return getattr(ufunc, method)(*_as_arrays(inputs), **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return function(*_as_arrays(args), **{key: _as_arrays(x) for key, x in kwargs.items()})

    def item(self) -> Any:
        return self

    def conjugate(self) -> Any:
        return self

    @property
    def real(self) -> Any:
        return self

    def __float__(self) -> float:
        value = self.constant()
        if self.is_constant() and value.is_exact() and arb(float(value)) == value:
            return float(value)
        raise TypeError(
            "a certified number cannot become a float (it would lose its proof): "
            "compute with NumPy operations that keep dtype=object arrays, without float()"
        )

    def __int__(self) -> int:
        return int(float(self))

    def __index__(self) -> int:
        whole = integer(self.constant())
        if whole is None:
            raise TypeError("an index must be an integer")
        int(self)  # refused if it moves
        return whole

    # Functions that NumPy's ufuncs call by name, made of others.

    def __pos__(self) -> Any:
        return self

    def __abs__(self: Any) -> Any:
        return -self if is_defined(self) and self < 0 else self

    fabs = __abs__

    def square(self: Any) -> Any:
        return self * self

    def exp2(self: Any) -> Any:
        return 2**self

    def log2(self: Any) -> Any:
        return self.log() / arb(2).log()

    def log10(self: Any) -> Any:
        return self.log() / arb(10).log()

    def cbrt(self: Any) -> Any:
        return -(-self).raised(THIRD) if self < 0 else self.raised(THIRD)

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
            return self
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
        """The nearest integer; of a constant that is as near to two the even one."""
        above = (self + 0.5).__floor__()
        whole = integer(above.constant())
        return above - 1 if whole is not None and whole % 2 and self + 0.5 == above else above

    def __round__(self: Any, digits: int | None = None) -> Any:
        scale = 10 ** (digits or 0)
        return (self * scale).rint() / scale

    def __floordiv__(self: Any, other: Any) -> Any:
        return (self / other).__floor__()

    def __mod__(self: Any, other: Any) -> Any:
        return self - other * (self / other).__floor__()

    def __rfloordiv__(self: Any, other: Any) -> Any:
        return (other / self).__floor__()

    def __rmod__(self: Any, other: Any) -> Any:
        return other - self * (other / self).__floor__()


numbers.Number.register(Number)


def _of_arrays(name: str) -> Callable[..., Any]:
    def method(self: Number, *args: Any, **kwargs: Any) -> Any:
        found = getattr(_as_array(self), name)(*args, **kwargs)
        return found[()] if isinstance(found, np.ndarray) and not found.ndim else found

    return method


for _name in (
    *("all", "any", "argmax", "argmin", "astype", "clip", "copy", "cumsum", "flatten", "max", "mean"),
    *("min", "prod", "ravel", "repeat", "reshape", "round", "squeeze", "std", "sum", "transpose", "var"),
):
    setattr(Number, _name, _of_arrays(_name))


def _as_array(x: Number) -> Any:
    return lifted(filled((), [x]))


def _as_arrays(x: Any) -> Any:
    """The same with each Number, in lists and tuples too, as an array."""
    if isinstance(x, (list, tuple)):
        return type(x)(_as_arrays(v) for v in x)
    return _as_array(x) if isinstance(x, Number) else x
