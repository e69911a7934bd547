"""Newton's method and gradient descent: iterates, and the digits that they gain."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy

from dezero import Variable
from gradcheck.experiments.studies.problems import Differentiated, Point, Problem

NEAR = 1e-6  # gradient descent has arrived at this distance from the minimum
MOST_STEPS = 5000
DIGITS = 320  # of the arithmetic in which digits are counted


# Where derivatives come from ------------------------------------------------------------------------


def gradient_by_backward(f: Callable[..., Any], p: Point) -> Point:
    """The gradient by one backward pass.

    >>> from gradcheck.experiments.studies.problems import quartic
    >>> print(*gradient_by_backward(quartic, [2.0]))
    24.0
    """
    xs = _variables(p)
    f(*xs).backward()
    return [_value(x.grad) for x in xs]


def double_backprop(f: Callable[..., Any]) -> Differentiated:
    """Gradient and Hessian by differentiating backward itself.

    >>> from gradcheck.experiments.studies.problems import quartic
    >>> gradient, hessian = double_backprop(quartic)([2.0])
    >>> print(*gradient, *hessian[0])
    24.0 44.0
    """

    def derivatives(p: Point) -> tuple[Point, list[Point]]:
        xs = _variables(p)
        f(*xs).backward(create_graph=True)
        gradient = [x.grad for x in xs]
        hessian = []
        for g in gradient:
            for x in xs:
                x.cleargrad()
            if g is not None:
                g.backward()
            hessian.append([_value(x.grad) for x in xs])
        return [_value(g) for g in gradient], hessian

    return derivatives


def _value(gradient: Variable | None) -> Any:
    """The number that a gradient is; no gradient is 0."""
    return 0.0 if gradient is None else gradient.data[()]


def _variables(p: Point) -> list[Variable]:
    """Variables of the numbers; of any kind that NumPy holds as an object if not floats."""
    kind = object if isinstance(p[0], mpmath.mpf) else float
    return [Variable(np.array(x, dtype=kind)) for x in p]


def by_sympy(f: Callable[..., Any], count: int) -> Differentiated:
    """Gradient and Hessian derived as formulas, then evaluated."""
    symbols = sympy.symbols(f"x:{count}", real=True)
    value = f(*symbols)
    gradient = [sympy.diff(value, x) for x in symbols]
    hessian = [[sympy.diff(g, x) for x in symbols] for g in gradient]
    evaluate = sympy.lambdify(symbols, [gradient, hessian])
    return lambda p: evaluate(*p)


# Iterations -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Iterates:
    """The iterates of a method, the seconds before the first step (None: nothing to do), and of all steps."""

    method: str
    points: list[Point]
    setup: float | None
    seconds: float

    @property
    def steps(self) -> int:
        return len(self.points) - 1


def newton_iterates(
    derivatives: Differentiated, start: Sequence[Any], *, still: float = 1e-15, most: int = 30
) -> list[Point]:
    """Newton's iterates until a step is `still` or less, relative to where it leads.

    >>> from gradcheck.experiments.studies.problems import PROBLEMS
    >>> newton_iterates(PROBLEMS[-1].by_hand, [8.0, -4.0])[1]
    [0.0, 0.0]
    """
    points = [list(start)]
    while len(points) <= most:
        gradient, hessian = derivatives(points[-1])
        if not any(gradient):
            break
        step = solve(hessian, gradient)
        points.append([x - s for x, s in zip(points[-1], step, strict=True)])
        if max(map(abs, step)) <= still * max(1, *map(abs, points[-1])):
            break
    return points


def solve(matrix: list[Point], right: Point) -> Point:
    """The solution of one or two linear equations, by Cramer's rule."""
    if len(right) == 1:
        return [right[0] / matrix[0][0]]
    (a, b), (c, d) = matrix
    det = a * d - b * c
    return [(right[0] * d - b * right[1]) / det, (a * right[1] - right[0] * c) / det]


def descent(problem: Problem) -> list[Point]:
    """Gradient descent's iterates until NEAR the minimum, MOST_STEPS at most."""
    points = [list(problem.start)]
    while len(points) <= MOST_STEPS and error(points[-1], problem) > NEAR:
        gradient = gradient_by_backward(problem.f, points[-1])
        points.append([x - problem.rate * g for x, g in zip(points[-1], gradient, strict=True)])
    return points


def error(point: Point, problem: Problem) -> float:
    """The distance from the minimum."""
    return math.dist([float(x) for x in point], problem.minimum)


def methods(problem: Problem) -> list[Iterates]:
    """Every method on one problem."""
    found = [_timed("gradient descent", None, lambda _: descent(problem))]
    hand, backprop = problem.by_hand, double_backprop(problem.f)
    found += [
        _timed("Newton, by hand", None, lambda _: newton_iterates(hand, problem.start)),
        _timed("Newton, double backprop", None, lambda _: newton_iterates(backprop, problem.start)),
        _timed(
            "Newton, SymPy",
            lambda: by_sympy(problem.f, len(problem.start)),
            lambda made: newton_iterates(made, problem.start),
        ),
    ]
    return found


def _timed(name: str, make: Callable[[], Any] | None, run: Callable[[Any], list[Point]]) -> Iterates:
    """The iterates of a method; what it makes first, if anything, is timed apart."""
    started = time.perf_counter()
    made = make() if make else None
    ready = time.perf_counter()
    points = run(made)
    return Iterates(name, points, ready - started if make else None, time.perf_counter() - ready)


# Digits ---------------------------------------------------------------------------------------------


def correct_digits(problem: Problem) -> list[float]:
    """The correct decimal digits of Newton's iterates by double backprop, counted in DIGITS digits."""
    with mpmath.workdps(DIGITS):
        start = [mpmath.mpf(x) for x in problem.start]
        found = []
        for point in newton_iterates(double_backprop(problem.f), start, still=0, most=14):
            off = mpmath.sqrt(sum((x - m) ** 2 for x, m in zip(point, problem.minimum, strict=True)))
            if off < mpmath.mpf(10) ** (20 - DIGITS):
                break
            found.append(float(-mpmath.log10(off)))
        return found


def orders(digits: Sequence[float]) -> list[float | None]:
    """The order of convergence seen from three iterates: p with e_(k+1) / e_k = (e_k / e_(k-1))^p.

    None where the first of the three is still far off, with less than half a digit.

    >>> orders([0.1, 1.0, 2.0, 4.0, 8.0])
    [None, None, None, 2.0, 2.0]
    """
    found: list[float | None] = [None, None]
    for a, b, c in zip(digits, digits[1:], digits[2:], strict=False):
        found.append((c - b) / (b - a) if a >= 0.5 else None)
    return found[: len(digits)]
