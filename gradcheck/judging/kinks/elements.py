"""Points where a function is not smooth: which elements sit on a kink, and which remain to be judged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck.judging.finding import Evidence
from gradcheck.judging.kinks import rays
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring.measure import measure
from gradcheck.oracles import jet

AGAIN = 64  # pairs of rays for one element
SEARCH = 400  # elements at most, each of which is tested alone
AT_ONCE, FEWEST = 512, 4  # of so many elements on all rays together; no fewer opposite pairs of rays


def find(scene: Scene, k: int) -> list[int]:
    """The elements by which the derivative of order k is not the same on all sides of the point.

    Where there are too many to look at each, those that are 0 or equal to another are suspected, and taken
    to be on a kink if the function is smooth without them.
    """
    if scene.at.size > SEARCH:
        return _suspects(scene, k)
    units = scene.at.units()
    pairs = min(rays.PAIRS, max(FEWEST, AT_ONCE // scene.at.size))
    seen = rays.gradients_around(scene.subject, scene.at, k, rays.random_rays(scene, pairs), units)
    there = seen.differ()
    return [p for p, unit in enumerate(units) if there[p] or not _smooth_along(scene, unit, k)]


def behind_infinities(scene: Scene) -> list[int]:
    """The elements that outputs depend on which are infinite or NaN; of many elements, all."""
    at = scene.at
    if at.size > SEARCH:
        return list(range(at.size))
    there: list[Any] = [
        None if u is None else np.where(np.isfinite(y), 0, u).astype(u.dtype)
        for y, u in zip(scene.outputs, at.cotangents, strict=True)
    ]
    units = at.units()
    claims = [[arb("inf")] for _ in units]  # only to see whether there is any
    found = replace(at, cotangents=there).truth(scene.subject.values, units, 1, claims=claims)
    return [p for p, column in enumerate(found.columns) if not column[0].is_zero()]


def is_one(scene: Scene, k: int, position: int) -> bool:
    """Whether an element, also one that is found late, is on a kink: tested on many rays for it alone."""
    unit = scene.at.unit(position)
    drawn = rays.random_rays(scene, AGAIN, seed=2)
    return bool(rays.gradients_around(scene.subject, scene.at, k, drawn, [unit]).differ()[0])


def _smooth_along(scene: Scene, unit: Probe, k: int) -> bool:
    """Whether the two sides agree on the axis of an element: each element of a tie shows its kink there."""
    at, claims = replace(scene.at, direction=unit), [[arb("inf")] * k]  # only to see whether they agree
    try:
        found = at.truth(scene.subject.values, [unit], k, claims=claims)
    except jet.NotApplicableError:
        return False
    return found.smooth >= k


def limits(scene: Scene, k: int) -> list[float] | None:
    """The derivative of order k through each of the scene's columns, if it is the same all around."""
    drawn = [*rays.random_rays(scene, rays.PAIRS)]
    seen = rays.gradients_around(scene.subject, scene.at, k, drawn, scene.columns)
    if seen.differ().any() or not rays.is_continuous(scene, drawn[:2]):
        return None
    found = seen.limits.mean(axis=0)
    return np.where(np.abs(found) < rays.VANISHING, 0.0, found).tolist()


def _suspects(scene: Scene, k: int) -> list[int]:
    at = scene.at
    values, where, counts = np.unique(at.floats(at.inputs), return_inverse=True, return_counts=True)
    for guilty in (values == 0, counts > 1):
        positions = np.flatnonzero(guilty[where]).tolist()
        if len(positions) > 0 and _smooth_without(scene, positions, k):
            return positions
    return []


def _smooth_without(scene: Scene, positions: list[int], k: int) -> bool:
    if len(positions) == scene.at.size:
        return True
    still = replace(scene, at=scene.at.frozen(positions))
    return still.ask([still.at.without(scene.columns[0], positions)]).smooth >= k


def left_out(scene: Scene) -> Scene:
    """The scene in which nothing moves through the suspects, so that the remaining elements are judged."""
    suspects = scene.kinks.suspects or ()
    at = scene.at.frozen(suspects)
    columns = [at.without(column, suspects) for column in scene.columns]
    columns = [c for c in columns if any(part.any() for part in c)]
    kinks = replace(scene.kinks, left_out=suspects)
    found = replace(scene, at=at, measured=measure(scene.subject, at), columns=columns, kinks=kinks)
    return replace(found, truth=found.ask(columns))


def with_remaining(scene: Scene, k: int, row: Evidence) -> Evidence:
    """A row of order k in which all elements that are on no kink are right."""
    claim = scene.kinks.claim
    if claim is not None and claim.order == k:
        reason = f"{claim.reason}; the others are right"
        return replace(claim, reason=reason, certified=row.certified, digits=row.digits)
    reason = f"order {k}: f is not smooth at {scene.named(scene.kinks.left_out)}; the others are right"
    return replace(row, verdict="inconclusive", reason=reason)
