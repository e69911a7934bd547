"""Newton's method on four known functions: where second derivatives come from, and what they buy."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import mpmath
import numpy as np
import sympy

from dezero import Variable
from gradcheck.report.figures import significant
from gradcheck.studies.contours import contours
from gradcheck.studies.parts import Axis, Figure, Line, Study, Table
from gradcheck.studies.problems import PROBLEMS, Derivatives, Point, Problem

NEAR = 1e-6  # gradient descent has arrived at this distance from the minimum
MOST_STEPS = 5000
DIGITS = 320  # of the arithmetic in which digits are counted


# Where derivatives come from ------------------------------------------------------------------------


def gradient_by_backward(f: Callable[..., Any], p: Point) -> Point:
    """The gradient by one backward pass.

    >>> from gradcheck.studies.problems import quartic
    >>> print(*gradient_by_backward(quartic, [2.0]))
    24.0
    """
    xs = _variables(p)
    f(*xs).backward()
    return [_value(x.grad) for x in xs]


def double_backprop(f: Callable[..., Any]) -> Derivatives:
    """Gradient and Hessian by differentiating backward itself.

    >>> from gradcheck.studies.problems import quartic
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


def by_sympy(f: Callable[..., Any], count: int) -> Derivatives:
    """Gradient and Hessian derived as formulas, then evaluated."""
    symbols = sympy.symbols(f"x:{count}", real=True)
    value = f(*symbols)
    gradient = [sympy.diff(value, x) for x in symbols]
    hessian = [[sympy.diff(g, x) for x in symbols] for g in gradient]
    evaluate = sympy.lambdify(symbols, [gradient, hessian])
    return lambda p: evaluate(*p)


# Iterations -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Path:
    """The iterates of a method, the seconds before the first step, and those of all steps."""

    method: str
    points: list[Point]
    setup: float
    seconds: float

    @property
    def steps(self) -> int:
        return len(self.points) - 1


def newton(
    derivatives: Derivatives, start: Sequence[Any], *, still: float = 1e-15, most: int = 30
) -> list[Point]:
    """Newton's iterates until a step is `still` or less, relative to where it leads.

    >>> newton(PROBLEMS[-1].by_hand, [8.0, -4.0])[1]
    [0.0, 0.0]
    """
    points = [list(start)]
    while len(points) <= most:
        gradient, hessian = derivatives(points[-1])
        if not any(gradient):
            break
        step = _solve(hessian, gradient)
        points.append([x - s for x, s in zip(points[-1], step, strict=True)])
        if max(map(abs, step)) <= still * max(1, *map(abs, points[-1])):
            break
    return points


def _solve(matrix: list[Point], right: Point) -> Point:
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


def paths(problem: Problem) -> list[Path]:
    """Every method on one problem."""
    found = [_timed("gradient descent", lambda: None, lambda _: descent(problem))]
    sources: list[tuple[str, Callable[[], Derivatives]]] = [
        ("Newton, by hand", lambda: problem.by_hand),
        ("Newton, double backprop", lambda: double_backprop(problem.f)),
        ("Newton, SymPy", lambda: by_sympy(problem.f, len(problem.start))),
    ]
    return found + [_timed(name, make, lambda d: newton(d, problem.start)) for name, make in sources]


def _timed(name: str, make: Callable[[], Any], run: Callable[[Any], list[Point]]) -> Path:
    started = time.perf_counter()
    made = make()
    ready = time.perf_counter()
    points = run(made)
    return Path(name, points, ready - started, time.perf_counter() - ready)


# Digits ---------------------------------------------------------------------------------------------


def correct_digits(problem: Problem) -> list[float]:
    """The correct decimal digits of Newton's iterates by double backprop, counted in DIGITS digits."""
    with mpmath.workdps(DIGITS):
        start = [mpmath.mpf(x) for x in problem.start]
        found = []
        for point in newton(double_backprop(problem.f), start, still=0, most=14):
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


# The study ------------------------------------------------------------------------------------------


def study() -> Study:
    """Four functions by four methods."""
    found = {problem.name: paths(problem) for problem in PROBLEMS}
    digits = {p.name: correct_digits(p) for p in PROBLEMS if p.name != "Matyas"}
    last = {name: found_orders[-1] for name, d in digits.items() for found_orders in [orders(d)]}
    told = ", ".join(f"{order:.2f} on {name}" for name, order in last.items() if order is not None)
    worst = max(path.steps for all_of in found.values() for path in all_of[1:])
    lead = (
        "Second derivatives turn a walk downhill into a few jumps. Newton's method needs at most "
        f"{worst} steps on these functions, whether its second derivatives were written by hand, come "
        "from differentiating backward (double backprop), or from SymPy: all three take the same way. "
        f"The order of convergence, measured in {DIGITS}-digit arithmetic, is {told}: the correct "
        "digits double with each step."
    )
    parts: list[Figure | Table] = [_digits_figure(digits), _digits_table(digits)]
    for problem in PROBLEMS:
        parts += _about(problem, found[problem.name])
    return Study("Newton's method", lead, parts)


