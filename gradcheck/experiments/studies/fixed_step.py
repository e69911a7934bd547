"""What a fixed step costs: the first derivative of every function by differences, and by backward."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from flint import arb

from gradcheck.experiments.studies.digits import shortened
from gradcheck.experiments.studies.schemes import CENTRAL, unit_roundoff
from gradcheck.experiments.studies.section import plain_section
from gradcheck.experiments.studies.study import Axis, Figure, Line, Table
from gradcheck.oracles.differences.central import STEP, central
from gradcheck.oracles.differences.univariate import derivative
from gradcheck.report.formatting import power_of_ten
from gradcheck.specs import Spec, specs

FIXED = power_of_ten(round(math.log10(STEP)))  # in words
TOLD = 8  # functions in the short table
LEAST = 1e-19  # where an error of zero is drawn
_U = unit_roundoff(np.float64)


class Cost:
    """Relative errors of the first derivative of one function by differences and by backward.

    Attributes:
        op, element, truth: the function, which element of its output and input, and the derivative of these.
        curved: whether there is a truncation: the third derivative is not zero.
        fixed: the error of a central difference with the usual step.
        best_step, best: the step that the error model prefers, and the error there; NaN without a truncation.
        wide: of the laboratory's own difference, which takes more points and chooses their distance.
        backward: of backward.
    """

    def __init__(self, spec: Spec) -> None:
        section, self.element = plain_section(spec)
        x = section.start
        value, truth, _, third = section.exactly(x, 3)
        self.op, self.truth = spec.name, float(truth.mid())
        f, f3 = float(value.mid()), float(third.mid())
        self.curved = bool(f and f3)
        self.best_step = CENTRAL.best_step(f, f3, _U) if self.curved else math.nan
        with np.errstate(all="ignore"):
            self.fixed = _relative(central(section.value, x), truth)
            self.best = (
                _relative(central(section.value, x, self.best_step), truth) if self.curved else math.nan
            )
        lower, upper = section.domain
        self.wide = _relative(derivative(section.values, x, lower=lower, upper=upper).value, truth)
        self.backward = _relative(section.backward(x, 1)[0], truth)


def _relative(got: Any, truth: arb) -> float:
    """|got - truth| / |truth|; 0 where only the truth's own radius is left."""
    off = abs(arb(float(got)) - truth.mid())
    if truth.mid().is_zero():
        return math.nan
    return 0.0 if off <= truth.rad() else float((off / abs(truth.mid())).mid())


def costs() -> list[Cost]:
    """Every function of the table whose first derivative does not vanish, the worst first."""
    every = [Cost(spec) for spec in specs().values() if spec.formula is not None]
    return sorted((c for c in every if c.truth), key=lambda cost: -cost.fixed)


def parts(costs: list[Cost]) -> list[Figure | Table]:
    """All functions with a truncation in one picture and in tables, the others in a table."""
    curved = [c for c in costs if c.curved]
    straight = [c for c in costs if not c.curved]
    return [_figure(curved), _worst(curved), _all(curved), _straight(straight)]


def _figure(curved: list[Cost]) -> Figure:
    ways = [
        (f"central, h = {FIXED}", [c.fixed for c in curved]),
        ("central, step of the model", [c.best for c in curved]),
        ("more points, chosen step", [c.wide for c in curved]),
        ("backward", [c.backward for c in curved]),
    ]
    ranks = list(range(1, len(curved) + 1))
    medians = [float(np.median(errors)) for _, errors in ways]
    gained = math.log10(medians[0] / medians[1])
    return Figure(
        f"What a fixed step of {FIXED} costs",
        "The derivative of one output element by one input element, of each function at the first point "
        "where it is tried: by central differences with the fixed step, and with the step of the model, "
        "h = (3 u |f / f'''|)^(1/3), for which jets give f and f'''; by the laboratory's own differences, "
        "which take more points, and larger steps; and by backward. Shown are the functions whose third "
        "derivative is not zero there. Errors of zero are drawn at "
        f"{power_of_ten(round(math.log10(LEAST)))}.",
        "First derivatives, the worst fixed step first: in the median the step of the model gains "
        f"{gained:.1f} digits on the fixed one, more points gain {math.log10(medians[1] / medians[2]):.1f} "
        f"on that, and backward {math.log10(medians[2] / medians[3]):.1f} more.",
        Axis("rank of the function by its error with the fixed step"),
        Axis("relative error", log=True),
        [Line(name, ranks, shortened(max(e, LEAST) for e in errors), "marks") for name, errors in ways],
    )


_COLUMNS = (
    "function",
    "derivative",
    f"error at h = {FIXED}",
    "h of the model",
    "error at that h",
    "error, more points",
    "error, backward",
)


def _cells(costs: list[Cost]) -> list[list[str | float | None]]:
    return [[c.op, c.truth, c.fixed, c.best_step, c.best, c.wide, c.backward] for c in costs]


def _worst(curved: list[Cost]) -> Table:
    return Table(
        "",
        "",
        f"The {TOLD} functions for which the fixed step is worst: relative errors of the first derivative",
        _COLUMNS,
        _cells(curved[:TOLD]),
    )


def _all(curved: list[Cost]) -> Table:
    return Table(
        "",
        "",
        "Relative errors of first derivatives by central differences with the fixed step and with that of "
        "the error model, by differences of more points, and by backward",
        _COLUMNS,
        _cells(curved),
        f"All {len(curved)} functions with a third derivative",
    )


def _straight(straight: list[Cost]) -> Table:
    return Table(
        "",
        "The other functions are linear or quadratic in this element. A central difference cuts nothing "
        "off there, the formula gives no step, and the fixed one leaves rounding alone, which a larger "
        "step makes smaller.",
        "Relative errors of first derivatives of functions without a third derivative there",
        ["function", "derivative", f"error at h = {FIXED}", "error, more points", "error, backward"],
        [[c.op, c.truth, c.fixed, c.wide, c.backward] for c in straight],
        f"{len(straight)} functions without a truncation",
    )
