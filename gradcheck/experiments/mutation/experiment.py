"""One bug, in one Function class, at one case: the outcome.

killed           the checker says fail
equivalent       nothing observable changed: the same numbers at every order (see `effect`)
within rounding  the numbers changed, by no more than rounding could have changed them
not applicable   the bug had nothing to change
survived         none of these
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from dezero import Function, Variable
from dezero.utils.graph import functions_behind
from gradcheck.cases import laboratory
from gradcheck.cases.case import Case
from gradcheck.cases.key import find
from gradcheck.errors import SpecError
from gradcheck.experiments.mutation.effect import Sound, effect, within_rounding
from gradcheck.experiments.mutation.mutants import CONTROL, MUTANTS, Mutant
from gradcheck.experiments.mutation.planting import planted
from gradcheck.judging.examine import examine
from gradcheck.judging.finding import Result
from gradcheck.records.jsonl import Row, row

Classes = dict[str, type[Function]]


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


def functions(case: Case) -> tuple[Classes, Classes]:
    """The classes that backward passes through: those of f's graph, and the rest, of its gradients'."""
    xs = [Variable(x.copy()) for x in case.inputs]
    ys = case.f(*xs)
    targets = list(ys) if isinstance(ys, (list, tuple)) else [ys]
    own = _classes(targets)
    of_gradients: Classes = {}
    for _ in range(1, case.order):
        for y in targets:
            y.grad = Variable(np.ones_like(y.data))  # one that is given gets a graph, as in a check
            y.backward(create_graph=True)
        targets = [x.grad for x in xs if x.grad is not None]
        of_gradients |= _classes(targets)
        for x in xs:
            x.cleargrad()
    return own, {name: cls for name, cls in of_gradients.items() if name not in own}


def _classes(ys: Sequence[Variable]) -> Classes:
    return {type(func).__name__: type(func) for func in functions_behind(*ys, nearest_first=True)}


# The experiment -------------------------------------------------------------------------------------


def rows(plan_id: str, order: int | None = None) -> list[Row]:
    """The row of one mutant."""
    return [experiment(parse(plan_id), order, matrices=False)[0]]


def experiment(plan: Plan, order: int | None = None, *, matrices: bool = True) -> tuple[Row, Result]:
    """Plant the bug, examine the case, and compare with what is visible of it.

    Args:
        order: the highest order; by default the spec's.
        matrices: whether the result is to show them; the row has none.

    Raises:
        SpecError: the plan names no case, or a class that the case does not use.
    """
    started = time.perf_counter()
    case, cls, mutant, sound = _parts_of(plan, order)
    acted, visible = effect(case, cls, mutant, sound)
    result = (
        _examined(case, cls, mutant, matrices) if acted else Result("not-tested", "nothing to change here")
    )
    outcome = _outcome(mutant, result, acted, visible)
    if outcome == "survived" and within_rounding(case, cls, mutant):
        outcome = "within rounding"
    fields = {
        "run": "",
        "mutant": mutant.name,
        "bug": mutant.text,
        "function": plan.function,
        "case": case.id,
        "op": case.op,
        "topic": case.topic,
        "outcome": outcome,
        "verdict": result.verdict,
        "reason": result.reason,
        "order": min((e.order for e in result.evidence if e.verdict == "fail"), default=None),
        "visible_order": visible,
        "diagnosis": result.diagnosis,
        "named": any(cause in (result.diagnosis or "") for cause in mutant.causes),
        "seconds": time.perf_counter() - started,
        "reproduce": f"gradcheck mutate {plan.id}" + (f" --order {order}" if order else ""),
    }
    return row("mutant", fields), result


def _parts_of(plan: Plan, order: int | None) -> tuple[Case, type[Function], Mutant, Sound]:
    case, classes, sound = _at_case(plan.case, order)
    if plan.function not in classes:
        raise SpecError(f"no class {plan.function} in the graph of {case.id}; it has {', '.join(classes)}")
    return case, classes[plan.function], MUTANTS[plan.mutant], sound


@lru_cache(maxsize=4)  # the mutants of a case follow each other
def _at_case(case_id: str, order: int | None) -> tuple[Case, Classes, Sound]:
    """What all mutants of a case share."""
    case = laboratory.build(find(case_id), order)
    own, of_gradients = functions(case)
    return case, own | of_gradients, Sound(case)


def _examined(case: Case, cls: type[Function], mutant: Mutant, matrices: bool) -> Result:
    with planted(cls, mutant), np.errstate(all="ignore"):  # a bug may overflow or divide 0 by 0
        return examine(case, matrices=matrices)


def _outcome(mutant: Mutant, result: Result, acted: bool, visible: int | None) -> str:
    if mutant is CONTROL:
        return "unharmed" if result.verdict == "pass" and visible is None else "false alarm"
    if not acted:
        return "not applicable"
    if result.verdict == "fail":
        return "killed"
    return "equivalent" if visible is None else "survived"
