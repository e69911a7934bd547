"""Activation functions of each element: sigmoid, softplus, relu, leaky_relu."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.arguments import number
from dezero.config import recording
from dezero.core import (
    Elementwise,
    OfSettings,
    Variable,
    array_of,
    as_input,
    is_integer,
    is_real,
    kept,
)
from dezero.cuda import get_array_module
from dezero.functions._masks import are_many, choose, has_bits, may_have_nan, passed, spoil
from dezero.functions.elementwise import Sech2, TanhSech2, exp, magnitude
from dezero.fusion import fused, fused_elementwise

__all__ = [
    "LeakyReLU",
    "ReLU",
    "Sigmoid",
    "Softplus",
    "leaky_relu",
    "relu",
    "sigmoid",
    "sigmoid_simple",
    "softplus",
]


LARGEST_EXPONENT = {"f": 87.0, "d": 708.0}  # whose exponential and its reciprocal are normal numbers


def have_exp(x: Any, factor: float = 1) -> bool:
    """Whether x is an array of the host, and exp(factor x) are numbers; one may underflow."""
    return has_bits(x) and bool(x.max(initial=-math.inf) <= LARGEST_EXPONENT[x.dtype.char] / factor)


_BY_SLOPE = (lambda gy, y, x: gy * SigmoidSlope.of(x),)


@fused_elementwise("x", forward=True)
class Sigmoid(Elementwise):
    """s(x) = 1 / (1 + exp(-x)).

    s'(x) = s(x) s(-x) = sech(x/2)**2 / 4, the form whose own derivatives do not cancel either.
    """

    total: Any = None  # 1 + exp(x) = 1 / s(-x), where forward has found it on the way

    def forward(self, x: Any) -> Any:
        self.total = None  # of an earlier call
        xp = get_array_module(x)
        if not is_real(x):
            return self.forward(x.astype("d")) if is_integer(x) else 1 / (1 + xp.exp(-x))
        if have_exp(x):
            return self._by_exp(x)
        e = xp.exp(-magnitude(x, xp))  # at most 1: nothing overflows
        y = xp.maximum(e, x >= 0)  # 1 or e; `where` is slower
        e += 1
        y /= e
        return y

    def _by_exp(self, x: Any) -> Any:
        e = np.exp(x)
        total = 1 + e
        if recording.get():
            self.total = total
        return np.divide(e, total, out=e)

    vjps = OfSettings(lambda self: _BY_SLOPE if self.total is None else (self._by_total,))

    def _by_total(self, gy: Any, y: Any, x: Any) -> Any:
        return gy * SigmoidSlope.of(x) if isinstance(gy, Variable) else gy * y / self.total


@fused_elementwise("x", forward=True)
class SigmoidSlope(Elementwise):
    """sech(x/2)**2 / 4, the derivative of sigmoid."""

    def forward(self, x: Any) -> Any:
        if not is_real(x):
            return Sech2.of(x / 2) / 4
        xp = get_array_module(x)
        e = xp.exp(-magnitude(x, xp))
        total = 1 + e
        total *= total
        e /= total
        return e

    vjps = (lambda gy, y, x: -gy * TanhSech2.of(x / 2) / 4,)


@fused_elementwise("x", forward=True)
class Softplus(Elementwise):
    """log(1 + exp(x))."""

    def forward(self, x: Any) -> Any:
        xp = get_array_module(x)
        if not is_real(x):
            return self.forward(x.astype("d")) if is_integer(x) else xp.log1p(xp.exp(x))
        if have_exp(x):
            return np.log1p(np.exp(x))
        return xp.maximum(x, 0) + xp.log1p(xp.exp(-magnitude(x, xp)))

    vjps = (lambda gy, y, x: gy * Sigmoid.of(x),)


@fused_elementwise("x")
class ReLU(Elementwise):
    def forward(self, x: Any) -> Any:
        if are_many(x) and has_bits(x):
            return x.clip(0, math.inf)  # NumPy's maximum with a number branches at each element
        return get_array_module(x).maximum(x, 0)

    vjps = (lambda gy, y, x: _relu_vjp(gy, array_of(y), array_of(x)),)


def _relu_vjp(gy: Any, y: Any, x: Any) -> Any:
    """`gy` where x is positive; what y is elsewhere, 0 or NaN."""
    if isinstance(gy, Variable) or not is_real(y):
        return passed(gy, x > 0, y)
    if not are_many(y):
        return choose(x > 0, gy, y)
    if has_bits(x):
        with np.errstate(invalid="ignore"):  # 0 times an infinity
            gx = _steps(x) * gy
        if not may_have_nan(gx):
            return gx
    return passed(gy, x > 0, y)


def _steps(x: Any) -> Any:
    """1 where x is positive, NaN where it is NaN, else 0: no branches, and no mask to be made of floats."""
    steps = x.clip(0, 1)
    return np.ceil(steps, out=steps)


class LeakyReLU(Elementwise):
    slopes: Any = None  # of the elements, where forward has found them and backward may want them

    def __init__(self, slope: float = 0.2) -> None:
        self.slope = kept(slope)

    def forward(self, x: Any) -> Any:
        self.slopes = None  # of an earlier call
        if _is_zero(self.slope):
            return ReLU.of(x)
        if not (are_many(x) and has_bits(x) and type(self.slope) is float and FLAT < self.slope <= 1):
            return _leaky(x, self.slope)
        if not recording.get():
            return np.maximum(x, self.slope * x)
        slopes = np.ceil(x)  # at least 1 where x is positive, NaN where it is NaN, at most 0 elsewhere
        self.slopes = slopes.clip(self.slope, 1, out=slopes)
        return x * self.slopes

    vjps = OfSettings(lambda self: ReLU.vjps if _is_zero(self.slope) else (self._vjp,))

    def _vjp(self, gy: Any, y: Any, x: Any) -> Any:
        return _leaky_vjp(gy, x, self.slope) if self.slopes is None else gy * self.slopes


FLAT = 2.0**-100  # a slope that is 0 in no dtype of many numbers


def _is_zero(slope: Any) -> bool:
    return not hasattr(slope, "shape") and slope == 0


@fused("x", 0.2)
def _leaky(x: Any, slope: float) -> Any:
    return choose(x > 0, x, slope * x)


@fused("x", "x", 0.2)
def _leaky_vjp(gy: Any, x: Any, slope: float) -> Any:
    x = array_of(x)
    if isinstance(gy, Variable):
        return passed(gy, x > 0, x) + slope * passed(gy, x <= 0, x)
    return spoil(choose(x > 0, gy, slope * gy), x)


def sigmoid(x: Any) -> Variable:
    """1 / (1 + exp(-x)). It and its derivatives keep their digits in the tails.

    >>> sigmoid(0.0)
    variable(0.5)
    """
    return Sigmoid()(x)


def sigmoid_simple(x: Any) -> Variable:
    """`sigmoid`, made of exp; it overflows for very negative x."""
    x = as_input(x)
    return 1 / (1 + exp(-1.0 * x if is_integer(x) else -x))


def softplus(x: Any) -> Variable:
    """log(1 + exp(x)), which never overflows.

    >>> softplus(1000.0)
    variable(1000.0)
    """
    return Softplus()(x)


def relu(x: Any) -> Variable:
    """max(x, 0). The derivative at 0 is 0."""
    return ReLU()(x)


def leaky_relu(x: Any, slope: float = 0.2) -> Variable:
    """x where x > 0, else slope * x. The derivative at 0 is the slope.

    Raises:
        TypeError, ValueError: slope is neither a finite number nor an array of real ones.

    >>> leaky_relu(-1.0)
    variable(-0.2)
    """
    if type(slope) is not float or not -math.inf < slope < math.inf:
        many = getattr(slope, "ndim", 0) and not isinstance(slope, Variable)
        slope = slope if many else number(slope, "leaky_relu: slope")
    return LeakyReLU(slope)(x)
