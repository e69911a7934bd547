"""An estimate compared with the floats of backward: rows of evidence without a proof.

The oracle's own bound comes with its ball; what rounding may do to the floats, `rounding`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flint import arb

from gradcheck.judging import numerals, verdict
from gradcheck.judging.finding import Evidence, Formula
from gradcheck.judging.rounding import allowances
from gradcheck.judging.scene import Scene
from gradcheck.oracles.numbers import ulp
from gradcheck.oracles.numbers.conversion import exact
from gradcheck.oracles.numbers.working import working

BITS = 256  # of sums of products
_FORMULA: dict[str, Formula] = {"pass": "supported", "fail": "wrong"}
_SEVERITY = {"fail": 2, "inconclusive": 1, "pass": 0}


def contraction(
    scene: Scene,
    k: int,
    oracle: str,
    weights: Sequence[tuple[int, float]],
    truth: arb,
    size: Callable[[], arb] | None = None,
    gots: np.ndarray | None = None,
) -> Evidence:
    """The floats of order k, contracted with (position, weight)s, compared with the true contraction.

    Args:
        size: what size the derivative may be expected to have; asked where its own magnitude is too
            small to decide. An infinite one is for a claimed zero only.
        gots: other floats than those of the scene.
    """
    gots = scene.got(k) if gots is None else gots
    claims = [gots[p] for p, _ in weights]
    known = np.isfinite(claims).all()  # else rounding is no excuse, nor its bound asked
    slack = allowances(scene)[k - 1] if known else np.full(len(gots), np.inf)
    with working(BITS):
        terms = [exact(got) * weight for got, (_, weight) in zip(claims, weights, strict=True)]
        total = sum(terms, arb(0))
        allowance = arb(sum(abs(weight) * float(slack[p]) for p, weight in weights))
        sizes = [sum((abs(t) for t in terms), arb(0)), *finite([abs(truth.mid())])]
        scale = max(sizes, key=magnitude)
        judged = verdict.judge_bound(total, truth, allowance, scale, scene.at.dtype)
        if judged.verdict == "inconclusive" and size is not None and truth.is_finite():
            scale = size()
            if scale.is_finite() or not any(gots[p] for p, _ in weights):
                judged = verdict.judge_bound(total, truth, allowance, scale, scene.at.dtype)
        place = weights[0][0] if len(weights) == 1 else None
        return row(scene, k, oracle, judged, total, truth, place)


def elements(
    scene: Scene, k: int, oracle: str, truths: Sequence[arb], sizes: Callable[[], Sequence[arb]] | None = None
) -> Evidence | None:
    """Each float of order k against its truth: the row of the worst; None where there is none to judge."""
    gots, slack, dtype = scene.got(k), allowances(scene)[k - 1], scene.at.dtype
    scales, others = _scales(scene, truths), None
    worst: tuple[tuple[int, float], int, verdict.Judgement] | None = None
    with working(BITS):
        for p, (truth, got) in enumerate(zip(truths, gots, strict=True)):
            value, allowance = exact(got), arb(float(slack[p]))
            if p in scene.kinks.left_out or verdict.overflowed(value, truth, dtype):
                continue
            judged = verdict.judge_bound(value, truth, allowance, scales[p], dtype)
            if judged.verdict == "inconclusive" and sizes is not None and truth.is_finite():
                others = sizes() if others is None else others
                if others[p].is_finite() or not got:
                    judged = verdict.judge_bound(value, truth, allowance, others[p], dtype)
            key = _seriousness(judged)
            if worst is None or key > worst[0]:
                worst = key, p, judged
        if worst is None:
            return None
        _, p, judged = worst
        return row(scene, k, oracle, judged, exact(gots[p]), truths[p], p)


def _seriousness(judged: verdict.Judgement) -> tuple[int, float]:
    used = float(judged.error.mid()) / max(float(judged.tolerance.mid()), 1e-300)
    return _SEVERITY[judged.verdict], used


def rank(row: Evidence) -> tuple[int, float]:
    """The row to show is the most serious, and among equals the one nearest to its limit."""
    used = (row.error_ulp or 0.0) / max((row.tolerance_ulp or 0.0) + (row.bound_ulp or 0.0), 1e-300)
    return _SEVERITY[row.verdict], used


def _scales(scene: Scene, truths: Sequence[arb]) -> list[arb]:
    """For each element the largest true magnitude in its input."""
    scales: list[arb] = []
    for _, x in scene.at.differentiated():
        start = len(scales)
        scales += [largest(truths[start : start + x.size])] * x.size
    return scales


def magnitude(value: arb) -> float:
    return float(abs(value.mid()))


def finite(values: Sequence[arb]) -> list[arb]:
    return [v for v in values if v.is_finite()]


def largest(truths: Sequence[arb]) -> arb:
    """The largest known magnitude, 0 where none is known."""
    return max((abs(t.mid()) for t in finite(truths)), key=magnitude, default=arb(0))


def row(
    scene: Scene, k: int, oracle: str, judged: verdict.Judgement, got: arb, truth: arb, place: int | None
) -> Evidence:
    """What was compared, as evidence; `place` is the element's position, None for a contraction."""
    dtype = scene.at.dtype
    element = {"where": "a random contraction of all elements"} if place is None else scene.element(place)
    return Evidence(
        order=k,
        oracle=oracle,
        verdict=judged.verdict,
        reason=f"order {k}: {judged.reason}",
        formula=_FORMULA.get(judged.verdict, "unknown"),
        digits=None if place is None else _digits(got, truth, dtype),
        expected=_zero_if_possible(truth) if truth.is_finite() else "unknown",
        contracted="" if place is None else numerals.contracted_with(scene, k, place),
        **compared(got, truth, judged.tolerance, dtype),
        **element,
    )


def compared(got: arb, truth: arb, tolerance: arb, dtype: Any) -> dict[str, Any]:
    """The fields of Evidence for two numbers: their distance, and the tolerance, where it is known."""
    found: dict[str, Any] = {"got": text(got)}
    if not truth.is_finite():
        return found
    error, size = abs(got - truth.mid()), abs(truth.mid())
    found["error_ulp"] = ulp.distance(got, truth, dtype)
    found["bound_ulp"] = ulp.count(truth.rad(), truth, dtype)
    found["tolerance_ulp"] = ulp.count(tolerance, truth, dtype)
    if error.is_finite():
        found["error_abs"] = float(error.mid())
        found["error_rel"] = None if size.is_zero() else float((error / size).mid())
    return found


def text(number: arb) -> str:
    """
    >>> text(arb(0.1)), text(arb("inf"))
    ('0.10000000000000001', 'inf')
    """
    return number.mid().str(17, radius=False) if number.is_finite() else str(float(number.mid()))


def _zero_if_possible(truth: arb) -> str:
    """The number; zero where its bound contains zero."""
    return text(arb(0) if truth.contains(0) else truth)


def _digits(got: arb, truth: arb, dtype: Any) -> float | None:
    """The correct digits; None where the truth's own bound is too wide to know them."""
    error = abs(got - truth.mid())
    known = truth.is_finite() and (2 * truth.rad() <= error.mid() or 2 * truth.rad() <= ulp.ulp(truth, dtype))
    return ulp.digits(got, truth, dtype) if known or not got.is_finite() else None
