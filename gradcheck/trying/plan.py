"""The checks of an op: the points at which it is examined, what was found, and what was left out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from gradcheck.cases.calls import build_case
from gradcheck.cases.case import Case
from gradcheck.cases.key import DTYPES
from gradcheck.errors import InputError, SpecError
from gradcheck.judging.examine import examine
from gradcheck.judging.finding import Result
from gradcheck.trying.kinds import ops_of
from gradcheck.trying.op import LeftOut, Op
from gradcheck.trying.points import INTERVALS, awkward, draw, is_finite
from gradcheck.trying.shapes import chosen, with_integers
from gradcheck.trying.wanted import Asked, Input


class Check(NamedTuple):
    """One check of a target.

    Attributes:
        title: of the finding.
        reproduce: the command that does it again; empty where it has none.
        find: does it.
        case: the point, where there is one.
    """

    title: str
    reproduce: str
    find: Callable[[], Result]
    case: Case | None = None


@dataclass(frozen=True)
class Plan:
    """What is done with one target.

    Attributes:
        checks: in the order in which they are to be made.
        found: what was found out about its inputs, each as the options that say it.
        left_out: what could not be tried.
        doubt: why the checks, even if all pass, do not make the target green; empty where they do.
    """

    checks: Sequence[Check]
    found: Sequence[str] = ()
    left_out: Sequence[LeftOut] = ()
    doubt: str = ""


def plan(text: str, target: Any, asked: Asked) -> Plan:
    """The checks of a target that is no Spec.

    Raises:
        SpecError: it cannot be called, or accepts none of the shapes tried.
    """
    ops, left_out = ops_of(text, target, asked)
    cases, left_out = [], [*left_out]
    for op in ops:
        try:
            cases += _cases(op, asked)
        except SpecError as error:
            if not op.further:
                raise
            left_out.append(LeftOut(op.name, str(error)))
    checks = [Check(case.title, case.reproduce, partial(examine, case), case) for case in cases]
    return Plan(checks, left_out=left_out)


def _cases(op: Op, asked: Asked) -> list[Case]:
    """Cases for the inputs, given or chosen, that it accepts; with integers where it needs some."""
    tries = [[tuple(asked.inputs)]] if asked.inputs else _chosen(op)
    reasons: list[str] = []
    for tried in tries:
        found = []
        for each, dtype in itertools.product(tried, asked.dtypes[:1] if op.further else asked.dtypes):
            try:
                found.append(_case(op, asked._replace(inputs=each), dtype))
            except InputError as error:
                reasons.append(f"{' and '.join(map(str, each))}: {error}")
        if found:
            return found if asked.inputs else [*found, *_awkward(op, found)]
    example = " ".join("--shape 2x3" for _ in tries[0][0])
    raise SpecError(
        f"{op.text} fails on every shape tried ({reasons[0]}); give its own: {example}, and "
        "--shape 4:int for an input of integers"
    )


def _awkward(op: Op, found: Sequence[Case]) -> list[Case]:
    """The first float64 case again, with a zero and a tie in each of its inputs, where f is finite there."""
    first = next((case for case in found if case.dtype == np.float64), None)
    if first is None:
        return []
    changed = [awkward(x) for x in first.inputs]
    inputs = [x if new is None else new for x, new in zip(first.inputs, changed, strict=True)]
    if all(new is None for new in changed):
        return []
    case = build_case(op.f, inputs, first.order, first.seed, first.device)
    try:
        finite = is_finite(case)
    except InputError:
        finite = False
    return [replace(case, op=f"{first.op}, a zero and a tie")] if finite else []


def _chosen(op: Op) -> list[list[tuple[Input, ...]]]:
    """The inputs to try, and those to try where none of these is accepted."""
    if op.count is None:
        raise SpecError(f"{op.text}: how many inputs it takes cannot be seen; give a --shape for each")
    if op.count == 0:
        raise SpecError(f"{op.text} takes no inputs")
    return [chosen(op.count), with_integers(op.count)]


def _case(op: Op, asked: Asked, dtype: str) -> Case:
    """The case at drawn inputs, in the first interval on which the outputs are finite."""
    error: InputError | None = None
    for interval in INTERVALS:
        rng = np.random.default_rng(asked.seed)
        inputs = [draw(each, rng, interval, DTYPES[dtype]) for each in asked.inputs]
        call = op.call(inputs)  # the parameters of a layer have their names with them
        case = build_case(call.f, call.inputs, asked.order, asked.seed, asked.device)
        try:
            finite = is_finite(case)
        except InputError as caught:
            error = caught
            continue
        if finite:
            return replace(case, op=op.name, reproduce=command(op, asked, dtype))
    raise error or InputError("its values are not finite on any interval tried")


def command(op: Op, asked: Asked, dtype: str) -> str:
    """The command that makes one check again."""
    words = [*(f"--shape {each}" for each in asked.inputs), *filter(None, [op.settings])]
    words += [f"--dtype {dtype} --order {asked.order} --seed {asked.seed}"]
    words += [] if asked.device == "cpu" else [f"--device {asked.device}"]
    return f"gradcheck check {op.text} {' '.join(words)}"
