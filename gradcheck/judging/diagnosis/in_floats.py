"""The slope of f along a line in floats: so cheap that a claim far from it needs no proof to be wrong."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gradcheck.judging.differenced import Differenced
from gradcheck.judging.scene import Probe, Scene

FAR = 1e-5  # of the size of what is claimed
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
    """From one step to each side."""
    op = Differenced(scene)
    changes, error = op.beside(column)
    return Slope(float(op.weights @ changes), float(np.abs(op.weights) @ error))


def may_be(scene: Scene, column: Probe, claims: np.ndarray, places: np.ndarray) -> bool:
    """Whether some elements of the outputs' change along a column may be what is claimed of them."""
    changes, error = Differenced(scene).beside(column)
    far = np.abs(claims - changes[places]) > FAR * np.abs(changes).max() + UNSURE * error[places]
    return not far.any()
