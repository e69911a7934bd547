"""How numerical differentiation errs: truncation against cancellation, and what a fixed step costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcheck.experiments.studies import fixed_step, million
from gradcheck.experiments.studies.digits import marked, shortened
from gradcheck.experiments.studies.fixed_step import FIXED
from gradcheck.experiments.studies.schemes import CENTRAL, median_errors, unit_roundoff
from gradcheck.experiments.studies.study import Axis, Figure, Line, Study, Table
from gradcheck.oracles.differences.central import STEP, central
from gradcheck.records.literature import works
from gradcheck.report.formatting import power_of_ten, significant

U = unit_roundoff(np.float64)
DTYPES = (np.float16, np.float32, np.float64, np.longdouble)
POINTS = 1 + np.arange(33) / 128  # of which a median is taken; float16 holds them, too


def study() -> Study:
    """One example digit by digit, four dtypes, every function, and a million parameters."""
    costs = fixed_step.costs()
    curved = [cost for cost in costs if cost.curved]
    worst = curved[0]
    median, best = (float(np.median([getattr(c, way) for c in curved])) for way in ("fixed", "best"))
    table, price = million.study()
    errors = [significant(error, 1) for error in (median, best, worst.fixed, worst.backward)]
    lead = (
        "A difference quotient has two enemies. A large step cuts off the Taylor series (truncation), a "
        "small one subtracts nearly equal numbers, whose rounding then weighs more (cancellation). The best "
        f"step lies in between. The fixed step {FIXED} leaves a relative error of {errors[0]} in the median "
        f"of the {len(curved)} functions here that have a third derivative, without which nothing is cut "
        f"off; the step of an error model leaves {errors[1]}. In the worst ({worst.op}) the fixed step "
        f"leaves {errors[2]}, where backward has {errors[3]}. And for a million parameters central "
        "differences evaluate the function two million times; forward and backward, which give all "
        f"derivatives at once, took the time of {price:.1f} evaluations."
    )
    return Study(
        "Numerical differentiation and its error",
        lead,
        [digit_by_digit(), *optimal_steps(), *fixed_step.parts(costs), table],
        REFERENCES,
    )


# Digit by digit -------------------------------------------------------------------------------------


def digit_by_digit() -> Table:
    """Central differences of exp at 1 for steps 0.1, 0.01, ..."""
    return Table(
        "Truncation against cancellation, digit by digit",
        "The derivative of exp at 1 is e = 2.718281828459045. Read the table from top to bottom. At first "
        "each smaller step gives two more correct digits: the truncation h²/6·e shrinks a hundredfold. But "
        "the two values share more and more leading digits, which the subtraction cancels. What is left "
        "are their last digits, the rounded ones: below h = 10⁻⁵ each step may cost a digit. The bar | "
        "stands where the digits stop being right.\n\nThe quotient is divided by the distance at which the "
        "two floats 1 + h and 1 - h really lie. So only the values are rounded, each by at most u = ε/2 of "
        "itself, where ε is the distance from 1 to the next float: the rounding predicted is u·e/h. It is "
        "a bound; two roundings that happen to agree do better.",
        "Central differences of exp at x = 1 in float64",
        [
            "h",
            "exp(1 + h)",
            "exp(1 - h)",
            "their difference",
            "digits that cancel",
            "difference quotient",
            "error",
            "truncation, predicted",
            "rounding, at worst",
        ],
        [_digits_of(10.0**-k) for k in range(1, 16)],
    )


def _digits_of(h: float) -> list[str | float | None]:
    above, below = float(np.exp(1 + h)), float(np.exp(1 - h))
    quotient = float(central(np.exp, 1.0, h))
    return [
        power_of_ten(round(math.log10(h))),
        f"{above:.16f}",
        f"{below:.16f}",
        f"{above - below:.16f}",
        round(math.log10(above / (above - below)), 1),
        marked(f"{quotient:.15f}", f"{math.e:.15f}"),
        abs(quotient - math.e),
        CENTRAL.truncation(h, math.e),
        CENTRAL.rounding(h, math.e, U),
    ]


# Optimal steps --------------------------------------------------------------------------------------


def optimal_steps() -> list[Figure | Table]:
    """The error of central differences of exp near 1 against the step, in each dtype."""
    found = {dtype.__name__: _errors_in(dtype) for dtype in DTYPES}
    steps, errors = found["longdouble"]
    widest = [h for h in steps if CENTRAL.truncation(h, 1) > min(errors) / 100]
    lines = [Line(name, steps, shortened(errors)) for name, (steps, errors) in found.items()]
    lines.append(
        Line("truncation, slope 2", widest, shortened(CENTRAL.truncation(h, 1) for h in widest), "guide")
    )
    for dtype in DTYPES:
        steps = found[dtype.__name__][0]
        rounding = shortened(CENTRAL.rounding(h, 1, unit_roundoff(dtype)) for h in steps)
        lines.append(Line("rounding at worst, slope -1", steps, rounding, "guide"))
    figure = Figure(
        "The best step in each precision",
        "The error of a central difference is at most h²/6·|f'''| + u·|f|/h, with u = ε/2. Its derivative by "
        "h is zero at the best step, h = (3 u |f / f'''|)^(1/3): the third root of the precision. Shorter "
        "floats want far larger steps. At the best step the truncation is half of the rounding; for exp "
        "both together are at worst h²/2 of the derivative. On this machine longdouble has "
        f"{np.finfo(np.longdouble).nmant + 1} bits of mantissa.\n\nEach error is the median over "
        f"{len(POINTS)} points from 1 to {significant(float(POINTS[-1]), 3)}: at a single point two "
        "roundings may happen to cancel, and the luckiest step would win.",
        "Relative error of central differences of exp: one V for each dtype, its bottom further right "
        "and higher the fewer bits there are. All share the truncation, each has its own rounding.",
        Axis("step h", log=True),
        Axis("relative error", log=True),
        lines,
    )
    rows = [_best(dtype, *found[dtype.__name__]) for dtype in DTYPES]
    table = Table(
        "",
        f"A step of {FIXED} is right for none of them. The steps tried are powers of 2, so the best one is "
        "known up to a factor 2. The median of the roundings is less than the worst, so the best step "
        "measured tends to be smaller than the predicted one, and so is the error there.",
        "Best steps of a central difference of exp near 1, predicted and measured",
        [
            "dtype",
            "ε",
            "predicted step",
            "error there, at worst",
            "best step measured",
            "error there",
            f"error at h = {FIXED}",
        ],
        rows,
    )
    return [figure, table]


def _errors_in(dtype: Any) -> tuple[list[float], list[float]]:
    """Steps that are added to the points exactly, and the error of each."""
    steps = [2.0**-k for k in range(1, np.finfo(dtype).nmant)]
    points = POINTS.astype(dtype)
    return steps, median_errors(_central_in(dtype), np.exp, np.exp, points, steps)


def _central_in(dtype: Any) -> Any:
    """The central difference with a step of this dtype."""
    return lambda f, x, h: central(f, x, dtype(h)).astype(np.longdouble)


def _best(dtype: Any, steps: list[float], errors: list[float]) -> list[str | float | None]:
    eps = float(np.finfo(dtype).eps)
    error, step = min(zip(errors, steps, strict=True))
    at_fixed: str | float = "1 + h is 1"
    if eps < STEP:
        points = POINTS.astype(dtype)
        (at_fixed,) = median_errors(_central_in(dtype), np.exp, np.exp, points, [STEP])
    predicted = CENTRAL.best_step(1, 1, eps / 2)
    return [dtype.__name__, eps, predicted, predicted**2 / 2, step, error, at_fixed]


REFERENCES = works("press", "higham", "goldberg", "ieee")
