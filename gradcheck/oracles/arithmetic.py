"""Balls and jets that NumPy computes with: elements of object arrays.

A Ball is a real number with a proven radius (`flint.arb`); a Jet is a truncated power series in t whose
coefficients are balls (`flint.arb_series`). NumPy's ufuncs call an element's operators, and for exp, sin
and the like its methods, so code written against NumPy arrays runs on them as it is.

A comparison looks at the constant term. Where balls overlap, nothing is proven:
- of two Jets, the order at t -> 0+ or t -> 0- decides (the higher coefficients, lexicographically), and
  the tie is noted in the current `Arithmetic`: the caller evaluates both sides and sees whether the
  derivative is the same on both;
- of two Balls, the midpoints decide, as they would in floating point, and the guess is noted.

There is no way from these numbers to a float: a result that lost its series would look like a constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
from flint import arb, arb_series


class NotSmoothError(ArithmeticError):
    """A function was asked for its series where it has none (the sign of an unresolvable zero, say)."""


@dataclass
class Arithmetic:
    """The state of one evaluation: which side of a tie it follows, and what it met on its way."""

    side: int = 1
    ties: int = 0
    guesses: int = 0


_state: ContextVar[Arithmetic | None] = ContextVar("arithmetic", default=None)


@contextmanager
def working(bits: int, length: int = 1, side: int = 1) -> Iterator[Arithmetic]:
    """Within the block balls have `bits` bits and series `length` coefficients (settings of FLINT)."""
    context = flint.ctx
    before = context.prec, context.cap
    state = Arithmetic(side)
    token = _state.set(state)
    context.prec, context.cap = bits, length
    try:
        yield state
    finally:
        context.prec, context.cap = before
        _state.reset(token)


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
    raise TypeError(f"exact: expected a real number, got {type(x)}")


def _exact_longdouble(x: np.longdouble) -> arb:
    """A longdouble is the sum of two floats, unless its exponent is out of their range."""
    mantissa, exponent = np.frexp(x)
    high = float(mantissa)
    low = float(mantissa - np.longdouble(high))
    with working(160):
        return (arb(high) + arb(low)) * arb(2) ** int(exponent)


def _plain(x: Any) -> Any:
    """A foreign operand as something FLINT takes exactly, or None."""
    if isinstance(x, (int, float, arb)):
        return x
    if isinstance(x, np.generic) and not isinstance(x, np.complexfloating):
        return exact(x)
    if isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind in "fiub":
        return exact(x[()])
    return None


class _Number:
    """What Ball and Jet share: arithmetic on the wrapped FLINT value `v`, and comparison."""

    __slots__ = ("v",)
    __array_priority__ = -1.0
    __hash__ = None  # type: ignore[assignment]  # equal balls need not be equal numbers

    def __init__(self, v: Any) -> None:
        self.v = v

    def constant(self) -> arb:
        """The value at t = 0."""
        raise NotImplementedError

    # Each operator takes a number of its own class first (the hot path), then plain reals.

    def __add__(self, other: Any) -> Any:
        cls = type(self)
        if type(other) is cls:
            return cls(self.v + other.v)
        other = _plain(other)
        return NotImplemented if other is None else cls(self.v + other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        cls = type(self)
        if type(other) is cls:
            return cls(self.v - other.v)
        other = _plain(other)
        return NotImplemented if other is None else cls(self.v - other)

    def __rsub__(self, other: Any) -> Any:
        other = _plain(other)
        return NotImplemented if other is None else type(self)(other - self.v)

    def __mul__(self, other: Any) -> Any:
        cls = type(self)
        if type(other) is cls:
            return cls(self.v * other.v)
        other = _plain(other)
        return NotImplemented if other is None else cls(self.v * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        cls = type(self)
        if type(other) is cls:
            return cls(_divide(self.v, other.v))
        other = _plain(other)
        return NotImplemented if other is None else cls(_divide(self.v, other))

    def __rtruediv__(self, other: Any) -> Any:
        other = _plain(other)
        return NotImplemented if other is None else type(self)(_divide(other, self.v))

    def __pow__(self, other: Any) -> Any:
        if type(other) is type(self):
            return _power(self, other)
        other = _plain(other)
        return NotImplemented if other is None else _constant_power(self, other)

    def __rpow__(self, base: Any) -> Any:
        base = _plain(base)
        return NotImplemented if base is None else (self * arb(base).log()).exp()

    def __neg__(self) -> Any:
        return type(self)(-self.v)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return -self if self < 0 else self

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
        equal = self == other
        return equal if equal is NotImplemented else not equal

    def __bool__(self) -> bool:
        return self._sign() != 0

    def _compare(self, other: Any, holds: Callable[[int], bool]) -> Any:
        if type(other) is not type(self):
            plain = _plain(other)
            if plain is None:
                return NotImplemented
            if isinstance(plain, float) and not math.isfinite(plain):
                return False if math.isnan(plain) else holds(-1 if plain > 0 else 1)
            return holds(type(self)(self.v - plain)._sign())
        return holds(type(self)(self.v - other.v)._sign())

    def _sign(self) -> int:
        raise NotImplementedError

    def __float__(self) -> float:
        raise TypeError(
            "a certified number cannot become a float (it would lose its proof): "
            "compute with NumPy operations that keep dtype=object arrays, without float() or astype"
        )

    __int__ = __index__ = __float__  # all three refuse

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.v})"

    def conjugate(self) -> Any:
        return self

    @property
    def real(self) -> Any:
        return self

    # NumPy's names of methods that differ from FLINT's.

    def square(self) -> Any:
        return self * self

    def rint(self) -> Any:
        raise NotSmoothError("rint has no series")

    def exp2(self) -> Any:
        return 2**self

    def log2(self) -> Any:
        return self.log() / arb(2).log()

    def log10(self) -> Any:
        return self.log() / arb(10).log()

    def cbrt(self) -> Any:
        third = arb(1) / 3
        return -((-self) ** third) if self < 0 else self**third

    def log(self) -> Any:
        raise NotImplementedError

    def sqrt(self) -> Any:
        raise NotImplementedError

    def exp(self) -> Any:
        raise NotImplementedError


class Ball(_Number):
    """A real number with a proven radius."""

    __slots__ = ()

    def constant(self) -> arb:
        return self.v

    def _sign(self) -> int:
        """-1, 0 or 1: proven, or the midpoint's where the ball holds zero (noted as a guess)."""
        v = self.v
        if v > 0:
            return 1
        if v < 0:
            return -1
        if not v.is_zero():
            if v.is_nan():
                raise NotSmoothError("comparison with an undefined value")
            state = _state.get()
            if state is not None:
                state.guesses += 1
            v = v.mid()
        return 1 if v > 0 else -1 if v < 0 else 0


