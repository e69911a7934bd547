"""What a fixed step costs: the first derivative of every function by differences, and by backward."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from flint import arb

from gradcheck.cases import laboratory
from gradcheck.experiments.studies.parts import Axis, Figure, Line, Table
from gradcheck.experiments.studies.section import Section, random_section, shortened
from gradcheck.experiments.studies.step_size import steps
from gradcheck.oracles.differences.error_curves import Curve, curve
from gradcheck.oracles.differences.univariate import derivative
from gradcheck.report.formatting import power_of_ten
from gradcheck.specs import Spec, specs

FIXED = 1e-4  # the step of many a numerical gradient
_FIXED = power_of_ten(-4)
STEPS = 31
OVER_A_KINK = 1e-2  # a relative error that no smooth function leaves at its best step


class Cost:
    """Relative errors of the first derivative of one function by differences and by backward.

    Attributes:
        op, truth: the function, and its derivative.
        linear: whether its second derivatives vanish.
        fixed: the error of a central difference with the step FIXED.
        best, best_step: of a central difference with the step that the error model prefers, and that step.
        wide: of the laboratory's own difference, which takes more points and chooses their distance.
        backward: of backward.
    """

    def __init__(self, spec: Spec) -> None:
        section = random_section(laboratory.build(laboratory.first(spec)))
        x, exactly = section.start, section.exactly(section.start, 3)
        truth = exactly[1]
        self.op = spec.name
        self.linear = spec.vanishes == 2
        self.truth = float(truth.mid())
        with np.errstate(all="ignore"):
            near, far = section.values(np.array([x - FIXED, x + FIXED]))
        self.fixed = _relative((far - near) / ((x + FIXED) - (x - FIXED)), truth)
        central = _central(section, exactly)
        self.best, self.best_step = central.chosen_error, central.chosen_step
        lower, upper = section.domain
        self.wide = _relative(derivative(section.values, x, lower=lower, upper=upper).value, truth)
        self.backward = _relative(section.backward(x, 1)[0], truth)


def _central(section: Section, exactly: list[arb]) -> Curve:
    """Central differences over the steps, the model told the derivatives."""
    return curve(
        section.values,
        section.start,
        steps=steps(section, STEPS),
        truth=float(exactly[1].mid()),
        higher=lambda k: float(exactly[k].mid()),
    )


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


def _kinks(costs: list[Cost]) -> str:
    """The functions where the model's step went over a kink, in brackets."""
    names = [c.op for c in costs if c.best > OVER_A_KINK]
    return f" (here of {', '.join(names)})" if names else ""


def parts(costs: list[Cost]) -> list[Figure | Table]:
    """All functions in one picture, and in a table."""
    ranks = list(range(1, len(costs) + 1))
    ways = [
        (f"central, h = {_FIXED}", [c.fixed for c in costs]),
        ("central, step of the model", [c.best for c in costs]),
        ("more points, chosen step", [c.wide for c in costs]),
        ("backward", [c.backward for c in costs]),
    ]
    figure = Figure(
        f"What a fixed step of {_FIXED} costs",
        "Each function at the first element of its first case, by central differences with the fixed step "
        "and with the step that the error model prefers there; by the laboratory's own differences, which "
        "take more points and so larger steps; and by backward. Errors of zero are drawn at 10⁻¹⁹. On the "
        "right are functions that are linear in this element: a difference has no truncation there, and the "
        "larger the step the better, "
        f"unless it leaps over a kink: the model knows the derivatives at one point alone{_kinks(costs)}.",
        "First derivatives of every function, the worst fixed step first: the step of the model "
        "gains a digit or two, more points gain more, backward has all digits.",
        Axis("rank of the function by its error with the fixed step"),
        Axis("relative error", log=True),
        [Line(name, ranks, shortened(max(e, 1e-19) for e in errors), "marks") for name, errors in ways],
    )
    table = Table(
        "",
        "",
        f"Relative error of first derivatives: by central differences with the fixed step {_FIXED} and with "
        "that of the error model, by differences of more points, and by backward",
        ["Function", "Derivative", f"h = {_FIXED}", "h of the model", "that h", "more points", "backward"],
        [[c.op, c.truth, c.fixed, c.best, c.best_step, c.wide, c.backward] for c in costs],
    )
    return [figure, table]
