"""Which of the functions inside a graph is wrong: each is examined by itself, where the graph has it.

A gradient of order k comes from one walk back through the graph of the order below. If all functions of
these graphs have a right backward, so has the whole; if the whole is wrong, one of them is, or the graph
does not hold all of f.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gradcheck.cases import Case
from gradcheck.errors import InputError
from gradcheck.finding import Evidence, Result
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


def outside(scene: Scene, rows: Sequence[Evidence], judge: Callable[[Case], Result]) -> str | None:
    """That f takes numbers out of its graph: all functions in it are right, and f is wrong at order 1."""
    if not _far_off(scene, rows):
        return None
    parts = [part for part in _every(scene, 1) if any(part.active)]
    if not parts or len(parts) > MOST_PARTS or len(list(_small(parts))) < len(parts):
        return None
    if len(parts) == 1 and _same(parts[0].inputs, scene.at.inputs):  # that is f
        return None
    results = (_examined(scene, part, 1, judge) for part in parts)
    if not all(result is not None and result.verdict == "pass" for result in results):
        return None
    return (
        "graph cut in f: each function of its graph is right by itself, so f computes with arrays beside "
        "them (.data, float(), NumPy) what depends on its inputs, or its functions share what they keep"
    )


def _far_off(scene: Scene, rows: Sequence[Evidence]) -> bool:
    """Whether what fails is no matter of rounding, overflow or NaN."""
    half = 2.0 ** -(precision(scene.at.dtype) // 2)
    errors = [row.error_rel for row in rows if row.verdict == "fail"]
    known = bool(scene.fitting) and bool(np.isfinite(scene.got(1)).all())
    return known and all(error is None or error > half for error in errors)


def _same(these: Sequence[np.ndarray], those: Sequence[np.ndarray]) -> bool:
    return len(these) == len(those) and all(map(np.array_equal, these, those))


def _parts(scene: Scene, order: int) -> list[Part]:
    """The functions of the graphs below that order; none if f is but one function."""
    found = list(_small(_every(scene, order)))
    single = sum(part.level == 0 for part in found) == 1
    return [part for part in found if part.level > 0 or not single][:MOST_PARTS]


def _every(scene: Scene, order: int) -> list[Part]:
    """The functions of the graphs below that order, as far as they are to be had."""
    at, ask = scene.at, getattr(scene.subject, "parts", None)
    if ask is None or at.device != "cpu":
        return []
    arrays = at.inputs, at.cotangents, at.direction
    try:
        return list(ask(*([None if x is None else x.copy() for x in xs] for xs in arrays), order))
    except Exception:  # a wrong backward may raise anything
        return []


def _small(parts: Sequence[Part]) -> Iterator[Part]:
    """Those that have gradients and are not too large."""
    return (p for p in parts if any(p.active) and sum(np.size(x) for x in p.inputs) <= MOST_ELEMENTS)


def _cause(scene: Scene, part: Part, order: int, judge: Callable[[Case], Result]) -> str | None:
    """What is wrong with a part at that order."""
    result = _examined(scene, part, order, judge)
    return result.diagnosis if result is not None and result.verdict == "fail" else None


def _examined(scene: Scene, part: Part, order: int, judge: Callable[[Case], Result]) -> Result | None:
    """What is found of a part by itself; None if it cannot be called again."""
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
        return judge(case)
    except InputError:
        return None
