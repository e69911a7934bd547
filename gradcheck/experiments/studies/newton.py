"""Newton's method on four known functions: where second derivatives come from, and what they buy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from gradcheck.experiments.studies.contours import contours
from gradcheck.experiments.studies.minimizing import (
    DIGITS,
    NEAR,
    Iterates,
    correct_digits,
    error,
    methods,
    orders,
)
from gradcheck.experiments.studies.problems import PROBLEMS, Point, Problem
from gradcheck.experiments.studies.study import Axis, Figure, Line, Study, Table
from gradcheck.records.literature import works
from gradcheck.report.formatting import duration, significant

DECIMALS = 10  # of the iterates in tables


def study() -> Study:
    """Four functions by four methods."""
    found = {problem.name: methods(problem) for problem in PROBLEMS}
    digits = {p.name: correct_digits(p) for p in PROBLEMS if p.name != "Matyas"}
    last = {name: found_orders[-1] for name, d in digits.items() for found_orders in [orders(d)]}
    rates = ", ".join(f"{order:.2f} on {name}" for name, order in last.items() if order is not None)
    worst = max(path.steps for all_of in found.values() for path in all_of[1:])
    apart = max(_gap(all_of) for all_of in found.values())
    lead = (
        "Newton's method takes second derivatives, too: it jumps to the stationary point of the parabola "
        f"that has the same slope and curvature. It needs at most {worst} steps on these functions, whether "
        "its second derivatives were written by hand, come from differentiating backward (double backprop), "
        f"or from SymPy: their iterates are {significant(apart, 2)} apart at most. The order of convergence "
        f"p says that an error e becomes about C eᵖ in one step. Measured in {DIGITS}-digit arithmetic it "
        f"is {rates}: the correct digits double with each step. Matyas is quadratic, and the first step "
        f"ends {_first_end(found['Matyas'])}."
    )
    slow = _order_of_descent(found[PROBLEMS[0].name][0], PROBLEMS[0])
    parts: list[Figure | Table] = [_digits_figure(digits), _digits_table(digits, slow)]
    for problem in PROBLEMS:
        parts += _about(problem, found[problem.name])
    return Study("Newton's method", lead, parts, REFERENCES)


def _first_end(found: list[Iterates]) -> str:
    """Where the first step on Matyas' function leads, by each of the three ways."""
    left = max(error(way.points[1], PROBLEMS[-1]) for way in found[1:])
    return f"{significant(left, 2)} from the minimum" if left else "in the minimum"


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
        "Correct digits of each iterate: after a slow start every line climbs by about a factor 2 for each "
        "step.",
        Axis("step"),
        Axis("correct decimal digits", log=True),
        lines,
    )


def _order_of_descent(path: Iterates, problem: Problem) -> float | None:
    """The order of convergence that gradient descent's last steps show."""
    return orders([-math.log10(error(point, problem)) for point in path.points[-3:]])[-1]


def _digits_table(digits: dict[str, list[float]], slow: float | None) -> Table:
    longest = max(map(len, digits.values()))
    columns = ["Step"]
    for name in digits:
        columns += [f"{name}: digits", "order"]
    cells: list[list[str | float | None]] = [[str(k)] for k in range(longest)]
    for found in digits.values():
        seen = orders(found)
        for k, row in enumerate(cells):
            row += [_two(found[k]), _two(seen[k])] if k < len(found) else [None, None]
    return Table(
        "",
        "The order p is seen from three iterates: e(k+1)/e(k) = (e(k)/e(k-1))ᵖ. It is 2 where Newton's "
        "method is at home; while an iterate has less than half a digit it means nothing, and is left out. "
        f"The last steps of gradient descent on {PROBLEMS[0].name} show an order of {_two(slow)}: each step "
        "gains the same part of a digit.",
        "Correct decimal digits of Newton's iterates by double backprop, and the order seen",
        columns,
        cells,
    )


def _two(value: float | None) -> str | None:
    return None if value is None else f"{round(value, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")


def _about(problem: Problem, found: list[Iterates]) -> list[Figure | Table]:
    """A picture, every method's steps and times, and the three ways of Newton's method step by step."""
    methods = Table(
        "",
        _ways_compared(found),
        f"{problem.name} from {_numbers(problem.start)}: the minimum is at {_numbers(problem.minimum)}",
        ["Method", "Steps", "Distance from the minimum", "Set-up", "Time", "Time for a step"],
        [
            [
                p.method,
                p.steps,
                error(p.points[-1], problem),
                duration(p.setup),
                duration(p.seconds),
                duration(p.seconds / p.steps),
            ]
            for p in found
        ],
    )
    picture = _graph(problem, found) if len(problem.start) == 1 else _map(problem, found)
    return [picture, methods, _iterates(problem, found)]


