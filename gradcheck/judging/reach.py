"""Whether f's own floats are what f is: an intermediate result may leave the range of the dtype."""

from __future__ import annotations

import numpy as np
from flint import arb

from gradcheck import verdict
from gradcheck.judging.scene import Scene
from gradcheck.measure import as_balls
from gradcheck.oracles import jet
from gradcheck.oracles.arithmetic import working
from gradcheck.ulp import precision


def out_of_reach(scene: Scene) -> str | None:
    """What is wrong with the value of f itself in this dtype, beside its exact one, or None."""
    if scene.truth is None:
        return None
    values = zip(scene.outputs, scene.truth.values, strict=True)
    for n, (output, exact_values) in enumerate(values):
        if output.dtype.kind != "f":
            continue
        position = _first_apart(output, exact_values, scene)
        if position is not None and _beyond_rounding(scene, n, position):
            true = exact_values.flat[position].mid().str(5, radius=False)
            name = np.dtype(scene.at.dtype).name
            return f"not to be had: f itself is {output.flat[position]:.5g} in {name} instead of {true}"
    return None


def _first_apart(output: np.ndarray, exact_values: np.ndarray, scene: Scene) -> int | None:
    """The first element that differs in more than half of its digits."""
    truth = np.array([float(v) for v in exact_values.flat])
    with np.errstate(all="ignore"):
        gap = np.abs(output.ravel().astype(np.float64) - truth)
        near = gap <= np.abs(truth) * 2.0 ** -(precision(scene.at.dtype) // 2)
        near |= gap <= float(np.finfo(scene.at.dtype).smallest_subnormal)
    near &= np.isfinite(output.ravel())
    near |= np.array([not v.is_finite() for v in exact_values.flat], dtype=bool)
    return None if near.all() else int(np.argmin(near))


def _beyond_rounding(scene: Scene, n: int, position: int) -> bool:
    """Whether balls of the dtype's precision exclude the float: digits may just have cancelled."""
    at = scene.at
    try:
        with working(precision(at.dtype), rounds=True):
            lifted = [jet.lift(x) if on else x for x, on in zip(at.inputs, at.active, strict=True)]
            rounded = as_balls(scene.subject.values(lifted)[n]).flat[position]
    except Exception:  # wide balls may meet what narrow ones do not
        return False
    got = scene.outputs[n].flat[position]
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
