"""What a backward must do beside giving the right values: shapes, linearity, no side effects.

Each rule looks at the subject's floats of order 1 (higher orders are order 1 of the gradient function)
and gives at most one Violation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck import ulp, verdict
from gradcheck.measure import Gradients, Point, flat, gradients
from gradcheck.oracles.arithmetic import exact
from gradcheck.sampling import LAYOUTS
from gradcheck.subject import to_device, to_host

# What two runs of one backward may differ by, in ULPs of the largest element of the gradient, where no
# balls say better: sums taken in another order.
REORDERING_ULP = 1024


@dataclass(frozen=True)
class Violation:
    """A rule that was broken: its kind (for the diagnosis), the order, and what was seen."""

    kind: str
    message: str
    order: int = 1
    where: str = ""


def violations(scene: Any) -> list[Violation]:
    """All rules that the scene's subject breaks."""
    if not scene.measured.reached or shape_misfit(scene, 1):
        return []
    found = [rule(scene) for rule in (_dtypes, _side_effects, _repeatable, _linear, _layouts)]
    return [v for v in found if v is not None]


def shape_misfit(scene: Any, k: int) -> str | None:
    """What is wrong with the shapes of the gradients of order k, or None."""
    for i, g, x in _pairs(scene, k):
        if g is not None and g.shape != x.shape:
            name = scene.case.names[i]
            return f"order {k}: gradient of input {i} ({name}) has shape {g.shape}, the input {x.shape}"
    return None


def _pairs(scene: Any, k: int) -> Iterator[tuple[int, Any, np.ndarray]]:
    for i, (x, on) in enumerate(zip(scene.at.inputs, scene.at.active, strict=True)):
        if on:
            yield i, scene.measured.got[k - 1][i], x


def _dtypes(scene: Any) -> Violation | None:
    for k in range(1, scene.measured.reached + 1):
        for i, g, x in _pairs(scene, k):
            if g is not None and g.dtype != x.dtype:
                name = scene.case.names[i]
                message = (
                    f"order {k}: gradient of input {i} ({name}) has dtype {g.dtype}, the input {x.dtype}"
                )
                return Violation("dtype", message, k)
    return None


def _side_effects(scene: Any) -> Violation | None:
    """Inputs and incoming gradients must come back as they went in."""
    at = scene.at
    inputs = [to_device(x.copy(), at.device) for x in at.inputs]
    cotangents = [to_device(u.copy(), at.device) for u in at.cotangents]
    scene.subject.gradients(inputs, cotangents, at.direction, 1)
    for i, (after, before) in enumerate(zip(inputs, at.inputs, strict=True)):
        if not _same(to_host(after), before):
            return Violation("input overwritten", f"input {i} ({scene.case.names[i]}) was overwritten")
    for after, before in zip(cotangents, at.cotangents, strict=True):
        if not _same(to_host(after), before):
            return Violation("gy overwritten", "the incoming gradient gy was overwritten in backward")
    return None


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)


def _repeatable(scene: Any) -> Violation | None:
    """The same call gives the same gradient; devices may add in another order."""
    again = gradients(scene.subject, scene.at, 1)
    for i, first, x in _pairs(scene, 1):
        second = again[0][i]
        if (first is None) != (second is None):
            return Violation("not deterministic", f"input {i} has a gradient in one call and none in the next")
        if first is not None and not _close(scene, first, second, x):
            name = scene.case.names[i]
            return Violation("not deterministic", f"the gradient of input {i} ({name}) changes from call to call")
    return None


def _close(scene: Any, first: np.ndarray, second: np.ndarray, x: np.ndarray) -> bool:
    if scene.at.device == "cpu":
        return _same(first, second)
    return bool(np.all(np.abs(first - second) <= _slack(first, x.dtype)))


def _slack(gradient: np.ndarray, dtype: Any) -> float:
    """REORDERING_ULP at the largest element."""
    if not gradient.size:
        return 0.0
    return REORDERING_ULP * float(np.spacing(np.abs(gradient).max().astype(dtype)))


# Linearity in gy ------------------------------------------------------------------------------------


def _linear(scene: Any) -> Violation | None:
    """b(0) = 0, b(-v) = -b(v) and b(2v) = 2 b(v), exactly; b(v + w) = b(v) + b(w), up to rounding."""
    base = scene.measured.got[0]
    checks: list[tuple[float, str]] = [
        (0.0, "a zero incoming gradient gives a gradient that is not zero"),
        (-1.0, "the negative of an incoming gradient does not give the negative gradient"),
        (2.0, "twice the incoming gradient does not give twice the gradient"),
    ]
    for factor, message in checks:
        scaled = _with_cotangent(scene, [u * u.dtype.type(factor) for u in scene.at.cotangents])
        if not _proportional(scene, base, scaled, factor):
            return Violation("not linear in gy", message)
    return _additive(scene, base)


