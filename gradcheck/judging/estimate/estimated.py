"""Judgement where balls cannot carry it: the estimate of an oracle against the floats of backward."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol, cast

import numpy as np
from flint import arb

from gradcheck.judging import comparison, numerals, verdict
from gradcheck.judging.differenced import Differenced
from gradcheck.judging.finding import Evidence
from gradcheck.judging.kinks import elements
from gradcheck.judging.scene import Scene
from gradcheck.oracles.numbers.conversion import exact
from gradcheck.oracles.registry import FALLBACK
from gradcheck.system.floats import precision

MOST_KINKS = 8
EACH = 32  # up to so many elements each probe of the jets is one element


class Estimator(Protocol):
    """What the module of an oracle has: it stands in this folder, with the name of the oracle."""

    def applies(self, scene: Scene) -> bool:
        """Whether it can say anything of this case."""

    def judge(self, scene: Scene) -> list[Evidence]:
        """One row for each order that it has an estimate of (`gradcheck.judging.comparison` makes rows)."""


def estimator(oracle: str) -> Estimator:
    """The module of an oracle of the registry, loaded when it is asked for."""
    return cast(Estimator, import_module(f"{__package__}.{oracle}"))


def judge(oracle: str, scene: Scene) -> list[Evidence]:
    """What an oracle of the registry says of each order; nothing where it does not apply."""
    module = estimator(oracle)
    started = time.perf_counter()
    rows = module.judge(scene) if module.applies(scene) else []
    seconds = (time.perf_counter() - started) / max(len(rows), 1)
    return [replace(numerals.with_element(scene, row), seconds=seconds) for row in rows]


def judge_against_jets(scene: Scene, k: int) -> Evidence:
    """Certified truth, but a backward that balls cannot follow: its floats, contracted, decide."""
    assert scene.truth is not None
    truths = [balls[k - 1] for balls in scene.truth.columns]
    largest = comparison.largest(truths) if scene.at.size <= EACH else arb(0)  # each probe is an element
    rows = [
        comparison.contraction(scene, k, "jet", scene.weights(column), truth, lambda: largest)
        for column, truth in zip(scene.columns, truths, strict=True)
    ]
    worst = numerals.with_element(scene, max(rows, key=comparison.rank))
    if worst.verdict == "pass" and scene.kinks.left_out:
        return elements.with_remaining(scene, k, worst)
    return worst


def judge_where_jets_cannot(scene: Scene, positions: Sequence[int]) -> Evidence | None:
    """A row of order 1 if a gradient is wrong at an element where jets found no derivative.

    On a kink finite differences have no bound. Where they have one, jets met something like the 0/0 of
    sin(x)/x at 0 in a branch, and the function is smooth all the same.
    """
    positions = positions[:MOST_KINKS]
    gots = scene.got(1)
    for p, truth in zip(positions, Differenced(scene).elements(1, positions), strict=True):
        judged = verdict.judge_bound(exact(gots[p]), truth, arb(0), abs(truth), scene.at.dtype)
        if judged.verdict == "fail" and not _half_agrees(gots[p], truth, scene):
            row = comparison.row(scene, 1, FALLBACK, judged, exact(gots[p]), truth, p)
            return numerals.with_element(scene, row)
    return None


def _half_agrees(got: Any, truth: arb, scene: Scene) -> bool:
    """Whether half of the digits agree; rounding is not known here."""
    half = abs(truth.mid()) * arb(2) ** -(precision(scene.at.dtype) // 2)
    return bool(np.isfinite(got) and abs(exact(got) - truth.mid()) <= truth.rad() + half)
