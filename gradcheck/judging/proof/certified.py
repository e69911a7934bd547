"""Judgement by balls: backward's formula against the jets, backward's floats against the formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from flint import arb

from gradcheck.judging import comparison, numerals, rounding, verdict
from gradcheck.judging.finding import Evidence
from gradcheck.judging.kinks import elements
from gradcheck.judging.libm import coarseness
from gradcheck.judging.proof import digits, locate
from gradcheck.judging.proof.reach import out_of_reach
from gradcheck.judging.proof.sensitivity import changes_of, input_effect
from gradcheck.judging.scene import Scene
from gradcheck.oracles.numbers import ulp
from gradcheck.oracles.numbers.conversion import exact
from gradcheck.oracles.numbers.working import working
from gradcheck.system import floats

BITS = 256  # of the contractions
UNBOUNDED = "further off than samples of rounding show, and no bound of rounding is known"


@dataclass(frozen=True)
class _Order:
    """What is known of one order: floats, narrow balls (also rounded), and how many ULPs they are apart."""

    k: int
    got: np.ndarray
    high: list[arb]
    rounded: np.ndarray
    distance: np.ndarray


def judge(scene: Scene, k: int) -> Evidence | None:
    """The verdict on order k; None where backward's balls have no value (0/0, which floats may avoid)."""
    got, high = scene.got(k), scene.high(k)
    if not all(map(arb.is_finite, high)):
        return None
    parts = scene.split(k)
    distance = ulp.distances(got, high, scene.at.dtype, parts)
    distance[list(scene.kinks.left_out)] = 0.0
    order = _Order(k, got, high, parts[0], distance)
    formula = _formula(scene, order)
    wrong = next((n for n, j in enumerate(formula) if j.verdict == "fail"), None)
    position = (
        _hidden_position(scene, order, formula) if wrong is None else _wrong_position(scene, order, wrong)
    )
    if position is not None:
        row = _evidence(scene, order, position, locate.true_element(scene, k, position))
        shown = numerals.of_element(scene, k, position)
        reason = f"order {k}: backward's formula is wrong (proven)"
        return replace(numerals.put_into(row, shown), verdict="fail", formula="wrong", reason=reason)
    row = _accuracy(scene, order)
    unclear = next((j for j in formula if j.verdict == "inconclusive"), None)
    if row.verdict == "pass" and unclear is not None:
        reason = f"order {k}: {unclear.reason}"
        return replace(row, verdict="inconclusive", formula="unknown", reason=reason)
    if row.verdict == "pass":
        row = _digits(scene, order, row)
    if row.verdict == "pass" and scene.kinks.left_out:
        return elements.with_remaining(scene, k, row)
    return _declared(scene, order, row) if row.verdict == "pass" else row


def _formula(scene: Scene, order: _Order) -> list[verdict.Judgement]:
    """The judgement of each column, up to the first that fails.

    Rounding is bounded by balls; where that hides errors, by samples.
    """
    assert scene.truth is not None

    def judged(weights: list[tuple[int, float]], truth: arb) -> verdict.Judgement:
        dtype = scene.at.dtype
        found = verdict.judge_formula(order.high, lambda: scene.low(order.k), weights, truth, dtype)
        if found.verdict != "inconclusive":
            return found
        return verdict.judge_formula(order.high, lambda: rounding.low(scene, order.k), weights, truth, dtype)

    found: list[verdict.Judgement] = []
    with working(BITS):
        for weights, balls in zip(scene.weighed, scene.truth.columns, strict=True):
            found.append(judged(weights, balls[order.k - 1]))
            if found[-1].verdict == "fail":
                break
    return found


def _wrong_position(scene: Scene, order: _Order, column: int) -> int:
    """The position of a wrong element that a failing column weighs."""
    weights = scene.weights(scene.columns[column])
    if len(weights) == 1:
        return weights[0][0]
    return locate.wrong_element(scene, order.k, order.high, scene.columns[column])


def _hidden_position(scene: Scene, order: _Order, formula: Sequence[verdict.Judgement]) -> int | None:
    """The position of a wrong element in a column whose many elements are allowed too much together."""
    columns = [c for c, j in zip(scene.columns, formula, strict=True) if j.hiding]
    found = (locate.hidden_element(scene, order.k, order.high, column) for column in columns)
    return next((position for position in found if position is not None), None)


def _accuracy(scene: Scene, order: _Order) -> Evidence:
    """Whether the floats are the formula, up to its own rounding."""
    suspects = np.flatnonzero(~(order.distance <= verdict.negligible(scene.at.dtype))).tolist()
    low = scene.low(order.k) if suspects else []
    judged = {p: _element(scene, order, p, low[p]) for p in suspects}
    for wanted in ("fail", "inconclusive"):
        bad = next((p for p, j in judged.items() if j.verdict == wanted), None)
        if bad is not None:
            row = _evidence(scene, order, bad, order.high[bad], judged[bad].tolerance)
            if judged[bad].reason == UNBOUNDED:
                row = _digits(scene, order, row)
                if row.verdict == "inconclusive":
                    return row
            finite = np.isfinite(order.got[bad])
            value = judged[bad].reason if finite or wanted != "fail" else f"{row.got}, not {row.expected}"
            reason = f"order {order.k}: the formula is right, its value is {value}"
            return replace(row, verdict=wanted, reason=reason, certified=wanted == "fail")
    worst = _worst(order, judged)
    tolerance = judged[worst].tolerance if worst in judged else None
    return _evidence(scene, order, worst, order.high[worst], tolerance)


