"""Who measured: the facts of each run, and what to know where runs of several machines are merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from gradcheck.records.jsonl import Row
from gradcheck.report import most
from gradcheck.report.formatting import duration, plural, short_commit
from gradcheck.report.judged import grouped
from gradcheck.report.summary import Summary

#: Versions that decide figures.
_DECIDING = ("dezero-gradcheck", "numpy", "python-flint", "sympy")


@dataclass(frozen=True)
class Machines:
    """``facts``: what -> a text for each run, empty where it does not say; ``notes`` are sentences.

    ``lines`` has each run in a line, for the head of a page.
    """

    runs: list[str]
    lines: list[str]
    facts: dict[str, list[str]]
    notes: list[str]


def machines(summary: Summary) -> Machines:
    """The runs of a report, a column each; of very many the first."""
    runs = summary.runs[: most.RUNS]
    facts_of_runs = [dict(_facts(run, summary.ends.get(run["run"]))) for run in runs]
    facts = {what: [each.get(what, "") for each in facts_of_runs] for what in _in_order(facts_of_runs)}
    more = len(summary.runs) - len(runs)
    left_out = [f"{more} more runs are in the records."] if more else []
    return Machines(
        runs=[run["run"] for run in runs],
        lines=[_line(run) for run in runs],
        facts=facts,
        notes=[*left_out, *_notes(summary.runs)],
    )


def _line(run: Row) -> str:
    """When, of which commit, how, and on what."""
    gpus = [each["name"] for each in run["devices"][: most.RUNS] if each["device"] != "cpu"]
    parts = [
        run["started"].replace("T", " ").replace("+00:00", " UTC"),
        f"commit {short_commit(run['commit'])}" if run.get("commit") else "",
        f"profile {run['profile']}",
        _machine(run["machine"]),
        *gpus,
    ]
    return ", ".join(part for part in parts if part)


def _in_order(facts_of_runs: Sequence[dict[str, str]]) -> list[str]:
    """The names of all facts; one that only a later run has comes after that which precedes it there."""
    names: list[str] = []
    for facts in facts_of_runs:
        place = 0
        for name in facts:
            if name not in names:
                names.insert(place, name)
            place = names.index(name) + 1
    return names


def _facts(run: Row, end: Row | None) -> Iterator[tuple[str, str]]:
    yield "Command", run["command"]
    if "commit" in run:
        yield "Commit", run["commit"]
    yield "Profile, seed", f"{run['profile']}, {run['seed']}"
    yield "Started", run["started"]
    yield "Finished", _finished(end)
    if end:
        yield "Cases", f"{end['executed']} executed of {end['declared']} declared"
    yield "Machine", _machine(run["machine"])
    workers = run.get("workers", [])[: most.RUNS]
    for number, worker in enumerate(workers, 1):
        kind = f", kind {number}" if len(workers) > 1 else ""
        versions = ", ".join(_versions(worker["versions"]))
        yield f"{plural(worker['count'], 'Dask worker')}{kind}", f"{_machine(worker['machine'])}; {versions}"
    yield "Devices", "; ".join(f"{each['device']}: {each['name']}" for each in run["devices"][: most.RUNS])
    for device in run["devices"][: most.RUNS]:
        for what, text in islice(device["properties"].items(), most.RUNS):
            yield f"{device['device'].upper()}: {what}", text
    yield "Versions", ", ".join(_versions(run["versions"]))
    if run["source"]:
        yield "Source", f"{run['source']} (a digest of the files that measured)"


def _finished(end: Row | None) -> str:
    if end is None:
        return "not: the records end before the run does"
    broken_off = " (interrupted)" if end["interrupted"] else ""
    return f"{end['finished']}{broken_off}, after {duration(end['seconds'])}"


def _machine(found: Row) -> str:
    return f"{found['system']}, {found['processor']}, {found['cores']} cores"


def _versions(found: Row) -> list[str]:
    return [f"{name} {version}" for name, version in islice(found.items(), most.RUNS)]


# What to know of several ----------------------------------------------------------------------------


def _notes(runs: Sequence[Row]) -> Iterator[str]:
    """What makes figures of several runs not quite the same thing."""
    if sources := _differing(runs, lambda run: run["source"] or "not known"):
        yield f"The runs measured different files of dezero and gradcheck: {sources}."
    if profiles := _differing(runs, lambda run: run["profile"]):
        yield f"The runs have different profiles: {profiles}."
    versions = [(package, _differing(runs, partial(_version, package))) for package in _DECIDING]
    if differing := [f"{package} {listed}" for package, listed in versions if listed]:
        yield f"The runs measured with different versions: {'; '.join(differing)}."


def _version(package: str, run: Row) -> str:
    found: str = run["versions"].get(package, "none")
    return found


def _differing(runs: Sequence[Row], ask: Callable[[Row], str]) -> str:
    """What the runs say, each answer with those that give it; empty where they agree."""
    said = grouped(runs, ask)
    answers = [
        f"{text} (run {_few([run['run'] for run in same])})" for text, same in islice(said.items(), most.RUNS)
    ]
    return _few(answers, len(said)) if len(said) > 1 else ""


def _few(names: Sequence[str], count: int = 0) -> str:
    """
    >>> _few(["a", "b"]), _few(["a"], 3)
    ('a, b', 'a and 2 more')
    """
    shown = names[: most.RUNS]
    more = max(count, len(names)) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
