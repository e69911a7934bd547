"""What a command computes in a separate process, as plain texts and numbers.

The process that decides, prints and ends with a status runs no code of an op. What an op does to its own
process (it exits, hangs, closes its output) is an answer that is missing, and the reason why.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache
from typing import Any

from gradcheck.cli.checks.plain import Place, PlainCheck, PlainFinding, PlainInput, PlainPlan
from gradcheck.errors import GradcheckError, SpecError
from gradcheck.running import pool
from gradcheck.system.closing import Closing
from gradcheck.system.raised import described, text_of
from gradcheck.trying.wanted import Asked

_NEEDED = ("gradcheck.cli.targets",)  # that most answers import, before the time of the first one starts


class LostError(GradcheckError):
    """The other process gave no result; the message says why."""


class OverdueError(LostError):
    """The other process did not answer in time, and was ended."""


class Isolated(Closing):
    """A process that calls the functions of this module; a context manager.

    Args:
        seconds: the time limit of one call.
        output: the file to which it prints; by default this process's standard output.
    """

    def __init__(self, seconds: float, output: int | None = None) -> None:
        self._apart = pool.Apart(_answer, imports=_NEEDED, output=output)
        self._seconds = seconds

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function(*arguments)` gives in the other process.

        Raises:
            SpecError: the arguments make no sense.
            ImportError: a module that it needs is missing.
            LostError: it gave nothing.
            OverdueError: not within the time limit.
        """
        try:
            found = self._apart.ask((function, arguments), self._seconds)
        except TimeoutError as error:
            raise OverdueError(str(error)) from error
        except (EOFError, RuntimeError) as error:
            raise LostError(str(error)) from error
        if isinstance(found, GradcheckError):
            raise found
        return found

    def close(self) -> None:
        self._apart.close()


# In the other process ---------------------------------------------------------------------------------


def _answer(asked: tuple[Callable[..., Any], Sequence[Any]], seconds: float) -> Any:
    """What the function gives, or the error to raise; another process limits the time."""
    function, arguments = asked
    try:
        return function(*arguments)
    except GradcheckError as error:
        return SpecError(text_of(error))
    except BaseException as error:
        return LostError(f"it raised {described(error)}")


@cache
def _loaded(text: str) -> list[Any]:
    from gradcheck.cli import loading

    return loading.load(text)


@cache
def _plan(text: str, number: int, asked: Asked) -> Any:
    from gradcheck.cli import targets

    return targets.plan_of(_loaded(text)[number], asked)


def names(text: str, device: str) -> list[str]:
    """The targets that a text names."""
    from gradcheck.running.availability import available

    available(device)
    return [f"{each.text}" for each in _loaded(text)]


def place(text: str, number: int) -> Place | None:
    """Where the target of that number is written, if that can be seen."""
    from gradcheck.cli.checks import places

    return places.of(_loaded(text)[number].object)


def planned(text: str, number: int, asked: Asked, records: bool = False) -> PlainPlan:
    """What is to be done with the target of that number."""
    plan = _plan(text, number, asked)
    return PlainPlan(
        [PlainCheck(f"{check.title}", f"{check.reproduce}") for check in plan.checks],
        [f"{text}" for text in plan.found],
        [(f"{what}", f"{why}") for what, why in plan.left_out],
        f"{plan.doubt}",
        [_inputs(check.case) for check in plan.checks],
        _recorder(text, number, asked).lost_rows() if records else (),
    )


def _recorder(text: str, number: int, asked: Asked) -> Any:
    """What makes rows of records of a target."""
    from gradcheck.cli.checks import recorded

    target = _loaded(text)[number]
    return recorded.Recorder(f"{target.text}", target.object, _plan(text, number, asked), asked.order)


def finding(
    text: str, number: int, asked: Asked, check: int, records: bool = False, at: str = ""
) -> PlainFinding:
    """What the check of that number, from 0, finds.

    Args:
        at: what a terminal shows of it, before the stage that it is in.
    """
    from gradcheck.cli.checks import places
    from gradcheck.system import progress

    planned = _plan(text, number, asked).checks[check]
    target = _loaded(text)[number]
    with progress.to(sys.stderr, at):
        result = planned.find()
    found = replace(_as_text(result), inputs=_inputs(planned.case))
    if result.verdict != "pass":
        found = replace(found, place=places.of_failure(target.object, planned.case, result))
    if records:
        found = replace(found, rows=_recorder(text, number, asked).rows(check, result, found.place))
    return found


