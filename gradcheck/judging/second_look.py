"""A second look near a point at which a zero gradient would pass as well.

Where every derivative by an input is claimed to be zero, and rightly so, the point has no power: a graph
that was cut, or a factor that was lost, shows nothing. Close by it does. So it is with one term among
others, sin(x) in exp(x) + sin(x) at 0; that happens at numbers chosen by hand, not at random ones.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from flint import arb

from gradcheck.cases.case import Case
from gradcheck.errors import InputError
from gradcheck.judging import orders
from gradcheck.judging.estimate import estimated
from gradcheck.judging.estimate.stopping import excused
from gradcheck.judging.finding import Evidence
from gradcheck.judging.near import chosen_by_hand, moved
from gradcheck.judging.observing import observe
from gradcheck.judging.scene import Scene
from gradcheck.measuring import probes
from gradcheck.measuring.measure import point_of
from gradcheck.oracles import jet
from gradcheck.oracles.registry import FALLBACK
from gradcheck.subjects.subject import Subject


def failing_nearby(scene: Scene) -> tuple[Scene, Evidence] | None:
    """The scene near this one and its lowest failing row, if this one is weak and that one fails."""
    weak, chosen = _weak(scene), chosen_by_hand(scene)
    if not weak and not chosen:
        return None
    case = replace(scene.case, inputs=moved(scene))
    if not chosen and scene.truth is not None and _still_zero(scene, case, weak):
        return None
    nearby = _scene_at(case, scene.subject)
    if nearby is None:
        return None
    nearby, rows = orders.judge(nearby)
    if nearby.truth is None:
        rows += estimated.judge(FALLBACK, nearby)
    rows = excused(nearby, rows)
    failing = [row for row in rows if row.verdict == "fail" and row.oracle != "contract"]
    if not failing:
        return None
    row = min(failing, key=lambda r: r.order)
    where = f"{row.where} = {row.input_value}" if row.input_value else row.where
    reason = f"order {row.order}, beside the given point: {row.reason.removeprefix(f'order {row.order}: ')}"
    return nearby, replace(row, where=f"beside the point, at {where}", reason=reason)


def _weak(scene: Scene) -> dict[int, list[int]]:
    """For each order, the inputs by which the whole derivative is zero; orders with none left out."""
    found = {
        k: [i for i, g, _ in scene.pairs(k) if g is None or not np.any(g)]
        for k in range(1, scene.measured.reached + 1)
    }
    return {k: zero for k, zero in found.items() if zero}


def _still_zero(scene: Scene, case: Case, weak: dict[int, list[int]]) -> bool:
    """Whether the true derivatives that are zero here are zero nearby too: then nothing is hidden."""
    at = replace(scene.at, inputs=list(case.inputs))
    rng = np.random.default_rng([6, case.seed])
    lines = {
        k: [w * (i in zero) for i, w in enumerate(probes.like(rng, at.inputs))] for k, zero in weak.items()
    }
    highest = max(weak)
    try:
        claims = [[arb("inf")] * highest for _ in lines]  # only whether they are zero is asked
        found = at.truth(scene.subject.values, list(lines.values()), highest, claims=claims)
    except jet.NotApplicableError:
        return False
    return all(column[k - 1].contains(0) for k, column in zip(lines, found.columns, strict=True))


def _scene_at(case: Case, subject: Subject) -> Scene | None:
    """The scene at the point of the case; None where f fails there or is not finite."""
    try:
        at, outputs = point_of(case, subject)
    except InputError:
        return None
    if not all(np.isfinite(y).all() for y in outputs if y.dtype.kind == "f"):
        return None
    return replace(observe(case, subject, at, outputs), nearby=True)
