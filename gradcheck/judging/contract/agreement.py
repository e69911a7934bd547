"""Whether calls agree: to the last bit, or up to rounding."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from gradcheck.judging import verdict
from gradcheck.judging.contract.further import Call
from gradcheck.judging.contract.repeatability import same
from gradcheck.judging.rounding import allowances
from gradcheck.judging.scene import Scene
from gradcheck.measuring.balls import weight_effect
from gradcheck.measuring.point import Point
from gradcheck.system.floats import precision

# A power of two commutes with rounding: how far a backward may differ from exact balls there, in ULPs of the
# largest element. Scaling by the norm of gy leaves the balls alone, or what a series was cut off by.
COMMUTES_ULP = 4


@cache
def raising(dtype: Any) -> float:
    """A factor that commutes with rounding, and leaves room in the range of the dtype.

    >>> raising(np.float64), raising(np.float16)
    (1024.0, 16.0)
    """
    return float(2.0 ** min(10, np.finfo(dtype).maxexp // 4))


def table(scene: Scene) -> np.ndarray:
    """The first call's gradients: orders by elements."""
    orders = range(1, scene.fitting + 1)
    return scene.answers.once("table", lambda: np.array([scene.got(k) for k in orders]))


def alike(first: np.ndarray, second: np.ndarray) -> bool:
    """Values equal to half of their digits, relative to the largest: sums may be taken in another order."""
    if same(first, second):
        return True
    if first.shape != second.shape or first.dtype.kind != "f":
        return False
    rtol = 2.0 ** -(precision(first.dtype) // 2)
    scale = float(np.abs(first[np.isfinite(first)]).max(initial=0.0))
    return bool(np.allclose(second, first, rtol=rtol, atol=rtol * scale, equal_nan=True))


def first_difference(
    scene: Scene, expected: np.ndarray, other: Call, *, power: float | None = None
) -> tuple[int, int] | None:
    """(order, position) of the first element of `other` that is off by more than rounding, or None.

    Elements that are not finite in the first call are not compared.

    Args:
        power: of two, by which `expected` is larger than the first call's: it commutes with rounding, though
            not with the order in which a device adds.
    """
    exact = power is not None
    got, dtype = other.table, scene.at.dtype
    if got is None or got.shape != expected.shape:
        return 1, 0
    near = expected == got
    if near.all():
        return None
    with np.errstate(all="ignore"):
        gap = np.abs(expected - got)
        size = np.abs(np.where(np.isfinite(expected), expected, 0.0)).astype(dtype)
        few = COMMUTES_ULP if exact and scene.at.device == "cpu" else verdict.negligible(dtype)
        near |= gap <= few * np.spacing(size)
        if near.all():
            return None
        base = np.abs(table(scene)[: len(gap)])
        overflow = exact | (base > np.finfo(dtype).max / 16)
        near |= ~np.isfinite(base) | (overflow & ~np.isfinite(expected + got))
        if not exact:  # where sums of full numbers cancel, a quarter of the digits
            near |= gap <= 2.0 ** -(precision(dtype) * 3 // 4) * _largest(scene, size)
        least = 4 * raising(dtype) * np.finfo(dtype).smallest_subnormal  # where factors do not commute
        near |= (base < np.finfo(dtype).tiny) & (gap <= float(least))
        quarter = 2.0 ** -(precision(dtype) // 4)
        gross = ~near & (gap > quarter * _largest(scene, np.maximum(size, base)))
        k = int(np.argmin(near.all(axis=1)))
        if gross[k].any() and _keeps_half(scene, k + 1):  # a gap of a quarter of them is no rounding
            return k + 1, int(np.argmax(gross[k]))
        if not near.all() and power is not None:
            near |= _scaled_by_norm(scene, gap, other.at, power)
        if not near.all() and not exact:
            near |= gap <= 4 * np.stack(allowances_at(scene, other.at)[: len(gap)])
        if not near.all() and not exact:  # where sums cancel: what `expected` was made of is rounded, too
            near |= gap <= 4 * np.stack(allowances(scene)[: len(gap)])
        if not near.all() and scene.beyond:  # half of the digits, at the limits of the range
            near |= gap <= 2.0 ** -(precision(dtype) // 2) * _largest(scene, size)
    if near.all():
        return None
    k, position = np.argwhere(~near)[0].tolist()
    return k + 1, position


def _keeps_half(scene: Scene, k: int) -> bool:
    """Whether the first call's gradients of order k, none of them zero throughout, have half of their digits.

    In float64: in narrower dtypes a sum of short numbers may be exact by chance.
    """
    if scene.measured.high is None or precision(scene.at.dtype) < precision(np.float64):
        return False
    right = np.array([float(ball.mid()) for ball in scene.high(k)])
    size = _largest(scene, np.abs(right)[None])[0]
    off = np.abs(scene.got(k) - right)
    return bool(((off <= 2.0 ** -(precision(scene.at.dtype) // 2) * size) & (size > 0)).all())


def _scaled_by_norm(scene: Scene, gap: np.ndarray, at: Point, power: float) -> np.ndarray:
    """Where a gap is rounding although the cotangents differ by a power of two only.

    A backward that divides by the norm of gy and multiplies by it later rounds in other places. Narrow balls
    distinguish that from a backward that is not linear; without them at most half of the digits may differ.
    """
    there = _seen_from(scene, at)
    allowed = power * np.stack(allowances(scene)[: len(gap)]) + np.stack(allowances(there)[: len(gap)])
    largest = _largest(scene, power * np.nan_to_num(np.abs(table(scene)[: len(gap)]), posinf=0.0))
    if any(seen.measured.high is None or seen.fitting < len(gap) for seen in (scene, there)):
        return np.asarray(gap <= np.fmin(allowed, 2.0 ** -(precision(scene.at.dtype) // 2) * largest))
    pairs = [zip(scene.high(k), there.high(k), strict=True) for k in range(1, len(gap) + 1)]
    apart = np.array([[abs(float((abs(b) - power * abs(a)).mid())) for a, b in row] for row in pairs])
    return np.asarray((gap <= allowed) & (apart <= COMMUTES_ULP * np.spacing(largest)))


def _seen_from(scene: Scene, at: Point) -> Scene:
    """The scene with the cotangents of another call."""
    if at is scene.at:
        return scene
    return replace(scene, at=at, measured=scene.measured_at(at))


def _largest(scene: Scene, size: np.ndarray) -> np.ndarray:
    """For each element the largest of its input, order by order."""
    largest = np.zeros_like(size)
    for i in np.flatnonzero(scene.at.active):
        here = scene.at.span(int(i))
        largest[:, here] = size[:, here].max(axis=1, keepdims=True, initial=0.0)
    return largest


def allowances_at(scene: Scene, at: Point) -> list[np.ndarray]:
    """The rounding allowed to each element at another call's cotangents, which are rounded themselves."""
    if at is scene.at:
        return allowances(scene)
    there = allowances(_seen_from(scene, at))
    effect = None if scene.large else weight_effect(scene.subject, at, scene.fitting)
    if effect is None:
        return there
    radii = [[float(ball.rad()) for ball in at.balls(of_order)] for of_order in effect]
    return [a + np.array(more) for a, more in zip(there[: scene.fitting], radii, strict=True)]
