"""What came of it all: a word, a sentence, an exit status."""

from __future__ import annotations

from collections.abc import Mapping

from gradcheck.records.jsonl import VERDICTS
from gradcheck.report.formatting import plural, words
from gradcheck.report.summary import Summary


def exit_status(summary: Summary) -> int:
    """What the command ends with: 130 interrupted, 1 a failure or cases missing, else 0."""
    if summary.interrupted:
        return 130
    return int(summary.failed or summary.incomplete)


#: The state of a run in which only what is declared not to pass does not.
AS_DECLARED = "as-declared"


def state(summary: Summary) -> str:
    """The whole in a word: the first of the bad things that happened, or that all is as declared, or pass."""
    if summary.failed:
        return "fail"
    if not summary.executed:
        return "not-tested"
    if summary.interrupted or summary.incomplete or summary.unexpected:
        return "inconclusive"
    return AS_DECLARED if summary.gaps else "pass"


#: Profiles of runs that measure ops of a user's, not dezero's functions.
_OF_USERS = ("check", "tests")


def is_of_a_user(summary: Summary) -> bool:
    """Whether the rows are of ops of a user's alone."""
    return bool(summary.runs) and all(run["profile"] in _OF_USERS for run in summary.runs)


def subject(summary: Summary) -> str:
    """Whose derivatives the report is about.

    >>> from gradcheck.report.summary import summarize
    >>> subject(summarize([]))
    "dezero's derivatives"
    """
    if not is_of_a_user(summary):
        return "dezero's derivatives"
    names = [function.op for function in summary.functions]
    return (
        f"the derivatives of {names[0]}"
        if len(names) == 1
        else f"the derivatives of {plural(len(names), 'op')}"
    )


def headline(summary: Summary) -> str:
    """The verdict of the whole in one sentence.

    >>> from gradcheck.report.summary import summarize
    >>> headline(summarize([]))
    'Nothing was measured.'
    """
    if not summary.executed and not summary.declared and (summary.studies or summary.networks):
        return "Studies alone: no case was examined."
    if not summary.executed:
        return f"Nothing was measured.{cut_short(summary)}"
    tested = sum(bool(function.cases) for function in summary.functions)
    cases = plural(summary.executed, "case")
    declared = " for declared reasons" if summary.gaps and not summary.unexpected else ""
    whose = plural(tested, "op" if is_of_a_user(summary) else "function")
    text = f"{cases} of {whose}: {counted(summary.counts)}{declared}."
    return f"{text}{_missed_networks(summary)}{cut_short(summary)}"


def _missed_networks(summary: Summary) -> str:
    missed = sum(row["verdict"] != "pass" for row in summary.networks)
    total = plural(len(summary.networks), "check")
    return f" Of {total} of networks {missed} did not pass." if missed else ""


def cut_short(summary: Summary) -> str:
    """That not all was measured, as a sentence to be appended; empty where all was."""
    if summary.incomplete:
        cause = "interrupted" if summary.interrupted else "incomplete"
        return f" The run is {cause}: {summary.declared} cases were declared."
    return " The run was interrupted." if summary.interrupted and summary.executed else ""


def counted(counts: Mapping[str, int]) -> str:
    """
    >>> counted({"pass": 3, "fail": 0, "inconclusive": 0, "not-tested": 1})
    '3 pass, 1 not tested'
    """
    return ", ".join(f"{counts[each]} {words(each)}" for each in VERDICTS if counts[each])
