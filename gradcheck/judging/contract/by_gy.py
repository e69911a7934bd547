"""The derivative of backward by gy: it is linear in gy in the graph as well as in value.

By Euler's identity <G_{k - 1}, d> is the pairing of gy with that derivative. A gy that was taken out of the
graph shows nowhere else, while it is the last link of the chain.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcheck.judging import verdict
from gradcheck.judging.contract.further import Call, call
from gradcheck.judging.contract.relations import narrowly
from gradcheck.judging.contract.violation import Violation
from gradcheck.judging.rounding import allowances
from gradcheck.judging.scene import Scene
from gradcheck.measuring.balls import pairing_slack
from gradcheck.measuring.point import Point
from gradcheck.system.floats import precision
from gradcheck.system.raised import described


def detached(scene: Scene, *watched: Call) -> Violation | None:
    """The first of the watched calls in which backward is not differentiable by gy, or wrongly."""
    for each in watched:
        if each.error is not None and each.trial is not None:
            message = f"backward's derivative by gy raises {described(each.error)}"
            return Violation.at(scene.fitting, "backward raises", message)
    return next((v for v in (_unequal(scene, each) for each in watched) if v is not None), None)


def _unequal(scene: Scene, watched: Call) -> Violation | None:
    """Whether the two sides of a pairing differ by more than rounding."""
    slack = None
    for k, (paired, scale, by_gy) in enumerate(watched.trial.pairings if watched.trial else (), 2):
        gap = abs(paired - by_gy)
        if not np.isfinite(paired) or gap <= verdict.negligible(scene.at.dtype) * np.spacing(scale):
            continue
        slack = slack or _slack(scene, watched.at)
        if gap <= slack(k, scale):
            continue
        if narrowly(scene, gap, scale):
            message = "backward's derivative by gy has the digits of a narrower dtype only"
            return Violation.at(k, "precision lost", message)
        first, second = (_derivative(scene, watched.at, k) for _ in range(2))
        reordered = 0.0 if scene.at.device == "cpu" else slack(k, scale)
        if not np.isclose(first, second, rtol=0.0, atol=reordered, equal_nan=True):
            return Violation.at(k, "not deterministic", "the derivative by gy changes between calls")
        message = "backward's result does not depend on gy in the graph as it does in value"
        return Violation.at(k, "gy detached", message)
    return None


def _slack(scene: Scene, at: Point) -> Callable[[int, float], float]:
    """What rounding may do to <G_{k - 1}, d>, either way it is computed, by k and the size of its terms.

    Where balls cannot follow both ways, a quarter of the digits may be lost as sums cancel, or half
    where numbers have met the limits of the dtype's range.
    """
    known = None if scene.large else pairing_slack(scene.subject, at, scene.fitting)
    digits = precision(scene.at.dtype)

    def slack(k: int, scale: float) -> float:
        if known and np.isfinite(known[k - 2]) and not scene.beyond:
            return float(verdict.SAFETY * known[k - 2])
        lost = 2.0 ** -(digits // 2 if scene.beyond else digits * 3 // 4)
        return float(lost * scale + 4 * np.abs(at.floats(at.direction)) @ allowances(scene)[k - 2])

    return slack


def _derivative(scene: Scene, at: Point, k: int) -> float:
    """The derivative by gy in a further call; NaN where it cannot be computed."""
    trial = call(scene, at, scene.fitting, watched=True).trial
    return float(trial.pairings[k - 2][2]) if trial is not None and len(trial.pairings) > k - 2 else np.nan
