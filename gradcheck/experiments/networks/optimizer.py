"""dezero's optimizer Newton, step by step, against exact steps."""

from __future__ import annotations

import itertools
import math
import time
from fractions import Fraction

import numpy as np

from dezero import Parameter
from dezero.optimizers import Newton
from gradcheck.experiments.networks.loss_at import ROUNDING, judge
from gradcheck.experiments.networks.network import Loss, Network, Problem, whole_row
from gradcheck.experiments.studies import problems
from gradcheck.experiments.studies.minimizing import solve
from gradcheck.records.jsonl import Row

MINIMUM = np.ones(2)
MOST_STEPS = 20
FAR = 1e6  # farther away than any right step goes


def rosenbrock() -> Problem:
    """Rosenbrock's function of one Variable, from his start (-1.2, 1); its minimum is at (1, 1)."""
    return lambda p: problems.rosenbrock(p[0], p[1]), {"(x, y)": np.array([-1.2, 1.0])}


def newton_rows(network: Network) -> list[Row]:
    """Each step of dezero's Newton's method on Rosenbrock's function against the exact step.

    The exact step from the same point is that of derivatives by hand, in rational numbers.
    """
    started = time.perf_counter()
    loss, named = network.build()
    [(name, start)] = named.items()
    with np.errstate(all="ignore"):  # a wrong step may overflow
        path = _iterates(loss, start)
        gaps, bounds = zip(*itertools.starmap(_step_error, itertools.pairwise(path)), strict=True)
    gap, bound = np.stack(gaps), np.stack(bounds)
    judged, reason = judge(gap, bound, "rounding: every step is the exact one")
    rest = float(np.abs(path[-1] - MINIMUM).max())
    if judged == "pass" and rest > bound[-1].max():
        judged = "fail"
    reason = f"{len(gap)} steps, the last {rest:.2g} from the minimum; {reason}"
    return [whole_row(network, name, gap, judged, reason, time.perf_counter() - started)]


def _iterates(loss: Loss, start: np.ndarray) -> list[np.ndarray]:
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
    point = [Fraction(float(v)) for v in before]
    gradient, rows = problems.rosenbrock_by_hand(point)
    step, hessian = solve(rows, gradient), np.array(rows, dtype=float)
    exact = np.array([float(x - s) for x, s in zip(point, step, strict=True)])
    u, v = np.abs(before)
    terms = np.array([400 * u * (v + u * u) + 2 * (1 + u), 200 * (v + u * u)])
    inverse = np.linalg.norm(np.linalg.inv(hessian))
    length = math.hypot(*map(float, step))
    error = inverse * (np.linalg.norm(terms) + np.linalg.norm(hessian) * length) + np.abs(before)
    return np.abs(after - exact), ROUNDING * error
