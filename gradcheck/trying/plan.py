"""The checks of an op: the points at which it is examined, what was found, and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from gradcheck.cases.case import Case
from gradcheck.cases.key import DTYPES
from gradcheck.errors import SpecError
from gradcheck.judging.examine import examine
from gradcheck.judging.finding import Result
from gradcheck.trying.attempt import Attempts
from gradcheck.trying.choice import Choice
from gradcheck.trying.drawn import Drawn
from gradcheck.trying.kinds import ops_of
from gradcheck.trying.op import LeftOut, Op
from gradcheck.trying.saying import folded, found_out
from gradcheck.trying.source import has_several
from gradcheck.trying.wanted import Asked

ADVICE = {  # by the beginning of a diagnosis
    "backward raises": "forward accepts inputs of these shapes; where the op is not meant for them let it "
    "refuse them, or give the shapes that it is for: --shape 4",
    "one input's gradient missing": "where that input holds labels or targets, which are not differentiated, "
    "give it as integers: --shape 2x3 --shape 2x3:int",
}


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
        SpecError: it cannot be called, or accepts none of the shapes tried; an option does not suit it.
    """
    ops, left_out = ops_of(text, target, asked)
    plans, left_out = [], [*left_out]
    for op in ops:
        try:
            plans.append(_of_op(op, asked))
        except SpecError as error:
            if not op.further:
                raise
            left_out.append(LeftOut(op.name, str(error)))
    return Plan(
        checks=[check for each in plans for check in each.checks],
        found=list(dict.fromkeys(line for each in plans for line in each.found)),
        left_out=list(dict.fromkeys([*left_out, *(row for each in plans for row in each.left_out)])),
        doubt=next((each.doubt for each in plans if each.doubt), ""),
    )


def _of_op(op: Op, asked: Asked) -> Plan:
    widest = DTYPES["float64" if "float64" in asked.dtypes else asked.dtypes[0]]
    attempts = Attempts(op, asked, widest)
    choice = Choice(attempts)
    drawn = Drawn(attempts, choice.accepted)
    left_out = [*folded(choice.refused), *choice.left_out, *folded(drawn.refused)]
    if not drawn.cases:
        reasons = "; ".join(f"{what}: {why}" for what, why in left_out) or "no input has such points"
        raise SpecError(f"{op.text} is not checked: {reasons}")
    found = [line for each in choice.accepted for line in found_out(each.sources, each.names)]
    find = examine if asked.inputs else _found_on_chosen
    checks = [Check(case.title, case.reproduce, partial(find, case), case) for case in drawn.cases]
    return Plan(checks, list(dict.fromkeys(found)), left_out, _doubt(choice, drawn.cases))


def _found_on_chosen(case: Case) -> Result:
    """The finding; of shapes that nobody asked for with what can be done where they are not meant."""
    result = examine(case)
    cause = result.diagnosis or ""
    advice = next((text for begin, text in ADVICE.items() if cause.startswith(begin)), "")
    return replace(result, notes=(*result.notes, advice)) if advice and result.verdict == "fail" else result


def _doubt(choice: Choice, cases: Sequence[Case]) -> str:
    """Why what passes may still be wrong."""
    if not any(each.outcome.floating for each in choice.accepted):
        return "no output is floating, so nothing was differentiated; return floats, or leave the op out"
    if not any(any(case.active) for case in cases):
        return "no input is floating and can be moved, so nothing was differentiated; give one: --shape 2x3"
    if choice.asked.inputs or any(has_several(each.sources) for each in choice.accepted):
        return ""
    reason = choice.refused[0][-1] if choice.refused else "no others were tried"
    return (
        f"only inputs of one element were accepted ({reason}); give the shapes it is for: --shape 2x3, "
        "or --shape scalar if it is for these alone"
    )
