"""The same call gives the same, writes to nothing that it was handed, and keeps dtypes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.judging.contract import run_to_run
from gradcheck.judging.contract.agreement import allowances_at, apart, table
from gradcheck.judging.contract.calls import Call, Calls, call
from gradcheck.judging.contract.repeatability import repeated, same, within
from gradcheck.judging.contract.violation import Violation, at_order
from gradcheck.judging.near import chosen_by_hand
from gradcheck.judging.rounding import allowances
from gradcheck.judging.scene import Scene
from gradcheck.oracles.jet import NotApplicableError
from gradcheck.subjects.traceless import blamed, kept, put_back
from gradcheck.system.raised import told

REPEATS = 3  # calls with the same inputs, which must give the same


def unrepeatable(scene: Scene) -> Violation | None:
    """The same call gives the same values and gradients; devices may add in another order."""
    kind = "not deterministic"
    again = call(scene, scene.at, 0)
    if again.trial is None or not repeated(scene.subject, scene.at, scene.outputs, again.trial.outputs):
        return _unsteady(scene)
    apart = run_to_run.beyond_rounding(scene)
    if apart is not None:
        k, ulps = apart
        message = f"runs of the same program differ by {ulps:.2g} ULP, which is more than rounding"
        return Violation(kind, at_order(k, message), k)
    for _ in range(REPEATS):
        later = call(scene, scene.at, scene.fitting)
        if later.overwritten:
            return None  # that explains it
        if later.trial is None:
            assert later.error is not None
            return Violation(kind, f"a further call raises {told(later.error)}")
        for k in range(1, scene.fitting + 1):
            change = _change(scene, later.trial.gradients[k - 1], k)
            if change is not None:
                return Violation(kind, at_order(k, change), k)
    return None


def _unsteady(scene: Scene) -> Violation:
    names = kept(scene.subject)
    blamed(scene.subject)
    return Violation("not deterministic", f"f gives other values from call to call{names}", of_f=True)


def _change(scene: Scene, later: list[Any], k: int) -> str | None:
    for i, before, _ in scene.pairs(k):
        if (before is None) != (later[i] is None):
            return f"input {i} has a gradient in one call and none in the next"
        if before is not None and not _repeated(scene, k, i, before, later[i]):
            return f"the gradient of input {i} ({scene.case.names[i]}) changes between calls"
    return None


def _repeated(scene: Scene, k: int, i: int, before: np.ndarray, later: np.ndarray) -> bool:
    """Whether two calls gave the same gradient by input i: to the bit, or on a device up to rounding."""
    if scene.at.device == "cpu" or before.shape != later.shape:
        return same(before, later)
    allowed = allowances(scene)[k - 1][_elements(scene, i)]
    return within(before, later, allowed.reshape(before.shape))


def _elements(scene: Scene, i: int) -> slice:
    """Where the elements of input i are among all that are differentiated."""
    at = scene.at
    start = sum(x.size for x, on in zip(at.inputs[:i], at.active[:i], strict=True) if on)
    return slice(start, start + at.inputs[i].size)


def overwritten(scene: Scene) -> Violation | None:
    """Inputs, incoming gradients and all arrays of the graph must stay as they were."""
    for k in range(1, scene.fitting + 1):
        seen = call(scene, scene.at, k, watched=True)
        for kind, message in seen.overwritten:
            return Violation(kind, at_order(k, message), k)
        for damage in () if seen.trial is None else seen.trial.damage:
            return Violation(damage.kind, at_order(k, f"{damage.where}, was overwritten in backward"), k)
    return None


def dtypes(scene: Scene, watched: Call) -> Violation | None:
    """Gradients have their input's dtype, also as backward returns them (a leaf casts them to its own)."""
    for k in range(1, scene.fitting + 1):
        returned = _returned(scene, watched, k)
        for i, g, x in scene.pairs(k):
            dtype = g.dtype if g is not None and g.dtype != x.dtype else returned[i]
            if dtype is not None and dtype != x.dtype:
                name = scene.case.names[i]
                message = f"order {k}: gradient of input {i} ({name}) has dtype {dtype}, the input {x.dtype}"
                return Violation("dtype", message, k)
    return None


def _returned(scene: Scene, watched: Call, k: int) -> list[Any]:
    """What backward itself returned, where a single dtype goes in and out."""
    trial = watched.trial
    if trial is None or not _one_dtype(scene) or len(trial.returned) < k:
        return [None] * len(scene.at.inputs)
    return list(trial.returned[k - 1])


def _one_dtype(scene: Scene) -> bool:
    at = scene.at
    inputs = {x.dtype for x, on in zip(at.inputs, at.active, strict=True) if on}
    return len(inputs | {u.dtype for u in at.cotangents if u is not None}) == 1


