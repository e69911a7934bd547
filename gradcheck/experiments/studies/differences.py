"""How numerical differentiation errs: truncation against cancellation, and what a fixed step costs."""

from __future__ import annotations

import math
from itertools import takewhile
from typing import Any

import numpy as np

from gradcheck.experiments.studies import fixed_step, million
from gradcheck.experiments.studies.fixed_step import FIXED
from gradcheck.experiments.studies.parts import Axis, Figure, Line, Study, Table
from gradcheck.experiments.studies.section import shortened
from gradcheck.oracles.differences.error_curves import Curve, curve
from gradcheck.report.formatting import power_of_ten, significant

_FIXED = power_of_ten(-4)
EPS = float(np.finfo(np.float64).eps)
DTYPES = (np.float16, np.float32, np.float64, np.longdouble)


def study() -> Study:
    """One example digit by digit, four dtypes, every function, and a million parameters."""
    costs = fixed_step.costs()
    bent = [cost for cost in costs if not cost.linear]
    worst = costs[0]
    median, best = (float(np.median([getattr(c, way) for c in bent])) for way in ("fixed", "best"))
    table, ratio = million.study()
    errors = [significant(error, 1) for error in (median, best, worst.fixed, worst.backward)]
    lead = (
        "A difference quotient has two enemies. A large step cuts off the Taylor series (truncation), a "
        "small one subtracts nearly equal numbers (cancellation), and the best step lies where both hurt "
        f"alike. The fixed step {_FIXED} leaves a relative error of {errors[0]} in the median of the "
        f"{len(bent)} functions here that are not linear, the step of an error model {errors[1]}; "
        f"in the worst ({worst.op}) it leaves {errors[2]}, where backward has {errors[3]}. And for a million "
        f"parameters central differences take some {million.rough(ratio)} times as long as one backward pass."
    )
    return Study(
        "Numerical differentiation and its error",
        lead,
        [digit_by_digit(), *optimal_steps(), *fixed_step.parts(costs), table],
    )


# Digit by digit -------------------------------------------------------------------------------------


def digit_by_digit() -> Table:
    """Central differences of exp at 1 for steps 0.1, 0.01, ..."""
    with np.errstate(all="ignore"):
        cells = [_digits_of(10.0**-k) for k in range(1, 16)]
    return Table(
        "Truncation against cancellation, digit by digit",
        "The derivative of exp at 1 is e = 2.718281828459045. Read the table from top to bottom. At first "
        "each smaller step gives two more correct digits: the truncation h²/6 shrinks. But the two values "
        "share more and more leading digits, which the subtraction cancels, and what is left of their 16 "
        "digits are the wrong ones: from h = 10⁻⁵ on each step costs a digit. The bar | stands where the "
        "digits stop being right. The rounding predicted is the worst that half a unit in the last place of "
        "either value can do; two roundings that happen to agree do better.",
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
            "rounding, predicted",
        ],
        cells,
    )


def _digits_of(h: float) -> list[str | float | None]:
    above, below = float(np.exp(1 + h)), float(np.exp(1 - h))
    quotient = (above - below) / (2 * h)
    cancelled = math.log10(above / (above - below)) if above > below else math.inf
    return [
        power_of_ten(round(math.log10(h))),
        f"{above:.16f}",
        f"{below:.16f}",
        f"{above - below:.16f}",
        round(cancelled, 1),
        marked(f"{quotient:.15f}", f"{math.e:.15f}"),
        abs(quotient - math.e),
        h**2 / 6 * math.e,
        EPS / 2 * math.e / h,
    ]


def marked(got: str, truth: str) -> str:
    """`got` with a bar before its first wrong digit.

    >>> marked("2.7183", "2.7182"), marked("2.7182", "2.7182")
    ('2.718|3', '2.7182')
    """
    shared = sum(takewhile(bool, (a == b for a, b in zip(got, truth, strict=False))))
    return got if shared == len(got) else f"{got[:shared]}|{got[shared:]}"


# Optimal steps --------------------------------------------------------------------------------------


def optimal_steps() -> list[Figure | Table]:
    """The error of central differences of exp at 1 against the step, in each dtype."""
    found = {dtype.__name__: _curve_in(dtype) for dtype in DTYPES}
    figure = Figure(
        "The best step in each precision",
        "Setting the derivative of h²/6·|f‴| + ε/2·|f|/h to zero gives the best step of a central "
        "difference, h = (3/2·ε·|f/f‴|)^(1/3): the third root of the precision. Shorter floats want far "
        "larger steps. At the best step the truncation is half of the rounding; for exp both together are "
        "at worst h²/2 of the derivative. On this machine longdouble has "
        f"{np.finfo(np.longdouble).nmant + 1} bits of mantissa.",
        "Relative error of central differences of exp at 1: one V for each dtype, its bottom further right "
        "and higher the fewer bits there are.",
        Axis("step h", log=True),
        Axis("relative error", log=True),
        [Line(name, c.step, shortened(c.error)) for name, c in found.items()],
    )
    table = Table(
        "",
        f"A step of {_FIXED} is right for none of them. The best step measured scatters around the predicted "
        "one: near the bottom the rounding errors of two values happen to cancel here and there, and the "
        "luckiest step wins.",
        "Best steps of a central difference of exp at 1, predicted and measured",
        [
            "dtype",
            "ε",
            "predicted step",
            "error, at worst",
            "best step",
            "error there",
            f"error at h = {_FIXED}",
        ],
        [_best(name, c) for name, c in found.items()],
    )
    return [figure, table]


def _curve_in(dtype: Any) -> Curve:
    steps = np.geomspace(0.5, 2 * float(np.finfo(dtype).eps), 40).tolist()
    return curve(np.exp, 1.0, steps=steps, truth=math.e, higher=lambda k: math.e, dtype=dtype)


def _best(name: str, found: Curve) -> list[str | float | None]:
    eps = float(np.finfo(name).eps)
    error, step = min(zip(found.error, found.step, strict=True))
    at_fixed: str | float = "1 + h is 1"
    if eps < FIXED:
        at_fixed = curve(np.exp, 1.0, steps=[FIXED], truth=math.e, dtype=np.dtype(name)).error[0]
    predicted = (1.5 * eps) ** (1 / 3)
    return [name, eps, predicted, predicted**2 / 2, step, error, at_fixed]
