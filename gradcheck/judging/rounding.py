"""How far rounding may carry backward's floats, element by element.

Where balls followed backward, their radius says it. Elsewhere it is estimated: from the same backward
with results rounded at random (`gradcheck.subjects.shaken`), in longdouble, and at inputs moved by one ULP.

A change from another branch is no rounding. So zeros are not moved, and a large change counts
only where two of the estimates show it: one of them keeps the inputs that decide, such as 1.0 or a tie.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck.judging import verdict
from gradcheck.judging.scene import Scene
from gradcheck.measuring.balls import Gradients
from gradcheck.measuring.point import Point
from gradcheck.subjects import shaken
from gradcheck.subjects.exactness import small_integers
from gradcheck.system import floats

# All of this runs on the host where it can: a device adds in its own order, but rounds alike. What is
# rounding is seen against the host's own gradients, so that no mistake that only the device makes is taken
# for it.

SHAKES = 8  # runs with random rounding; a change seen in them is doubled for those not seen
FEW_SHAKES = 3  # of very many elements, among which sums are compared
ALONE = 2.0**10  # times the next largest change, beyond which one that takes half of the digits stands alone


def allowances(scene: Scene) -> list[np.ndarray]:
    """For each order the rounding allowed to each differentiated element; infinite where unknown."""
    by_balls = scene.measured.high is not None
    return scene.answers.once("allowances", lambda: _by_balls(scene)) if by_balls else sampled(scene)


def low(scene: Scene, k: int) -> list[arb]:
    """Balls whose radius is the rounding of each element of order k; `measured.high` must be there.

    They are backward's at the dtype's precision. Where those leave less than half of the digits (a ball
    forgets what it depends on, so an iteration blows it up), the radius is no more than samples of rounding
    show.
    """
    high, balls = scene.high(k), scene.low(k)
    loose = [p for p, (h, b) in enumerate(zip(high, balls, strict=True)) if _loose(h, b, scene.at.dtype)]
    if not loose:
        return balls
    radii = sampled(scene)[k - 1] / verdict.SAFETY
    for p in loose:
        radius = balls[p].rad() if balls[p].is_finite() else arb("inf")
        balls[p] = arb(high[p].mid(), min(radius, arb(float(radii[p])), key=float))
    return balls


def _loose(high: arb, ball: arb, dtype: Any) -> bool:
    half = abs(high.mid()) * arb(2) ** -(floats.precision(dtype) // 2)
    return not ball.is_finite() or not bool(ball.rad() <= half)


def _by_balls(scene: Scene) -> list[np.ndarray]:
    dtype = scene.at.dtype
    scene.low(scene.fitting)  # one run gives all orders

    def of_order(k: int) -> np.ndarray:
        allowed = [
            float(verdict.SAFETY * verdict.rounding(h, r, dtype)) if r.is_finite() else np.inf
            for h, r in zip(scene.high(k), low(scene, k), strict=True)
        ]
        return np.array(allowed)

    return _of_each_order(scene, of_order)


def _of_each_order(scene: Scene, of_order: Callable[[int], np.ndarray]) -> list[np.ndarray]:
    """The rounding allowed at each order; infinite at those that gave no gradients that fit."""
    unknown = np.full(scene.at.size, np.inf)
    return [of_order(k) if k <= scene.fitting else unknown for k in range(1, scene.at.order + 1)]


def sampled(scene: Scene) -> list[np.ndarray]:
    """The allowances that samples of rounding show, whether balls followed or not; asked for once."""
    return scene.answers.once("sampled", lambda: _estimated(scene))


def _estimated(scene: Scene) -> list[np.ndarray]:
    at, base = scene.at, scene.measured.got
    if at.device != "cpu":
        there = _try(scene, at.changed(shaken.shaken))  # nothing is shaken here: floats of the host
        base = base if there is None else there
        scene = scene if there is None else replace(scene, at=at.changed(shaken.shaken))
    others = [_shaken(scene, n) for n in range(FEW_SHAKES if scene.large else SHAKES)]
    others += [_moved(scene, spare=False), _moved(scene, spare=True)]
    others += [] if scene.large else [_in_longdouble(scene)]  # products of matrices take seconds there
    known = [o for o in others if o is not None]
    return _of_each_order(
        scene, lambda k: _spread(at.floats(base[k - 1]), [at.floats(o[k - 1]) for o in known], at.dtype)
    )


def _spread(base: np.ndarray, others: Sequence[np.ndarray], dtype: Any) -> np.ndarray:
    """SAFETY times twice the largest change, at least an ULP of the element."""
    with np.errstate(all="ignore"):
        least = np.spacing(np.abs(base).astype(dtype)).astype(np.longdouble)
        fitting = [other.astype(np.longdouble) for other in others if other.shape == base.shape]
        changes = [np.abs(other - base) for other in fitting]
        change = np.fmax(_supported(np.array(changes), base, dtype), least) if changes else least
    return np.asarray(2 * verdict.SAFETY * change, dtype=np.float64) + 2.0 ** max(floats.lowest(dtype), -1074)


def _supported(changes: np.ndarray, base: np.ndarray, dtype: Any) -> np.ndarray:
    """The largest change of each element; the next one where it is large and stands alone."""
    ordered = np.sort(np.where(np.isfinite(changes), changes, 0), axis=0)
    largest, following = ordered[-1], ordered[max(len(ordered) - 2, 0)]
    small = largest <= np.abs(base) * 2.0 ** -(floats.precision(dtype) // 2)
    return np.where(small | (largest <= ALONE * following), largest, following)


def _shaken(scene: Scene, seed: int) -> Gradients | None:
    """The gradients with results rounded at random."""
    at = scene.at
    with shaken.random_rounding(seed, at.dtype):
        return _try(scene, at.changed(shaken.shaken))


def _moved(scene: Scene, spare: bool) -> Gradients | None:
    """The gradients with every input one ULP away, up or down at random; without zeros and what is spared.

    Spared are the inputs that may decide a branch: whole numbers, and those equal to another.
    """
    at = scene.at
    rng = np.random.default_rng([3, scene.case.seed])
    values, counts = np.unique(at.floats(at.inputs), return_counts=True)
    ties = values[counts > 1]

    def next_to(x: np.ndarray) -> np.ndarray:
        rests = (x == 0) | (spare & (small_integers(x) | np.isin(x, ties)))
        return np.where(rests, x, np.nextafter(x, rng.choice([-np.inf, np.inf], x.shape).astype(x.dtype)))

    return _try(scene, at.with_inputs(next_to))


def _in_longdouble(scene: Scene) -> Gradients | None:
    """The gradients in longdouble, on the host."""
    return _try(scene, scene.at.changed(_as_longdouble))


def _as_longdouble(x: np.ndarray) -> np.ndarray:
    return x.astype(np.longdouble)


def _try(scene: Scene, at: Point) -> Gradients | None:
    try:
        return scene.subject.gradients(*at.copies(), scene.fitting)
    except Exception:  # an op may not run on longdouble, or not next to an edge of its domain
        return None
