"""Which of the functions inside a graph is wrong: each is examined by itself, where the graph has it.

A gradient of order k comes from one walk back through the graph of the order below. If all functions of
these graphs have a right backward, so has the whole; if the whole is wrong, one of them is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gradcheck.cases import Case
from gradcheck.errors import InputError
from gradcheck.finding import Result
from gradcheck.graph import Part
from gradcheck.judging.scene import Scene
from gradcheck.ulp import precision

MOST_PARTS = 60
MOST_ELEMENTS = 5000  # a part with more inputs is left out


def blame(scene: Scene, order: int, judge: Callable[[Case], Result]) -> str | None:
    """The diagnosis of the first function that is wrong by itself, with its name; None if none is.

    Args:
        order: the lowest at which the whole is wrong.
        judge: examines a case.
    """
    parts = _parts(scene, order)
    for k in range(1, order + 1):
        for part in parts:
            cause = _cause(scene, part, k, judge) if part.level + k <= order else None
            if cause is not None:
                return f"{cause}; found in {part.where}"
    return None


def _parts(scene: Scene, order: int) -> list[Part]:
    """The functions of the graphs below that order; none if f is but one function."""
    at, ask = scene.at, getattr(scene.subject, "parts", None)
    if ask is None or at.device != "cpu":
        return []
    arrays = at.inputs, at.cotangents, at.direction
    try:
        found = list(_small(ask(*([None if x is None else x.copy() for x in xs] for xs in arrays), order)))
    except Exception:  # a wrong backward may raise anything
        return []
    single = sum(part.level == 0 for part in found) == 1
    return [part for part in found if part.level > 0 or not single][:MOST_PARTS]


def _small(parts: Sequence[Part]) -> Iterator[Part]:
    """Those that have gradients and are not too large."""
    return (p for p in parts if any(p.active) and sum(np.size(x) for x in p.inputs) <= MOST_ELEMENTS)


def _cause(scene: Scene, part: Part, order: int, judge: Callable[[Case], Result]) -> str | None:
    """What is wrong with a part at that order."""
    floats = [x.dtype for x, on in zip(part.inputs, part.active, strict=True) if on]
    case = Case(
        id=part.name,
        op=part.name,
        f=part.f,
        inputs=[x.copy() for x in part.inputs],
        names=[f"x{n}" for n in range(len(part.inputs))],
        active=part.active,
        order=order,
        seed=scene.case.seed,
        dtype=min(floats, key=precision),
    )
    try:
        result = judge(case)
    except InputError:  # it cannot be called again
        return None
    return result.diagnosis if result.verdict == "fail" else None
