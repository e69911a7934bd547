"""One bug, in one Function class, at one case: killed, survived or equivalent.

A mutant that the checker does not kill is equivalent only where nothing observable changed: the gradients
of every order (None counts as zeros, -0 as 0), for the case's cotangents and for their negatives, in every
memory layout, and what backward leaves in the arrays it was handed. Else it survived.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from dezero import Function, Variable
from gradcheck import laboratory
from gradcheck.cases import Case
from gradcheck.errors import SpecError
from gradcheck.examine import examine
from gradcheck.finding import Result
from gradcheck.measure import Point, point
from gradcheck.mutation.mutants import CONTROL, MUTANTS, Mutant
from gradcheck.mutation.planting import planted
from gradcheck.records import Row, row
from gradcheck.sampling import LAYOUTS
from gradcheck.subject import DezeroSubject


class Plan(NamedTuple):
    """Which bug where: the names of a mutant and of a Function class, and a case's id."""

    mutant: str
    function: str
    case: str

    @property
    def id(self) -> str:
        return f"{self.mutant}/{self.function}/{self.case}"


def parse(plan_id: str) -> Plan:
    """The plan of an id.

    Raises:
        SpecError: it is no id of a mutant.

    >>> parse("sign/Tanh/tanh/float64/cpu").case
    'tanh/float64/cpu'
    """
    mutant, _, rest = plan_id.partition("/")
    function, _, case = rest.partition("/")
    if mutant not in MUTANTS or not case:
        raise SpecError(
            f"no mutant {plan_id!r}; expected MUTANT/CLASS/CASE such as sign/Tanh/tanh/float64/cpu, "
            f"with MUTANT of {', '.join(MUTANTS)}"
        )
    return Plan(mutant, function, case)


# Where a bug can be planted -------------------------------------------------------------------------


def functions(case: Case) -> dict[str, type[Function]]:
    """The classes that backward passes through: those of f's graph, then those of its gradient's."""
    xs = [Variable(x.copy()) for x in case.inputs]
    ys = case.f(*xs)
    several = list(ys) if isinstance(ys, (list, tuple)) else [ys]
    found = {cls.__name__: cls for cls in _classes(several)}
    for y in several:
        y.backward(create_graph=True)
    grads = [x.grad for x in xs if x.grad is not None]
    return found | {cls.__name__: cls for cls in _classes(grads)}


def _classes(ys: Sequence[Variable]) -> Iterator[type[Function]]:
    """The classes of the functions that made `ys`, the last first."""
    waiting = [y.creator for y in ys if y.creator is not None]
    seen: set[int] = set()
    while waiting:
        func = waiting.pop(0)
        if id(func) not in seen:
            seen.add(id(func))
            yield type(func)
            waiting += [x.creator for x in func.inputs if x.creator is not None]


# The experiment -------------------------------------------------------------------------------------


def rows(plan_id: str, order: int | None = None) -> list[Row]:
    """The row of one mutant."""
    return [experiment(parse(plan_id), order)[0]]


def experiment(plan: Plan, order: int | None = None) -> tuple[Row, Result]:
    """Plant, examine, and compare with what was to be seen.

    Raises:
        SpecError: the plan names no case, or a class that the case does not use.
    """
    started = time.perf_counter()
    case, cls, mutant = _found(plan, order)
    with planted(cls, mutant) as trace:
        result = examine(case)
    visible = first_difference(case, cls, mutant)
    reported = min((e.order for e in result.evidence if e.verdict == "fail"), default=None)
    fields = {
        "run": "",
        "mutant": mutant.name,
        "bug": mutant.text,
        "function": plan.function,
        "case": case.id,
        "op": case.op,
        "topic": case.topic,
        "outcome": _outcome(mutant, result, visible, trace.acted),
        "verdict": result.verdict,
        "reason": result.reason,
        "order": reported,
        "visible_order": visible,
        "diagnosis": result.diagnosis,
        "named": any(cause in (result.diagnosis or "") for cause in mutant.causes),
        "seconds": time.perf_counter() - started,
        "reproduce": f"gradcheck mutate {plan.id}" + (f" --order {order}" if order else ""),
    }
    return row("mutant", fields), result


