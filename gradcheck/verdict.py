"""From estimates to a verdict: pure functions of numbers.

Two questions are kept apart. Is the formula right? The subject's own backward, run in balls so narrow
that rounding vanishes (`high`), is compared with the truth. How accurate is it in this dtype? Its floats
(`got`) are compared with `high`, and the tolerance is derived: the radius that the same backward
accumulates in balls of the dtype's precision (`low`) is the rounding that this formula can produce here.

No tolerance has an absolute floor above the smallest subnormal number of the dtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from flint import arb

from gradcheck import ulp

Verdict = Literal["pass", "fail", "inconclusive", "not-tested"]

# Ball arithmetic rounds each operation once, to within an ULP; NumPy's vectorised elementary functions
# are allowed 4 ULP.
SAFETY = 4

_SEVERITY: dict[str, int] = {"fail": 3, "inconclusive": 2, "pass": 1, "not-tested": 0}


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict of a whole: a fail anywhere, else an inconclusive, else a pass.

    >>> worst(["pass", "not-tested", "fail"]), worst([])
    ('fail', 'not-tested')
    """
    return max(verdicts, key=_SEVERITY.__getitem__, default="not-tested")


@dataclass(frozen=True)
class Judgement:
    """A comparison's outcome: verdict, whether balls prove it, error and tolerance, and what was said."""

    verdict: Verdict
    certified: bool
    error: arb
    tolerance: arb
    reason: str


def rounding(high: arb, low: arb | None, dtype: Any) -> arb:
    """How far rounding may carry this element: the radius of `low`, at least half an ULP."""
    half = ulp.ulp(high, dtype) / 2
    if low is None or not low.is_finite():
        return half
    radius = low.rad()
    return radius if radius > half else half


def judge_formula(
    high: Sequence[arb], low: Sequence[arb], probe: Sequence[arb], truth: arb, dtype: Any
) -> Judgement:
    """Whether the contraction of `high` with `probe` is the `truth`.

    Balls that overlap prove agreement to their width. Where they do not, constants inside backward
    that were rounded to the dtype (1/n, say) excuse as much as rounding can do, as long as that is
    small beside the gradient: otherwise nothing is shown.
    """
    total, tolerance, scale = arb(0), arb(0), arb(0)
    decided = True
    for h, r, e in zip(high, low, probe, strict=True):
        if e == 0:
            continue
        total += h * e
        tolerance += abs(e) * rounding(h, r, dtype)
        scale += abs(e * h)
        decided = decided and r.is_finite()
    error = abs(total - truth)
    tolerance = tolerance.mid() * SAFETY
    if not total.is_finite():
        return Judgement("inconclusive", False, error, tolerance, "backward in balls is not finite")
    if total.overlaps(truth):
        return Judgement("pass", True, error, tolerance, "proven equal")
    small = scale.mid() * arb(2) ** -(ulp.precision(dtype) // 2)
    if error <= tolerance and tolerance <= small:
        return Judgement("pass", True, error, tolerance, "equal up to rounded constants")
    if error > tolerance and (decided or error > small):
        return Judgement("fail", True, error, tolerance, "proven different")
    return Judgement("inconclusive", False, error, tolerance, "rounding hides the difference")


def judge_rounding(got: arb, high: arb, low: arb, dtype: Any) -> Judgement:
    """Whether the float `got` is `high` up to the rounding that `low` allows."""
    tolerance = SAFETY * rounding(high, low, dtype) + high.rad()
    if not got.is_finite():
        return Judgement("fail", False, got, tolerance, "not finite")
    error = abs(got - high.mid())
    if error <= tolerance:
        return Judgement("pass", True, error, tolerance, "within rounding")
    if low.is_finite() and error > tolerance:
        return Judgement("fail", True, error, tolerance, "more than rounding can explain")
    return Judgement("inconclusive", False, error, tolerance, "rounding is unbounded here")


def judge_bound(got: arb, truth: arb, allowance: arb) -> Judgement:
    """Whether `got` is `truth` within the truth's own radius and an allowance for rounding."""
    if not got.is_finite():
        return Judgement("fail", False, got, allowance, "not finite")
    if not truth.is_finite():
        return Judgement("inconclusive", False, truth, allowance, "the oracle has no bound here")
    error = abs(got - truth.mid())
    tolerance = truth.rad() + allowance
    if error <= tolerance:
        return Judgement("pass", False, error, tolerance, "within the bound")
    return Judgement("fail", False, error, tolerance, "outside the bound")
