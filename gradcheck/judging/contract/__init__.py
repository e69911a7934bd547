"""What a backward must do besides giving the right values.

    relations      what further calls must give: linearity in gy, memory layouts, with a graph and without
    traces         the same call again gives the same, and nothing is written to or kept
    by_gy          backward is differentiable by gy
    dtypes         gradients have their input's dtype, and its digits
    repeatability  f itself is a function of its inputs; run_to_run: devices may add in another order
    further        a further call of the subject, with other cotangents; agreement: whether calls agree

A few calls show that every relation holds at every order. Where some fail, each is tested by
itself. A rule gives at most one Violation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.judging.contract.by_gy import detached
from gradcheck.judging.contract.dtypes import narrow_digits, wrong_dtype
from gradcheck.judging.contract.further import call, succeeded
from gradcheck.judging.contract.relations import (
    Calls,
    first_broken,
    further_calls,
    laid_out,
    linear,
    without_graph,
)
from gradcheck.judging.contract.repeatability import Backward
from gradcheck.judging.contract.run_to_run import beyond_rounding
from gradcheck.judging.contract.traces import overwritten, stale, unrepeatable
from gradcheck.judging.contract.violation import Violation
from gradcheck.judging.scene import Scene
from gradcheck.subjects.traceless import flowing

__all__ = ["Violation", "violations"]


def violations(scene: Scene, backward: Backward | None = None) -> list[Violation]:
    """The rules that the scene's subject breaks, up to the highest order whose shapes fit.

    Args:
        backward: a call of order 1 at the scene's point, where one was made before.
    """
    if not scene.fitting:
        return []
    with flowing(scene.subject):
        calls = further_calls(scene, None if backward is None else succeeded(scene, scene.at, *backward))
        found = list(_each_once(_of_each_rule(scene, calls)))
        old = None if found else stale(scene, calls.moved)
        return found if old is None else [old]


def _of_each_rule(scene: Scene, calls: Calls) -> list[Violation | None]:
    alone: list[Violation | None] = []
    dtype = wrong_dtype(scene, calls.part)
    fit = calls.fit_together(scene) if dtype is None else calls.fit_narrowly(scene)
    if not fit or beyond_rounding(scene) is not None:
        unfit = unrepeatable(scene) or overwritten(scene)
        if unfit is not None:  # nothing else can be decided then
            return [unfit]
        alone = [first_broken(scene, linear(scene)), laid_out(scene), _of_the_graph(scene)]
    return [
        dtype,
        *alone,
        detached(scene, calls.part, calls.same),
        narrow_digits(scene, calls.part) if dtype is None else None,
    ]


def _of_the_graph(scene: Scene) -> Violation | None:
    plain = call(scene, scene.at, 1)
    asked = scene.fitting > 1 and plain.table is not None  # else there is no graph to omit
    return without_graph(scene, plain).violation(scene) if asked else None


def _each_once(found: Sequence[Violation | None]) -> Iterator[Violation]:
    """The first of each kind; where a dtype is wrong, lost digits are not reported too."""
    kinds = {v.kind: v for v in reversed(found) if v is not None}
    return (v for v in reversed(kinds.values()) if v.kind != "precision lost" or "dtype" not in kinds)
