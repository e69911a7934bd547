"""The slope of f along a line in floats: so cheap that a claim far from it needs no proof to be wrong."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gradcheck.judging.differenced import Differenced
from gradcheck.judging.scene import Probe, Scene
from gradcheck.oracles.differences.paths import Path, ulps
from gradcheck.oracles.differences.trust import LONG

STEP = 2.0**-17
FAR = 1e-3  # of the size of what is claimed
UNSURE = 8  # times the error, within which nothing is decided


class Slope(NamedTuple):
    """Of <u, f> along a line, and how far from the derivative it may be; NaN where it is not known."""

    value: float
    error: float

    def is_far(self, claim: float, size: float) -> bool:
        """Whether a claim, whose terms add up to that size, cannot be the derivative; nor is that zero."""
        unsure = UNSURE * self.error
        return (
            abs(claim - self.value) > FAR * max(size, abs(self.value)) + unsure and abs(self.value) > unsure
        )


def slope_of(scene: Scene, column: Probe) -> Slope:
    """From one step to each side. Its error is what the sides differ by, bend or kink, and rounding."""
    op = Differenced(scene)
    changes, error = _changes(op, column)
    return Slope(float(op.weights @ changes), float(np.abs(op.weights) @ error))


def may_be(scene: Scene, column: Probe, claims: np.ndarray, places: np.ndarray) -> bool:
    """Whether some elements of the outputs' change along a column may be what is claimed of them."""
    changes, error = _changes(Differenced(scene), column)
    far = np.abs(claims - changes[places]) > FAR * np.abs(changes).max() + UNSURE * error[places]
    return not far.any()


def _changes(op: Differenced, column: Probe) -> tuple[np.ndarray, np.ndarray]:
    """The slope of each output element, and its error."""
    path = Path(op.at.inputs, column, op.limits)
    (back, off), (ahead, off_ahead) = path.at(LONG(-STEP)), path.at(LONG(STEP))
    with np.errstate(all="ignore"):
        lower, here, upper = (op.values(xs) for xs in (back, op.at.inputs, ahead))
        change = (upper - lower) / (2 * STEP)
        bend = np.abs((upper - here) - (here - lower)) / STEP
        rounding = (ulps(lower, lower.dtype) + ulps(upper, upper.dtype)) / STEP
        error = bend + rounding + np.abs(change) * float(off + off_ahead) / STEP
    return change.astype(float), error.astype(float)
