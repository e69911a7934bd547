"""Gradients have their input's dtype, and all of its digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.judging.contract.agreement import allowances_at
from gradcheck.judging.contract.further import Call
from gradcheck.judging.contract.violation import Violation
from gradcheck.judging.scene import Scene

FEWEST = 3  # elements that are no coincidence


def wrong_dtype(scene: Scene, watched: Call) -> Violation | None:
    """Gradients have their input's dtype, also as backward returns them (a leaf casts them to its own)."""
    for k in range(1, scene.fitting + 1):
        returned = _returned(scene, watched, k)
        for i, g, x in scene.pairs(k):
            dtype = g.dtype if g is not None and g.dtype != x.dtype else returned[i]
            if dtype is not None and dtype != x.dtype:
                name = scene.case.names[i]
                message = f"order {k}: gradient of input {i} ({name}) has dtype {dtype}, the input {x.dtype}"
                return Violation("dtype", message, k)
    return None


def _returned(scene: Scene, watched: Call, k: int) -> list[Any]:
    """What backward itself returned, where a single dtype goes in and out."""
    trial = watched.trial
    if trial is None or not _one_dtype(scene) or len(trial.returned) < k:
        return [None] * len(scene.at.inputs)
    return list(trial.returned[k - 1])


def _one_dtype(scene: Scene) -> bool:
    at = scene.at
    inputs = {x.dtype for _, x in at.differentiated()}
    return len(inputs | {u.dtype for u in at.cotangents if u is not None}) == 1


def narrow_digits(scene: Scene, watched: Call) -> Violation | None:
    """A gradient has all the digits of its dtype, as cotangents and direction have."""
    narrower = {np.dtype(np.float64): np.float32, np.dtype(np.float32): np.float16}.get(scene.at.dtype)
    if narrower is None or watched.trial is None or not _one_dtype(scene):
        return None
    for k, gradients in enumerate(watched.trial.gradients, 1):
        for i, g in enumerate(gradients):
            if g is None or not scene.at.active[i] or not _fits(g, narrower):
                continue
            allowed = allowances_at(scene, watched.at)[k - 1][scene.at.span(i)]
            if (np.abs(g.ravel()) > allowed).any():  # what rounding leaves of a zero is short, too
                name = f"{np.dtype(narrower).name}"
                message = f"the gradient of input {i} ({scene.case.names[i]}) has the digits of {name} only"
                return Violation.at(k, "precision lost", message)
    return None


def _fits(g: np.ndarray, narrower: Any) -> bool:
    """Whether a narrower dtype holds all elements that are not zero, exactly."""
    some = g[(g != 0) & np.isfinite(g)]
    return some.size >= FEWEST and bool((some.astype(narrower) == some).all())
