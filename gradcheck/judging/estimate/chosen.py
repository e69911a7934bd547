"""Which elements of many are looked at by themselves, and where the error of a line comes from."""

from __future__ import annotations

import numpy as np

from gradcheck.judging.differenced import Differenced
from gradcheck.judging.scene import Probe, Scene

EACH = 24  # of each input: by rank of size, of value and of claimed gradient, and as many at random
COMPANY = 4  # right elements, perhaps, that are looked at with a wrong one, for the diagnosis
STEP = 2.0**-9  # of what moves, of the differences that follow an error


def positions(scene: Scene) -> np.ndarray:
    """Some elements of each input: both ends, the smallest, the largest and some between, and zeros.

    Ranks are those of the values and of the magnitudes of what backward claims.
    """
    rng = np.random.default_rng([8, scene.case.seed])
    found = []
    for i, x in scene.at.differentiated():
        start, g = scene.at.span(i).start, scene.got(1)[scene.at.span(i)]
        ranks = [_by_rank(np.ravel(x)), _by_rank(np.abs(g)), rng.integers(0, x.size, EACH)]
        zeros = [np.flatnonzero(np.ravel(v) == 0)[:2] for v in (x, g)]
        found.append(start + np.concatenate([[0, x.size - 1], *ranks, *zeros]).astype(int))
    return np.unique(np.concatenate(found))


def _by_rank(values: np.ndarray) -> np.ndarray:
    """The places of the smallest and the largest value, and of some of the ranks between."""
    ranks = np.unique(np.linspace(0, values.size - 1, EACH).astype(int))
    return np.asarray(np.argpartition(values, ranks)[ranks])


def around(scene: Scene, position: int) -> list[int]:
    """Elements beside one, and on its line along the first axis."""
    i, j = scene.at.location(position)
    x, start = scene.at.inputs[i], position - j
    row = x.size // x.shape[0] if x.ndim else 1
    beside = [j - 1, j + 1, j - row, j + row]
    return [start + n for n in beside if 0 <= n < x.size and n != j]


def most_wrong(op: Differenced, column: Probe, claims: np.ndarray) -> int:
    """A position at which a line's error is large: half of it is dropped again and again, the better one.

    Args:
        claims: each element's share of what backward claims of the line.
    """
    moved = np.flatnonzero(op.at.floats(column))
    first, stop = 0, moved.size
    error = _error(op, column, moved, claims)
    while stop - first > 1:
        middle = (first + stop) // 2
        part = _error(op, column, moved[first:middle], claims)
        if abs(part) >= abs(error - part):
            stop, error = middle, part
        else:
            first, error = middle, error - part
    return int(moved[first])


def _error(op: Differenced, column: Probe, places: np.ndarray, claims: np.ndarray) -> float:
    """How far the claim is from the slope, where some elements of a column move alone."""
    mask = np.zeros(op.at.size)
    mask[places] = STEP
    part = [d * m for d, m in zip(column, op.at.shaped(mask), strict=True)]
    near, far = (_difference(op, part, t) for t in (1, 2))
    return float((8 * near - far) / (6 * 2 * STEP) - claims[places].sum())


def _difference(op: Differenced, part: Probe, t: int) -> float:
    pairs = list(zip(op.at.inputs, part, strict=True))
    back, ahead = (op.values([np.asarray(x + s * d, x.dtype) for x, d in pairs]) for s in (-t, t))
    return float(op.weights @ (ahead - back))
