"""Whether numbers on the way to a gradient leave the range of a dtype: read from values, not from alarms.

A device raises no alarms, and NumPy's depend on which instructions a processor has.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.measuring.balls import HIGH_BITS, asked, in_balls
from gradcheck.measuring.point import Point
from gradcheck.oracles.numbers.conversion import exact
from gradcheck.oracles.numbers.working import Limits, working
from gradcheck.subjects.subject import Subject


def leaves_range(subject: Subject, at: Point, order: int, *, balls: bool = True) -> bool:
    """Whether an intermediate result of f or backward is larger or smaller than numbers of the dtype.

    Decided by balls, which have no range, where they can be computed: on any device, whether it raises
    alarms or not. Where they cannot, or are not wanted, by the arrays of the graphs in longdouble, or as
    they are.
    """
    if not balls:
        return _arrays_leave(subject, at, order)
    info = np.finfo(at.dtype)
    limits = Limits(exact(info.max), exact(info.tiny))
    try:
        with working(HIGH_BITS, limits=limits):
            asked(subject.gradients, in_balls(at), order)
    except Exception:  # an op may not run on objects, and do anything then
        return limits.beyond or _arrays_leave(subject, at, order)
    return limits.beyond


def _arrays_leave(subject: Subject, at: Point, order: int) -> bool:
    ask: Any = getattr(subject, "arrays", None)
    as_they_are = at.inputs, at.cotangents, at.direction
    for handed in () if ask is None else (at.arguments(_in_longdouble), as_they_are):
        try:
            return any(_leaves(x, at.dtype) for x in ask(*handed, order))
        except Exception:  # it may be written for its own dtype alone
            continue
    return False


def _in_longdouble(x: np.ndarray) -> np.ndarray:
    return x.astype(np.longdouble) if x.dtype.kind == "f" else x


def _leaves(x: np.ndarray, dtype: Any) -> bool:
    """Whether a number of the array is none of the dtype's range, or none at all."""
    if x.dtype.kind != "f":
        return False
    info, size = np.finfo(dtype), np.abs(x)
    return bool((~(size <= info.max) | ((size > 0) & (size < info.tiny))).any())
