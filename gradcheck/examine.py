"""The one function that turns a case into a finding; run, pytest plugin and mutation lab all call it.

Data flows down this file: the point is drawn, the subject is measured, the oracles are asked, each order
is judged, the contract is checked, and a failure is diagnosed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck import contract, diagnosis, estimated, probes, ulp, verdict
from gradcheck.cases import Case
from gradcheck.finding import Evidence, Result
from gradcheck.measure import Measured, Point, flat, input_effect, measure, point
from gradcheck.oracles import jet
from gradcheck.oracles.arithmetic import exact
from gradcheck.subject import DezeroSubject, Subject

FULL_COLUMNS = 32  # up to so many elements, every element has its own certified truth
KINK_SEARCH = 400  # up to so many elements, the ones on a kink are singled out
ORACLES = ("jet", "symbolic", "finite_difference")


@dataclass
class Scene:
    """A case with what has been measured of it."""

    case: Case
    subject: Subject
    at: Point
    outputs: list[np.ndarray]
    measured: Measured
    truth: jet.Truth | None = None
    obstacle: str | None = None
    columns: list[list[np.ndarray]] | None = None
    kinks: Sequence[int] = ()
    truth_seconds: float = 0.0


def examine(case: Case, oracles: Sequence[str] = ("jet",), subject: Subject | None = None) -> Result:
    """Judge every order of `case` and its contract.

    Args:
        oracles: of ORACLES; finite differences are used in any case where jets do not apply.
        subject: what is differentiated; by default `case.f` as a function of dezero.
    """
    started = time.perf_counter()
    subject = subject or DezeroSubject(case.f, case.active)
    nothing = _nothing_to_test(case)
    if nothing:
        return _result(case, [], nothing, started)
    at, outputs = point(
        subject, case.inputs, case.active, case.order, case.seed, case.dtype, case.device
    )
    if not all(y.dtype.kind == "f" for y in outputs):
        return _result(case, [], "the output is not floating: it has no derivative", started)
    if not sum(y.size for y in outputs):
        return _result(case, [], "the output is empty", started)
    scene = _measure(case, subject, at, outputs)
    evidence = _judge_orders(scene)
    for oracle in oracles:
        if oracle != "jet":
            evidence += estimated.judge(oracle, scene)
    if scene.truth is None and "finite_difference" not in oracles:
        evidence += estimated.judge("finite_difference", scene)
    violations = contract.violations(scene)
    return _conclude(scene, evidence, violations, started)


def _nothing_to_test(case: Case) -> str | None:
    if not any(case.active):
        return "no input is differentiable: all are integer or boolean"
    if not sum(x.size for x, on in zip(case.inputs, case.active, strict=True) if on):
        return "the differentiable inputs are empty"
    return None


# Measuring ------------------------------------------------------------------------------------------


def _measure(case: Case, subject: Subject, at: Point, outputs: list[np.ndarray]) -> Scene:
    scene = Scene(case, subject, at, outputs, measure(subject, at))
    started = time.perf_counter()
    try:
        _ask_jets(scene)
    except jet.NotApplicable as error:
        scene.obstacle = str(error)
    scene.truth_seconds = time.perf_counter() - started
    return scene


def _ask_jets(scene: Scene) -> None:
    at = scene.at
    scene.columns = _columns(scene)
    scene.truth = _truth(scene, at, scene.columns, at.order)
    if scene.truth.smooth < at.order and at.size <= KINK_SEARCH:
        kinks = _kinks(scene)
        if 0 < len(kinks) < at.size:
            _freeze(scene, kinks)


def _truth(scene: Scene, at: Point, columns: Sequence[Any], order: int) -> jet.Truth:
    return jet.truth(
        scene.subject.values, at.inputs, at.active, at.cotangents, at.direction, columns, order
    )


def _columns(scene: Scene) -> list[list[np.ndarray]]:
    """The probes: every element where there are few, else random ones, one of them equalized."""
    at = scene.at
    if at.size <= FULL_COLUMNS:
        return [direction for _, _, direction in probes.units(at.inputs, at.active)]
    rng = np.random.default_rng([at.size, scene.case.seed])
    plain, other = probes.like(rng, at.inputs), probes.like(rng, at.inputs)
    claimed = scene.measured.got[0] if scene.measured.got else [None] * len(at.inputs)
    return [_masked(plain, at), _masked(probes.equalized(other, claimed), at)]


def _masked(direction: list[np.ndarray], at: Point) -> list[np.ndarray]:
    return [d if on else np.zeros_like(d) for d, on in zip(direction, at.active, strict=True)]


def _kinks(scene: Scene) -> list[int]:
    """The elements along whose own axis the function is not smooth enough."""
    at = scene.at
    found = []
    for position, (i, j, direction) in enumerate(probes.units(at.inputs, at.active)):
        alone = replace(at, direction=probes.unit(at.inputs, i, j))
        if _truth(scene, alone, [direction], at.order).smooth < at.order:
            found.append(position)
    return found


def _freeze(scene: Scene, kinks: list[int]) -> None:
    """Judge the other elements alone: nothing moves through the kinks."""
    case, at = scene.case, scene.at
    places = [case.element(k) for k in kinks]
    frozen = [(i, int(np.ravel_multi_index(n, at.inputs[i].shape)) if n else 0) for i, n in places]
    scene.at = at = at.frozen(frozen)
    scene.measured = measure(scene.subject, at)
    assert scene.columns is not None
    for column in scene.columns:
        for i, j in frozen:
            column[i].reshape(-1)[j] = 0
    scene.columns = [c for c in scene.columns if any(part.any() for part in c)]
    scene.truth = _truth(scene, at, scene.columns, at.order)
    scene.kinks = kinks


# Judging --------------------------------------------------------------------------------------------


def _judge_orders(scene: Scene) -> list[Evidence]:
    rows: list[Evidence] = []
    for k in range(1, scene.at.order + 1):
        row = _judge_order(scene, k)
        if row is not None:
            rows.append(row)
            if row.verdict == "fail":
                break
    share = scene.truth_seconds / len(rows) if rows else 0.0
    return [replace(row, seconds=share) for row in rows]


def _judge_order(scene: Scene, k: int) -> Evidence | None:
    measured = scene.measured
    if k > measured.reached:
        reason = f"backward of order {k} raised {measured.crash}"
        return Evidence(k, "contract", "fail", reason)
    misfit = contract.shape_misfit(scene, k)
    if misfit:
        return Evidence(k, "contract", "fail", misfit)
    if scene.truth is None:
        return None
    if scene.truth.smooth < k:
        return Evidence(k, "jet", "inconclusive", _kink_reason(scene, k), certified=True)
    if measured.high is None or measured.low is None:
        return estimated.judge_against_jets(scene, k)
    return _certified(scene, k, measured.high[k - 1], measured.low[k - 1])


def _kink_reason(scene: Scene, k: int) -> str:
    assert scene.truth is not None
    what = "not differentiable" if k == 1 else f"not {k} times differentiable"
    at = scene.at
    if at.size <= KINK_SEARCH:
        kinks = _kinks(scene)
        if kinks:
            names = ", ".join(f"{scene.case.place(p)} = {scene.case.value(p)}" for p in kinks[:3])
            return f"f is {what} here: {names}{' and others' if len(kinks) > 3 else ''}"
    return f"f is {what} at this point"


def _certified(scene: Scene, k: int, high: list[Any], low: list[Any]) -> Evidence:
    """The verdict of balls: the formula against the jets, the floats against the formula."""
    at, truth, columns = scene.at, scene.truth, scene.columns
    assert truth is not None and columns is not None
    highs, lows, gots = (
        [v if isinstance(v, arb) else exact(v) for v in flat(g, at)]
        for g in (high, low, scene.measured.got[k - 1])
    )
    formula = [
        verdict.judge_formula(
            highs, lows, [exact(v) for v in flat(column, at)], balls[k - 1], at.dtype
        )
        for column, balls in zip(columns, truth.columns, strict=True)
    ]
    bad = next((j for j in formula if j.verdict == "fail"), None)
    unclear = next((j for j in formula if j.verdict == "inconclusive"), None)
    skip = set(scene.kinks)
    floats = {
        p: verdict.judge_rounding(g, h, r, at.dtype)
        for p, (g, h, r) in enumerate(zip(gots, highs, lows, strict=True))
        if p not in skip
    }
    position = _worst_element(scene, k, gots, highs, floats, formula)
    expected = _expected(scene, k, position, highs, formula)
    row = _evidence(scene, k, position, gots[position], expected, floats[position].tolerance)
    if bad is not None:
        reason = f"order {k}: backward's formula is wrong (proven)"
        return replace(row, verdict="fail", reason=reason, certified=True)
    failing = next((p for p, j in floats.items() if j.verdict == "fail"), None)
    if failing is not None:
        what = floats[failing].reason
        reason = f"order {k}: the formula is right, its value in {np.dtype(at.dtype).name} is {what}"
        return replace(row, verdict="fail", reason=reason, certified=True)
    if unclear is not None or any(j.verdict == "inconclusive" for j in floats.values()):
        reason = unclear.reason if unclear is not None else "rounding is unbounded here"
        return replace(row, verdict="inconclusive", reason=f"order {k}: {reason}")
    if scene.kinks:
        return replace(row, verdict="inconclusive", reason=_frozen_reason(scene, k), certified=True)
    return _declared(scene, k, replace(row, certified=True), gots, highs)


def _frozen_reason(scene: Scene, k: int) -> str:
    names = ", ".join(f"{scene.case.place(p)} = {scene.case.value(p)}" for p in scene.kinks[:3])
    more = " and others" if len(scene.kinks) > 3 else ""
    return f"order {k}: f is not smooth at {names}{more}; every other element is right"


def _worst_element(
    scene: Scene,
    k: int,
    gots: list[arb],
    highs: list[arb],
    floats: dict[int, verdict.Judgement],
    formula: list[verdict.Judgement],
) -> int:
    """The element to show: the first wrong one, else the one with the largest error in ULPs."""
    if scene.at.size <= FULL_COLUMNS and not scene.kinks:
        wrong = [p for p, j in enumerate(formula) if j.verdict == "fail"]
        if wrong:
            return wrong[0]
    elif any(j.verdict == "fail" for j in formula):
        return diagnosis.find_element(scene, k, highs)
    wrong = [p for p, j in floats.items() if j.verdict == "fail"]
    if wrong:
        return wrong[0]
    return max(floats, key=lambda p: ulp.distance(gots[p], highs[p], scene.at.dtype))


def _expected(
    scene: Scene, k: int, position: int, highs: list[arb], formula: list[verdict.Judgement]
) -> arb:
    if not any(j.verdict == "fail" for j in formula):
        return highs[position]
    return diagnosis.true_element(scene, k, position)


def _evidence(scene: Scene, k: int, p: int, got: arb, truth: arb, tolerance: arb) -> Evidence:
    case, dtype = scene.case, scene.at.dtype
    error = abs(got - truth.mid())
    unit = ulp.ulp(truth, dtype)
    return Evidence(
        order=k,
        oracle="jet",
        verdict="pass",
        reason=f"order {k}: proven right; the worst element is off by "
        f"{ulp.distance(got, truth, dtype):.2g} ULP",
        error_ulp=ulp.distance(got, truth, dtype),
        error_abs=float(error.mid()) if error.is_finite() else float("inf"),
        error_rel=_relative(error, truth),
        bound_ulp=float((truth.rad() / unit).mid()),
        tolerance_ulp=float((tolerance / unit).mid()),
        where=case.place(p),
        expected=truth.mid().str(17, radius=False),
        got=_shown(got),
        input_value=str(case.value(p)),
    )


def _shown(got: arb) -> str:
    return got.mid().str(17, radius=False) if got.is_finite() else str(float(got.mid()))


def _relative(error: arb, truth: arb) -> float | None:
    if truth.mid().is_zero() or not error.is_finite():
        return None
    return float((error / abs(truth.mid())).mid())


def _declared(scene: Scene, k: int, row: Evidence, gots: list[arb], highs: list[arb]) -> Evidence:
    """A spec's own accuracy: past the declared bound, what half an ULP of the input causes excused."""
    bounds = scene.case.bounds
    if bounds is None or k > len(bounds):
        return row
    declared = float(bounds[k - 1])
    row = replace(row, declared_ulp=declared)
    if row.error_ulp is None or row.error_ulp <= declared:
        return row
    effect = input_effect(scene.subject, scene.at, k)
    excuses = [arb(0)] * len(highs) if effect is None else flat(effect[k - 1], scene.at)
    dtype = scene.at.dtype
    left = {
        p: max(0.0, ulp.distance(g, h, dtype) - float((arb(x).rad() / ulp.ulp(h, dtype)).mid()))
        for p, (g, h, x) in enumerate(zip(gots, highs, excuses, strict=True))
    }
    position = max(left, key=left.__getitem__)
    row = replace(
        _evidence(scene, k, position, gots[position], highs[position], arb(0)),
        error_ulp=left[position],
        tolerance_ulp=row.tolerance_ulp,
        declared_ulp=declared,
        certified=True,
    )
    if left[position] <= declared:
        return replace(row, reason=f"order {k}: proven right; {left[position]:.2g} ULP past the input's own")
    reason = f"order {k}: off by {left[position]:.2g} ULP, declared {declared:.2g}"
    return replace(row, verdict="fail", reason=reason)


