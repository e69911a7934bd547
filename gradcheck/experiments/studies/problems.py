"""Functions to minimize, with their gradients and Hessians written by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Point = list[Any]
Differentiated = Callable[[Point], tuple[Point, list[Point]]]  # of a point: gradient and Hessian


@dataclass(frozen=True)
class Problem:
    """A function to minimize.

    Attributes:
        f: of as many numbers as `start` has: floats, Variables, symbols or mpmath's.
        by_hand: gradient and Hessian, written out.
        rate: gradient descent's learning rate, about half of the largest that is stable.
        shape: what gradient descent and Newton's method meet on the way, in words.
    """

    name: str
    f: Callable[..., Any]
    start: tuple[float, ...]
    minimum: tuple[float, ...]
    by_hand: Differentiated
    rate: float
    shape: str


def quartic(x: Any) -> Any:
    return x**4 - 2 * x**2


def rosenbrock(x: Any, y: Any) -> Any:
    return 100 * (y - x**2) ** 2 + (1 - x) ** 2


def goldstein_price(x: Any, y: Any) -> Any:
    a = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    b = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return a * (30 + (2 * x - 3 * y) ** 2 * b)


def matyas(x: Any, y: Any) -> Any:
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


def _quartic_by_hand(p: Point) -> tuple[Point, list[Point]]:
    (x,) = p
    return [4 * x**3 - 4 * x], [[12 * x**2 - 4]]


def rosenbrock_by_hand(p: Point) -> tuple[Point, list[Point]]:
    x, y = p
    gradient = [-400 * x * (y - x**2) - 2 * (1 - x), 200 * (y - x**2)]
    return gradient, [[1200 * x**2 - 400 * y + 2, -400 * x], [-400 * x, 200]]


def _goldstein_price_by_hand(p: Point) -> tuple[Point, list[Point]]:
    """f = A B with A = 1 + s^2 q(s) of s = x + y and B = 30 + d^2 r of d = 2x - 3y.

    Both are polynomials of one variable: q = 19 - 14 s + 3 s^2, r = 18 - 16 d + 3 d^2.
    """
    s, d = p[0] + p[1], 2 * p[0] - 3 * p[1]
    t = s + 1
    q, q1 = 19 - 14 * s + 3 * s**2, -14 + 6 * s
    a, a1, a2 = 1 + t**2 * q, 2 * t * q + t**2 * q1, 2 * q + 4 * t * q1 + 6 * t**2
    b = 30 + d**2 * (18 - 16 * d + 3 * d**2)
    b1, b2 = d * (36 - 48 * d + 12 * d**2), 36 - 96 * d + 36 * d**2
    v = (2, -3)  # the gradient of d; that of s is (1, 1)
    gradient = [a1 * b + v[i] * a * b1 for i in range(2)]
    hessian = [[a2 * b + (v[i] + v[j]) * a1 * b1 + v[i] * v[j] * a * b2 for j in range(2)] for i in range(2)]
    return gradient, hessian


def _matyas_by_hand(p: Point) -> tuple[Point, list[Point]]:
    x, y = p
    return [0.52 * x - 0.48 * y, 0.52 * y - 0.48 * x], [[0.52, -0.48], [-0.48, 0.52]]


PROBLEMS = (
    Problem(
        "x⁴ - 2x²",
        quartic,
        (2.0,),
        (1.0,),
        _quartic_by_hand,
        0.04,
        "The slope is steep at first and flattens towards the minimum, so the steps of gradient descent "
        "become shorter and shorter. Newton's method divides the slope by the curvature.",
    ),
    Problem(
        "Rosenbrock",
        rosenbrock,
        (0.0, 2.0),
        (1.0, 1.0),
        rosenbrock_by_hand,
        0.001,
        "The valley bends: its floor is the parabola y = x². Gradient descent falls into it and then "
        "creeps along. Newton's method knows how the gradient changes: its second step jumps off the "
        "floor, its third is back on it, next to the minimum.",
    ),
    Problem(
        "Goldstein-Price",
        goldstein_price,
        (0.1, -0.95),
        (0.0, -1.0),
        _goldstein_price_by_hand,
        0.001,
        "Near the minimum the function is a bowl, in one direction 2.4 times as curved as across it. "
        "Gradient descent comes down in shorter and shorter steps; Newton's method divides by the "
        "curvature of each direction.",
    ),
    Problem(
        "Matyas",
        matyas,
        (8.0, -4.0),
        (0.0, 0.0),
        _matyas_by_hand,
        1.0,
        "The valley is straight: its floor is the line y = x, and across it the curvature is 25 times that "
        "along it. One step of gradient descent leads to the floor, then each takes 4 % of the way that is "
        "left. The function is quadratic, so Newton's first step is the whole way.",
    ),
)
