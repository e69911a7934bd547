"""Judgement where balls cannot carry it: an oracle's estimate against the floats of backward.

The oracle's own bound comes with its ball. The rounding of backward is estimated here: by the same
backward in longdouble, and at inputs moved by one ULP.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck import ulp, verdict
from gradcheck.finding import Evidence
from gradcheck.measure import Gradients, Point, flat, gradients
from gradcheck.oracles import symbolic
from gradcheck.oracles.arithmetic import exact

SPOT_CHECKS = 24  # elements per order that finite differences look at where there are more


def judge(oracle: str, scene: Any) -> list[Evidence]:
    """One row for each order that `oracle` ("symbolic" or "finite_difference") has an estimate of."""
    if oracle == "symbolic" and scene.case.formula is None:
        return []
    started = time.perf_counter()
    estimates = _symbolic(scene) if oracle == "symbolic" else _differences(scene)
    seconds = (time.perf_counter() - started) / max(len(estimates), 1)
    allowances = rounding(scene)
    rows = []
    for k, estimate in enumerate(estimates, 1):
        if k > scene.measured.reached:
            break
        row = _judge_elements(scene, k, oracle, flat(estimate, scene.at), allowances)
        if row is not None:
            rows.append(replace(row, seconds=seconds))
    return rows


def _symbolic(scene: Any) -> list[Any]:
    case, at = scene.case, scene.at
    return symbolic.estimate(
        case.formula,
        at.inputs,
        at.active,
        at.cotangents[0],
        at.direction,
        at.order,
        params=dict(case.params),
    )


def _differences(scene: Any) -> list[Any]:
    from gradcheck.oracles import finite_difference

    case, at, subject = scene.case, scene.at, scene.subject

    def values(inputs: Sequence[np.ndarray]) -> np.ndarray:
        return _joined(subject.values(inputs))

    def gradient(inputs: Sequence[np.ndarray], order: int) -> list[Any]:
        found = gradients(subject, replace(at, inputs=list(inputs)), order)[order - 1]
        return [np.zeros_like(x) if g is None else g for g, x in zip(found, at.inputs, strict=True)]

    return finite_difference.estimate(
        values,
        at.inputs,
        at.active,
        _joined(at.cotangents),
        at.direction,
        min(at.order, scene.measured.reached),
        gradient=gradient,
        domains=case.domains,
        elements=_spots(at, case.seed),
    )


def _joined(outputs: Sequence[np.ndarray]) -> np.ndarray:
    """Several outputs as one vector."""
    return np.concatenate([np.ravel(y) for y in outputs])


def _spots(at: Point, seed: int) -> list[tuple[int, int]] | None:
    """A random choice of (input, element) where there are too many to difference each."""
    if at.size <= SPOT_CHECKS:
        return None
    places = [
        (i, j) for i, (x, on) in enumerate(zip(at.inputs, at.active, strict=True)) if on for j in range(x.size)
    ]
    chosen = np.random.default_rng([2, seed]).choice(len(places), SPOT_CHECKS, replace=False)
    return [places[int(n)] for n in sorted(chosen)]


def judge_against_jets(scene: Any, k: int) -> Evidence:
    """Certified truth, but a backward that balls cannot follow: its floats, contracted, decide."""
    allowances = rounding(scene)
    at = scene.at
    gots = [exact(v) for v in flat(scene.measured.got[k - 1], at)]
    slack = flat(allowances[k - 1], at)
    worst: Evidence | None = None
    for column, balls in zip(scene.columns, scene.truth.columns, strict=True):
        weights = flat(column, at)
        used = [p for p, w in enumerate(weights) if w]
        total = sum((gots[p] * exact(weights[p]) for p in used), arb(0))
        allowance = sum((abs(exact(weights[p])) * exact(slack[p]) for p in used), arb(0))
        judged = verdict.judge_bound(total, balls[k - 1], allowance)
        place = used[0] if len(used) == 1 else None
        row = _row(scene, k, "jet", judged, total, balls[k - 1], place)
        if worst is None or _rank(row) > _rank(worst):
            worst = row
    assert worst is not None
    if worst.verdict == "pass" and scene.kinks:
        return replace(worst, verdict="inconclusive", reason=f"order {k}: f is not smooth at this point")
    return worst


def _judge_elements(
    scene: Any, k: int, oracle: str, estimate: list[Any], allowances: Gradients
) -> Evidence | None:
    worst: Evidence | None = None
    gots = flat(scene.measured.got[k - 1], scene.at)
    slack = flat(allowances[k - 1], scene.at)
    for p, (ball, got, allowance) in enumerate(zip(estimate, gots, slack, strict=True)):
        if p in scene.kinks or ball is None:
            continue
        truth = ball if isinstance(ball, arb) else exact(ball)
        judged = verdict.judge_bound(exact(got), truth, exact(allowance))
        row = _row(scene, k, oracle, judged, exact(got), truth, p)
        if worst is None or _rank(row) > _rank(worst):
            worst = row
    return worst


_SEVERITY = {"fail": 2, "inconclusive": 1, "pass": 0}


def _rank(row: Evidence) -> tuple[int, float]:
    """The row to show is the most serious, and among equals the one nearest to its limit."""
    used = (row.error_ulp or 0.0) / max((row.tolerance_ulp or 0.0) + (row.bound_ulp or 0.0), 1e-300)
    return _SEVERITY[row.verdict], used


def _row(
    scene: Any, k: int, oracle: str, judged: verdict.Judgement, got: arb, truth: arb, place: int | None
) -> Evidence:
    dtype = scene.at.dtype
    unit = ulp.ulp(truth, dtype)
    known = truth.is_finite()
    error = abs(got - truth.mid()) if known else arb("nan")
    return Evidence(
        order=k,
        oracle=oracle,
        verdict=judged.verdict,
        reason=f"order {k}: {judged.reason}",
        error_ulp=ulp.distance(got, truth, dtype) if known else None,
        error_abs=float(error.mid()) if error.is_finite() else None,
        error_rel=float((error / abs(truth.mid())).mid())
        if error.is_finite() and not truth.mid().is_zero()
        else None,
        bound_ulp=float((truth.rad() / unit).mid()) if known else None,
        tolerance_ulp=float((judged.tolerance / unit).mid()) if known else None,
        where="a random contraction of all elements" if place is None else scene.case.place(place),
        expected=truth.mid().str(17, radius=False) if known else "unknown",
        got=got.mid().str(17, radius=False) if got.is_finite() else "not finite",
        input_value="" if place is None else str(scene.case.value(place)),
    )


# Rounding without balls -----------------------------------------------------------------------------


def rounding(scene: Any) -> Gradients:
    """For each order and input, how far rounding may carry backward's floats, element by element.

    Where balls ran, the radius they found; else an estimate from longdouble and from moved inputs.
    """
    measured, at = scene.measured, scene.at
    if measured.low is not None:
        return [
            [None if r is None else _radii(r, h, at.dtype) for r, h in zip(rs, hs, strict=True)]
            for rs, hs in zip(measured.low, measured.high, strict=True)
        ]
    return _estimated(scene)


def _radii(low: np.ndarray, high: np.ndarray, dtype: Any) -> np.ndarray:
    values = [
        float(verdict.SAFETY * verdict.rounding(h, r, dtype)) for r, h in zip(low.flat, high.flat, strict=True)
    ]
    return np.array(values).reshape(low.shape)


def _estimated(scene: Any) -> Gradients:
    at, base = scene.at, scene.measured.got
    others = [_moved(scene, sign) for sign in (1, -1)]
    others.append(_wide(scene))
    return [
        [None if g is None else _spread(g, [o[k][i] for o in others if o is not None], at.dtype) for i, g in enumerate(gs)]
        for k, gs in enumerate(base)
    ]


def _spread(base: np.ndarray, others: list[Any], dtype: Any) -> np.ndarray:
    """SAFETY times the largest change, at least SAFETY ULPs of the element."""
    change = np.spacing(np.abs(base).astype(dtype)).astype(float)
    for other in others:
        if other is not None and np.shape(other) == base.shape:
            with np.errstate(all="ignore"):
                gap = np.abs(np.asarray(other, np.longdouble) - np.asarray(base, np.longdouble))
            change = np.fmax(change, np.asarray(gap, dtype=float))
    return verdict.SAFETY * 2 * np.where(np.isfinite(change), change, 0.0)


def _moved(scene: Any, sign: int) -> Gradients | None:
    """The gradients with every input one ULP away, up or down at random."""
    at: Point = scene.at
    rng = np.random.default_rng([3, scene.case.seed])
    inputs = [
        np.nextafter(x, sign * rng.choice([-np.inf, np.inf], x.shape).astype(x.dtype)) if on else x
        for x, on in zip(at.inputs, at.active, strict=True)
    ]
    return _try(scene, replace(at, inputs=inputs))


def _wide(scene: Any) -> Gradients | None:
    """The gradients in longdouble, on the host."""
    at: Point = scene.at
    wide = np.longdouble
    return _try(
        scene,
        replace(
            at,
            inputs=[x.astype(wide) if on else x for x, on in zip(at.inputs, at.active, strict=True)],
            cotangents=[u.astype(wide) for u in at.cotangents],
            direction=[d.astype(wide) for d in at.direction],
            device="cpu",
        ),
    )


def _try(scene: Any, at: Point) -> Gradients | None:
    try:
        return gradients(scene.subject, at, scene.measured.reached)
    except Exception:  # an op may not run on longdouble, or not next to an edge of its domain
        return None
