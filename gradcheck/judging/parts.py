"""Which of the functions inside a graph is wrong: each is examined by itself, where the graph has it.

A gradient of order k comes from one walk back through the graph of the order below. If all functions of
these graphs have a right backward, so has the whole; if the whole is wrong, one of them is, or the graph
does not hold all of f.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gradcheck.cases import Case
from gradcheck.errors import InputError
from gradcheck.finding import Evidence, Result
from gradcheck.graph import Part
from gradcheck.judging.scene import Scene
from gradcheck.ulp import precision

MOST_PARTS = 60
MOST_ELEMENTS = 5000  # a part with more inputs is left out


class Inside:
    """The functions in the graphs of f and of its gradients below an order; each is examined once.

    Args:
        order: the lowest at which the whole is wrong.
        judge: examines a case.
    """

    def __init__(self, scene: Scene, order: int, judge: Callable[[Case], Result]) -> None:
        self._scene = scene
        self._order = order
        self._judge = judge
        self._parts = _every(scene, order)
        self._results: dict[tuple[int, int], Result | None] = {}

    def blame(self) -> str | None:
        """The diagnosis of the first function that is wrong by itself, with its name; None if none is."""
        numbers = self._worth_examining()
        for k in range(1, self._order + 1):
            for n in numbers:
                if self._parts[n].level + k > self._order:
                    continue
                result = self._result(n, k)
                if result is not None and result.verdict == "fail" and result.diagnosis is not None:
                    return f"{result.diagnosis}; found in {self._parts[n].where}"
        return None

    def outside(self, rows: Sequence[Evidence]) -> str | None:
        """That f takes numbers out of its graph: all functions in it are right, and f is wrong at order 1."""
        if not _far_off(self._scene, rows):
            return None
        numbers = [n for n, part in enumerate(self._parts) if any(part.active)]
        if not numbers or len(numbers) > MOST_PARTS or not all(_small(self._parts[n]) for n in numbers):
            return None
        if len(numbers) == 1 and _same(self._parts[numbers[0]].inputs, self._scene.at.inputs):  # that is f
            return None
        results = (self._result(n, 1) for n in numbers)
        if not all(result is not None and result.verdict == "pass" for result in results):
            return None
        return (
            "graph cut in f: each function of its graph is right by itself, so f computes with arrays beside "
            "them (.data, float(), NumPy) what depends on its inputs, or its functions share what they keep"
        )

    def _worth_examining(self) -> list[int]:
        """The numbers of the parts that are small enough; not that of f itself, if it is but one function."""
        found = [n for n, part in enumerate(self._parts) if _small(part)]
        single = sum(self._parts[n].level == 0 for n in found) == 1
        return [n for n in found if self._parts[n].level > 0 or not single][:MOST_PARTS]

    def _result(self, n: int, k: int) -> Result | None:
        """What is found of a part at that order; None if it cannot be called again."""
        if (n, k) not in self._results:
            self._results[n, k] = _examined(self._scene, self._parts[n], k, self._judge)
        return self._results[n, k]


def _far_off(scene: Scene, rows: Sequence[Evidence]) -> bool:
    """Whether what fails is no matter of rounding, overflow or NaN."""
    half = 2.0 ** -(precision(scene.at.dtype) // 2)
    errors = [row.error_rel for row in rows if row.verdict == "fail"]
    known = bool(scene.fitting) and bool(np.isfinite(scene.got(1)).all())
    return known and all(error is None or error > half for error in errors)


def _same(these: Sequence[np.ndarray], those: Sequence[np.ndarray]) -> bool:
    return len(these) == len(those) and all(map(np.array_equal, these, those))


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


def _small(part: Part) -> bool:
    """Whether it has gradients and is not too large."""
    return any(part.active) and sum(np.size(x) for x in part.inputs) <= MOST_ELEMENTS


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
