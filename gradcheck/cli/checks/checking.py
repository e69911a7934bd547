"""The checks of `gradcheck check`, made one after the other in a process apart."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from gradcheck.cli import isolated
from gradcheck.cli.checks import again
from gradcheck.cli.checks.again import Wanted
from gradcheck.cli.checks.plain import Checked, Numbered, Place, PlainCheck, PlainFinding, PlainPlan
from gradcheck.cli.checks.shown import Shown
from gradcheck.cli.isolated import Isolated, LostError, OverdueError
from gradcheck.errors import SpecError
from gradcheck.system import texts
from gradcheck.trying.wanted import Asked

_NO_PLAN = PlainPlan([])
_OVERDUE = 2  # checks of a target, after which its others would not end in time either


class _Found(NamedTuple):
    """A target among those that one word names."""

    wanted: Wanted
    number: int
    target: Checked


class Checking:
    """The checks of some targets; what comes of them is shown as it comes.

    Args:
        records: whether rows of records are wanted, too.
    """

    def __init__(self, process: Isolated, asked: Asked, shown: Shown, *, records: bool = False) -> None:
        self._process = process
        self._asked = asked
        self._shown = shown
        self._records = records

    def all(self, words: Sequence[str], targets: list[Checked]) -> None:
        """Check what the words name; each target is appended before it is checked."""
        named: dict[tuple[str, frozenset[int] | None], _Found] = {}
        for word in words:
            for each in self._named(again.parse(word)):
                named.setdefault((each.target.text, each.wanted.numbers), each)
        found = list(named.values())
        self._shown.several = len(found) > 1
        for count, each in enumerate(found, 1):
            targets.append(each.target)
            self._shown.at = f"{count}/{len(found)}" if len(found) > 1 else ""
            started = time.monotonic()
            self._one(each, len(found))
            each.target.seconds = time.monotonic() - started

    def _named(self, wanted: Wanted) -> list[_Found]:
        """The targets of a word; one that is refused, where it cannot be loaded."""
        self._shown.under_way(wanted.text)
        try:
            named = self._process.call(isolated.names, wanted.text, self._asked.device)
        except (LostError, SpecError) as error:
            lost = isinstance(error, LostError)
            why = f"{wanted.text} cannot be loaded: {error}" if lost else f"{error}"
            return [_Found(wanted, 0, Checked(wanted.text, refused=why))]
        return [_Found(wanted, number, Checked(text)) for number, text in enumerate(named)]

    def _one(self, found: _Found, targets: int) -> None:
        target = found.target
        if not target.refused:
            self._shown.under_way(target.text)
            target.place = self._place(found)
            self._plan_and_check(found, targets)
        if target.refused:
            self._shown.refuse(target)

    def _place(self, found: _Found) -> Place | None:
        try:
            place: Place | None = self._process.call(isolated.place, found.wanted.text, found.number)
        except (LostError, SpecError):  # which the checks will tell
            return None
        return place

    def _plan_and_check(self, found: _Found, targets: int) -> None:
        target, word = found.target, found.wanted.text
        started = time.monotonic()
        try:
            plan: PlainPlan = self._process.call(
                isolated.planned, word, found.number, self._asked, self._records
            )
            chosen = _chosen(found.wanted, plan)
        except LostError as error:
            target.planned = target.total = 1
            self._shown.begin(target, 0, targets)
            why = f"{error}, while its inputs were chosen by calls"
            self._add(target, 1, _lost(PlainCheck(target.text, ""), why), started)
            return
        except SpecError as error:
            target.refused = str(error)
            return
        target.planned, target.total = len(chosen), len(plan.checks)
        target.found, target.left_out, target.doubt = plan.found, plan.left_out, plan.doubt
        self._shown.begin(target, max((len(plan.checks[n - 1].title) for n in chosen), default=0), targets)
        self._check_all(found, chosen, plan)
        if self._records:
            target.rows = self._drawn(found)
        self._shown.end(target)

    def _check_all(self, found: _Found, chosen: Sequence[int], plan: PlainPlan) -> None:
        """The checks of these numbers, as long as they end: one that hangs takes as long as is allowed."""
        overdue = 0
        for done, number in enumerate(chosen):
            if overdue == _OVERDUE:
                left = " ".join(f"@{n}" for n in chosen[done:])
                why = f"not made after {overdue} that did not end in time; name them to make them"
                found.target.left_out = [*found.target.left_out, (left, why)]
                break
            overdue += not self._check(found, number, plan)

    def _check(self, found: _Found, number: int, plan: PlainPlan) -> bool:
        """Whether it ended in time."""
        target, check = found.target, plan.checks[number - 1]
        at = self._shown.under_way(check.title, len(target.checks), target.planned or 0)
        started, in_time = time.monotonic(), True
        try:
            finding = self._process.call(
                isolated.finding, found.wanted.text, found.number, self._asked, number - 1, self._records, at
            )
        except LostError as error:
            finding = _lost(check, str(error), plan, number)
            in_time = not isinstance(error, OverdueError)
        except SpecError as error:  # the inputs of a Spec, or those that the op accepted before
            finding = _lost(check, f"the call fails: {error}", plan, number)
        self._add(target, number, finding, started)
        return in_time

    def _add(self, target: Checked, number: int, finding: PlainFinding, started: float) -> None:
        found = Numbered(number, replace(finding, seconds=time.monotonic() - started))
        target.checks.append(found)
        self._shown.check(target, found)

    def _drawn(self, found: _Found) -> list[dict[str, object]]:
        """The rows of what its page draws."""
        self._shown.under_way(f"{found.target.text}: its page")
        try:
            rows: list[dict[str, object]] = self._process.call(
                isolated.drawn, found.wanted.text, found.number, self._asked, _wrong(found.target)
            )
        except (LostError, SpecError) as error:
            return [{"message": f"{found.target.text}: what its page draws could not be measured: {error}"}]
        return rows


def _wrong(target: Checked) -> list[int]:
    """The numbers, from 0, of the checks that show best what is wrong."""
    failed = [each for each in target.failed if each.finding.evidence]
    proven = [each for each in failed if each.finding.formula == "wrong"]
    return [each.number - 1 for each in proven or failed]


def _chosen(wanted: Wanted, plan: PlainPlan) -> list[int]:
    """The numbers of the checks to be made.

    Raises:
        SpecError: there is no check of a number that is wanted.
    """
    total = len(plan.checks)
    unknown = [number for number in sorted(wanted.numbers or ()) if not 1 <= number <= total]
    if unknown:
        raise SpecError(f"{wanted.text}@{unknown[0]}: there are checks 1 to {total} of it")
    return [number for number in range(1, total + 1) if wanted.has(number)]


def _lost(check: PlainCheck, why: str, plan: PlainPlan = _NO_PLAN, number: int = 0) -> PlainFinding:
    """The finding where the process of a check died, or did not finish."""
    lines = [f"FAIL  {texts.printable(check.title)}", *texts.indented(why)]
    lines += [f"  reproduce: {texts.printable(check.reproduce)}"] if check.reproduce else []
    return PlainFinding(
        "fail",
        check.title,
        why,
        "\n".join(lines),
        reproduce=check.reproduce,
        inputs=plan.inputs[number - 1] if plan.inputs else (),
        rows=[{**plan.rows[number - 1], "reason": texts.storable(why)}] if plan.rows else [],
    )