def _found(plan: Plan, order: int | None) -> tuple[Case, type[Function], Mutant]:
    case = laboratory.build(laboratory.find(plan.case), order)
    classes = functions(case)
    if plan.function not in classes:
        raise SpecError(f"no class {plan.function} in the graph of {case.id}; it has {', '.join(classes)}")
    return case, classes[plan.function], MUTANTS[plan.mutant]


def _outcome(mutant: Mutant, result: Result, visible: int | None, acted: bool) -> str:
    if mutant is CONTROL:
        return "unharmed" if result.verdict == "pass" else "false alarm"
    if result.verdict == "fail":
        return "killed"
    if visible is not None:
        return "survived"
    return "equivalent" if acted else "not applicable"


# What can be seen of a bug --------------------------------------------------------------------------


def first_difference(case: Case, cls: type[Function], mutant: Mutant) -> int | None:
    """The lowest order at which the bug changes anything observable, or None."""
    subject = DezeroSubject(case.f, case.active)
    at, _ = point(subject, case.inputs, case.active, case.order, case.seed, case.dtype, case.device)
    sound = [_behaviour(subject, each) for each in _situations(at)]
    with planted(cls, mutant):
        wrong = [_behaviour(subject, each) for each in _situations(at)]
    orders = [_differ(a, b) for a, b in zip(sound, wrong, strict=True)]
    return min((k for k in orders if k is not None), default=None)


def _situations(at: Point) -> Iterator[Point]:
    """The point, with its cotangents and with their negatives, in every layout."""
    for arrange in LAYOUTS.values():
        inputs = [arrange(x) if on else x for x, on in zip(at.inputs, at.active, strict=True)]
        for sign in (1, -1):
            cotangents = [arrange(u * u.dtype.type(sign)) for u in at.cotangents]
            yield replace(at, inputs=inputs, cotangents=cotangents)


class _Behaviour(NamedTuple):
    """Gradients of orders 1, 2, ... up to one that raises, and the arrays that backward was handed, after it."""

    gradients: list[list[np.ndarray]]
    handed: list[np.ndarray]


def _behaviour(subject: DezeroSubject, at: Point) -> _Behaviour:
    found: list[list[Any]] = []
    for order in range(at.order, 0, -1):
        try:
            found = subject.gradients(
                _copies(at.inputs), _copies(at.cotangents), _copies(at.direction), order
            )
        except Exception:  # a bug may raise anything; then its order is one that differs
            continue
        break
    gradients = [[_array(g, x) for g, x in zip(gs, at.inputs, strict=True)] for gs in found]
    return _Behaviour(gradients, _handed(subject, at) if found else [])


def _copies(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Copies that keep the layout."""
    return [x if not x.flags.writeable else x.copy(order="K") for x in arrays]


def _array(gradient: Any, x: np.ndarray) -> np.ndarray:
    return np.zeros_like(x) if gradient is None else np.asarray(gradient)


def _handed(subject: DezeroSubject, at: Point) -> list[np.ndarray]:
    inputs, cotangents = _copies(at.inputs), _copies(at.cotangents)
    subject.gradients(inputs, cotangents, _copies(at.direction), 1)
    return inputs + cotangents


def _differ(sound: _Behaviour, wrong: _Behaviour) -> int | None:
    """The lowest order that differs; what was overwritten counts for order 1."""
    if not all(map(_same, sound.handed, wrong.handed)):
        return 1
    for k, (before, after) in enumerate(zip(sound.gradients, wrong.gradients, strict=False), 1):
        if not all(map(_same, before, after)):
            return k
    reached = len(wrong.gradients)
    return reached + 1 if reached < len(sound.gradients) else None


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
