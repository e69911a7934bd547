"""Backward is linear in the incoming gradient, in value and in the graph that it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gradcheck.judging import verdict
from gradcheck.judging.contract.agreement import apart, in_all_digits, not_zero, table
from gradcheck.judging.contract.calls import (
    Call,
    Calls,
    all_digits,
    broadcast_term,
    call,
    plus,
    raising,
    scaled,
)
from gradcheck.judging.contract.violation import Violation, at_order
from gradcheck.judging.rounding import allowances
from gradcheck.judging.scene import Scene
from gradcheck.measuring.balls import pairing_slack
from gradcheck.measuring.point import Point
from gradcheck.system.floats import precision
from gradcheck.system.raised import told

KIND = "not linear in gy"


def broken(scene: Scene) -> Violation | None:
    """b(-v) = -b(v), b(2v) = 2 b(v), b(0) = 0 and b(v + w) = b(v) + b(w), up to rounding.

    Rounding commutes with powers of two: the first three hold exactly, unless b scales by the norm of v.

    From order 2 on, incoming gradients inside the graph follow the direction as well: of degree k - 1.
    """
    return _odd(scene) or _homogeneous(scene) or _additive(scene)


def _odd(scene: Scene) -> Violation | None:
    base, at = table(scene), scene.at
    negative = call(scene, scaled(at, -1.0), scene.fitting)
    if negative.table is None:
        return Violation(KIND, "the negative of an incoming gradient makes backward fail")
    place = apart(scene, -base, negative, power=1.0)
    if place is None:
        return None
    k = place[0]
    if _unmoved(scene, negative, k):
        if _unmoved(scene, call(scene, scaled(at, 2.0), k), k):
            message = "the gradient does not depend on the incoming gradient"
            return Violation("ignores gy", at_order(k, message), k)
        message = "the negative of an incoming gradient gives the same gradient (an absolute value?)"
        return Violation(KIND, at_order(k, message), k)
    message = "the negative of an incoming gradient does not give the negative gradient"
    return Violation(KIND, at_order(k, message), k)


def _unmoved(scene: Scene, other: Call, k: int) -> bool:
    """Whether the gradient of order k is what it was."""
    if other.table is None:
        return False
    place = apart(scene, table(scene)[: len(other.table)], other, power=1.0)
    return place is None or place[0] > k


def _homogeneous(scene: Scene) -> Violation | None:
    base, at = table(scene), scene.at
    turned = replace(at, direction=[-d for d in at.direction])
    signs = (-1.0) ** np.arange(len(base))[:, None]
    more = raising(at.dtype)
    raised = f"{more:.0f} times the incoming gradient does not give {more:.0f} times the gradient"
    twice = "twice the incoming gradient does not give twice the gradient"
    negative = "the negative of an incoming gradient does not give the negative gradient"
    for point, expected, power, message in (
        (scaled(at, 2.0), 2 * base, 2.0, twice),
        (scaled(at, more), more * base, more, raised),
        (turned, signs * base, 1.0, negative),
    ):
        place = apart(scene, expected, call(scene, point, scene.fitting), power=power)
        if place is not None:
            return Violation(KIND, at_order(place[0], message), place[0])
    zero = call(scene, scaled(at, 0.0), 1)
    if not_zero(scene, zero):
        is_nan = zero.table is not None and bool(np.isnan(zero.table).any())
        given = "NaN" if is_nan else "a gradient that is not zero"
        return Violation(KIND, f"a zero incoming gradient gives {given}")
    return None


def _additive(scene: Scene) -> Violation | None:
    base, at = table(scene), scene.at
    term, _ = broadcast_term(scene)
    one, both = call(scene, term, scene.fitting), call(scene, plus(at, term), scene.fitting)
    if one.table is None or both.table is None:
        return Violation(KIND, "the gradient's shape depends on the incoming gradient")
    part = call(scene, all_digits(at), scene.fitting)
    for expected, other, message in (
        (base + one.table, both, "the gradient for v + w is not the sum of those for v and w"),
        (in_all_digits(base), part, "a part of an incoming gradient does not give that part of the gradient"),
    ):
        place = apart(scene, expected, other)
        if place is not None:
            k = place[0]
            if _digits_lost(scene, base[k - 1], expected[k - 1], other, k):
                message = f"{message}, but for the digits of a narrower dtype"
                return Violation("precision lost", at_order(k, message), k)
            return Violation(KIND, at_order(k, message), k)
    return None


def _again(scene: Scene, watched: Call, k: int) -> float:
    """The derivative by gy in a further call; NaN where it is not to be had."""
    trial = call(scene, watched.at, scene.fitting, watched=True).trial
    return float(trial.pairings[k - 2][2]) if trial is not None and len(trial.pairings) > k - 2 else np.nan


def _digits_lost(scene: Scene, base: np.ndarray, expected: np.ndarray, other: Call, k: int) -> bool:
    """Whether numbers as large as these are off by no more than a narrower dtype rounds."""
    if other.table is None:
        return False
    got = other.table[k - 1]
    largest = max(float(np.nanmax(np.abs(x), initial=0.0)) for x in (base, expected))
    return _narrowly(scene, float(np.nanmax(np.abs(expected - got), initial=0.0)), largest)


def _narrowly(scene: Scene, gap: float, size: float) -> bool:
    """Whether an error is as small as if the next narrower dtype had rounded."""
    narrower = np.float32 if precision(scene.at.dtype) > precision(np.float32) else np.float16
    return bool(gap <= 4 * 2.0 ** -precision(narrower) * size)


# In the graph -----------------------------------------------------------------------------------------


def detached(scene: Scene, calls: Calls) -> Violation | None:
    """Backward must be differentiable by gy too: it is linear in it, so Euler's identity holds.

    A gy that was taken out of the graph shows nowhere else, while it is the last link of the chain.
    """
    error = calls.watched.error
    if error is not None and calls.watched.trial is not None:
        k = scene.fitting
        message = f"order {k}: backward's derivative by gy raises {told(error)}"
        return Violation("backward raises", message, k)
    return _apart_by_gy(scene, calls.watched) or _apart_by_gy(scene, calls.negative)


def _apart_by_gy(scene: Scene, watched: Call) -> Violation | None:
    """Whether the two sides of a pairing differ by more than rounding."""
    slack = None
    for k, (paired, scale, by_gy) in enumerate(watched.trial.pairings if watched.trial else (), 2):
        gap = abs(paired - by_gy)
        if not np.isfinite(paired) or gap <= verdict.negligible(scene.at.dtype) * np.spacing(scale):
            continue
        slack = slack or _slack(scene, watched.at)
        if gap <= slack(k, scale):
            continue
        if _narrowly(scene, gap, scale):
            message = "backward's derivative by gy has the digits of a narrower dtype only"
            return Violation("precision lost", f"order {k}: {message}", k)
        first, second = (_again(scene, watched, k) for _ in range(2))
        reordered = 0.0 if scene.at.device == "cpu" else slack(k, scale)
        if not np.isclose(first, second, rtol=0.0, atol=reordered, equal_nan=True):
            return Violation("not deterministic", f"order {k}: the derivative by gy changes between calls", k)
        message = "backward's result does not depend on gy in the graph as it does in value"
        return Violation("gy detached", f"order {k}: {message}", k)
    return None


def _slack(scene: Scene, at: Point) -> Callable[[int, float], float]:
    """What rounding may do to <G_{k - 1}, d>, either way it is computed, by k and the size of its terms.

    Where balls cannot follow both ways, a quarter of the digits may be lost as sums cancel, or half
    where numbers have met the limits of the dtype's range.
    """
    known = pairing_slack(scene.subject, at, scene.fitting)
    digits = precision(scene.at.dtype)
    met = scene.beyond

    def slack(k: int, scale: float) -> float:
        if known and np.isfinite(known[k - 2]) and not met:
            return float(verdict.SAFETY * known[k - 2])
        moves = np.abs(at.floats(at.direction))
        lost = 2.0 ** -(digits // 2 if met else digits * 3 // 4)
        return float(lost * scale + 4 * moves @ allowances(scene)[k - 2])

    return slack
