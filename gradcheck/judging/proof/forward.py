"""Whether forward computes what the documentation says: its floats against the formula."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from flint import arb

from gradcheck.cases.case import Case
from gradcheck.judging import comparison, verdict
from gradcheck.judging.finding import Evidence
from gradcheck.judging.libm import coarseness
from gradcheck.measuring.balls import rounded_values
from gradcheck.measuring.measure import outputs_of
from gradcheck.oracles.numbers import ulp
from gradcheck.oracles.numbers.conversion import exact
from gradcheck.oracles.numbers.working import by_itself
from gradcheck.system.raised import described

Judged = tuple[verdict.Verdict, float, arb]  # verdict, error in ULPs, tolerance


@by_itself()
def against_formula(case: Case) -> Evidence | None:
    """Order 0: every output element against the formula in high precision; None without a formula.

    The tolerance is what the rounding of this very forward can produce: its radius in balls of the
    dtype's precision, on a device times as much as its elementary functions are less accurate.
    """
    if case.formula is None:
        return None
    from gradcheck.oracles.symbols import formulas  # with SymPy: not where there is no formula

    started = time.perf_counter()
    subject = case.subject()
    with np.errstate(all="ignore"):
        output, *others = outputs_of(subject, case.inputs)
    if others:
        reason = (
            f"the formula is of one output, and the op gives {1 + len(others)}: let call give one of them"
        )
        return _unfit(reason, started)
    try:
        truth = formulas.value(case.formula, list(case.inputs), dict(case.params))
    except Exception as error:
        return _unfit(f"the formula raised {described(error)}", started)
    if truth.shape != output.shape:
        return _unfit(f"the formula gives shape {truth.shape} where the op gives {output.shape}", started)
    undefined = [n for n, (y, t) in enumerate(zip(output.flat, truth.flat, strict=True)) if _undefined(y, t)]
    if undefined:
        where = f"output element {undefined[0]}"
        reason = (
            f"neither the formula nor forward has a value at {where}: say by `domain` where it is defined"
        )
        return Evidence(0, "formula", "inconclusive", reason, seconds=time.perf_counter() - started)
    rounded = rounded_values(subject, case)[0]

    def judge(coarse: float = 1.0) -> list[Judged]:
        elements = zip(output.flat, truth.flat, rounded.flat, strict=True)
        return [_judge(exact(y), t, r, case.dtype, coarse) for y, t, r in elements]

    judged = judge()
    if any(said == "fail" for said, _, _ in judged):
        judged = judge(coarseness(case.device, np.dtype(case.dtype)))
    worst = max(judged, key=lambda j: (j[0] != "pass", j[1]))
    position = judged.index(worst)
    unit = ulp.ulp(truth.flat[position], case.dtype)
    pairs = [(exact(y), t) for y, t in zip(output.flat, truth.flat, strict=True) if t.is_finite()]
    return Evidence(
        order=0,
        oracle="formula",
        verdict=worst[0],
        reason="forward is the documented formula" if worst[0] == "pass" else "forward is not the formula",
        certified=True,
        digits=min((ulp.digits(y, t, case.dtype) for y, t in pairs), default=None),
        error_ulp=worst[1],
        bound_ulp=float((truth.flat[position].rad() / unit).mid()),
        tolerance_ulp=float((worst[2] / unit).mid()),
        where=f"output element {position}",
        expected=truth.flat[position].mid().str(17, radius=False),
        got=comparison.text(exact(output.flat[position])),
        seconds=time.perf_counter() - started,
    )


def _undefined(got: Any, truth: arb) -> bool:
    """Whether both are no numbers; an infinity may be a value."""
    return bool(np.isnan(got)) and not truth.is_finite()


def is_unfit(row: Evidence) -> bool:
    """Whether there was no value to compare with: the formula raised, or is of another shape."""
    return row.verdict == "fail" and not row.expected


def _unfit(reason: str, started: float) -> Evidence:
    """The row of a formula that is none of this op."""
    return Evidence(0, "formula", "fail", reason, seconds=time.perf_counter() - started)


def _judge(got: arb, truth: arb, rounded: arb, dtype: object, coarse: float) -> Judged:
    """One element; `coarse` times more than rounding is allowed."""
    tolerance = coarse * verdict.SAFETY * verdict.rounding(truth, rounded, dtype) + truth.rad()
    good = got.is_finite() and bool(abs(got - truth.mid()) <= tolerance)
    return "pass" if good else "fail", ulp.distance(got, truth, dtype), tolerance
