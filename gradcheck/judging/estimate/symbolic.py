"""Judgement by the spec's formula, differentiated by SymPy."""

from __future__ import annotations

from gradcheck.judging import comparison
from gradcheck.judging.finding import Evidence
from gradcheck.judging.scene import Scene
from gradcheck.measuring.measure import flat_balls
from gradcheck.oracles.symbols import formulas

ORACLE = "symbolic"


def applies(scene: Scene) -> bool:
    return scene.case.formula is not None


def judge(scene: Scene) -> list[Evidence]:
    case, at = scene.case, scene.at
    assert case.formula is not None
    estimates = formulas.estimate(
        case.formula,
        at.inputs,
        at.active,
        at.cotangents[0],
        at.direction,
        at.order,
        params=dict(case.params),
    )
    rows = [
        comparison.elements(scene, k, ORACLE, flat_balls(estimate, at))
        for k, estimate in enumerate(estimates[: scene.fitting], 1)
    ]
    return [row for row in rows if row is not None]
