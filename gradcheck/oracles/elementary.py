"""Elementary functions of series: FLINT's, those that follow from a derivative, and all derivatives.

Everything here maps `arb_series` to `arb_series`, to as many coefficients as FLINT's context says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
from flint import arb, arb_series

Series = Callable[[Any], Any]


def divide(a: Any, b: Any) -> Any:
    """a / b of balls or series: undefined where the divisor's constant term may be zero."""
    try:
        return a / b
    except (ZeroDivisionError, ValueError):
        return undefined(a, b)


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
    return x[0]


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
    start = arb_series([getattr(arb, name)(constant(x))])
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
        return taylor(x - constant(x)) if x.length() > 1 else arb_series([taylor[0]])

    return derivative


# NumPy's name: the name of FLINT's function of balls, the function of series, and its derivative as a
# function of the argument x and the value y, both series. Without a function of series the derivative,
# of x alone, is integrated.
TABLE: dict[str, tuple[str, Series | None, Callable[[Any, Any], Any]]] = {
    "exp": ("exp", _from_flint("exp"), lambda x, y: y),
    "log": ("log", _from_flint("log"), lambda x, y: 1 / x),
    "sqrt": ("sqrt", _from_flint("sqrt"), lambda x, y: 1 / (2 * y)),
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