def _iterates(problem: Problem, found: list[Iterates]) -> Table:
    ways = found[1:]
    longest = max(len(way.points) for way in ways)
    return Table(
        "",
        "",
        f"{problem.name}: Newton's iterates side by side, to {DECIMALS} decimals",
        ["Step", *(way.method.removeprefix("Newton, ") for way in ways)],
        [
            [str(k), *(_place(way.points[k]) if k < len(way.points) else None for way in ways)]
            for k in range(longest)
        ],
    )


def _place(point: Point) -> str:
    numbers = [
        f"{round(float(x), DECIMALS) + 0.0:.{DECIMALS}f}".replace("-", "\N{MINUS SIGN}") for x in point
    ]
    return f"({', '.join(numbers)})" if len(numbers) > 1 else numbers[0]


def _ways_compared(found: list[Iterates]) -> str:
    """How far the three ways of Newton's method are apart."""
    gap = _gap(found)
    near = f"never more than {significant(gap, 2)} from" if gap else "the same numbers as"
    text = f"The iterates by double backprop and by SymPy are {near} those of the derivatives by hand."
    if len({way.steps for way in found[1:]}) > 1:
        text += " Where one of them takes more steps, it is the last bit of the minimum that still moves."
    return text


def _gap(found: list[Iterates]) -> float:
    """How far the iterates by double backprop and by SymPy are from those by hand, at most."""
    hand, *others = found[1:]
    return max(math.dist(a, b) for other in others for a, b in zip(hand.points, other.points, strict=False))


def _graph(problem: Problem, found: list[Iterates]) -> Figure:
    """Both ways on the graph of a function of one variable."""
    ways = [found[0], found[2]]
    x = _grid([p[0] for way in ways for p in way.points])
    lines = [Line("", x.tolist(), problem.f(x).tolist(), "thin")]
    lines += [
        Line(path.method, [p[0] for p in points], [problem.f(p[0]) for p in points])
        for path in ways
        for points in [_thinned(path.points)]
    ]
    lines.append(Line("minimum", list(problem.minimum), [problem.f(*problem.minimum)], "marks"))
    return Figure(
        problem.name,
        _shape(problem),
        f"{problem.name}, the thin line: from the right, {_steps_taken(ways, problem)}",
        Axis("x"),
        Axis(problem.name),
        lines,
    )


def _map(problem: Problem, found: list[Iterates]) -> Figure:
    """Both ways over the lines of equal height."""
    ways = [found[0], found[2]]
    x, y = (_grid([p[i] for way in ways for p in way.points] + [problem.minimum[i]]) for i in (0, 1))
    heights = problem.f(*np.meshgrid(x, y))
    low = heights.min()
    levels = low + (heights.max() - low) * np.geomspace(1e-5, 0.5, 9)
    lines = contours(problem.f, x, y, levels.tolist())
    lines += [_path_line(path.method, _thinned(path.points)) for path in ways]
    lines.append(_path_line("minimum", [list(problem.minimum)], "marks"))
    return Figure(
        problem.name,
        _shape(problem),
        f"{problem.name}, thin lines of equal height: {_steps_taken(ways, problem)}",
        Axis("x"),
        Axis("y"),
        lines,
    )


def _shape(problem: Problem) -> str:
    return (
        f"{problem.shape} Gradient descent has a rate of {significant(problem.rate)}, about half of the "
        "largest that is stable."
    )


def _steps_taken(ways: list[Iterates], problem: Problem) -> str:
    """How many steps gradient descent and Newton's method took."""
    descent, newton = ways
    left = error(descent.points[-1], problem)
    arrived = (
        f"takes {descent.steps} steps"
        if left <= NEAR
        else f"is still {significant(left, 2)} from the minimum after {descent.steps} steps"
    )
    return f"gradient descent {arrived}, Newton's method by double backprop takes {newton.steps}."


def _path_line(label: str, points: list[Point], style: Literal["line", "marks"] = "line") -> Line:
    x, y = np.transpose(points).tolist()
    return Line(label, x, y, style)


def _grid(values: list[float]) -> np.ndarray:
    low, high = min(values), max(values)
    room = 0.15 * (high - low)
    return np.linspace(low - room, high + room, 61)


def _thinned(points: list[Point]) -> list[Point]:
    """Some hundred of many points, the ends among them."""
    every = max(1, len(points) // 100)
    return [*points[:20], *points[20:-1:every], points[-1]] if len(points) > 20 else points


def _numbers(point: Sequence[float]) -> str:
    return f"({', '.join(f'{x:g}' for x in point)})" if len(point) > 1 else f"{point[0]:g}"


REFERENCES = works("nocedal", "rosenbrock", "griewank")