def _with_cotangent(scene: Any, cotangents: Sequence[np.ndarray]) -> list[Any]:
    return gradients(scene.subject, replace(scene.at, cotangents=list(cotangents)), 1)[0]


def _proportional(scene: Any, base: list[Any], scaled: list[Any], factor: float) -> bool:
    """Scaling by -1 and 2 commutes with rounding, except where numbers leave the normal range."""
    for before, after, x in zip(base, scaled, scene.at.inputs, strict=True):
        if before is None or after is None:
            if before is not after and factor:
                return False
            continue
        if before.shape != after.shape:
            return False
        with np.errstate(all="ignore"):
            expected = before * x.dtype.type(factor)
            usable = np.isfinite(expected)
            slack = 4 * np.spacing(np.abs(np.where(usable, expected, 0)).astype(x.dtype))
            if scene.at.device != "cpu":
                slack = slack + _slack(np.where(usable, expected, 0), x.dtype)
            if not np.all(np.abs(after - expected)[usable] <= slack[usable]):
                return False
    return True


def _additive(scene: Any, base: list[Any]) -> Violation | None:
    rng = np.random.default_rng([1, scene.case.seed])
    others = [
        (rng.permutation(u.ravel()).reshape(u.shape) * u.dtype.type(-0.75)).astype(u.dtype)
        for u in scene.at.cotangents
    ]
    first = _with_cotangent(scene, others)
    both = _with_cotangent(
        scene, [u + v for u, v in zip(scene.at.cotangents, others, strict=True)]
    )
    for i, (a, b, c) in enumerate(zip(base, first, both, strict=True)):
        if a is None or b is None or c is None or not a.size:
            continue
        with np.errstate(all="ignore"):
            scale = max(float(np.abs(v).max()) for v in (a, b, c))
            slack = _rounding(scene, i) + REORDERING_ULP * float(np.spacing(c.dtype.type(scale)))
            gap = np.abs(a + b - c)
            if np.isfinite(gap).all() and float(gap.max()) > slack:
                message = "the gradient for v + w is not the sum of those for v and w"
                return Violation("not linear in gy", message)
    return None


def _rounding(scene: Any, i: int) -> float:
    """The largest rounding radius of input i's gradient, several times over; 0 where unknown."""
    low = scene.measured.low
    if low is None or low[0][i] is None or not low[0][i].size:
        return 0.0
    radii = [b.rad() for b in low[0][i].flat if b.is_finite()]
    return 8 * float(max(radii, default=arb(0), key=float))


# Layouts --------------------------------------------------------------------------------------------


def _layouts(scene: Any) -> Violation | None:
    """The gradient must not depend on how inputs and incoming gradients lie in memory."""
    at: Point = scene.at
    if at.device != "cpu":
        return None
    for name, arrange in LAYOUTS.items():
        if name == "contiguous":
            continue
        inputs = [arrange(x) if on else x for x, on in zip(at.inputs, at.active, strict=True)]
        cotangents = [arrange(u) for u in at.cotangents]
        try:
            got = scene.subject.gradients(inputs, cotangents, at.direction, 1)
        except Exception as error:  # a backward that only runs on contiguous arrays is the finding
            return Violation("layout", f"{name} inputs: {type(error).__name__}: {error}")
        position = _differing(scene, [[None if g is None else to_host(g) for g in gs] for gs in got])
        if position is not None:
            where = scene.case.place(position)
            return Violation("layout", f"{name} inputs give another gradient at {where}", where=where)
    return None


def _differing(scene: Any, got: Gradients) -> int | None:
    """The first element whose gradient differs from the contiguous one by more than rounding."""
    at, base = scene.at, scene.measured.got
    for g, x, on in zip(got[0], at.inputs, at.active, strict=True):
        if on and g is not None and g.shape != x.shape:
            return 0
    ours, theirs = flat(base[0], at), flat(got[0], at)
    for position in np.flatnonzero(~_equal(ours, theirs)):
        if not _within_rounding(scene, int(position), ours[position], theirs[position]):
            return int(position)
    return None


def _equal(a: list[Any], b: list[Any]) -> np.ndarray:
    x, y = np.asarray(a), np.asarray(b)
    return (x == y) | (np.isnan(x) & np.isnan(y))


def _within_rounding(scene: Any, position: int, ours: Any, theirs: Any) -> bool:
    high, low, dtype = scene.measured.high, scene.measured.low, scene.at.dtype
    if high is None or low is None:
        slack = REORDERING_ULP * ulp.ulp(exact(ours), dtype)
        return bool(abs(exact(ours) - exact(theirs)) <= slack)
    h, r = (_ball(flat(g[0], scene.at)[position]) for g in (high, low))
    tolerance = 2 * verdict.SAFETY * verdict.rounding(h, r, dtype)
    return bool(abs(exact(ours) - exact(theirs)) <= tolerance)


def _ball(value: Any) -> arb:
    return value if isinstance(value, arb) else exact(value)