def drawn(text: str, number: int, asked: Asked, wrong: Sequence[int]) -> list[Mapping[str, Any]]:
    """What records say of a target beside its checks: what the page of an op draws.

    Args:
        wrong: numbers of checks, from 0, of which one is to be drawn; any where there are none.
    """
    found: list[Mapping[str, Any]] = _recorder(text, number, asked).drawn(wrong)
    return found


def case(case_id: str, order: int | None) -> PlainFinding:
    """A case of the table again, with its inputs and what its derivatives are contracted with."""
    from gradcheck.running import tasks

    case, result = tasks.reproduce(case_id, order)
    place = f"device {case.device}, layout {case.layout}, process {os.getpid()}"
    head = [f"case {case.id}, seed {case.seed}, {place}"]
    values = zip(case.names, case.inputs, strict=True)
    head += [f"  {name} = {x.tolist()}  ({x.dtype})" for name, x in values]
    head += _contraction(case, result)
    found = _as_text(result)
    return replace(found, text="\n".join([*head, found.text]))


def _contraction(case: Any, result: Any) -> list[str]:
    """Cotangents and directions, as they are drawn from the seed; none of a declaration, which draws none."""
    from gradcheck.errors import InputError
    from gradcheck.measuring.measure import point_of
    from gradcheck.system.raised import EscapeError

    if any(row.oracle == "convention" for row in result.evidence):
        return []
    try:
        at, _ = point_of(case, case.subject())
    except (InputError, EscapeError):  # the finding says so
        return []
    us = [f"  cotangent gy = {u.tolist()}" for u in at.cotangents if u is not None]
    ds = [f"  direction d of {case.names[i]} = {at.direction[i].tolist()}" for i, _ in at.differentiated()]
    return [*us, *(ds if case.order > 1 else [])]


def mutant(plan: str, order: int | None) -> tuple[str, str]:
    """What became of a bug planted again, and that in full."""
    from gradcheck.experiments.mutation import experiment

    row, result = experiment.experiment(experiment.parse(plan), order)
    head = f"{row['outcome'].upper()}  {row['mutant']} ({row['bug']}) in {row['function']}"
    return row["outcome"], f"{head}\n{result}"


def plans(pattern: str, quick: bool) -> list[tuple[str, str, str]]:
    """Which bugs there are to plant: mutants, classes and cases."""
    from gradcheck.running import campaign

    return [(*plan,) for plan in campaign.plans(pattern, quick=quick)]


def _inputs(case: Any) -> list[PlainInput]:
    pairs = [] if case is None else zip(case.names, case.inputs, strict=True)
    return [PlainInput(f"{name}", f"{x.dtype}", [int(n) for n in x.shape]) for name, x in pairs]


def _as_text(result: Any) -> PlainFinding:
    from gradcheck.system import floats

    kept, digits = result.digits, ""
    if kept is not None:
        digits = floats.of_digits(kept, result.dtype) if result.dtype else f"{kept:.1f}"
    return PlainFinding(
        verdict=result.verdict,
        title=f"{result.title}",
        reason=f"{result.reason}",
        text=f"{result}",
        diagnosis=result.diagnosis and f"{result.diagnosis}",
        formula=result.formula,
        digits=digits,
        kept=_plain(kept),
        warnings=[f"{text}" for text in result.warnings],
        notes=[f"{text}" for text in result.notes],
        jacobian=[f"{text}" for text in result.jacobian],
        reproduce=f"{result.reproduce}",
        evidence=[_plain(asdict(each)) for each in result.evidence],
        sampled=f"{result.sampled}",
    )


def _plain(value: Any) -> Any:
    """The value of Python's own types alone: no code of an op's is needed to read it."""
    if isinstance(value, dict):
        return {f"{name}": _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if value is None or type(value) in (bool, int, float):
        return value
    return value.item() if hasattr(value, "item") else f"{value}"
