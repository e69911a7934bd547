"""A further call of the subject: at another point, or with its arrays in another memory layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from gradcheck.judging.contract.repeatability import Handed, same
from gradcheck.judging.scene import Scene
from gradcheck.measuring.point import Point
from gradcheck.subjects.dezero import to_device, to_host
from gradcheck.subjects.layouts import LAYOUTS, strided_backwards
from gradcheck.subjects.subject import Arrays, Trial, Watched, each_array

STRIDED_BACKWARDS = "strided backwards"  # two layouts in one
_LAYOUTS = {**LAYOUTS, STRIDED_BACKWARDS: strided_backwards}


@dataclass(frozen=True)
class Call:
    """One call of the subject at `at`, and its result.

    Attributes:
        trial: on host arrays; None where it raised `error`. With both, the derivative by gy did.
        overwritten: (kind, message) of each array that was handed over and written to.
    """

    at: Point
    trial: Trial | None
    error: Exception | None
    overwritten: Sequence[tuple[str, str]]

    @cached_property
    def table(self) -> np.ndarray | None:
        """The gradients of all elements (columns) at each order (rows).

        None unless all shapes fit, and numbers are numbers (what a backward kept of another call may
        be objects).
        """
        if self.trial is None:
            return None
        shapes = [x.shape for x in self.at.inputs]
        for gradients in self.trial.gradients:
            pairs = zip(gradients, shapes, strict=True)
            if any(g is not None and (g.shape != s or g.dtype == object) for g, s in pairs):
                return None
        return np.array([self.at.floats(gradients) for gradients in self.trial.gradients])


def call(
    scene: Scene,
    at: Point,
    order: int,
    layout: str = "contiguous",
    *,
    watched: Watched = False,
    cotangents: Arrays | None = None,
) -> Call:
    """Call the subject at `at`, its arrays in a memory layout.

    Args:
        cotangents: those of `at` as they are to be handed over, where not in that layout.
    """
    handed = _laid_out(at, _LAYOUTS[layout], cotangents)
    try:
        trial = scene.subject.trial(*handed, order, watched=watched)
    except Exception as error:  # a wrong backward may raise anything
        if watched:  # f may call backward itself, and need leaves or no graph beyond its own
            unwatched = call(scene, at, order, layout, cotangents=cotangents)
            return _with_lower(unwatched, scene, order - 1, error) if unwatched.trial else unwatched
        return Call(at, None, error, _overwritten(scene, at, handed))
    return succeeded(scene, at, handed, trial)


def succeeded(scene: Scene, at: Point, handed: Handed, trial: Trial) -> Call:
    """The call with these arrays that gave `trial`."""
    return Call(at, each_array(to_host, trial), None, _overwritten(scene, at, handed))


def _with_lower(unwatched: Call, scene: Scene, order: int, error: Exception) -> Call:
    """The call with what a watched one of lower order writes to; with the error if that one is none."""
    lower = call(scene, unwatched.at, order, watched=True) if order else None
    if lower is None or lower.trial is None or unwatched.trial is None:
        return unwatched
    by_gy = error if lower.trial.returned or lower.error else None
    return replace(unwatched, error=by_gy, trial=replace(unwatched.trial, damage=lower.trial.damage))


def _laid_out(at: Point, arrange: Callable[[Any], Any], cotangents: Arrays | None) -> Handed:
    there = arrange if at.device == "cpu" else lambda x: arrange(to_device(x, at.device))
    inputs, us, directions = at.arguments(there)
    return inputs, cotangents or us, directions


def _overwritten(scene: Scene, at: Point, handed: Handed) -> list[tuple[str, str]]:
    """The arrays that the call has changed."""
    inputs, cotangents, directions = handed
    found = [
        ("input overwritten", f"input {i} ({scene.case.names[i]}) was overwritten")
        for i, (after, before) in enumerate(zip(inputs, at.inputs, strict=True))
        if not same(to_host(after), before)
    ]
    gys = (*zip(cotangents, at.cotangents, strict=True), *zip(directions, at.direction, strict=True))
    if not all(before is None or same(to_host(after), before) for after, before in gys):
        found.append(("gy overwritten", "the incoming gradient gy was overwritten in backward"))
    return found
