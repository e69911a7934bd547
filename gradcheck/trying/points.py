"""The floats that inputs are drawn from, and where f is finite."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.cases.sampling import uniform
from gradcheck.measuring.measure import outputs_of
from gradcheck.system.raised import EscapeError
from gradcheck.trying.wanted import Input

# Tried in this order: probabilities and numbers above 1 where nothing wider is in the domain.
INTERVALS = ((-2.0, 2.0), (0.125, 2.0), (-0.875, 0.875), (0.125, 0.875), (1.125, 3.0))


def draw(each: Input, rng: np.random.Generator, interval: tuple[float, float], dtype: Any) -> np.ndarray:
    """Distinct floats of that dtype; integers are 0 or 1, which index every axis longer than one."""
    if each.kind == "float":
        values = uniform(rng, each.shape, *interval, avoid=(0.0,), gap=0.0625, distinct=True)
        return np.asarray(values.astype(dtype))
    return np.asarray(rng.integers(0, 2, each.shape).astype(each.kind))


def awkward(x: np.ndarray) -> np.ndarray | None:
    """The same floats with a zero first and two that are equal last; None for others, or too few.

    Divisions by an input and shares of a tie go wrong only there.

    >>> awkward(np.array([1.5, -0.5, 0.25]))
    array([ 0. , -0.5, -0.5])
    """
    if x.dtype.kind != "f" or x.size < 3:
        return None
    changed = x.copy()
    flat = changed.reshape(-1)
    flat[0], flat[-1] = 0, flat[-2]
    return changed


def is_finite(case: Case) -> bool:
    """Whether all outputs are finite; also true of a function that exits, which the check will report.

    Raises:
        InputError: the function does not accept these inputs.
    """
    try:
        with np.errstate(all="ignore"):
            outputs = outputs_of(case.subject(), case.inputs)
    except EscapeError:
        return True
    return all(np.isfinite(y).all() for y in outputs)