class Jet(_Number):
    """A truncated power series in t."""

    __slots__ = ()

    def constant(self) -> arb:
        return self.v[0]

    def _sign(self) -> int:
        """The sign for small t of the side that is followed; a zero constant term is noted as a tie."""
        v = self.v
        first = v[0]
        if first > 0:
            return 1
        if first < 0:
            return -1
        if first.is_nan():
            raise NotSmoothError("comparison with an undefined value")
        state = _state.get() or Arithmetic()
        coefficients = [v[k] for k in range(1, flint.ctx.cap)]
        if first.is_zero() and all(c.is_zero() for c in coefficients):
            return 0  # the same quantity on both sides, whatever t
        state.ties += 1
        if not first.is_zero():
            state.guesses += 1
        for k, c in enumerate(coefficients, 1):
            if c > 0 or c < 0:
                return (1 if c > 0 else -1) * (state.side if k % 2 else 1)
        return 0


def _divide(a: Any, b: Any) -> Any:
    """a / b, where FLINT raises for a series whose constant term may be zero: undefined then."""
    try:
        return a / b
    except (ZeroDivisionError, ValueError):
        return _undefined(a, b)


def _undefined(*like: Any) -> Any:
    nan = arb("nan")
    if any(isinstance(x, arb_series) for x in like):
        return arb_series([nan] * flint.ctx.cap)
    return nan