def _digits_figure(digits: dict[str, list[float]]) -> Figure:
    lines = [
        Line(name, [k for k, d in enumerate(found) if d > 0], [d for d in found if d > 0])
        for name, found in digits.items()
    ]
    return Figure(
        "Digits double",
        "Close to the minimum an error e becomes about C e² in one step, so its decimal digits double: "
        "on a logarithmic axis a straight line that climbs by a factor 2 each step. Floats of 16 digits "
        "would show this for two or three steps only; dezero runs on any number that NumPy can hold, so "
        f"here both backward passes run on mpmath's numbers of {DIGITS} digits.",
        "Correct digits of each iterate: after a slow start every line climbs by a factor 2 for each step.",
        Axis("step"),
        Axis("correct decimal digits", log=True),
        lines,
    )


def _digits_table(digits: dict[str, list[float]]) -> Table:
    longest = max(map(len, digits.values()))
    columns = ["Step"]
    for name in digits:
        columns += [f"{name}: digits", "order"]
    cells: list[list[str | float | None]] = [[str(k)] for k in range(longest)]
    for found in digits.values():
        seen = orders(found)
        for k, row in enumerate(cells):
            row += [round(found[k], 2) + 0.0, seen[k]] if k < len(found) else [None, None]
    return Table(
        "",
        "The order p is seen from three iterates: e(k+1)/e(k) = (e(k)/e(k-1))ᵖ. It is 2 where Newton's "
        "method is at home; while an iterate has less than half a digit it means nothing, and is left out.",
        "Correct decimal digits of Newton's iterates by double backprop, and the order seen",
        columns,
        cells,
    )


def _about(problem: Problem, found: list[Path]) -> list[Figure | Table]:
    table = Table(
        problem.name if len(problem.start) == 1 else "",
        _apart(found),
        f"{problem.name} from {_numbers(problem.start)}: the minimum is at {_numbers(problem.minimum)}",
        ["Method", "Steps", "Distance from the minimum", "Set-up (s)", "Seconds", "Seconds for a step"],
        [
            [p.method, p.steps, error(p.points[-1], problem), p.setup, p.seconds, p.seconds / p.steps]
            for p in found
        ],
    )
    return [table] if len(problem.start) == 1 else [_map(problem, found), table]


def _apart(found: list[Path]) -> str:
    """How far the three ways of Newton's method are apart."""
    hand, *others = found[1:]
    gap = max(
        math.dist(a, b)
        for other in others
        for a, b in zip(hand.points, other.points, strict=False)
    )
    near = f"never more than {significant(gap, 2)} from" if gap else "the same numbers as"
    return f"The iterates by double backprop and by SymPy are {near} those of the derivatives by hand."


def _map(problem: Problem, found: list[Path]) -> Figure:
    """Both ways over the lines of equal height."""
    ways = [found[0], found[2]]
    x, y = (_grid([p[i] for way in ways for p in way.points] + [problem.minimum[i]]) for i in (0, 1))
    heights = problem.f(*np.meshgrid(x, y))
    low = heights.min()
    levels = low + (heights.max() - low) * np.geomspace(1e-5, 0.5, 9)
    lines = contours(problem.f, x, y, levels.tolist())
    lines += [_way(path.method, _thinned(path.points)) for path in ways]
    lines.append(_way("minimum", [list(problem.minimum)], "marks"))
    return Figure(
        problem.name,
        f"Gradient descent with a rate of {significant(problem.rate)} follows the valley; Newton's method "
        "sees how the valley bends, and jumps.",
        f"{problem.name}, thin lines of equal height: gradient descent takes {ways[0].steps} steps, "
        f"Newton's method by double backprop {ways[1].steps}.",
        Axis("x"),
        Axis("y"),
        lines,
    )


def _way(label: str, points: list[Point], style: Literal["line", "marks"] = "line") -> Line:
    x, y = np.transpose(points).tolist()
    return Line(label, x, y, style)


def _grid(values: list[float]) -> np.ndarray:
    low, high = min(values), max(values)
    room = 0.15 * (high - low)
    return np.linspace(low - room, high + room, 81)


def _thinned(points: list[Point]) -> list[Point]:
    """Some hundred of many points, the ends among them."""
    every = max(1, len(points) // 100)
    return [*points[:20], *points[20:-1:every], points[-1]] if len(points) > 20 else points


def _numbers(point: Sequence[float]) -> str:
    return f"({', '.join(f'{x:g}' for x in point)})" if len(point) > 1 else f"{point[0]:g}"
