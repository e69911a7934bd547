"""Points where a function is not smooth: which elements sit on a kink, and judging the others alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck.judging.finding import Evidence
from gradcheck.judging.kinks import around
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring import probes
from gradcheck.measuring.measure import flat_floats, measure
from gradcheck.oracles import jet

AGAIN = 64  # pairs of rays for one element
SEARCH = 400  # up to so many elements, each is looked at alone
AT_ONCE, FEWEST = 512, 4  # of so many elements on all rays together; no fewer opposite pairs of rays


def find(scene: Scene, k: int) -> list[int]:
    """The elements by which the derivative of order k is not the same on all sides of the point.

    Where there are too many to look at each, those that are 0 or equal to another are suspected, and found
    guilty if the function is smooth without them.
    """
    if scene.at.size > SEARCH:
        return _suspects(scene, k)
    units = [direction for _, _, direction in probes.units(scene.at.inputs, scene.at.active)]
    pairs = min(around.PAIRS, max(FEWEST, AT_ONCE // scene.at.size))
    seen = around.look(scene.subject, scene.at, k, around.random_rays(scene, pairs), units)
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
    units = [direction for _, _, direction in probes.units(at.inputs, at.active)]
    claims = [[arb("inf")] for _ in units]  # only whether there is any is asked
    found = jet.truth(
        scene.subject.values, at.inputs, at.active, there, at.direction, units, 1, claims=claims
    )
    return [p for p, column in enumerate(found.columns) if not column[0].is_zero()]


def is_one(scene: Scene, k: int, position: int) -> bool:
    """Whether an element, and be it found late, is on a kink: many rays are asked for it alone."""
    unit = probes.unit(scene.at.inputs, *scene.location(position))
    rays = around.random_rays(scene, AGAIN, seed=2)
    return bool(around.look(scene.subject, scene.at, k, rays, [unit]).differ()[0])


def _smooth_along(scene: Scene, unit: Probe, k: int) -> bool:
    """Whether the two sides agree on the axis of an element: of a tie each is met there."""
    at, claims = scene.at, [[arb("inf")] * k]  # only whether they agree is asked
    try:
        found = jet.truth(
            scene.subject.values, at.inputs, at.active, at.cotangents, unit, [unit], k, claims=claims
        )
    except jet.NotApplicableError:
        return False
    return found.smooth >= k


def limits(scene: Scene, k: int) -> list[float] | None:
    """The derivative of order k through each of the scene's columns, if it is the same all around."""
    rays = [*around.random_rays(scene, around.PAIRS)]
    seen = around.look(scene.subject, scene.at, k, rays, scene.columns)
    if seen.differ().any() or not around.is_continuous(scene, rays[:2]):
        return None
    found = seen.limits.mean(axis=0)
    return np.where(np.abs(found) < around.VANISHING, 0.0, found).tolist()


def _suspects(scene: Scene, k: int) -> list[int]:
    at = scene.at
    values, where, counts = np.unique(flat_floats(at.inputs, at), return_inverse=True, return_counts=True)
    for guilty in (values == 0, counts > 1):
        positions = np.flatnonzero(guilty[where]).tolist()
        if len(positions) > 0 and _smooth_without(scene, positions, k):
            return positions
    return []


def _smooth_without(scene: Scene, positions: list[int], k: int) -> bool:
    if len(positions) == scene.at.size:
        return True
    elements = [scene.location(p) for p in positions]
    still = replace(scene, at=scene.at.frozen(elements))
    return still.ask([probes.without(scene.columns[0], elements)]).smooth >= k


def left_out(scene: Scene) -> Scene:
    """The scene in which nothing moves through the suspects, so that the remaining elements are judged."""
    suspects = scene.kinks.suspects or ()
    elements = [scene.location(p) for p in suspects]
    at = scene.at.frozen(elements)
    columns = [probes.without(column, elements) for column in scene.columns]
    columns = [c for c in columns if any(part.any() for part in c)]
    kinks = replace(scene.kinks, left_out=suspects)
    found = replace(scene, at=at, measured=measure(scene.subject, at), columns=columns, kinks=kinks)
    return replace(found, truth=found.ask(columns))


def beside_others(scene: Scene, k: int, row: Evidence) -> Evidence:
    """A row of order k in which all elements that are on no kink are right."""
    claim = scene.kinks.claim
    if claim is not None and claim.order == k:
        reason = f"{claim.reason}; the others are right"
        return replace(claim, reason=reason, certified=row.certified, digits=row.digits)
    reason = f"order {k}: f is not smooth at {scene.named(scene.kinks.left_out)}; the others are right"
    return replace(row, verdict="inconclusive", reason=reason)
