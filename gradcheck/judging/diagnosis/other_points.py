"""The same gradient at other points: other inputs, or other cotangents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.judging import near
from gradcheck.judging.diagnosis.symptoms import FULL, Symptoms
from gradcheck.judging.differenced import Differenced
from gradcheck.judging.proof import locate
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring import probes
from gradcheck.measuring.measure import gradients
from gradcheck.system.floats import precision

LARGEST = 1200  # elements of a point that is tried elsewhere
POINTS = 3  # nearby, at which the factor of one number is tried again


def contraction(scene: Scene, k: int, column: Probe) -> float | None:
    """The true contraction of the gradient of order k with a column; None where it is not known."""
    if scene.truth is not None:
        ball = locate.truths(scene, k, [column])[0]
    elif k == 1:
        op = Differenced(scene)
        ball = (op.settled(column) or op.along(column)).total()
    else:
        return None
    return float(ball.mid()) if ball.is_finite() else None


def true_unless_far(
    s: Symptoms, scene: Scene, column: Probe, claimed: float, size: float, *, zeros: bool = False
) -> float | None:
    """The same; of order 1 the slope of floats, where that shows already that the claim is another.

    None also where floats have no slope.

    Args:
        zeros: what may be zero, while the claim is another, is zero.
    """
    slope = s.changes.slope(scene, column) if s.order == 1 else None
    if slope and np.isnan(slope.value):
        return None
    if slope and slope.excludes(claimed, size):
        if not slope.may_be_zero:
            return slope.value
        if zeros:
            return 0.0
    return contraction(scene, s.order, column)


def moved(s: Symptoms, inputs: Sequence[Any] | None = None, cotangents: Any = None) -> Scene:
    """The scene at another point, where nothing was measured yet."""
    at = s.scene.at
    given, us = list(at.inputs if inputs is None else inputs), list(cotangents or at.cotangents)
    return replace(s.scene, at=replace(at, inputs=given, cotangents=us, order=s.order))


def _measured(s: Symptoms, scene: Scene) -> Symptoms:
    """The same failure in such a scene."""
    return replace(s, scene=replace(scene, measured=scene.measured_at(scene.at)))


def symptoms_at(s: Symptoms, inputs: Sequence[Any]) -> Symptoms | None:
    """The same failure at other inputs; None where it cannot be measured there."""
    scene = moved(s, inputs)
    if scene.truth is None or s.order > 1:
        return None
    try:
        there = _measured(s, scene)
        return there if there.pairs else None
    except Exception:  # the point may be outside of the domain, and a backward may raise anything
        return None


def claimed_and_true(
    s: Symptoms, scene: Scene, inputs: Sequence[int], factor: float = 1.0, *, zeros: bool = False
) -> tuple[float, float, float] | None:
    """Contractions of some inputs' gradients: backward's, the true one, and the size of the terms.

    Where backward's is far from `factor` times the true one, that is known to a few digits only.

    Args:
        zeros: it is 0 then, if it may be; and nothing is asked where backward gives zeros.
    """
    rng = np.random.default_rng([8, scene.at.size])
    drawn = probes.like(rng, scene.at.inputs)
    column = [w if i in inputs else np.zeros_like(w) for i, w in enumerate(drawn)]
    try:
        gots = scene.at.floats(gradients(scene.subject, scene.at, s.order)[s.order - 1])
        terms = gots * scene.at.floats(column)
        claimed, size = float(terms.sum()), float(np.abs(terms).sum())
        if not np.isfinite(size) or (zeros and not size):
            return None
        true = true_unless_far(s, scene, column, claimed / factor, size / abs(factor), zeros=zeros)
    except Exception:  # the point may be outside of the domain, and a backward may raise anything
        return None
    return None if true is None else (claimed, true, size)


def holds_nearby(s: Symptoms, i: int, factor: float, points: int) -> bool | None:
    """Whether the gradient by input i is off by the same factor at points near this one; None: unknown.

    Of large inputs one point is asked.
    """
    rng, large = np.random.default_rng(9), s.scene.at.size > LARGEST
    if large and s.scene.truth is None:  # differences take too long
        return None
    for _ in range(1 if large else points):
        shares = [1 + rng.uniform(0.05, 0.3, x.shape) for x in s.scene.at.inputs]
        inputs = [
            np.asarray(x * share, dtype=x.dtype) if on else x
            for x, share, on in zip(s.scene.at.inputs, shares, s.scene.at.active, strict=True)
        ]
        _off_kinks(s, inputs)
        found = claimed_and_true(s, moved(s, inputs), [i], factor)
        if found is None or not found[1]:
            return None
        if abs(found[0] - factor * found[1]) > 10 * s.rtol * max(found[2], abs(factor * found[1])):
            return False
    return True if all(x.any() for x in s.scene.at.inputs) else None


def _off_kinks(s: Symptoms, inputs: list[np.ndarray]) -> None:
    """Moves elements on a kink off it; one at 0 stays there when it is scaled."""
    for position in s.scene.kinks.left_out:
        i, j = s.scene.at.location(position)
        inputs[i].flat[j] += 0.125


def first_order_nearby(s: Symptoms) -> Symptoms | None:
    """For a failure of a higher order: the failure of order 1 at a point nearby, if there is one."""
    if s.order < 2 or s.row is None or s.scene.at.size > LARGEST or s.scene.truth is None:
        return None
    below = replace(s, order=1, violations={}, row=None)
    scene = moved(below, near.moved(s.scene))
    found = claimed_and_true(below, scene, np.flatnonzero(scene.at.active).tolist())
    half = 2.0 ** -(precision(scene.at.dtype) // 2)
    if found is None or abs(found[0] - found[1]) <= half * max(found[2], abs(found[1])):
        return None
    return _measured(below, scene)


def passes_on(s: Symptoms, i: int, expected: np.ndarray) -> bool:
    """Whether backward gives the same near the point, as it does if it does not use its inputs."""
    scene = moved(s, near.moved(s.scene))
    try:
        got = gradients(scene.subject, scene.at, 1)[0][i]
    except Exception:  # a backward may raise anything
        return False
    return got is not None and s.close(np.asarray(got, float), expected)


def outputs_apart(s: Symptoms) -> list[int]:
    """Which outputs' parts of the gradient are wrong, where there are several and jets apply."""
    if s.scene.truth is None or s.scene.at.size > FULL or s.order > 1:
        return []
    given = (n for n, u in enumerate(s.scene.at.cotangents) if u is not None)
    return [n for n in given if _only_output(s, n).wrong]


def with_ones(s: Symptoms) -> Symptoms:
    """The same with ones for cotangents."""
    return _measured(s, moved(s, cotangents=s.scene.at.with_cotangents(np.ones_like).cotangents))


def _only_output(s: Symptoms, n: int) -> Symptoms:
    """The same with a cotangent of zero for all outputs but one."""
    us = [u if m == n or u is None else np.zeros_like(u) for m, u in enumerate(s.scene.at.cotangents)]
    return _measured(s, moved(s, cotangents=us))
