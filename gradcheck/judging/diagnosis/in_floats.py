"""The slope of f along a line in floats: so cheap that a claim far from it needs no proof to be wrong."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.judging.differenced import Differenced, joined
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring import probes
from gradcheck.measuring.measure import measure, point_of
from gradcheck.oracles.differences.glances import Glance

FAR = 1e-5  # of the size of what is claimed
NEAR = 1e-4  # of the derivative
UNSURE = 8  # times the error, within which nothing is decided


class Slope(NamedTuple):
    """Of <u, f> along a line, and how far from the derivative it may be; NaN where it is not known."""

    value: float
    error: float

    def excludes(self, claim: float, size: float) -> bool:
        """Whether a claim, whose terms add up to that size, cannot be the derivative."""
        return abs(claim - self.value) > FAR * max(size, abs(self.value)) + UNSURE * self.error

    @property
    def may_be_zero(self) -> bool:
        return not abs(self.value) > UNSURE * self.error

    def is_near(self, claim: float) -> bool:
        """Whether a claim is the derivative, to some digits of it, as far as floats tell."""
        return abs(claim - self.value) + self.error <= NEAR * abs(self.value)


class Changes:
    """How the outputs change along lines, in floats. Each is asked for once, whatever weighs it."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Glance] = {}

    def slope(self, scene: Scene, column: Probe) -> Slope:
        """Of <u, f>, from one step to each side."""
        changes, error = self._along(scene, column)
        weights = joined(scene.at.cotangents, scene.at.cotangents).astype(float)
        return Slope(float(weights @ changes), float(np.abs(weights) @ error))

    def may_be(self, scene: Scene, column: Probe, claims: np.ndarray, places: np.ndarray) -> bool:
        """Whether some elements of the outputs' change along a column may be what is claimed of them."""
        changes, error = self._along(scene, column)
        far = np.abs(claims - changes[places]) > FAR * np.abs(changes).max() + UNSURE * error[places]
        return not far.any()

    def _along(self, scene: Scene, column: Probe) -> Glance:
        key = tuple((np.shape(x), np.asarray(x).tobytes()) for x in (*scene.at.inputs, *column))
        if key not in self._known:
            self._known[key] = Differenced(scene).beside(column)
        return self._known[key]


def right_in_floats(case: Case) -> bool:
    """Whether floats see no mistake in the gradient of order 1: along a line that moves all elements."""
    try:
        subject = case.subject()
        at, outputs = point_of(case, subject)
        scene = Scene(case, subject, at, outputs, measure(subject, at, balls=False))
        column = at.moving(probes.like(np.random.default_rng([8, at.size]), at.inputs))
        claim = float(scene.got(1) @ at.floats(column))
        slope = Changes().slope(scene, column)
    except Exception:  # a wrong backward may raise anything, or give other shapes
        return False
    return scene.fitting == 1 and slope.is_near(claim)
