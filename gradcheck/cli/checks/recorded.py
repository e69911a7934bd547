"""An op of a user's in the records: its checks as cases, and what its page draws. In the process apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.cli.checks.plain import Place
from gradcheck.experiments.studies import own_op
from gradcheck.judging.finding import Culprit, Result
from gradcheck.records import recording
from gradcheck.records.rows import Row
from gradcheck.specs import Spec
from gradcheck.subjects.written import Written
from gradcheck.system.alike import kind_of_failure
from gradcheck.trying.plan import Check, Plan

TOPIC = "checked"


class Recorder:
    """Rows of a target.

    Args:
        text: the target, as the user can write it again.
    """

    def __init__(self, text: str, target: Any, plan: Plan, order: int) -> None:
        self._place, _, self._name = text.rpartition(":")
        self._target = target
        self._plan = plan
        self._order = order

    def rows(self, number: int, result: Result, place: Place | None = None) -> list[Row]:
        """Those of a finding; the number counts from 0.

        Args:
            place: where the mistake is likely to be, if that is known.
        """
        if result.verdict == "fail" and result.culprit is None and place is not None:
            result = replace(result, culprit=self._blamed(result, place))
        return recording.case_rows(self._case(number), result)

    def _blamed(self, result: Result, place: Place) -> Culprit:
        """The op itself."""
        order = min((row.order for row in result.evidence if row.verdict == "fail"), default=1)
        kind = kind_of_failure(result.diagnosis, result.reason)
        return Culprit(self._name, Written(*place).path, place.line, max(order, 1), kind)

    def lost_rows(self) -> list[Row]:
        """For each check the row that it has where it gives no result, but for the reason."""
        return [self.rows(n, Result("fail", ""))[0] for n in range(len(self._plan.checks))]

    def drawn(self, wrong: Sequence[int]) -> list[Row]:
        """What the page of the op draws, at one of the checks of these numbers, if there are any."""
        checks = [self._plan.checks[number] for number in wrong] or self._plan.checks
        chosen = _smallest([check.case for check in checks if check.case is not None])
        found = [] if chosen is None else own_op.rows(self._name, chosen, self._order, _written(self._target))
        if isinstance(self._target, Spec):
            from gradcheck.running.formula import formula_row  # SymPy takes its time

            found.append(formula_row(self._target) | {"op": self._name, "topic": TOPIC})
        return found

    def _case(self, number: int) -> Case:
        check = self._plan.checks[number]
        case = check.case or _nowhere(check, self._order)
        return replace(
            case, id=self._id(number), op=self._name, topic=TOPIC, reproduce=check.reproduce or case.reproduce
        )

    def _id(self, number: int) -> str:
        """Where it is written, its title, and its number where another check has the same title."""
        titles = Counter(check.title for check in self._plan.checks)
        title = self._plan.checks[number].title
        again = f" @{number + 1}" if titles[title] > 1 else ""
        return f"{self._place}:{title}{again}"


def _written(target: Any) -> Any:
    """What the user has written of an op."""
    return target.call if isinstance(target, Spec) else target


def _nowhere(check: Check, order: int) -> Case:
    """The case of a check that has no point: a declaration."""
    return Case("", "", lambda: None, [], [], [], order, 0, np.dtype(np.float64), reproduce=check.reproduce)


def _smallest(cases: Sequence[Case]) -> Case | None:
    """The case that is drawn: one of double precision where there is one, with few elements."""
    with_elements = [case for case in cases if all(np.size(x) for x in case.inputs)]
    return min(with_elements, key=_how_large, default=None)


def _how_large(case: Case) -> tuple[bool, int]:
    return np.dtype(case.dtype) != np.float64, sum(np.size(x) for x in case.inputs)
