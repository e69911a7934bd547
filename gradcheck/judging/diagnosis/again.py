"""The same failure measured again, with other cotangents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradcheck.judging.diagnosis.symptoms import FULL, Symptoms
from gradcheck.measuring.measure import measure


def outputs_apart(s: Symptoms) -> list[int]:
    """Which outputs' parts of the gradient are wrong, where there are several and jets apply."""
    scene = s.scene
    if scene.truth is None or scene.at.size > FULL or s.order > 1:
        return []
    wrong = []
    for n in range(len(scene.outputs)):
        if scene.at.cotangents[n] is None:
            continue
        part = _only_output(s, n)
        if part.wrong:
            wrong.append(n)
    return wrong


def with_ones(s: Symptoms) -> Symptoms:
    """The same with ones for cotangents."""
    scene = s.scene
    at = replace(scene.at.with_cotangents(np.ones_like), order=s.order)
    measured = measure(scene.subject, at)
    return replace(s, scene=replace(scene, at=at, measured=measured))


def _only_output(s: Symptoms, n: int) -> Symptoms:
    """The same with a cotangent of zero for all outputs but one."""

    scene = s.scene
    cotangents = [u if m == n or u is None else np.zeros_like(u) for m, u in enumerate(scene.at.cotangents)]
    at = replace(scene.at, cotangents=cotangents, order=1)
    measured = measure(scene.subject, at)
    return replace(s, scene=replace(scene, at=at, measured=measured))
