"""Which of the functions inside a graph is wrong: each is examined by itself, where the graph has it.

A gradient of order k comes from one walk back through the graph of the order below. If all functions of
these graphs have a right backward, so has the whole; if the whole is wrong, one of them is, or the graph
does not hold all of f.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb

from dezero import Function
from gradcheck.cases.case import Case
from gradcheck.errors import InputError
from gradcheck.judging.diagnosis.culprits import Cause, culprit
from gradcheck.judging.diagnosis.in_floats import right_in_floats
from gradcheck.judging.finding import Evidence, Result
from gradcheck.judging.near import moved
from gradcheck.judging.scene import Scene
from gradcheck.measuring import probes
from gradcheck.oracles import jet
from gradcheck.subjects.graph import Part
from gradcheck.system.floats import precision

MOST_PARTS = 60
GROSS = 1e-2  # a relative error that no small one inside f explains
OF_A_CAST = ("precision lost", "dtype")  # diagnoses that are no mistake of a cast between dtypes
MOST_ELEMENTS = 5000  # of the inputs of all parts that are examined
MOST_TRIED = 64  # elements of a part, each of which is moved alone to see whether it is on a kink


class Inside:
    """The functions in the graphs of f and of its gradients below an order; each is examined once.

    Args:
        order: the lowest at which the whole is wrong.
        rows: what was found of the whole.
        judge: examines a case.
        kept: the whole keeps the contract.
    """

    def __init__(
        self,
        scene: Scene,
        order: int,
        rows: Sequence[Evidence],
        judge: Callable[[Case], Result],
        *,
        kept: bool,
    ) -> None:
        self._scene = scene
        self._rows = rows
        self._only_gross = kept and _is_far_off(scene, rows, GROSS)
        self._order = order
        self._judge = judge
        self._parts = _all_parts(scene, order)
        self._results: dict[tuple[int, int], Result | None] = {}

    def blame(self) -> Cause | None:
        """The diagnosis of the first function that is wrong by itself, with its name; None if none is."""
        parts = self._parts
        numbers = sorted(self._worth_examining(), key=lambda n: (not parts[n].own, parts[n].copies))
        for k in range(1, self._order + 1):
            for n in numbers:
                diagnosis = self._diagnosis(n, k) if parts[n].level + k <= self._order else None
                if diagnosis is not None:
                    inner = parts[n].level and "order " in diagnosis  # orders are not those of f
                    note = " (orders are counted from there)" if inner else ""
                    text = f"{diagnosis}; found in {parts[n].where}{note}"
                    return Cause(text, culprit(parts[n].function, k, diagnosis))
        return None

    def alone(self) -> type[Function] | None:
        """The function that f is, if f is one."""
        outermost = [part.function for part in self._parts if part.level == 0]
        return outermost[0] if len(outermost) == 1 else None

    def _diagnosis(self, n: int, k: int) -> str | None:
        """The mistake of a part alone. That a cast has fewer digits is no mistake.

        A function of dezero's explains no gross error if floats see none in it.
        """
        glance = k == 1 and self._only_gross and not self._parts[n].own
        if glance and right_in_floats(_case(self._scene, self._parts[n], 1)):
            return None
        result = self._result(n, k)
        if result is None or result.verdict != "fail" or result.diagnosis is None:
            return None
        cast = self._parts[n].copies and result.diagnosis.startswith(OF_A_CAST)
        return None if cast else result.diagnosis

    def outside(self) -> str | None:
        """That f takes numbers out of its graph: all functions in it are right, and f is wrong at order 1."""
        if not _is_far_off(self._scene, self._rows, 2.0 ** -(precision(self._scene.at.dtype) // 2)):
            return None
        numbers = [n for n, part in enumerate(self._parts) if any(part.active) and not part.copies]
        if not numbers or len(_affordable([self._parts[n] for n in numbers])) < len(numbers):
            return None
        inputs = self._scene.at.inputs
        alone = self._parts[numbers[0]].inputs if len(numbers) == 1 else ()
        if len(alone) == len(inputs) and all(map(np.array_equal, alone, inputs)):  # that is f
            return None
        results = (self._result(n, 1) for n in numbers)
        if not all(result is not None and result.verdict == "pass" for result in results):
            return None
        return (
            "graph cut in f: each function of its graph is right by itself, so f computes with arrays beside "
            "them (.data, float(), NumPy) what depends on its inputs, or its functions share what they keep"
        )

    def kinked(self) -> str | None:
        """The parts that have a kink here, where f has none: conventions do not add up to its derivative.

        Only where f met a tie here, and is right near this point.
        """
        scene = self._scene
        if scene.truth is None or not scene.truth.ties or scene.truth.smooth < self._order:
            return None
        pairs = ((part, _kinks(part, self._order - part.level)) for part in self._parts if any(part.active))
        found = list(dict.fromkeys(f"{part.name} at {where}" for part, where in pairs if where))
        if not found or not self._right_nearby():
            return None
        kinks = " and ".join(found[:2]) + (" is not" if len(found) == 1 else " are not")
        return (
            f"a kink inside f: f is smooth here, but inside it {kinks}: there backward follows a convention, "
            "and what comes of it is not the derivative of the whole (beside the point it is right)"
        )

    def _right_nearby(self) -> bool:
        found = self._examined(replace(self._scene.case, inputs=moved(self._scene), order=self._order))
        return found is not None and found.verdict == "pass"

    def _examined(self, case: Case) -> Result | None:
        """The result of a case; None if it cannot be called."""
        try:
            return self._judge(case)
        except InputError:
            return None

    def _worth_examining(self) -> list[int]:
        """The numbers of the parts that are small enough; not that of f itself, if f is one function."""
        found = [n for n, part in enumerate(self._parts) if any(part.active)]
        single = sum(self._parts[n].level == 0 for n in found) == 1
        found = [n for n in found if self._parts[n].level > 0 or not single]
        return [found[n] for n in _affordable([self._parts[n] for n in found])]

    def _result(self, n: int, k: int) -> Result | None:
        """The result of a part alone at that order; None if it cannot be called again."""
        if (n, k) not in self._results:
            self._results[n, k] = self._examined(_case(self._scene, self._parts[n], k))
        return self._results[n, k]


def _is_far_off(scene: Scene, rows: Sequence[Evidence], least: float) -> bool:
    """Whether what fails is no matter of overflow or NaN, nor of relative errors up to `least`."""
    errors = [row.error_rel for row in rows if row.verdict == "fail"]
    known = bool(scene.fitting) and bool(np.isfinite(scene.got(1)).all())
    return known and all(error is None or error > least for error in errors)


def _all_parts(scene: Scene, order: int) -> list[Part]:
    """The functions of the graphs below that order, as far as they can be computed."""
    ask = getattr(scene.subject, "parts", None)
    if ask is None:
        return []
    try:
        return list(ask(*scene.at.copies(), order))
    except Exception:  # a wrong backward may raise anything
        return []


def _affordable(parts: Sequence[Part]) -> list[int]:
    """The numbers of parts that are not too many and not too large together: the smallest of them."""
    sizes = [sum(np.size(x) for x in part.inputs) for part in parts]
    smallest = np.argsort(sizes, kind="stable")[:MOST_PARTS]
    return sorted(smallest[np.cumsum(np.array(sizes, dtype=int)[smallest]) <= MOST_ELEMENTS].tolist())


def _case(scene: Scene, part: Part, order: int) -> Case:
    floats = [x.dtype for _, x in part.differentiated()]
    return Case(
        id=part.name,
        op=part.name,
        f=part.f,
        inputs=[x.copy() for x in part.inputs],
        names=part.names,
        active=part.active,
        order=order,
        seed=scene.case.seed,
        dtype=min(floats, key=precision),
        device=scene.at.device,
    )


def _kinks(part: Part, order: int) -> str:
    """The values at which a part is not `order` times differentiable, as text; empty where it is."""
    if order < 1 or _smooth(part, order, _weights(part)) >= order:
        return ""
    units = probes.units(part.inputs, part.active)
    if part.size > MOST_TRIED:
        return "some of its elements"
    found = (part.inputs[i].flat[j] for i, j, unit in units if _smooth(part, order, unit) < order)
    return ", ".join(list(dict.fromkeys(f"{value:.6g}" for value in found))[:3])


def _weights(part: Part) -> list[np.ndarray]:
    """A direction that moves all of its inputs."""
    return part.moving(probes.like(np.random.default_rng(3), part.inputs))


def _smooth(part: Part, order: int, direction: list[np.ndarray]) -> int:
    """Up to which order a part is smooth along a direction."""
    inputs = [np.asarray(x) for x in part.inputs]
    cotangents: list[Any] = probes.like(np.random.default_rng(4), part.values(inputs))
    claims = [[arb("inf")] * order]  # only to see whether the sides agree
    try:
        return jet.truth(
            part.values, inputs, part.active, cotangents, direction, [direction], order, claims=claims
        ).smooth
    except jet.NotApplicableError:
        return order
