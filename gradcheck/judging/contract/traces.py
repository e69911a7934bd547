"""What a call must not leave behind: the same call gives the same again; nothing is written to, or kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.judging.contract.agreement import first_difference, table
from gradcheck.judging.contract.further import Call, call
from gradcheck.judging.contract.repeatability import MANY_CALLS, are_few, repeated, same, within
from gradcheck.judging.contract.run_to_run import beyond_rounding
from gradcheck.judging.contract.violation import Violation
from gradcheck.judging.near import chosen_by_hand
from gradcheck.judging.rounding import allowances
from gradcheck.judging.scene import Scene
from gradcheck.oracles.jet import NotApplicableError
from gradcheck.subjects.traceless import kept_state, note_state_matters, put_back
from gradcheck.system.raised import described

RANDOM = "not deterministic"
REPEATS = 3  # calls with the same inputs, which must give the same


def unrepeatable(scene: Scene) -> Violation | None:
    """The same call gives the same values and gradients; devices may add in another order."""
    for _ in range(MANY_CALLS if are_few(scene.outputs) else 1):
        again = call(scene, scene.at, 0)
        if again.trial is None or not repeated(scene.subject, scene.at, scene.outputs, again.trial.outputs):
            return _unsteady(scene)
    beyond = beyond_rounding(scene)
    if beyond is not None:
        k, ulps = beyond
        message = f"runs of the same program differ by {ulps:.2g} ULP, which is more than rounding"
        return Violation.at(k, RANDOM, message)
    for _ in range(REPEATS):
        later = call(scene, scene.at, scene.fitting)
        if later.overwritten:
            return None  # that explains it
        if later.trial is None:
            assert later.error is not None
            return Violation(RANDOM, f"a further call raises {described(later.error)}")
        for k in range(1, scene.fitting + 1):
            change = _change(scene, later.trial.gradients[k - 1], k)
            if change is not None:
                return Violation.at(k, RANDOM, change)
    return None


def _unsteady(scene: Scene) -> Violation:
    names = kept_state(scene.subject)
    note_state_matters(scene.subject)
    return Violation(RANDOM, f"f gives other values from call to call{names}", of_f=True)


def _change(scene: Scene, later: list[Any], k: int) -> str | None:
    for i, before, _ in scene.pairs(k):
        if (before is None) != (later[i] is None):
            return f"input {i} has a gradient in one call and none in the next"
        if before is None or same(before, later[i]):
            continue
        allowed = allowances(scene)[k - 1][scene.at.span(i)] if scene.at.device != "cpu" else None
        if allowed is None or not within(before, later[i], allowed.reshape(before.shape)):
            return f"the gradient of input {i} ({scene.case.names[i]}) changes between calls"
    return None


def overwritten(scene: Scene) -> Violation | None:
    """Inputs, incoming gradients and all arrays of the graph must stay as they were."""
    for k in range(1, scene.fitting + 1):
        seen = call(scene, scene.at, k, watched=True)
        for kind, message in seen.overwritten:
            return Violation.at(k, kind, message)
        for damage in () if seen.trial is None else seen.trial.damage:
            return Violation.at(k, damage.kind, f"{damage.where}, was overwritten in backward")
    return None


def stale(scene: Scene, there: Call) -> Violation | None:
    """At other inputs the gradient is that of these inputs, whatever was asked before."""
    if there.table is None:
        return None
    names = kept_state(scene.subject)
    first = _asked_first(scene, there) if names else None
    if first is not None:
        values = [[] if each.trial is None else each.trial.outputs for each in (first, there)]
        if not repeated(scene.subject, there.at, *values):
            return _unsteady(scene)
        note_state_matters(scene.subject)
    elif not _kept_out_of_sight(scene, there):
        return None
    message = "the gradient at other inputs is that of an earlier call (something is kept between calls)"
    if not np.array_equal(there.table, table(scene)[:1]):
        message = f"the gradient at other inputs depends on an earlier call{names}"
    return Violation("stale", message, where=names.strip(" ()"))


def _asked_first(scene: Scene, there: Call) -> Call | None:
    """The same call with no other call before it, if it gives another gradient then.

    A first call that initializes at random (weights) makes another function each time: that shows nothing.
    """
    put_back(scene.subject)
    first = call(scene, there.at, 1)
    if first.table is None or first_difference(scene, first.table, there) is None:
        return None
    put_back(scene.subject)
    return first if first_difference(scene, table(scene)[:1], call(scene, scene.at, 1)) is None else None


def _kept_out_of_sight(scene: Scene, there: Call) -> bool:
    """Whether it is exactly that of the first inputs, right for those, and wrong at other inputs.

    At numbers chosen by hand that may be so by chance: x * x has the derivative 1 at 0.5.
    """
    here = table(scene)[:1]
    if there.table is None or not here.any() or not np.array_equal(there.table, here) or scene.truth is None:
        return False
    if chosen_by_hand(scene):
        return False
    column, truth = scene.at.floats(scene.columns[0]), scene.truth.columns[0][0]
    slack = 2 * float(np.abs(column) @ allowances(scene)[0])
    if abs(truth - float(scene.got(1) @ column)) > slack:
        return False
    try:
        true = replace(scene, at=replace(there.at, order=1)).ask(scene.columns[:1])
    except NotApplicableError:
        return False
    return true.smooth >= 1 and bool(abs(true.columns[0][0] - truth) > slack)