def _constant_power(x: _Number, c: Any) -> Any:
    """x ** c for a real c: repeated multiplication for integers, so that it also holds at x <= 0."""
    n = _integer(c)
    if n is None:
        return x.sqrt() if c == 0.5 else (x.log() * c).exp()
    if n < 0:
        return 1 / _constant_power(x, -n)
    try:
        return type(x)(x.v**n)
    except (ZeroDivisionError, ValueError):
        return type(x)(_undefined(x.v))


def _integer(c: Any) -> int | None:
    """The integer that `c` is, or None."""
    if isinstance(c, arb):
        whole = c.unique_fmpz() if c.is_exact() and c.is_integer() else None
        return None if whole is None else int(whole)
    return int(c) if math.isfinite(c) and c == int(c) else None


def _power(x: _Number, y: _Number) -> Any:
    """x ** y; where y is a constant, that constant's power (so that x need not be positive)."""
    if isinstance(y, Ball):
        return _constant_power(x, y.v) if y.v.is_exact() else (x.log() * y).exp()
    if y.v.length() <= 1:
        return _constant_power(x, y.v[0])
    return (x.log() * y).exp()


# ---------------------------------------------------------------------------------------------------
# Elementary functions, under the names by which NumPy's ufuncs call them
# ---------------------------------------------------------------------------------------------------

_SHARED = {  # NumPy's name: FLINT's, of balls and of series alike
    "exp": "exp",
    "log": "log",
    "sqrt": "sqrt",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arctan": "atan",
    "arcsin": "asin",
    "arccos": "acos",
    "erf": "erf",
    "erfc": "erfc",
    "lgamma": "lgamma",
    "gamma": "gamma",
}

# Functions that FLINT has for balls only. A series follows from the derivative g of the function h:
# h(x(t)) = h(x(0)) + integral of g(x(t)) x'(t) dt, and no digits cancel in it.
_BY_DERIVATIVE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "sinh": ("sinh", lambda x: _cosh(x)),
    "cosh": ("cosh", lambda x: _series_by_derivative("sinh", _cosh)(Jet(x)).v),
    "tanh": ("tanh", lambda x: _sech2(x)),
    "log1p": ("log1p", lambda x: 1 / (1 + x)),
    "expm1": ("expm1", lambda x: x.exp()),
    "arcsinh": ("asinh", lambda x: 1 / (1 + x * x).sqrt()),
    "arccosh": ("acosh", lambda x: 1 / ((x - 1).sqrt() * (x + 1).sqrt())),
    "arctanh": ("atanh", lambda x: 1 / ((1 - x) * (1 + x))),
}


def _cosh(x: Any) -> Any:
    e = x.exp()
    return (e + 1 / e) / 2


def _sech2(x: Any) -> Any:
    """1 / cosh(x)**2 by the exponential that is below 1: the other may be beyond any number."""
    e = (x * (-2 if x[0] > 0 else 2)).exp()
    w = 1 + e
    return 4 * e / (w * w)


def _ball_method(flint_name: str) -> Callable[[Ball], Ball]:
    function = getattr(arb, flint_name)
    return lambda self: Ball(function(self.v))


def _series_method(flint_name: str) -> Callable[[Jet], Jet]:
    function = getattr(arb_series, flint_name)

    def method(self: Jet) -> Jet:
        try:
            return Jet(function(self.v))
        except (ValueError, ZeroDivisionError):
            return Jet(_undefined(self.v))

    return method


def _series_by_derivative(flint_name: str, derivative: Callable[[Any], Any]) -> Callable[[Jet], Jet]:
    function = getattr(arb, flint_name)

    def method(self: Jet) -> Jet:
        x = self.v
        start = arb_series([function(x[0])])
        if x.length() <= 1:
            return Jet(start)
        try:
            return Jet(start + (derivative(x) * x.derivative()).integral())
        except (ValueError, ZeroDivisionError):
            return Jet(_undefined(x))

    return method


for _name, _flint_name in _SHARED.items():
    setattr(Ball, _name, _ball_method(_flint_name))
    setattr(Jet, _name, _series_method(_flint_name))
for _name, (_flint_name, _derivative) in _BY_DERIVATIVE.items():
    setattr(Ball, _name, _ball_method(_flint_name))
    setattr(Jet, _name, _series_by_derivative(_flint_name, _derivative))
