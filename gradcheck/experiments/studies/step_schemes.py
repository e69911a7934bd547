"""Schemes and their orders: why the best step is where it is, Richardson, the complex step, higher orders."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.experiments.studies.digits import marked, shortened
from gradcheck.experiments.studies.extrapolating import extrapolation
from gradcheck.experiments.studies.schemes import (
    CENTRAL,
    FIRST,
    OF_ORDER,
    Scheme,
    complex_step,
    median_errors,
    unit_roundoff,
)
from gradcheck.experiments.studies.study import Axis, Figure, Line, Study, Table
from gradcheck.records.literature import works
from gradcheck.report.formatting import power_of_ten, significant

U = unit_roundoff(np.float64)
X = 1.0
POINTS = X + np.arange(41) / 2048  # of which a median is taken; a step of 2^-k is added to them exactly
STEPS = [2.0**-k for k in range(1, 51)]
TINY = [10.0**-k for k in range(1, 201)]
ASYMPTOTIC = 100  # truncation this many times the rounding: the slope is that of truncation alone
_STEP, _ERROR = Axis("step h", log=True), Axis("relative error", log=True)


def f(x: Any) -> Any:
    """The example: exp(x) sin(x), real or complex."""
    return np.exp(x) * np.sin(x)


def f_derivative(k: int, x: Any) -> Any:
    """Its derivative of order k: each turns the sine by an eighth and multiplies by the root of 2.

    >>> bool(np.isclose(f_derivative(1, 1.0), np.e * (np.sin(1) + np.cos(1))))
    True
    """
    turn = np.arctan(np.ones_like(x)) * k  # pi / 4 in the precision of x
    return np.sqrt(np.ones_like(x) * 2) ** k * np.exp(x) * np.sin(x + turn)


def study() -> Study:
    """Schemes of first derivatives, extrapolation, the complex step, derivatives of higher order."""
    errors = {scheme.name: _errors(scheme) for scheme in FIRST}
    best = {name: min(zip(found, STEPS, strict=True)) for name, found in errors.items()}
    by_complex_step = _complex_errors(TINY)
    lead = (
        "The order p of a scheme says how its truncation shrinks with the step h: like hᵖ, so half the step "
        "leaves 1/2ᵖ of it. Rounding grows like 1/h whatever the scheme. The higher the order, the larger "
        "the step that is best, and the smaller the error there: at best the forward difference of this "
        f"example leaves a relative error of {_two(best['forward'][0])}, the central one "
        f"{_two(best['central'][0])}, five points {_two(best['five-point'][0])}, Richardson's extrapolation "
        f"{_two(best['Richardson'][0])}. The complex step has no rounding to fear: its error is "
        f"{_two(by_complex_step[-1])} at h = {power_of_ten(-200)}."
    )
    return Study(
        "Schemes and their orders",
        lead,
        [
            _schemes_figure(errors),
            _schemes_table(errors),
            *extrapolation(f, f_derivative(1, X), X),
            *_complex_parts(by_complex_step),
            *_higher_orders(),
        ],
        REFERENCES,
    )


def _two(number: float) -> str:
    return significant(number, 2)


# Schemes of first derivatives -----------------------------------------------------------------------


def _errors(scheme: Scheme) -> list[float]:
    n = scheme.derivative
    return median_errors(scheme, f, lambda x: f_derivative(n, x), POINTS, STEPS)


def _higher(scheme: Scheme) -> float:
    """The derivative that its truncation is made of."""
    return float(f_derivative(scheme.derivative + scheme.order, X))


def best_step(scheme: Scheme) -> float:
    """The step that the model prefers at X."""
    return scheme.best_step(float(f(X)), _higher(scheme), U)


def error_at_worst(scheme: Scheme, h: float) -> float:
    """What the model predicts, relative to the derivative."""
    predicted = scheme.truncation(h, _higher(scheme)) + scheme.rounding(h, float(f(X)), U)
    return predicted / abs(float(f_derivative(scheme.derivative, X)))


def measured_order(scheme: Scheme, errors: Sequence[float]) -> float:
    """The slope of the error where truncation is nearly all of it, at the smallest such step."""
    value, higher = float(f(X)), _higher(scheme)
    truncated = [
        n
        for n, h in enumerate(STEPS)
        if scheme.truncation(h, higher) > ASYMPTOTIC * scheme.rounding(h, value, U)
    ]
    last = max(truncated)
    return math.log2(errors[last - 1] / errors[last])


def _schemes_figure(errors: dict[str, list[float]]) -> Figure:
    lines = [
        Line(f"{scheme.name}, order {scheme.order}", STEPS, shortened(errors[scheme.name]))
        for scheme in FIRST
    ]
    lines.append(Line("complex step, order 2", STEPS, shortened(_complex_errors(STEPS))))
    lines += [_truncation_guide("truncation, slopes 1, 2, 4, 6", scheme) for scheme in FIRST]
    lines.append(_rounding_guide("rounding, slope -1", CENTRAL))
    return Figure(
        "Why the best step is where it is",
        "Taylor's series gives the truncation of a scheme of order p: C hᵖ |f⁽ᵖ⁺¹⁾(x)|, with C = 1/2, 1/6, "
        "1/30 for the forward, the central and the five-point difference. Each value of f is rounded: it "
        "is off by u |f| at most, where u is half the distance from 1 to the next float (1.1·10⁻¹⁶ in "
        "float64). Divided by h that is W u |f| / h, where W is the sum of the absolute weights. The error "
        "is at most the sum\n\nE(h) = C hᵖ |f⁽ᵖ⁺¹⁾| + W u |f| / h.\n\nIts derivative by h is zero at h* = "
        "(W u |f| / (p C |f⁽ᵖ⁺¹⁾|))^(1/(p+1)); for the central difference that is h* = (3 u |f| / "
        "|f'''|)^(1/3). There truncation is 1/p of the rounding. Both are of the size u^(p/(p+1)): a forward "
        "difference keeps at best about half of the digits, a central one two thirds, one of order 6 six "
        f"sevenths.\n\nHere f(x) = exp(x) sin(x). Each error is the median over {len(POINTS)} points from "
        f"x = 1 to {significant(float(POINTS[-1]), 3)}.",
        "Relative error of first derivatives against the step, both axes logarithmic: a power hᵖ is a "
        "straight line of slope p. Each scheme falls along its own guide of truncation, then rises along "
        "that of rounding; the complex step does not rise.",
        _STEP,
        _ERROR,
        lines,
    )


def _truncation_guide(label: str, scheme: Scheme) -> Line:
    return _guide(label, scheme, lambda h: scheme.truncation(h, _higher(scheme)))


def _rounding_guide(label: str, scheme: Scheme) -> Line:
    return _guide(label, scheme, lambda h: scheme.rounding(h, float(f(X)), U))


def _guide(label: str, scheme: Scheme, error: Callable[[float], float]) -> Line:
    """What the model predicts, relative to the derivative, where that is within the plot."""
    scale = abs(float(f_derivative(scheme.derivative, X)))
    inside = [(h, error(h) / scale) for h in STEPS if 1e-16 < error(h) / scale < 1]
    return Line(label, [h for h, _ in inside], shortened(e for _, e in inside), "guide")


def _schemes_table(errors: dict[str, list[float]]) -> Table:
    cells: list[list[str | float | None]] = []
    for scheme in FIRST:
        error, step = min(zip(errors[scheme.name], STEPS, strict=True))
        h = best_step(scheme)
        order = f"{measured_order(scheme, errors[scheme.name]):.2f}"
        cells.append(
            [scheme.name, scheme.formula, scheme.order, order, h, error_at_worst(scheme, h), step, error]
        )
    return Table(
        "",
        "The order is measured as the slope between two steps where the model says that rounding is less "
        "than a hundredth of the error. The steps tried are powers of 2, so a best step is known up to a "
        "factor 2. The model's error is the worst that rounding may do; in the median rounding does less.",
        "First derivatives of exp(x) sin(x) at 1: order and best step, predicted and measured",
        [
            "scheme",
            "formula",
            "order",
            "order, measured",
            "best step, predicted",
            "error there, at worst",
            "best step, measured",
            "error there",
        ],
        cells,
    )


# The complex step -----------------------------------------------------------------------------------


def _complex_errors(steps: Sequence[float]) -> list[float]:
    return median_errors(complex_step, f, lambda x: f_derivative(1, x), POINTS, steps)


def _complex_parts(errors: list[float]) -> list[Figure | Table]:
    by_central = median_errors(CENTRAL, f, lambda x: f_derivative(1, x), POINTS, TINY)
    figure = Figure(
        "The complex step",
        "For an analytic f, f(x + ih) = f(x) + ih f'(x) - h²/2 f''(x) - ih³/6 f'''(x) + …, so the imaginary "
        "part divided by h is f'(x) - h²/6 f'''(x) + …: a scheme of order 2 like the central difference. But "
        "it subtracts nothing. The small imaginary part has digits of its own, none cancels, and h can be "
        "so small that the truncation is far below rounding. It needs an analytic f that computes with "
        "complex numbers: no absolute value, no maximum.",
        "Relative error down to h = 10⁻²⁰⁰: the central difference finds nothing once x + h is x, the "
        "complex step is right to the last digits at every step below 10⁻⁸.",
        _STEP,
        _ERROR,
        [
            Line("central", TINY[:20], shortened(by_central[:20])),
            Line("complex step", TINY, shortened(errors)),
        ],
    )
    table = Table(
        "",
        "",
        "The derivative of exp(x) sin(x) at 1 by both, a bar before the first wrong digit",
        ["h", "central difference", "complex step"],
        [_both_at(h) for h in (1e-1, 1e-2, 1e-4, 1e-8, 1e-12, 1e-16, 1e-50, 1e-100, 1e-200)],
    )
    return [figure, table]


def _both_at(h: float) -> list[str | float | None]:
    truth = f"{float(f_derivative(1, X)):.14f}"
    values = [float(CENTRAL(f, X, h)), float(complex_step(f, X, h))]
    return [power_of_ten(round(math.log10(h))), *(marked(f"{value:.14f}", truth) for value in values)]


# Higher orders --------------------------------------------------------------------------------------


def _higher_orders() -> list[Figure | Table]:
    errors = {scheme.derivative: _errors(scheme) for scheme in OF_ORDER}
    lines = [Line(f"derivative of order {n}", *_drawn(found)) for n, found in errors.items()]
    lines += [_rounding_guide("rounding, slopes -1 to -4", scheme) for scheme in OF_ORDER]
    figure = Figure(
        "Higher orders",
        "A derivative of order n divides by hⁿ, so rounding grows like u/hⁿ while the truncation of a "
        "central difference still shrinks like h². The best step is h* = (n W u |f| / (2 C "
        "|f⁽ⁿ⁺²⁾|))^(1/(n+2)): it grows with the order, and so does the error that is left there, of the "
        "size u^(2/(n+2)). Differences of forward alone soon have few digits; backward of backward "
        "subtracts no neighbours and keeps them.",
        "Relative error of central differences of the derivatives of order 1 to 4: each bottom lies further "
        "right and higher than the one before, each rise is steeper.",
        _STEP,
        _ERROR,
        lines,
    )
    cells: list[list[str | float | None]] = []
    for s in OF_ORDER:
        error, step = min(zip(errors[s.derivative], STEPS, strict=True))
        h = best_step(s)
        cells.append([str(s.derivative), s.formula, h, error_at_worst(s, h), step, error])
    table = Table(
        "",
        "",
        "Central differences of exp(x) sin(x) at 1 in float64: the best step grows with the order",
        [
            "order",
            "formula",
            "best step, predicted",
            "error there, at worst",
            "best step, measured",
            "error there",
        ],
        cells,
    )
    return [figure, table]


def _drawn(errors: list[float]) -> tuple[list[float], list[float]]:
    """Steps and errors where something of the derivative is left."""
    kept = [(h, e) for h, e in zip(STEPS, errors, strict=True) if e < 10]
    return [h for h, _ in kept], shortened(e for _, e in kept)


REFERENCES = works("richardson", "lyness", "squire", "fornberg", "ridders")
