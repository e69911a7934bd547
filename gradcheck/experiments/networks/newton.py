"""Newton's method, step by step, against exact steps."""

from __future__ import annotations

import itertools
import math
import time
from fractions import Fraction

import numpy as np

from dezero import Parameter, Variable
from dezero.optimizers import Newton
from gradcheck.experiments.networks.differences import ROUNDING, judge
from gradcheck.experiments.networks.network import Loss, Network, Problem, whole_row
from gradcheck.records.jsonl import Row

MINIMUM = np.ones(2)
MOST_STEPS = 20
FAR = 1e6  # from where no right step comes back


def rosenbrock() -> Problem:
    """100 (y - x²)² + (1 - x)² of Rosenbrock, from his start (-1.2, 1); its minimum is at (1, 1)."""

    def loss(p: Variable) -> Variable:
        x, y = p[0], p[1]
        return 100 * (y - x**2) ** 2 + (1 - x) ** 2

    return loss, {"(x, y)": np.array([-1.2, 1.0])}


def newton_rows(network: Network) -> list[Row]:
    """Each step of dezero's Newton's method on Rosenbrock's function against the exact step.

    The exact step from the same point is that of derivatives by hand, in rational numbers.
    """
    started = time.perf_counter()
    loss, named = network.build()
    [(name, start)] = named.items()
    with np.errstate(all="ignore"):  # wrong steps may go anywhere
        path = _newton_path(loss, start)
        gaps, bounds = zip(*itertools.starmap(_step_error, itertools.pairwise(path)), strict=True)
    gap, bound = np.stack(gaps), np.stack(bounds)
    judged, reason = judge(gap, bound, "rounding: every step is the exact one")
    rest = float(np.abs(path[-1] - MINIMUM).max())
    if judged == "pass" and rest > bound[-1].max():
        judged = "fail"
    reason = f"{len(gap)} steps, the last {rest:.2g} from the minimum; {reason}"
    return [whole_row(network, name, gap, judged, reason, time.perf_counter() - started)]


def _newton_path(loss: Loss, start: np.ndarray) -> list[np.ndarray]:
    """The iterates, until they stay where they are, or run away."""
    p = Parameter(start.copy())
    optimizer = Newton(lambda: loss(p)).setup([p])
    path = [start]
    while len(path) <= MOST_STEPS:
        optimizer.update()
        path.append(p.data.copy())
        if np.array_equal(path[-1], path[-2]) or not np.abs(path[-1]).max() < FAR:
            break
    return path


def _step_error(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far a step is from the exact one, and what rounding can make of it.

    A solution s of H s = g is off by at most |H⁻¹| (|δg| + |δH| |s|), where δg and δH are some ULPs
    of the terms that make g and H (Higham, Accuracy and Stability of Numerical Algorithms, 7.1).
    """
    x, y = (Fraction(float(v)) for v in before)
    step, hessian = _exact_step(x, y)
    exact = np.array([float(x - step[0]), float(y - step[1])])
    u, v = np.abs(before)
    terms = np.array([400 * u * (v + u * u) + 2 * (1 + u), 200 * (v + u * u)])
    inverse = np.linalg.norm(np.linalg.inv(hessian))
    length = math.hypot(*map(float, step))
    error = inverse * (np.linalg.norm(terms) + np.linalg.norm(hessian) * length) + np.abs(before)
    return np.abs(after - exact), ROUNDING * error


def _exact_step(x: Fraction, y: Fraction) -> tuple[tuple[Fraction, Fraction], np.ndarray]:
    """H⁻¹ g, and H, of Rosenbrock's function: derivatives by hand, solved by Cramer's rule."""
    g = (-400 * x * (y - x**2) - 2 * (1 - x), 200 * (y - x**2))
    a, b, d = 1200 * x**2 - 400 * y + 2, -400 * x, Fraction(200)
    determinant = a * d - b * b
    step = ((d * g[0] - b * g[1]) / determinant, (a * g[1] - b * g[0]) / determinant)
    return step, np.array([[float(a), float(b)], [float(b), float(d)]])
