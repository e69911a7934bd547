"""A second look beside a point at which a zero gradient would pass as well.

Where every derivative by an input is claimed to be zero, and rightly so, the point has no power: a graph
that was cut, or a factor that was lost, shows nothing. Close by it does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gradcheck import estimated
from gradcheck.cases import Case
from gradcheck.errors import InputError
from gradcheck.finding import Evidence
from gradcheck.measure import point
from gradcheck.scene import Scene
from gradcheck.subject import Subject

STEP = 2.0**-10  # how far beside, for the size of each element: exact in every float dtype
Observe = Callable[..., Scene]


def failing_beside(
    scene: Scene, observe: Observe, judge: Callable[[Scene], list[Evidence]]
) -> tuple[Scene, Evidence] | None:
    """The scene beside this one and its lowest failing row, if this one is weak and that one fails."""
    if not _is_weak(scene):
        return None
    case = replace(scene.case, inputs=_moved(scene))
    beside = _seen(case, scene.subject, observe)
    if beside is None:
        return None
    beside.beside = True
    rows = judge(beside)
    if beside.truth is None:
        rows += estimated.judge("finite_difference", beside)
    failing = [row for row in rows if row.verdict == "fail" and row.oracle != "contract"]
    if not failing:
        return None
    row = min(failing, key=lambda r: r.order)
    where = f"{row.where} = {row.input_value}" if row.input_value else row.where
    return beside, replace(row, where=f"beside the point, at {where}")


def _seen(case: Case, subject: Subject, observe: Observe) -> Scene | None:
    """None where f cannot be had there."""
    try:
        at, outputs = point(
            subject, case.inputs, case.active, case.order, case.seed, case.dtype, case.device
        )
    except InputError:
        return None
    if not all(np.isfinite(y).all() for y in outputs if y.dtype.kind == "f"):
        return None
    return observe(case, subject, at, outputs)


def _is_weak(scene: Scene) -> bool:
    """Whether the whole derivative of some order by some input is zero."""
    return any(
        on and (g is None or not np.any(g))
        for gradients in scene.measured.got
        for g, on in zip(gradients, scene.at.active, strict=True)
    )


def _moved(scene: Scene) -> list[np.ndarray]:
    """Each element farther from zero by a part in a thousand; zeros become small and positive."""
    rng = np.random.default_rng([4, scene.case.seed])
    return [
        _away(x, rng) if on else x for x, on in zip(scene.at.inputs, scene.at.active, strict=True)
    ]


def _away(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    share = rng.integers(4, 16, x.shape) * STEP
    return np.asarray(x + np.where(x == 0, share, x * share), dtype=x.dtype)
