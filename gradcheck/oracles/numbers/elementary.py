"""Elementary functions of series: FLINT's, those that follow from a derivative, and all derivatives.

Everything here maps `arb_series` to `arb_series`, to as many coefficients as FLINT's context says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
from flint import arb, arb_series, fmpq

from gradcheck.oracles.numbers.conversion import integer
from gradcheck.oracles.numbers.several import Several
from gradcheck.oracles.numbers.working import current

Series = Callable[[Any], Any]


def divide(a: Any, b: Any) -> Any:
    """a / b of balls or series: undefined where the divisor may be zero, unless powers of t cancel."""
    if isinstance(a, Several):
        return a.each(lambda w: divide(w, b))
    try:
        if isinstance(b, arb_series) and b.valuation():
            return _cancelled(a, b)
        return a / b
    except (ZeroDivisionError, ValueError):
        return undefined(a, b)


def _cancelled(a: Any, b: Any) -> Any:
    """a / b of series that begin with exact zeros: (t a') / (t b') = a' / b', one term shorter.

    This holds near t = 0 and continues to it: the caller learns it from `resolved`.
    """
    power = b.valuation()
    _note(power)
    a = a if isinstance(a, arb_series) else arb_series([a])
    return _divided_by_t(a, power) / _divided_by_t(b, power)


def _note(power: int) -> None:
    """A singular operation: t resolves it, or might if there were more terms."""
    now = current()
    now.singular += 1
    now.resolved += power > 0


def _divided_by_t(x: Any, power: int) -> Any:
    """x / t**power, of as many terms as are known.

    Raises:
        ValueError: it is no power series, or no term of it is known.
    """
    if power < 0 or x.prec <= power or 0 <= x.valuation() < power:
        raise ValueError("no term is known")
    return arb_series(x.coeffs()[power:], prec=x.prec - power)


def raised(x: Any, exponent: Any) -> Any:
    """x ** exponent of a series, for a real number (or fraction) that is no integer.

    A series that begins with exact zeros, t**m (c + ...), is the m-th power of |t| times another: for an even
    m its square root is a power series on either side of t = 0.
    """
    m = x.valuation()
    if not m:
        return _root(x, exponent)
    _note(m)
    if m < 0:  # zero as far as it is known, which tells the root's value only
        return arb_series([0], prec=1) if exponent > 0 else undefined(x)
    n = integer(exponent * m if isinstance(exponent, fmpq) else arb(exponent) * m)
    if n is None or n < 0:
        return undefined(x)
    side = current().side
    y = _root(_divided_by_t(x, m) * side**m, exponent) * side**n
    if not constant(y).is_finite():
        return undefined(x)
    return arb_series([0] * n + y.coeffs(), prec=min(y.prec + n, flint.ctx.cap))


def _root(x: Any, exponent: Any) -> Any:
    try:
        return x.sqrt() if arb(exponent) == 0.5 else (x.log() * arb(exponent)).exp()
    except (ValueError, ZeroDivisionError):
        return undefined(x)


def coefficient(x: Any, k: int) -> arb:
    """The k-th coefficient; unknown past those that the series has (a division by t leaves one fewer)."""
    return x[k] if k < x.prec else arb("nan")


def coefficients(x: Any) -> list[arb]:
    """All of them, to FLINT's length."""
    return [coefficient(x, k) for k in range(flint.ctx.cap)]


def undefined(*like: Any) -> Any:
    """NaN, as a series if one of `like` is one."""
    nan = arb("nan")
    if any(isinstance(x, arb_series) for x in like):
        return arb_series([nan] * flint.ctx.cap)
    return nan


def power(x: Any, n: int) -> Any:
    """x ** n of a ball or a series."""
    try:
        return x**n
    except (ZeroDivisionError, ValueError):
        return undefined(x)


def constant(x: Any) -> arb:
    """The constant term."""
    return coefficient(x, 0)


def cosh(x: Any) -> Any:
    e = x.exp()
    return (e + 1 / e) / 2


def sinh(x: Any) -> Any:
    return integrated("sinh", x, cosh(x))


def sech2(x: Any) -> Any:
    """1 / cosh(x)**2 by the exponential that is below 1: the other may be beyond any number."""
    e = (x * (-2 if constant(x) > 0 else 2)).exp()
    w = 1 + e
    return 4 * e / (w * w)


def _gaussian(x: Any) -> Any:
    return (-x * x).exp() * (2 / arb.pi().sqrt())


def integrated(name: str, x: Any, slope: Any) -> Any:
    """A function that FLINT has for balls only: the integral of its derivative `slope` along the series.

    h(x(t)) = h(x(0)) + integral of h'(x(t)) x'(t) dt: no digits cancel in it.
    """
    start = arb_series([getattr(arb, name)(constant(x))], prec=x.prec)
    return start if x.length() <= 1 else start + (slope * x.derivative()).integral()


def _from_flint(name: str) -> Series:
    return getattr(arb_series, name)


def _composed(function: Series) -> Series:
    """The derivative of a function that has none of its own here: of its Taylor series at x(0)."""

    def derivative(x: Any) -> Any:
        length = flint.ctx.cap
        try:
            flint.ctx.cap = length + 1
            taylor = function(arb_series([constant(x), 1])).derivative()
        finally:
            flint.ctx.cap = length
        return taylor(x - constant(x)) if x.length() > 1 else arb_series([taylor[0]], prec=x.prec)

    return derivative


# NumPy's name: the name of FLINT's function of balls, the function of series, and its derivative as a
# function of the argument x and the value y, both series. Without a function of series the derivative,
# of x alone, is integrated.
TABLE: dict[str, tuple[str, Series | None, Callable[[Any, Any], Any]]] = {
    "exp": ("exp", _from_flint("exp"), lambda x, y: y),
    "log": ("log", _from_flint("log"), lambda x, y: 1 / x),
    "sin": ("sin", _from_flint("sin"), lambda x, y: x.cos()),
    "cos": ("cos", _from_flint("cos"), lambda x, y: -x.sin()),
    "tan": ("tan", _from_flint("tan"), lambda x, y: 1 + y * y),
    "arctan": ("atan", _from_flint("atan"), lambda x, y: 1 / (1 + x * x)),
    "arcsin": ("asin", _from_flint("asin"), lambda x, y: 1 / ((1 - x) * (1 + x)).sqrt()),
    "arccos": ("acos", _from_flint("acos"), lambda x, y: -1 / ((1 - x) * (1 + x)).sqrt()),
    "erf": ("erf", _from_flint("erf"), lambda x, y: _gaussian(x)),
    "erfc": ("erfc", _from_flint("erfc"), lambda x, y: -_gaussian(x)),
    "lgamma": ("lgamma", _from_flint("lgamma"), lambda x, y: _composed(arb_series.lgamma)(x)),
    "gamma": ("gamma", _from_flint("gamma"), lambda x, y: _composed(arb_series.gamma)(x)),
    "sinh": ("sinh", sinh, lambda x, y: cosh(x)),
    "cosh": ("cosh", None, lambda x, y: sinh(x)),
    "tanh": ("tanh", None, lambda x, y: sech2(x)),
    "log1p": ("log1p", None, lambda x, y: 1 / (1 + x)),
    "expm1": ("expm1", None, lambda x, y: x.exp()),
    "arcsinh": ("asinh", None, lambda x, y: 1 / (1 + x * x).sqrt()),
    "arccosh": ("acosh", None, lambda x, y: 1 / ((x - 1).sqrt() * (x + 1).sqrt())),
    "arctanh": ("atanh", None, lambda x, y: 1 / ((1 - x) * (1 + x))),
}
