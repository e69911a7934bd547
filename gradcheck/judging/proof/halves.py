"""Few elements, one of which is wrong, found among very many in floats: jets are asked of these alone.

The change of <u, f> as a part of the elements moves is what their gradients add up to. Where floats differ
from that by far more than their own error, the half that differs more is halved again. Jets have the last
word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gradcheck.judging.differenced import Differenced
from gradcheck.judging.scene import Probe, Scene

UNSURE = 8  # times the error of a difference, within which nothing is decided


class _Gap(NamedTuple):
    """How far claims are from a difference of f, and how far that may be from the derivative."""

    value: float
    error: float

    @property
    def shows(self) -> bool:
        return abs(self.value) > UNSURE * self.error


def few_with_a_wrong_one(scene: Scene, column: Probe, positions: Sequence[int], few: int) -> list[int]:
    """So many elements, among which one is wrong at order 1, most likely; none where floats do not show it.

    Args:
        column: a probe that fails, which weighs these elements.
    """
    op, at = Differenced(scene), scene.at
    got, weights = scene.got(1), at.floats(column)
    sizes = np.abs(op.weights)

    def gap(part: np.ndarray) -> _Gap:
        chosen = np.zeros(at.size)
        chosen[part] = weights[part]
        changes, error = op.beside(at.shaped(chosen))
        return _Gap(float(got @ chosen - op.weights @ changes), float(sizes @ error))

    part = np.asarray(positions)
    found = gap(part)
    while part.size > few and found.shows:
        first, second = np.array_split(part, 2)
        of_first = gap(first)
        of_second = _Gap(found.value - of_first.value, found.error + of_first.error)
        part, found = max((first, of_first), (second, of_second), key=lambda half: abs(half[1].value))
        if part is second:
            found = gap(second)
    return part.tolist() if found.shows else []
