"""What a command computes in a separate process, as plain text.

The process that decides, prints and ends with a status runs no code of an op. What an op does to its own
process (it exits, hangs, closes its output) is an answer that is missing, and the reason why.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from gradcheck.errors import GradcheckError, SpecError
from gradcheck.running import pool
from gradcheck.system.closing import Closing
from gradcheck.system.raised import described, text_of
from gradcheck.trying.wanted import Asked

_NEEDED = ("gradcheck.cli.targets",)  # that most answers import, before the time of the first one starts


class LostError(GradcheckError):
    """The other process gave no result; the message says why."""


class PlainFinding(NamedTuple):
    """A finding as text.

    Attributes:
        text, line: in full, and in one line.
        cause: the kind of mistake, where there is one.
        warned: whether there is a warning.
    """

    verdict: str
    text: str
    line: str
    cause: str | None = None
    warned: bool = False


class PlainPlan(NamedTuple):
    """What is done with one target, as text.

    Attributes:
        checks: the title of each check, and the command that does it again.
        found: what was found out about the inputs, as options.
        left_out: what could not be tried, and why.
        doubt: why passes do not make the target green; empty where they do.
    """

    checks: Sequence[tuple[str, str]]
    found: Sequence[str] = ()
    left_out: Sequence[tuple[str, str]] = ()
    doubt: str = ""


class Isolated(Closing):
    """A process that calls the functions of this module; a context manager.

    Args:
        seconds: the time limit of one call.
    """

    def __init__(self, seconds: float) -> None:
        self._apart = pool.Apart(_answer, imports=_NEEDED)
        self._seconds = seconds

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function(*arguments)` gives in the other process.

        Raises:
            SpecError: the arguments make no sense.
            ImportError: a module that it needs is missing.
            LostError: it gave nothing.
        """
        try:
            found = self._apart.ask((function, arguments), self._seconds)
        except (EOFError, TimeoutError, RuntimeError) as error:
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
    return [str(target.text) for target in _loaded(text)]


def planned(text: str, number: int, asked: Asked) -> PlainPlan:
    """What is to be done with the target of that number."""
    plan = _plan(text, number, asked)
    checks = [(f"{check.title}", f"{check.reproduce}") for check in plan.checks]
    left_out = [(f"{what}", f"{why}") for what, why in plan.left_out]
    return PlainPlan(checks, [f"{text}" for text in plan.found], left_out, f"{plan.doubt}")


def finding(text: str, number: int, asked: Asked, check: int) -> PlainFinding:
    """What the check of that number finds."""
    return _as_text(_plan(text, number, asked).checks[check].find())


def case(case_id: str, order: int | None) -> PlainFinding:
    """A case of the table again, with its inputs."""
    from gradcheck.running import tasks

    case, result = tasks.reproduce(case_id, order)
    place = f"device {case.device}, layout {case.layout}, process {os.getpid()}"
    head = [f"case {case.id}, seed {case.seed}, {place}"]
    values = zip(case.names, case.inputs, strict=True)
    head += [f"  {name} = {x.tolist()}  ({x.dtype})" for name, x in values]
    found = _as_text(result)
    return found._replace(text="\n".join([*head, found.text]))


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


def _as_text(result: Any) -> PlainFinding:
    cause = result.diagnosis and result.diagnosis.partition(":")[0]
    return PlainFinding(result.verdict, f"{result}", f"{result.line}", cause, bool(result.warnings))
