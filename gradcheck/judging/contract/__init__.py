"""What a backward must do beside giving the right values.

    conduct     the same call gives the same, writes to nothing, and keeps dtypes
    linearity   b(v + 2w) = b(v) + 2 b(w), in value and in the graph
    layouts     how arrays lie in memory changes nothing
    calls       the further calls of the subject, which all of these share

A few calls show that every rule holds at every order: each has the inputs in another memory layout and
cotangents that linearity relates to those of the first. Only where they do not fit together is each rule
looked at by itself. A rule gives at most one Violation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.judging.contract import conduct, layouts, linearity
from gradcheck.judging.contract.agreement import fit_together
from gradcheck.judging.contract.calls import further_calls
from gradcheck.judging.contract.run_to_run import beyond_rounding
from gradcheck.judging.contract.violation import Violation
from gradcheck.judging.scene import Scene
from gradcheck.subjects.traceless import flowing

__all__ = ["Violation", "violations"]


def violations(scene: Scene) -> list[Violation]:
    """The rules that the scene's subject breaks, up to the highest order whose shapes fit."""
    if not scene.fitting:
        return []
    with flowing(scene.subject):
        return _violations(scene)


def _violations(scene: Scene) -> list[Violation]:
    calls = further_calls(scene)
    found: list[Violation | None] = []
    if not fit_together(scene, calls) or beyond_rounding(scene) is not None:
        unfit = conduct.unrepeatable(scene) or conduct.overwritten(scene)
        if unfit is not None:  # nothing else can be told then
            return [unfit]
        found = [linearity.broken(scene), layouts.broken(scene)]
    found = [
        conduct.dtypes(scene, calls.watched),
        *found,
        conduct.without_graph(scene, calls),
        linearity.detached(scene, calls),
        conduct.digits(scene, calls.watched),
    ]
    told = list(_each_once(found))
    old = None if told else conduct.stale(scene, calls)
    return told if old is None else [old]


def _each_once(found: Sequence[Violation | None]) -> Iterator[Violation]:
    """The first of each kind; digits are lost where a dtype is wrong, which need not be said."""
    kinds = {v.kind: v for v in reversed(found) if v is not None}
    return (v for v in reversed(kinds.values()) if v.kind != "precision lost" or "dtype" not in kinds)
