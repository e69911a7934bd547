"""Points where a function is not smooth: which elements sit on a kink, and judging the others alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from flint import arb

from gradcheck import probes
from gradcheck.judging.scene import Scene
from gradcheck.measure import measure
from gradcheck.oracles import jet

SEARCH = 400  # up to so many elements, each is tried alone


def find(scene: Scene, order: int) -> list[int]:
    """The elements along whose own axis the function is not smooth up to `order`.

    Where there are too many to try each, those that are 0 or equal to another are suspected, and
    found guilty if the function is smooth without them.
    """
    if scene.at.size > SEARCH:
        return _suspects(scene, order)
    at = scene.at
    found = []
    for position, (i, j, direction) in enumerate(probes.units(at.inputs, at.active)):
        alone = replace(at, direction=probes.unit(at.inputs, i, j))
        if _smooth(scene, alone.direction, direction, order) < order:
            found.append(position)
    return found


def _smooth(scene: Scene, direction: list[np.ndarray], probe: list[np.ndarray], order: int) -> int:
    at = scene.at
    values = scene.subject.values
    claims = [[arb("inf")] * order]  # only whether the sides agree is asked
    found = jet.truth(values, at.inputs, at.active, at.cotangents, direction, [probe], order, claims=claims)
    return found.smooth


def _suspects(scene: Scene, order: int) -> list[int]:
    at = scene.at
    everything = np.concatenate([x.ravel() for x, on in zip(at.inputs, at.active, strict=True) if on])
    values, where, counts = np.unique(everything, return_inverse=True, return_counts=True)
    for guilty in (values == 0, counts > 1):
        positions = np.flatnonzero(guilty[where])
        if not 0 < positions.size < at.size:
            continue
        without = _without(scene.at.direction, scene, positions)
        probe = _without(scene.columns[0], scene, positions)
        if _smooth(scene, without, probe, order) >= order:
            return [int(p) for p in positions]
    return []


def _without(
    direction: list[np.ndarray], scene: Scene, positions: np.ndarray | list[int]
) -> list[np.ndarray]:
    """`direction` with some elements at rest."""
    result = [d.copy() for d in direction]
    for position in positions:
        i, j = scene.location(int(position))
        result[i].reshape(-1)[j] = 0
    return result


def freeze(scene: Scene, kinks: list[int]) -> None:
    """Judge the other elements alone: nothing moves through the kinks."""
    scene.at = at = scene.at.frozen([scene.location(p) for p in kinks])
    scene.measured = measure(scene.subject, at)
    columns = [_without(column, scene, kinks) for column in scene.columns]
    scene.columns = [c for c in columns if any(part.any() for part in c)]
    scene.truth = scene.ask(scene.columns)
    for known in (scene.elements, scene.allowances, scene.sampled):
        known.clear()
    scene.kinks = kinks
