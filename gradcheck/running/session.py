"""One run of the laboratory: tasks performed, records streamed, the report written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gradcheck.cases import coverage, laboratory
from gradcheck.cases.display import require_fitting_display
from gradcheck.cases.key import require_matching, what
from gradcheck.cases.laboratory import Selection
from gradcheck.cases.table import broken, matching
from gradcheck.errors import SpecError
from gradcheck.experiments.studies import catalogue
from gradcheck.records import machine, recording
from gradcheck.records.history import History, append
from gradcheck.records.history import read as read_history
from gradcheck.records.jsonl import RECORDS, Row, Writer, end_row, read, row, write
from gradcheck.records.judged_rows import NEEDS_GPU, DeviceRow, Selected
from gradcheck.report import console, html, notebook
from gradcheck.report.conclusion import exit_status
from gradcheck.report.history import line_of
from gradcheck.report.summary import Summary, summarize
from gradcheck.running import advancing, forked, runner, tasks
from gradcheck.running.tasks import Task
from gradcheck.specs import exemptions
from gradcheck.system import signals, texts
from gradcheck.system.texts import printable

if TYPE_CHECKING:
    from gradcheck.running.cluster import Cluster

TIME_LIMIT = {"quick": 60.0, "full": 300.0}  # seconds for one task


@dataclass(frozen=True)
class Finished:
    """A run that is over. A notebook shows it as a summary; `print` gives the same as text.

    Attributes:
        rows: all that was recorded.
        missing: functions of dezero without a spec.
        lost: declared cases that gave no result.
        interrupted: the run was stopped from outside; the rest was saved.
        broken: what packages contribute by entry points and what cannot be measured, and why.
    """

    rows: list[Row] = field(repr=False)
    report: Path
    missing: list[str]
    lost: list[str]
    interrupted: bool
    broken: Sequence[str] = ()

    @cached_property
    def found(self) -> Summary:
        """What the rows say."""
        return summarize(self.rows)

    @property
    def status(self) -> int:
        """What the command ends with: 130 interrupted, 1 a failure or something missing, else 0."""
        return exit_status(self.found) or int(bool(self.missing or self.lost or self.broken))

    def __str__(self) -> str:
        told = console.summary(self.rows, report=self.report, found=self.found)
        return "\n".join([told, *self.not_in_rows])

    def _repr_html_(self) -> str:
        """What a notebook shows: counts, what did not pass, the fewest digits, a link to the report."""
        return notebook.run(self.found, self.report, self.status == 1, self.not_in_rows)

    @property
    def not_in_rows(self) -> list[str]:
        """Lines on functions without a spec, cases without a result, and what packages contribute in vain."""
        missing = (
            f"NO SPEC  {name}: add a row to gradcheck/specs, or an exemption with its reason"
            for name in self.missing
        )
        lost = (f"LOST  {name}: declared, but it gave no result" for name in self.lost)
        unusable = (f"BROKEN  {why}" for why in self.broken)
        return [printable(line) for line in (*missing, *lost, *unusable)]


def run(
    selection: Selection,
    out: Path,
    *,
    workers: int = 1,
    command: str = "gradcheck.running.session.run",
    executor: Executor | None = None,
    cluster: Cluster | None = None,
    apart: bool = False,
    left_out: str | None = None,
    time_limit: float | None = None,
    baseline: Sequence[Row] = (),
    history: Path | None = None,
) -> Finished:
    """Measure a selection into `out`/records.jsonl and render `out`/index.html.

    Args:
        workers: processes; 1 measures in this one, unless `apart`.
        command: how the run was asked for, for the report.
        executor: of the interface of `concurrent.futures`, to measure on instead.
        cluster: to measure on instead; the report names its machines.
        apart: whoever measures does so in a process of its own, which is ended when it hangs: a single
            one too, and those of the cluster.
        left_out: why a wanted device is not measured.
        time_limit: seconds for one task; by default the profile's.
        baseline: rows measured before; the report says what changed since.
        history: a file that gets a line on this run, unless it is interrupted; the report draws it.

    Raises:
        SpecError: nothing of the table is selected, or a row of dezero has a field that does not fit.
    """
    here = executor is None and cluster is None
    processes = here and (apart or workers > 1)
    early = min(workers, len(matching(selection.pattern))) if processes else 0
    with runner.Crew(early, workers) as crew:
        plan = planned(selection)
        seconds = time_limit or TIME_LIMIT[selection.profile]
        run_id = recording.run_id()
        interrupted = False
        with signals.raising(), Writer(out / RECORDS) as writer:
            head = recording.run_row(
                run_id,
                command,
                selection.profile,
                len(plan.declared),
                _devices(selection, cluster),
                cluster.alike() if cluster else (),
                commit=machine.commit(),
                selection=_selected(selection),
            )
            rows = [writer.write(head)]
            try:
                for message in plan.wrong:
                    rows.append(writer.write(row("warning", {"message": texts.storable(message)})))
                for extra in _left_out_rows(selection, plan.missing, left_out):
                    rows.append(writer.write(extra))
                outcomes = runner.run(
                    plan.todo,
                    workers=workers,
                    seconds=seconds,
                    executor=cluster.executor if cluster else executor,
                    apart=apart,
                    crew=crew,
                )
                with advancing.progress(len(plan.todo)) as advance, contextlib.closing(outcomes):
                    for count, outcome in enumerate(outcomes, 1):
                        rows += [writer.write(each) for each in _rows(outcome, run_id)]
                        advance(outcome, count, len(plan.todo))
            except KeyboardInterrupt:
                interrupted = True
            rows.append(writer.end(run_id, interrupted=interrupted))
    if interrupted:
        rows = read(out / RECORDS)  # one may have been written and not noted
    done = {each["case"] for each in rows if each["kind"] == "case"}
    lost = [case for case in plan.declared if case not in done]
    finished = Finished(rows, out / html.INDEX, plan.missing, lost, interrupted, plan.wrong)
    copies = workers if here and forked.can_fork() else 1
    html.write(
        rows,
        out,
        records_name=RECORDS,
        baseline=baseline,
        history=_with_this(finished, history),
        found=finished.found,
        shares=copies,
        performed=forked.at_once if copies > 1 else html.in_turn,
    )
    return finished


def _with_this(finished: Finished, path: Path | None) -> History | None:
    """The history in a file, to which a run that came to its end is added."""
    if path is None:
        return None
    if not finished.interrupted:
        append(path, line_of(finished.rows, finished.found))
    return read_history(path) if path.exists() else None


class Plan(NamedTuple):
    """What a run is to do, and what the table lacks.

    Attributes:
        declared: the cases that tasks are to give rows of.
        missing: functions of dezero without a spec.
        wrong: what packages contribute and what cannot be measured.
    """

    todo: list[Task]
    declared: list[str]
    missing: list[str]
    wrong: list[str]


def planned(selection: Selection) -> Plan:
    """What a run of that selection is to do.

    Raises:
        SpecError: as `run`.
    """
    wrong = [str(each) for each in broken(selection.pattern)]
    for spec in matching(selection.pattern):
        try:
            require_fitting_display(spec)
            require_matching(spec)
        except SpecError as error:
            if not spec.package:
                raise
            wrong.append(str(error))  # of a guest; what the rest of the table measures does not wait for it
    todo = tasks.tasks(selection)
    return Plan(todo, tasks.declared(todo), coverage.missing(), wrong)


def study(
    names: Sequence[str], out: Path | None, *, command: str, time_limit: float = TIME_LIMIT["full"]
) -> tuple[list[Row], Path | None]:
    """The rows of the studies of these names (all, without any); and their page, where `out` is given.

    They are made in another process. Of one that is not finished within the time limit, in seconds, or fails,
    there is a warning row.

    Raises:
        SpecError: there is no such study.
    """
    catalogue.require(names)
    run_id = recording.run_id()
    devices, commit = machine.devices(("cpu",)), machine.commit()
    rows = [recording.run_row(run_id, command, "studies", 0, devices, commit=commit)]
    todo = [Task("study", name) for name in names or catalogue.STUDIES]
    for outcome in runner.run(todo, workers=1, seconds=time_limit, apart=True):
        rows += [runner.failure_row(outcome)] if outcome.error else outcome.rows
    rows.append(end_row(rows, run_id))
    if out is None:
        return rows, None
    write(out / RECORDS, rows)
    return rows, html.write(read(out / RECORDS), out, records_name=RECORDS)


def _selected(selection: Selection) -> Selected:
    """What the run's row says of a selection, beside the profile."""
    devices: list[Any] = list(selection.devices)
    return {"ops": texts.storable(selection.pattern), "order": selection.order, "devices": devices}


