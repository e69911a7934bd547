"""Where a gradient is wrong: certified truths of single elements, and the search for a wrong one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import arb

from gradcheck import probes, verdict
from gradcheck.measure import Point
from gradcheck.oracles import jet
from gradcheck.oracles.arithmetic import working
from gradcheck.scene import Probe, Scene

BITS = 256


def truths(scene: Scene, k: int, columns: Sequence[Probe]) -> list[arb]:
    """Certified <G_k, e> for each probe e; jets must apply."""
    at = scene.at
    found = jet.truth(scene.subject.values, at.inputs, at.active, at.cotangents, at.direction, columns, k)
    return [column[k - 1] for column in found.columns]


def true_element(scene: Scene, k: int, position: int) -> arb:
    """The truth of one element of the gradient of order k; asked for once."""
    key = k, position
    if key not in scene.elements:
        column = probes.unit(scene.at.inputs, *scene.location(position))
        scene.elements[key] = truths(scene, k, [column])[0]
    return scene.elements[key]


def wrong_element(scene: Scene, k: int, high: Sequence[arb], column: Probe, truth: arb) -> int:
    """A wrong element among those that a failing probe weighs.

    If there is one only, the same probe with each weight multiplied by the element's number tells
    which: the error grows by that number. If all are wrong, the first is. Otherwise the probe is halved
    until one is left.

    Args:
        truth: what the probe should have given.
    """
    weights = scene.weights(column)
    numbers = {p: float(n) for n, (p, _) in enumerate(weights, 1)}
    numbered = _weighed(scene, column, numbers)
    grown = _error(scene, high, numbered, truths(scene, k, [numbered])[0])
    ratio = grown / _error(scene, high, column, truth)
    guess = round(float(ratio.mid())) - 1 if ratio.is_finite() else 0
    for n in (guess if 0 <= guess < len(weights) else 0, 0):
        position = weights[n][0]
        if _fails(scene, k, high, [(position, 1.0)], true_element(scene, k, position)):
            return position
    return _halved(scene, k, high, column, [p for p, _ in weights])


def _halved(scene: Scene, k: int, high: Sequence[arb], column: Probe, positions: list[int]) -> int:
    while len(positions) > 1:
        middle = len(positions) // 2
        first, second = positions[:middle], positions[middle:]
        part = _weighed(scene, column, dict.fromkeys(first, 1.0))
        wrong = _fails(scene, k, high, scene.weights(part), truths(scene, k, [part])[0])
        positions = first if wrong else second
    return positions[0]


def _fails(scene: Scene, k: int, high: Sequence[arb], weights: list[tuple[int, float]], truth: arb) -> bool:
    with working(BITS):
        judged = verdict.judge_formula(high, lambda: scene.low(k), weights, truth, scene.at.dtype)
    return judged.verdict == "fail"


def _error(scene: Scene, high: Sequence[arb], column: Probe, truth: arb) -> arb:
    with working(BITS):
        return sum((high[p] * weight for p, weight in scene.weights(column)), arb(0)) - truth


def _weighed(scene: Scene, column: Probe, factors: dict[int, float]) -> Probe:
    """`column` with each element multiplied by its factor, zero where it has none."""
    every = np.zeros(scene.at.size)
    every[list(factors)] = list(factors.values())
    return [part * factor for part, factor in zip(column, unflattened(every, scene.at), strict=True)]


def unflattened(values: np.ndarray, at: Point) -> list[np.ndarray]:
    """One array for each input from the elements of the active ones; zeros elsewhere."""
    parts, start = [], 0
    for x, on in zip(at.inputs, at.active, strict=True):
        stop = start + (x.size if on else 0)
        parts.append(values[start:stop].reshape(x.shape) if on else np.zeros(x.shape))
        start = stop
    return parts
