"""The checks of an op: the points at which it is examined, what was found, and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from gradcheck.cases.case import Case
from gradcheck.judging.examine import examine
from gradcheck.judging.finding import Result
from gradcheck.trying.op import LeftOut, ops_of
from gradcheck.trying.trials import Trials
from gradcheck.trying.wanted import Asked


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
    tried = [Trials(op, asked) for op in ops_of(text, target)]
    cases = [case for trials in tried for case in trials.cases]
    return Plan(
        checks=[Check(case.title, case.reproduce, partial(examine, case), case) for case in cases],
        found=list(dict.fromkeys(text for trials in tried for text in trials.found)),
        left_out=list(dict.fromkeys(each for trials in tried for each in trials.left_out)),
        doubt=next((trials.doubt for trials in tried if trials.doubt), ""),
    )
