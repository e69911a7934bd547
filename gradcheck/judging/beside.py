"""A second look beside a point at which a zero gradient would pass as well.

Where every derivative by an input is claimed to be zero, and rightly so, the point has no power: a graph
that was cut, or a factor that was lost, shows nothing. Close by it does. So it is with one term among
others, sin(x) in exp(x) + sin(x) at 0; that happens at numbers chosen by hand, not at random ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from flint import arb

from gradcheck.cases.case import Case
from gradcheck.errors import InputError
from gradcheck.judging.estimate import estimated
from gradcheck.judging.estimate.stopping import excused
from gradcheck.judging.finding import Evidence
from gradcheck.judging.near import chosen_by_hand, moved
from gradcheck.judging.scene import Scene
from gradcheck.measuring import probes
from gradcheck.measuring.measure import point
from gradcheck.oracles import jet
from gradcheck.oracles.registry import FALLBACK
from gradcheck.subjects.subject import Subject

Observe = Callable[..., Scene]


def failing_beside(
    scene: Scene, observe: Observe, judge: Callable[[Scene], list[Evidence]]
) -> tuple[Scene, Evidence] | None:
    """The scene beside this one and its lowest failing row, if this one is weak and that one fails."""
    weak, chosen = _weak(scene), chosen_by_hand(scene)
    if not weak and not chosen:
        return None
    case = replace(scene.case, inputs=moved(scene))
    if not chosen and scene.truth is not None and _still_zero(scene, case, weak):
        return None
    beside = _seen(case, scene.subject, observe)
    if beside is None:
        return None
    beside.beside = True
    rows = judge(beside)
    if beside.truth is None:
        rows += estimated.judge(FALLBACK, beside)
    rows = excused(beside, rows)
    failing = [row for row in rows if row.verdict == "fail" and row.oracle != "contract"]
    if not failing:
        return None
    row = min(failing, key=lambda r: r.order)
    where = f"{row.where} = {row.input_value}" if row.input_value else row.where
    reason = f"order {row.order}, beside the given point: {row.reason.removeprefix(f'order {row.order}: ')}"
    return beside, replace(row, where=f"beside the point, at {where}", reason=reason)


def _weak(scene: Scene) -> dict[int, list[bool]]:
    """For each order, the inputs by which the whole derivative is zero; orders with none left out."""
    found = {
        k: [on and (g is None or not np.any(g)) for g, on in zip(gradients, scene.at.active, strict=True)]
        for k, gradients in enumerate(scene.measured.got, 1)
    }
    return {k: zero for k, zero in found.items() if any(zero)}


def _still_zero(scene: Scene, case: Case, weak: dict[int, list[bool]]) -> bool:
    """Whether the true derivatives that are zero here are zero beside it too: then nothing is hidden."""
    at = scene.at
    rng = np.random.default_rng([6, case.seed])
    lines = {
        k: [w * on for w, on in zip(probes.like(rng, at.inputs), zero, strict=True)]
        for k, zero in weak.items()
    }
    highest = max(weak)
    try:
        found = jet.truth(
            scene.subject.values,
            case.inputs,
            at.active,
            at.cotangents,
            at.direction,
            list(lines.values()),
            highest,
            claims=[[arb("inf")] * highest for _ in lines],
        )
    except jet.NotApplicableError:
        return False
    return all(column[k - 1].contains(0) for k, column in zip(lines, found.columns, strict=True))


def _seen(case: Case, subject: Subject, observe: Observe) -> Scene | None:
    """None where f cannot be had there."""
    try:
        at, outputs = point(subject, case.inputs, case.active, case.order, case.seed, case.dtype, case.device)
    except InputError:
        return None
    if not all(np.isfinite(y).all() for y in outputs if y.dtype.kind == "f"):
        return None
    return observe(case, subject, at, outputs)