# Concluding -----------------------------------------------------------------------------------------


def _conclude(
    scene: Scene, evidence: list[Evidence], violations: list[contract.Violation], started: float
) -> Result:
    rows = list(evidence)
    for violation in violations:
        rows.append(Evidence(violation.order, "contract", "fail", violation.message, where=violation.where))
    broken = any(row.oracle == "contract" for row in rows)
    if not broken and scene.measured.reached:
        rows.append(Evidence(1, "contract", "pass", "shapes, dtypes, linearity, layouts, no side effects"))
    result = _result(scene.case, rows, None, started)
    notes = [n for n in (scene.obstacle, scene.measured.obstacle) if n]
    cause = diagnosis.diagnose(scene, rows, violations) if result.verdict == "fail" else None
    return replace(result, diagnosis=cause, notes=notes)


def _result(case: Case, rows: list[Evidence], nothing: str | None, started: float) -> Result:
    judged = _overall(rows)
    reason = nothing or _reason(rows, judged)
    return Result(
        verdict=judged,
        reason=reason,
        evidence=tuple(rows),
        title=_title(case),
        reproduce=case.reproduce,
        seconds=time.perf_counter() - started,
    )


def _overall(rows: list[Evidence]) -> verdict.Verdict:
    """Fails count everywhere; among the rest derivatives decide, and a certified one over a measured one."""
    if any(row.verdict == "fail" for row in rows):
        return "fail"
    orders = sorted({row.order for row in rows if row.oracle != "contract" and row.order})
    by_order = []
    for k in orders:
        of_order = [row for row in rows if row.order == k and row.oracle != "contract"]
        jets = [row.verdict for row in of_order if row.oracle == "jet"]
        by_order.append(verdict.worst(jets or [row.verdict for row in of_order]))
    return verdict.worst(by_order)


def _reason(rows: list[Evidence], judged: verdict.Verdict) -> str:
    if judged == "pass":
        orders = sorted({row.order for row in rows if row.oracle != "contract"})
        proof = all(row.certified for row in rows if row.oracle == "jet") and any(
            row.oracle == "jet" for row in rows
        )
        how = "proven by Taylor jets" if proof else "agree with the estimates' bounds"
        return f"derivatives of order {_span(orders)}: {how}"
    for row in rows:
        if row.verdict == judged:
            return row.reason
    return "nothing was compared"


def _span(orders: Sequence[int]) -> str:
    orders = [k for k in orders if k]
    if not orders:
        return "0"
    return str(orders[0]) if len(orders) == 1 else f"{orders[0]} to {orders[-1]}"


def _title(case: Case) -> str:
    shapes = ", ".join(
        f"{name}: {np.asarray(x).dtype}{list(np.shape(x))}"
        for name, x in zip(case.names, case.inputs, strict=True)
    )
    return f"{case.op}({shapes})"
