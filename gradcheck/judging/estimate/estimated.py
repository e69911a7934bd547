"""Judgement where balls cannot carry it: an oracle's estimate against the floats of backward."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck.judging import comparison, figures, verdict
from gradcheck.judging.differenced import Differenced
from gradcheck.judging.estimate import by_differences
from gradcheck.judging.finding import Evidence
from gradcheck.judging.kinks import kinks
from gradcheck.judging.scene import Scene
from gradcheck.measuring.measure import flat_balls
from gradcheck.oracles.numbers.arithmetic import exact
from gradcheck.oracles.symbols import symbolic
from gradcheck.system.floats import precision

MOST_KINKS = 8
EACH = 32  # up to so many elements each probe of the jets is one element


def judge(oracle: str, scene: Scene) -> list[Evidence]:
    """One row for each order that `oracle` ("symbolic" or "finite_difference") has an estimate of."""
    started = time.perf_counter()
    if oracle == "symbolic":
        rows = _by_symbols(scene) if scene.case.formula is not None else []
    else:
        rows = by_differences.judge(scene)
    seconds = (time.perf_counter() - started) / max(len(rows), 1)
    return [replace(figures.told(scene, row), seconds=seconds) for row in rows]


def judge_against_jets(scene: Scene, k: int) -> Evidence:
    """Certified truth, but a backward that balls cannot follow: its floats, contracted, decide."""
    assert scene.truth is not None
    truths = [balls[k - 1] for balls in scene.truth.columns]
    largest = comparison.largest(truths) if scene.at.size <= EACH else arb(0)  # each probe is an element
    rows = [
        comparison.contraction(scene, k, "jet", scene.weights(column), truth, lambda: largest)
        for column, truth in zip(scene.columns, truths, strict=True)
    ]
    worst = figures.told(scene, max(rows, key=comparison.rank))
    if worst.verdict == "pass" and scene.kinks.left_out:
        return kinks.beside_others(scene, k, worst)
    return worst


def _by_symbols(scene: Scene) -> list[Evidence]:
    case, at = scene.case, scene.at
    assert case.formula is not None
    estimates = symbolic.estimate(
        case.formula,
        at.inputs,
        at.active,
        at.cotangents[0],
        at.direction,
        at.order,
        params=dict(case.params),
    )
    rows = [
        comparison.elements(scene, k, "symbolic", flat_balls(estimate, at))
        for k, estimate in enumerate(estimates[: scene.fitting], 1)
    ]
    return [row for row in rows if row is not None]


def judge_where_jets_cannot(scene: Scene, positions: Sequence[int]) -> Evidence | None:
    """A row of order 1 if a gradient is wrong at an element where jets found no derivative.

    On a kink finite differences have no bound. Where they have one, jets met something like the 0/0 of
    sin(x)/x at 0 in a branch, and the function is smooth all the same.
    """
    positions = positions[:MOST_KINKS]
    gots = scene.got(1)
    for p, truth in zip(positions, Differenced(scene).elements(1, positions), strict=True):
        judged = verdict.judge_bound(exact(gots[p]), truth, arb(0), abs(truth), scene.at.dtype)
        if judged.verdict == "fail" and not _near(gots[p], truth, scene):
            row = comparison.row(scene, 1, "finite_difference", judged, exact(gots[p]), truth, p)
            return figures.told(scene, row)
    return None


def _near(got: Any, truth: arb, scene: Scene) -> bool:
    """Whether half of the digits agree; rounding is not known here."""
    half = abs(truth.mid()) * arb(2) ** -(precision(scene.at.dtype) // 2)
    return bool(np.isfinite(got) and abs(exact(got) - truth.mid()) <= truth.rad() + half)
