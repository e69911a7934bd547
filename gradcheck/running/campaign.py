"""Every bug in every Function class of every case, on all cores: the detection power of the checker."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gradcheck.cases import laboratory
from gradcheck.cases.table import matching
from gradcheck.experiments.mutation.experiment import Plan, functions
from gradcheck.experiments.mutation.mutants import MUTANTS
from gradcheck.records import machine, recording
from gradcheck.records.jsonl import RECORDS, Row, Writer, end_row
from gradcheck.report import kill_matrix as report
from gradcheck.running import advancing, runner
from gradcheck.running.tasks import Task
from gradcheck.specs import specs
from gradcheck.system import signals

TIME_LIMIT = 60.0  # seconds for one mutant


@dataclass(frozen=True)
class Campaign:
    """The result of a campaign: the mutants' rows, and warnings about those that gave none."""

    rows: list[Row]
    errors: list[str]


def plans(pattern: str = "*", *, quick: bool = False) -> list[Plan]:
    """What there is to plant, spec by spec of dezero's own.

    Each class that a case's backward passes through gets each mutant, in every variant. The quick form
    takes the first variant of each spec in float64, and a class that only gradients are made of where it
    is first met.

    >>> quick = plans("add", quick=True)
    >>> sorted({plan.function for plan in quick}), {plan.case for plan in quick}
    (['Add', 'Copy'], {'add/float64/cpu'})
    """
    first = [laboratory.first(spec) for spec in matching(pattern)]
    keys = [key for key in (first if quick else laboratory.contiguous(pattern)) if key.spec in specs()]
    graphs = {key.id: functions(laboratory.build(key)) for key in keys}
    met = {name for own, _ in graphs.values() for name in own}
    found = []
    for case_id, (own, of_gradients) in graphs.items():
        others = [name for name in of_gradients if not quick or name not in met]
        met.update(others)
        found += [Plan(mutant, name, case_id) for name in (*own, *others) for mutant in MUTANTS]
    return found


def sampled(everything: Sequence[Plan], seed: int) -> list[Plan]:
    """One plan for each bug in each class, at a case drawn with the seed.

    >>> drawn = sampled(plans("tanh"), seed=1)
    >>> len(drawn) == len({(plan.mutant, plan.function) for plan in drawn})
    True
    """
    rng = np.random.default_rng(seed)
    drawn = {everything[n][:2]: n for n in rng.permutation(len(everything))}
    return [everything[n] for n in sorted(drawn.values())]


def run(
    chosen: Sequence[Plan],
    *,
    quick: bool = False,
    sample: int | None = None,
    workers: int,
    command: str,
    out: Path | None = None,
    time_limit: float | None = None,
) -> Campaign:
    """Plant them all, in processes of this machine.

    Args:
        chosen: of `plans`.
        quick: whether they are the quick form, for the records.
        sample: a seed, for one case for each bug in each class.
        workers: processes.
        command: how the campaign was asked for, for the records.
        out: the folder for records.jsonl and index.html; they hold what was done where it is interrupted.
        time_limit: seconds for one mutant; by default TIME_LIMIT.
    """
    if sample is not None:
        chosen = sampled(chosen, sample)
    todo = [Task("mutant", plan.id) for plan in chosen]
    rows: list[Row] = []
    errors: list[str] = []
    outcomes = runner.run(todo, workers=workers, seconds=time_limit or TIME_LIMIT, apart=True)
    with _written(out, rows, command, quick) as writer, advancing.progress(len(todo)) as advance:
        for count, outcome in enumerate(outcomes, 1):
            found = runner.failure_row(outcome) if outcome.error else outcome.rows[0]
            if outcome.error:
                errors.append(outcome.error)
            else:
                rows.append(found)
            if writer:
                writer.write(found)
            advance(outcome, count, len(todo))
        places = {task.name: n for n, task in enumerate(todo)}
        rows.sort(key=lambda row: places[Plan(row["mutant"], row["function"], row["case"]).id])
    return Campaign(rows, errors)


@contextlib.contextmanager
def _written(out: Path | None, rows: list[Row], command: str, quick: bool) -> Iterator[Writer | None]:
    """Records and page in that folder, or nothing."""
    if out is None:
        yield None
        return
    run_id = recording.run_id()
    profile = "quick" if quick else "full"
    devices, commit = machine.devices(("cpu",)), machine.commit()
    head = recording.run_row(run_id, command, profile, 0, devices, commit=commit)
    try:
        with signals.raising(), Writer(out / RECORDS) as writer:
            writer.write(head)
            yield writer
            writer.write(end_row([head], run_id))
    finally:
        report.write(rows, out, records_name=RECORDS)