def _digits(scene: Scene, order: _Order, row: Evidence) -> Evidence:
    """The same with the digits that are kept; elements that are judged elsewhere count as right."""
    kept = ulp.digits_of_each(order.got, order.high, order.distance, scene.at.dtype, order.rounded)
    beyond = [p for p in np.flatnonzero(~np.isfinite(order.got)).tolist() if _overflows(scene, order, p)]
    apart: list[int] = [*scene.kinks.left_out, *beyond]
    kept[apart] = floats.full_digits(scene.at.dtype)
    return digits.judged(scene, row, kept, lambda p: exact(order.got[p]) - order.high[p].mid())


def _overflows(scene: Scene, order: _Order, p: int) -> bool:
    return verdict.overflowed(exact(order.got[p]), order.high[p], scene.at.dtype)


def _worst(order: _Order, judged: dict[int, verdict.Judgement]) -> int:
    """The largest error, without values that rightly overflow."""
    finite = np.where(np.isfinite(order.distance), order.distance, 0.0)
    return int(np.argmax(finite))


def _element(scene: Scene, order: _Order, p: int, low: arb) -> verdict.Judgement:
    got, high, dtype = order.got[p], order.high[p], scene.at.dtype
    judged = verdict.judge_rounding(exact(got), high, low, dtype)
    bounded = verdict.SAFETY * low.rad() < abs(high.mid())
    if np.isfinite(got) and not bounded and judged.verdict != "fail":
        return _sampled(scene, order, p, judged)
    if judged.verdict != "fail":
        return judged
    if _overflows(scene, order, p):
        return replace(judged, verdict="pass", reason="beyond the largest number")
    beyond = out_of_reach(scene)
    if beyond is None and scene.measured.undecided(order.k):
        beyond = "that of another branch: a comparison inside is decided by rounding"
    if beyond is None and np.isfinite(got) and scene.beyond:
        beyond = f"off, because an intermediate result leaves the range of {np.dtype(dtype).name}"
    if beyond is not None:
        return replace(judged, verdict="inconclusive", certified=False, reason=beyond)
    return judged


def _sampled(scene: Scene, order: _Order, p: int, judged: verdict.Judgement) -> verdict.Judgement:
    """An element whose rounding balls bound by no less than its value: samples of rounding are asked."""
    tolerance = verdict.SAFETY * rounding.low(scene, order.k)[p].rad()
    if judged.error <= tolerance:
        return replace(judged, verdict="pass", tolerance=tolerance)
    return replace(judged, verdict="inconclusive", certified=False, tolerance=tolerance, reason=UNBOUNDED)


def _evidence(scene: Scene, order: _Order, p: int, truth: arb, tolerance: arb | None = None) -> Evidence:
    got, dtype = exact(order.got[p]), scene.at.dtype
    if tolerance is None:
        tolerance = verdict.negligible(dtype) * ulp.ulp(truth, dtype)
    distance = ulp.distance(got, truth, dtype)
    return Evidence(
        order=order.k,
        oracle="jet",
        verdict="pass",
        reason=f"order {order.k}: proven right; the worst element is off by {distance:.2g} ULP",
        certified=True,
        formula="proven",
        digits=ulp.digits(got, truth, dtype),
        expected=comparison.text(truth),
        contracted=numerals.contracted_with(scene, order.k, p),
        **comparison.compared(got, truth, tolerance, dtype),
        **scene.element(p),
    )


def _declared(scene: Scene, order: _Order, row: Evidence) -> Evidence:
    """A spec's own accuracy. A bound of n ULPs: within n ULPs of what n roundings of the data lead to.

    The row of an element that is further off says beside its error what is excused.

    On a device it is wider by as much as the elementary functions there are less accurate.
    """
    bounds = scene.case.bounds
    if bounds is None or order.k > len(bounds):
        return row
    declared = float(bounds[order.k - 1])
    row = replace(row, declared_ulp=declared)
    if row.error_ulp is None or row.error_ulp <= declared:
        return row
    declared *= coarseness(scene.at.device, np.dtype(scene.at.dtype))
    excused = declared * _excused(scene, order)
    position = _furthest(np.maximum(0.0, order.distance - excused), order.distance)
    excuse = float(excused[position])
    left = max(0.0, float(order.distance[position]) - excuse)
    row = replace(
        _evidence(scene, order, position, order.high[position], _tolerance(scene, order, position)),
        digits=row.digits,  # of any element the fewest, with what is to be said of them
        warnings=row.warnings,
        notes=row.notes,
        declared_ulp=declared,
        excused_ulp=excuse,
    )
    if left <= declared:
        reason = f"order {order.k}: proven right; {left:.2g} ULP past what rounding of the data causes"
        return replace(row, reason=reason)
    reason = f"order {order.k}: off by {left:.2g} ULP, declared {declared:.2g}"
    return replace(row, verdict="fail", reason=reason)


def _furthest(left: np.ndarray, distance: np.ndarray) -> int:
    """The position of the largest error that is left: of equal ones of that which is furthest off."""
    left, distance = (np.where(np.isfinite(each), each, 0.0) for each in (left, distance))
    return max(range(left.size), key=lambda p: (left[p], distance[p]))


def _tolerance(scene: Scene, order: _Order, p: int) -> arb | None:
    """What rounding may do at an element, where it is asked."""
    if order.distance[p] <= verdict.negligible(scene.at.dtype):
        return None
    return _element(scene, order, p, scene.low(order.k)[p]).tolerance


def _excused(scene: Scene, order: _Order) -> np.ndarray:
    """For each element the ULPs that half an ULP of all that backward is given causes; 0 where unknown."""
    effect = input_effect(changes_of(scene, order.k))
    if effect is None:
        return np.zeros(len(order.high))
    ulps = (c / ulp.ulp(high, scene.at.dtype) for c, high in zip(effect, order.high, strict=True))
    return np.array([float(n.mid()) if n.is_finite() else 0.0 for n in ulps])
