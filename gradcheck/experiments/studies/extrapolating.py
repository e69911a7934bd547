"""Richardson's extrapolation of central differences: each column has two orders more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.experiments.studies.digits import marked, shortened
from gradcheck.experiments.studies.schemes import CENTRAL, Function
from gradcheck.experiments.studies.study import Axis, Figure, Line, Table
from gradcheck.report.formatting import significant

LEVELS = 4  # columns: central differences, and three times extrapolated
STEPS = [0.8 / 2**k for k in range(6)]
CLEAR = 1e-12  # errors above it are no rounding


def extrapolated(f: Function, x: Any, steps: Sequence[float], levels: int = LEVELS) -> list[list[Any]]:
    """Column k is (4^k R(h) - R(2h)) / (4^k - 1) of the column before, R; the first are central differences.

    Each column begins one step later than the one before.

    >>> columns = extrapolated(lambda x: x**5, 1.0, [0.5, 0.25, 0.125], 3)
    >>> [round(float(column[0]), 12) for column in columns]
    [7.5625, 4.984375, 5.0]
    """
    columns = [[CENTRAL(f, x, h) for h in steps]]
    for k in range(1, levels):
        wide, narrow = columns[-1][:-1], columns[-1][1:]
        factor = 4.0**k
        columns.append([(factor * n - w) / (factor - 1) for w, n in zip(wide, narrow, strict=True)])
    return columns


def measured_order(errors: Sequence[float]) -> float:
    """From the last halving of the step whose errors are no rounding."""
    clear = [e for e in errors if e > CLEAR]
    return math.log2(clear[-2] / clear[-1])


def extrapolation(f: Function, truth: Any, x: float) -> list[Figure | Table]:
    """The columns' digits, and their errors against the step."""
    columns = extrapolated(f, x, STEPS)
    errors = [[abs(float(v) / float(truth) - 1) for v in column] for column in columns]
    seen = [measured_order(of_column) for of_column in errors]
    table = Table(
        "Richardson's extrapolation",
        "The error of a central difference D is a series in h²: D(h) = f' + a h² + b h⁴ + …. Two steps are "
        "two equations: (4 D(h) - D(2h)) / 3 has no term in h², and its error begins with h⁴. Extrapolated "
        "again, (16 R(h) - R(2h)) / 15, it begins with h⁶, and so on: two orders more with each column, "
        "from the same values of f. Every digit gained is gained at a large step, where little cancels.",
        "The derivative of exp(x) sin(x) at 1, a bar before the first wrong digit; each column is made of "
        "the one to its left",
        ["h", *map(_name, range(LEVELS))],
        [
            [significant(h), *(_digits(column, n - k, truth) for k, column in enumerate(columns))]
            for n, h in enumerate(STEPS)
        ],
    )
    listed = ", ".join(f"{order:.2f}" for order in seen)
    figure = Figure(
        "",
        "",
        f"Errors of the columns above: the slopes measured are {listed}; each column is steeper by 2.",
        Axis("step h", log=True),
        Axis("relative error", log=True),
        [
            *(
                Line(f"{_name(k)}, order {2 * k + 2}", STEPS[k:], shortened(of_column))
                for k, of_column in enumerate(errors)
            ),
            *(_guide(2 * k + 2, STEPS[k], of_column[0]) for k, of_column in enumerate(errors)),
        ],
    )
    return [table, figure]


def _name(k: int) -> str:
    return ("central", "extrapolated once", "twice", "three times")[k]


def _digits(column: Sequence[Any], n: int, truth: Any) -> str | None:
    return marked(f"{float(column[n]):.14f}", f"{float(truth):.14f}") if n >= 0 else None


def _guide(order: int, h: float, error: float) -> Line:
    """A power of the step, through the first error."""
    steps = np.array([h, STEPS[-1]])
    return Line("slopes 2, 4, 6, 8", steps.tolist(), shortened(error * (steps / h) ** order), "guide")
