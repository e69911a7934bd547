"""Whether f's own floats are what f is: an intermediate result may leave the range of the dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import arb

from gradcheck.judging import verdict
from gradcheck.judging.scene import Scene
from gradcheck.measuring.balls import rounded_values
from gradcheck.measuring.point import Point
from gradcheck.subjects.subject import Subject
from gradcheck.system.floats import precision


def out_of_reach(scene: Scene) -> str | None:
    """What is wrong with the value of f itself in this dtype, compared with the exact one, or None."""
    if scene.truth is None:
        return None
    found = first_inaccurate(scene.subject, scene.at, scene.outputs, scene.truth.values)
    if found is None:
        return None
    n, position = found
    true = scene.truth.values[n].flat[position].mid().str(5, radius=False)
    name = np.dtype(scene.at.dtype).name
    return f"not to be had: f itself is {scene.outputs[n].flat[position]:.5g} in {name} instead of {true}"


def first_inaccurate(
    subject: Subject, at: Point, outputs: Sequence[np.ndarray], exact_values: Sequence[np.ndarray]
) -> tuple[int, int] | None:
    """(output, element) of the first value that lost half of its digits, by more than rounding; or None."""
    for n, (output, exactly) in enumerate(zip(outputs, exact_values, strict=True)):
        if output.dtype.kind != "f":
            continue
        position = _first_apart(output, exactly, at)
        if position is not None and _beyond_rounding(subject, at, output.flat[position], n, position):
            return n, position
    return None


def _first_apart(output: np.ndarray, exact_values: np.ndarray, at: Point) -> int | None:
    """The first element that differs in more than half of its digits."""
    exactly = exact_values.ravel().tolist()
    truth = np.array(list(map(float, exactly)))
    with np.errstate(all="ignore"):
        gap = np.abs(output.ravel().astype(np.float64) - truth)
        near = gap <= np.abs(truth) * 2.0 ** -(precision(at.dtype) // 2)
        near |= gap <= float(np.finfo(at.dtype).smallest_subnormal)
    near &= np.isfinite(output.ravel())
    near |= ~np.array(list(map(arb.is_finite, exactly)), dtype=bool)
    return None if near.all() else int(np.argmin(near))


def _beyond_rounding(subject: Subject, at: Point, got: Any, n: int, position: int) -> bool:
    """Whether balls of the dtype's precision exclude the float: digits may just have cancelled."""
    try:
        rounded = rounded_values(subject, at)[n].flat[position]
    except Exception:  # wide balls may meet what narrow ones do not
        return False
    if not np.isfinite(got):
        return True
    error = abs(arb(float(got)) - rounded.mid())
    return bool(error > verdict.SAFETY * rounded.rad())


def not_finite(scene: Scene) -> str | None:
    """Where f itself is infinite or NaN, in floats and as jets see it; None where it is finite."""
    for n, (y, u) in enumerate(zip(scene.outputs, scene.at.cotangents, strict=True)):
        if u is None or np.isfinite(y).all():
            continue
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(y))[0])
        if scene.truth is not None and scene.truth.values[n][place].is_finite():
            continue  # beyond the range of the dtype only
        what = "NaN" if np.isnan(y[place]) else "infinite"
        element = f", element {place}" if place else ""
        return f"f is {what} here: output {n}{element} is {y[place]}"
    return None
