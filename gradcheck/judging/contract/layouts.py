"""How inputs, incoming gradients and directions lie in memory changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradcheck.judging.contract.agreement import alike, apart
from gradcheck.judging.contract.calls import Call, all_digits, broadcast_term, call, plus
from gradcheck.judging.contract.violation import Violation, at_order
from gradcheck.judging.scene import Scene
from gradcheck.measuring.point import Point
from gradcheck.system.raised import text_of, told


def broken(scene: Scene) -> Violation | None:
    """The first layout in which values or gradients differ from those of contiguous arrays."""
    for name, at, cotangents in _arrangements(scene):
        plain = call(scene, at, scene.fitting)
        if plain.table is not None:
            other = call(scene, at, scene.fitting, name, cotangents=cotangents)
            violation = _between(scene, name, plain, other)
            if violation is not None:
                return violation
    return None


def _arrangements(scene: Scene) -> Iterator[tuple[str, Point, Any]]:
    """The layouts and points of the shared calls, with cotangents that are handed over as they are."""
    term, views = broadcast_term(scene)
    yield "fortran", all_digits(scene.at), None
    yield "strided", plus(scene.at, term), None
    yield "negative", scene.at, None
    yield "readonly", scene.at, None
    yield "readonly", term, views


def _between(scene: Scene, layout: str, plain: Call, other: Call) -> Violation | None:
    if other.trial is None:
        return _refused(scene, layout, other)
    assert plain.trial is not None
    assert plain.table is not None
    if not all(alike(y, z) for y, z in zip(plain.trial.outputs, other.trial.outputs, strict=True)):
        return Violation("layout", f"{layout} inputs give other values of f itself")
    if other.table is None:
        return Violation("layout", f"{layout} inputs give a gradient of another shape")
    place = apart(scene, plain.table, other)
    if place is None:
        return None
    k, position = place
    where = scene.case.place(position)
    return Violation("layout", at_order(k, f"{layout} inputs give another gradient at {where}"), k, where)


def _refused(scene: Scene, layout: str, refused: Call) -> Violation:
    """What only runs on contiguous or writable arrays is the finding."""
    orders = range(1, scene.fitting + 1)
    k = next((k for k in orders if call(scene, refused.at, k, layout).trial is None), scene.fitting)
    error = refused.error
    assert error is not None
    if "read-only" in text_of(error):
        message = f"it writes into its input or into gy: {text_of(error)} (on a read-only array)"
        return Violation("input overwritten", at_order(k, message), k)
    return Violation("layout", at_order(k, f"{layout} inputs: {told(error)}"), k)
