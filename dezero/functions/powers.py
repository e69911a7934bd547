"""x0 ** x1, differentiable by both."""

from __future__ import annotations

import math
from functools import reduce
from operator import mul
from typing import Any

from dezero.core import Elementwise, OfSettings, Variable, array_of, is_real
from dezero.functions._masks import all_finite, keep
from dezero.functions.elementwise import Log
from dezero.fusion import fused_elementwise

__all__ = ["Power", "power"]


@fused_elementwise("p", "p")
class Power(Elementwise):
    """x0 ** x1. Where both are 0, the derivative by each is taken as 0."""

    def forward(self, x0: Any, x1: Any) -> Any:
        return x0**x1

    vjps = (
        lambda gy, y, x0, x1: _by_base(gy, x0, x1),
        lambda gy, y, x0, x1: gy * y * _log_of_base(x0, x1),
    )


class PowerSlope(Elementwise):
    """The derivative of order n of x0 ** x1 by x0: x1 (x1 - 1) .. (x1 - n + 1) x0 ** (x1 - n).

    Where a factor is 0 so is the product, also where x0 is so small that its power overflows.
    """

    def __init__(self, n: int) -> None:
        self.n = n

    def forward(self, x0: Any, x1: Any) -> Any:
        factor = reduce(mul, [x1 - k for k in range(1, self.n)], x1)
        there = factor != 0
        power = x0 ** (x1 - there if self.n == 1 else keep(x1 - self.n, there))
        if is_real(power) and not all_finite(factor):
            factor = keep(factor, power != 0)  # an infinite exponent beside a power of 0
        return factor * power

    vjps = OfSettings(
        lambda self: (
            lambda gy, y, x0, x1: gy * PowerSlope.of(x0, x1, n=self.n + 1),
            lambda gy, y, x0, x1: gy * (y * _log_of_base(x0, x1) + _by_factors(x0, x1, self.n)),
        )
    )


def _by_factors(x0: Any, x1: Any, n: int) -> Any:
    """What the derivative of PowerSlope by x1 has from its factors."""
    factors = [x1 - k for k in range(n)]
    total = sum(math.prod(factors[:k] + factors[k + 1 :]) for k in range(n))
    apart = (array_of(x0) != 0) | (array_of(x1) != 0)
    return total * Power.of(x0, keep(x1 - n, apart))


def _by_base(gy: Any, x0: Any, x1: Any) -> Any:
    """The cotangent of x0: where x1 is 0 it is 0, whatever gy is; but its derivative by x1 is not."""
    if not (isinstance(gy, Variable) or all_finite(gy)):
        gy = keep(gy, x1 != 0)
    return gy * PowerSlope.of(x0, x1, n=1)


def _log_of_base(x0: Any, x1: Any) -> Any:
    """log(x0), but 0 where x0 ** x1 vanishes faster than it grows, and where x0 and x1 are 0."""
    base, exponent = array_of(x0), array_of(x1)
    vanishes = base == 0
    if is_real(base) and is_real(exponent):
        if all_finite(base) and not vanishes.any():
            return Log.of(x0)
        vanishes = vanishes & (exponent >= 0) | (base == math.inf) & (exponent < 0)
    return Log.of(keep(x0, vanishes == 0) + vanishes)


def power(x0: Any, x1: Any) -> Variable:
    """x0 ** x1, broadcast; both may be Variables. By the exponent it is differentiable for x0 >= 0.

    Where x0 and x1 are both 0 the derivative by each is taken as 0.

    >>> power(2.0, 3.0)
    variable(8.0)
    """
    return Power()(x0, x1)