def _rows(outcome: runner.Outcome, run_id: str) -> Iterator[Row]:
    if outcome.error is not None:
        yield runner.failure_row(outcome)
    for each in outcome.rows:
        yield {**each, "run": run_id} if "run" in each else each


def _devices(selection: Selection, cluster: Cluster | None) -> list[DeviceRow]:
    if cluster is None:
        return machine.devices(selection.devices)
    return [each for each in cluster.devices() if each["device"] in selection.devices]


def _left_out_rows(selection: Selection, missing: list[str], left_out: str | None) -> Iterator[Row]:
    """What this run does not measure, and why."""
    for row_ in exemptions():
        yield _exempt(row_.name, row_.reason, "not differentiable", 0)
    for op, omission, count in laboratory.left_out(selection):
        yield _exempt(op, omission.reason, f"not measured: {what(omission)}", count)
    for name in missing:
        yield _exempt(name, "it has neither a spec nor an exemption", "no spec", 0)
    if "gpu" not in selection.devices:
        gpu = laboratory.keys(Selection(selection.pattern, selection.order, ("gpu",), selection.profile))
        reason = left_out or "the run was asked for the CPU only"
        yield _exempt("*", reason, NEEDS_GPU, len(gpu))


def _exempt(op: str, reason: str, what: str, count: int) -> Row:
    return row("exempt", {"op": op, "reason": reason, "what": what, "count": count})
