"""What a few evaluations tell of a derivative along a line: with less care than a ladder of steps does.

`beside` decides that something is not the derivative. `settled` gives it where three steps agree; that is
enough to search by, and for what is said of a failure, but no verdict rests on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gradcheck.oracles.differences.paths import Path, ulps
from gradcheck.oracles.differences.trust import LONG, Array

Function = Callable[[list[Array]], Array]

BESIDE = 2.0**-21
STEPS = (2.0**-7, 2.0**-8, 2.0**-9)  # of the length on which the function may vary
SHORTER = 2.0**-4  # of that length, where it is too long
SETTLED = 1e-9  # of the largest derivative, by which three steps may differ


class Glance(NamedTuple):
    """For each element of the function its derivative, and how far off that may be; NaN where not known."""

    value: Array
    error: Array


def beside(g: Function, path: Path) -> Glance:
    """From one step to each side. The error is what the sides differ by, bend or kink, and rounding."""
    (back, off), (ahead, off_ahead) = path.at(LONG(-BESIDE)), path.at(LONG(BESIDE))
    with np.errstate(all="ignore"):
        lower, here, upper = (g(xs) for xs in (back, path.inputs, ahead))
        change = (upper - lower) / (2 * BESIDE)
        bend = np.abs((upper - here) - (here - lower)) / BESIDE
        error = bend + _rounding(lower, upper, BESIDE) + np.abs(change) * float(off + off_ahead) / BESIDE
    return Glance(change.astype(float), error.astype(float))


def settled(g: Function, path: Path) -> Glance | None:
    """From three steps to each side, what remains of them as they shrink; None where they do not agree.

    Nor where both sides differ as much at a fourth of the step: at a kink the middle of the slopes is none.

    >>> found = settled(lambda xs: np.exp(xs[0]), Path([np.zeros(1)], [np.ones(1)], [(-np.inf, np.inf)]))
    >>> round(float(found.value[0]), 11)
    1.0
    """
    scales = path.range().scales
    with np.errstate(all="ignore"):
        here = g(path.inputs)
        for scale in (*scales, SHORTER * scales[-1]):
            first, second, third = (_central(g, path, here, scale * step) for step in STEPS)
            coarse, fine = (4 * second.value - first.value) / 3, (4 * third.value - second.value) / 3
            value, error = (16 * fine - coarse) / 15, np.abs(fine - coarse) + 2 * third.rounding
            negligible = SETTLED * np.abs(value).max(initial=0.0)
            smooth = third.bend <= first.bend / 2 + 4 * third.rounding + negligible
            if (smooth & (error <= negligible)).all():
                return Glance(value, error)
    return None


class _Central(NamedTuple):
    """A central difference, its rounding, and by how much the slopes of both sides differ."""

    value: Array
    rounding: Array
    bend: Array


def _central(g: Function, path: Path, here: Array, step: float) -> _Central:
    (back, off), (ahead, off_ahead) = path.at(LONG(-step)), path.at(LONG(step))
    lower, upper = g(back), g(ahead)
    change = (upper - lower).astype(float) / (2 * step)
    rounding = _rounding(lower, upper, step) + np.abs(change) * float(off + off_ahead) / step
    return _Central(change, rounding, np.abs((upper - here) - (here - lower)).astype(float) / step)


def _rounding(lower: Array, upper: Array, step: float) -> Array:
    return np.asarray((ulps(lower, lower.dtype) + ulps(upper, upper.dtype)) / step, dtype=float)
