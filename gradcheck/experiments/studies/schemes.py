"""Schemes of numerical differentiation: the quotient, the model of its error, and the best step by it.

truncation   |C| h^p |f^(n+p)(x)|         p is the order of the scheme, n that of the derivative
rounding     sum |c_i| u |f(x)| / h^n     each value is off by u of itself at most
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.oracles.differences.error_curves import scheme_offsets
from gradcheck.oracles.differences.stencils import coefficients, truncation

Function = Callable[[Any], Any]


def unit_roundoff(dtype: Any) -> float:
    """Half the distance from 1 to the next number: what rounding does to a number at most, relative to it.

    >>> unit_roundoff(np.float64) == 2.0**-53
    True
    """
    return float(np.finfo(dtype).eps) / 2


@dataclass(frozen=True)
class Scheme:
    """A difference quotient.

    Attributes:
        offsets: where f is evaluated, in steps from x.
        derivative: the order of the derivative.

    >>> central = Scheme("central", "(f(x + h) - f(x - h)) / 2h", (-1, 1))
    >>> central.order, round(float(central(np.sin, 0.0, 0.1)), 4), central.truncation(0.1, 6.0)
    (2, 0.9983, 0.010000000000000002)
    """

    name: str
    formula: str
    offsets: tuple[int, ...]
    derivative: int = 1

    def __call__(self, f: Function, x: Any, h: float) -> Any:
        """The quotient at x, in the arithmetic of x."""
        terms = [w * f(x + o * h) for o, w in zip(self.offsets, self._weights, strict=True) if w]
        return sum(terms[1:], terms[0]) / h**self.derivative

    @property
    def _weights(self) -> list[float]:
        return [float(c) for c in coefficients(self.offsets, self.derivative)]

    @property
    def order(self) -> int:
        """p: with half the step the truncation is 2^p times smaller."""
        return truncation(self.offsets, self.derivative)[0]

    def truncation(self, h: float, higher: float) -> float:
        """What the Taylor series cut off amounts to; `higher` is the derivative of order n + p."""
        p, constant = truncation(self.offsets, self.derivative)
        return float(abs(constant)) * h**p * abs(higher)

    def rounding(self, h: float, value: float, u: float) -> float:
        """What rounding the values may do; `value` is f(x), `u` the unit roundoff."""
        return sum(map(abs, self._weights)) * u * abs(value) / h**self.derivative

    def best_step(self, value: float, higher: float, u: float) -> float:
        """Where the sum of the two is smallest: its derivative by h is 0.

        >>> central = Scheme("central", "", (-1, 1))
        >>> np.isclose(central.best_step(2.0, 5.0, 1e-16), (3e-16 * 2 / 5) ** (1 / 3))
        np.True_
        """
        n, p = self.derivative, self.order
        return float((n * self.rounding(1, value, u) / (p * self.truncation(1, higher))) ** (1 / (n + p)))


FORWARD = Scheme("forward", "(f(x + h) - f(x)) / h", (0, 1))
CENTRAL = Scheme("central", "(f(x + h) - f(x - h)) / 2h", (-1, 1))
FIVE_POINT = Scheme(
    "five-point", "(f(x - 2h) - 8 f(x - h) + 8 f(x + h) - f(x + 2h)) / 12h", (-2, -1, 0, 1, 2)
)
RICHARDSON = Scheme("Richardson", "(64 D(h) - 20 D(2h) + D(4h)) / 45, D central", (-4, -2, -1, 1, 2, 4))
FIRST = (FORWARD, CENTRAL, FIVE_POINT, RICHARDSON)

#: Central differences of the derivatives of order 1 to 4.
OF_ORDER = (
    CENTRAL,
    Scheme("order 2", "(f(x - h) - 2 f(x) + f(x + h)) / h²", scheme_offsets("central", 2), 2),
    Scheme(
        "order 3",
        "(-f(x - 2h) + 2 f(x - h) - 2 f(x + h) + f(x + 2h)) / 2h³",
        scheme_offsets("central", 3),
        3,
    ),
    Scheme(
        "order 4",
        "(f(x - 2h) - 4 f(x - h) + 6 f(x) - 4 f(x + h) + f(x + 2h)) / h⁴",
        scheme_offsets("central", 4),
        4,
    ),
)


def complex_step(f: Function, x: Any, h: float) -> Any:
    """Im f(x + ih) / h: nothing is subtracted, so nothing cancels.

    >>> float(complex_step(np.exp, 0.0, 1e-200))
    1.0
    """
    return np.imag(f(x + 1j * h)) / h


def median_errors(
    quotient: Callable[[Function, Any, float], Any],
    f: Function,
    truth: Function,
    points: np.ndarray,
    steps: Sequence[float],
) -> list[float]:
    """For each step the median, over the points, of the relative error.

    At a single point two roundings may happen to cancel; the median over many has no such luck.
    """
    wanted = truth(points.astype(np.longdouble))
    with np.errstate(all="ignore"):
        return [float(np.median(np.abs(quotient(f, points, h) / wanted - 1))) for h in steps]