def digits(scene: Scene, watched: Call) -> Violation | None:
    """A gradient has all the digits of its dtype, as cotangents and direction have."""
    narrower = {np.dtype(np.float64): np.float32, np.dtype(np.float32): np.float16}.get(scene.at.dtype)
    if narrower is None or watched.trial is None or not _one_dtype(scene):
        return None
    for k, gradients in enumerate(watched.trial.gradients, 1):
        for i, g in enumerate(gradients):
            if g is None or not scene.at.active[i] or not _fits(g, narrower):
                continue
            if not _is_rounding(scene, watched, k, i, g):
                name = f"{np.dtype(narrower).name}"
                message = f"the gradient of input {i} ({scene.case.names[i]}) has the digits of {name} only"
                return Violation("precision lost", at_order(k, message), k)
    return None


def _is_rounding(scene: Scene, watched: Call, k: int, i: int, g: np.ndarray) -> bool:
    """Whether rounding alone can leave these numbers where the gradient is zero: they are short, then."""
    allowed = allowances_at(scene, watched.at)[k - 1][_elements(scene, i)]
    return bool((np.abs(g.ravel()) <= allowed).all())


FEWEST = 3  # elements that are no coincidence


def _fits(g: np.ndarray, narrower: Any) -> bool:
    """Whether a narrower dtype holds all elements that are not zero, exactly."""
    some = g[(g != 0) & np.isfinite(g)]
    return some.size >= FEWEST and bool((some.astype(narrower) == some).all())


def without_graph(scene: Scene, calls: Calls) -> Violation | None:
    """The gradient must not depend on whether a graph of it is wanted."""
    if scene.fitting == 1 or calls.plain.table is None:
        return None
    place = apart(scene, table(scene)[:1], calls.plain)
    if place is None:
        return None
    where = scene.case.place(place[1])
    message = f"with create_graph=True backward gives another gradient than without, at {where}"
    return Violation("depends on the graph", message, where=where)


def stale(scene: Scene, calls: Calls) -> Violation | None:
    """At other inputs the gradient is that of these inputs, whatever was asked before."""
    there = calls.moved
    if there.table is None:
        return None
    names = kept(scene.subject)
    first = _asked_first(scene, there) if names else None
    if first is not None and not _same_values(scene, first, there):
        return _unsteady(scene)
    if first is not None:
        blamed(scene.subject)
    elif not _kept_out_of_sight(scene, there):
        return None
    message = "the gradient at other inputs is that of an earlier call (something is kept between calls)"
    if not np.array_equal(there.table, table(scene)[:1]):
        message = f"the gradient at other inputs depends on an earlier call{names}"
    return Violation("stale", message, where=names.strip(" ()"))


def _asked_first(scene: Scene, there: Call) -> Call | None:
    """The same call where nothing was asked before it, if it gives another gradient then.

    What a first call sets up by chance (weights) makes another function each time: that tells nothing.
    """
    put_back(scene.subject)
    first = call(scene, there.at, 1)
    if first.table is None or apart(scene, first.table, there) is None:
        return None
    put_back(scene.subject)
    return first if apart(scene, table(scene)[:1], call(scene, scene.at, 1)) is None else None


def _same_values(scene: Scene, first: Call, later: Call) -> bool:
    if first.trial is None or later.trial is None:
        return False
    return repeated(scene.subject, first.at, first.trial.outputs, later.trial.outputs)


def _kept_out_of_sight(scene: Scene, there: Call) -> bool:
    """Whether it is exactly that of the first inputs, right for those, and wrong at the others.

    At numbers chosen by hand that may be so by chance: x * x has the derivative 1 at 0.5.
    """
    here = table(scene)[:1]
    if there.table is None or not here.any() or not np.array_equal(there.table, here) or scene.truth is None:
        return False
    return not chosen_by_hand(scene) and _right_here(scene) and not _nearly_true(scene, there)


def _right_here(scene: Scene) -> bool:
    """Whether the gradient at the point itself is true along the first column."""
    assert scene.truth is not None
    column = scene.at.floats(scene.columns[0])
    gap = abs(scene.truth.columns[0][0] - float(scene.got(1) @ column))
    return not bool(gap > 2 * float(np.abs(column) @ allowances(scene)[0]))


def _nearly_true(scene: Scene, there: Call) -> bool:
    """Whether the true gradients do not differ by more than rounding."""
    assert scene.truth is not None
    columns = scene.columns[:1]
    try:
        moved = replace(scene, at=replace(there.at, order=1)).ask(columns)
    except NotApplicableError:
        return True
    apart = abs(moved.columns[0][0] - scene.truth.columns[0][0])
    slack = float(np.abs(scene.at.floats(columns[0])) @ allowances(scene)[0])
    return moved.smooth < 1 or not bool(apart > 2 * slack)
