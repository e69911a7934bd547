"""Tasks run with a time limit, on processes that may die, and nothing is lost in silence."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gradcheck.cases import laboratory
from gradcheck.cases.key import Key
from gradcheck.cases.laboratory import Selection
from gradcheck.cli import main
from gradcheck.records import jsonl
from gradcheck.records.jsonl import Row, row
from gradcheck.running import runner, session, tasks
from gradcheck.running.tasks import Task
from tests.gradcheck.processes import becomes, children, heeding_signals, lives

ONE = row("warning", {"message": "done"})


def test_a_task_over_its_time_limit_is_named() -> None:
    def endless(task: Task) -> list[Row]:
        while True:
            time.sleep(0.01)

    outcome = runner.limited(Task("case", "endless/float64/cpu"), 0.1, endless)
    assert outcome.rows == []
    assert outcome.error == "case endless/float64/cpu: not finished within 0.1 s"


def test_results_come_from_processes() -> None:
    found = list(runner.run([Task("formula", "exp"), Task("formula", "sin")], workers=2, seconds=60))
    assert [o.error for o in found] == [None, None]
    assert {o.rows[0]["op"] for o in found} == {"exp", "sin"}


class _Inline(Executor):
    """Runs at once; dies at the task named "deadly"."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if args[0].name == "deadly":
            future.set_exception(BrokenExecutor("gone"))
        else:
            future.set_result(runner.Outcome(args[0], [ONE]))
        return future


def _pool_of_processes() -> Executor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


@pytest.mark.parametrize("make", [lambda: ThreadPoolExecutor(3), _pool_of_processes])
def test_threads_and_processes_measure_what_this_process_does(
    tmp_path: Path, make: Callable[[], Executor]
) -> None:
    selection = Selection("exp,matmul", 2)
    with make() as executor:
        there = session.run(selection, tmp_path / "there", executor=executor)
    here = session.run(selection, tmp_path / "here")
    assert _measured(there.rows) == _measured(here.rows)
    assert there.lost == []


def _measured(rows: list[Row]) -> list[str]:
    """The cases' rows but for run and time; in words NaN, too, is equal to itself."""
    kept = [{k: v for k, v in row.items() if k not in ("run", "seconds")} for row in rows]
    return sorted(repr(row) for row in kept if row["kind"] == "case")


class _Waiting(Executor):
    """Performs the first task only."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.futures.append(Future())
        if len(self.futures) == 1:
            self.futures[0].set_result(runner.Outcome(args[0], [ONE]))
        return self.futures[-1]


def test_what_is_pending_when_a_run_ends_is_cancelled() -> None:
    executor = _Waiting()
    outcomes = runner.run([Task("case", x) for x in "abc"], workers=1, seconds=1, executor=executor)
    assert next(outcomes).task.name == "a"
    outcomes.close()  # type: ignore[attr-defined]  # a generator, as an interruption ends it
    assert [future.cancelled() for future in executor.futures] == [False, True, True]


class _Moody(_Inline):
    """Fails a task the first time, as a cluster does whose worker died with several."""

    def __init__(self) -> None:
        self.met: set[str] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        name = args[0].name
        if name in self.met:
            return super().submit(fn, *args)
        self.met.add(name)
        future: Future[Any] = Future()
        future.set_exception(OSError("worker lost"))
        return future


def test_what_an_executor_fails_is_tried_again_by_itself() -> None:
    todo = [Task("case", "a"), Task("case", "b")]
    found = list(runner.run(todo, workers=1, seconds=1, executor=_Moody()))
    assert {(o.task, o.error) for o in found} == {(task, None) for task in todo}
    assert len(found) == 2


def test_tasks_of_a_dead_executor_are_named() -> None:
    todo = [Task("case", "a"), Task("case", "deadly"), Task("case", "b")]
    found = list(runner.run(todo, workers=1, seconds=1, executor=_Inline()))
    assert {o.task.name for o in found} == {"a", "deadly", "b"}
    assert any(o.error and "no result from its worker: BrokenExecutor: gone" in o.error for o in found)


def test_an_interrupted_run_is_saved_and_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def until_interrupted(task: Task) -> list[Row]:
        if task.kind == "formula":
            raise KeyboardInterrupt
        return tasks.perform(task)

    monkeypatch.setattr(
        runner, "limited", lambda task, seconds: runner.Outcome(task, until_interrupted(task))
    )
    finished = session.run(Selection("exp", 1), tmp_path)
    rows = jsonl.read(tmp_path / "records.jsonl")
    assert finished.interrupted
    assert rows[-1]["kind"] == "end"
    assert rows[-1]["interrupted"]
    assert any(r["kind"] == "case" for r in rows)
    assert "interrupted" in (tmp_path / "index.html").read_text(encoding="utf-8")


def _started(out: Path) -> subprocess.Popen[str]:
    """A run that has measured something and is far from its end."""
    command = [sys.executable, "-m", "gradcheck", "run", "-n", "2", "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    part = out / "records.jsonl.part"
    assert becomes(lambda: part.exists() and part.read_text().count('"case"') >= 40)
    return process


def test_ctrl_c_ends_a_real_run_with_130(tmp_path: Path) -> None:
    with heeding_signals():
        process = _started(tmp_path)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    rows = jsonl.read(tmp_path / "records.jsonl")
    assert rows[-1]["interrupted"]
    assert 0 < rows[-1]["executed"] < rows[-1]["declared"]
    assert "The run is interrupted" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_killed_run_leaves_whole_lines_that_are_rendered_and_no_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = _started(tmp_path)
    workers = children(process.pid)
    process.kill()
    process.communicate()
    part = (tmp_path / "records.jsonl.part").read_text(encoding="utf-8")
    assert all(json.loads(line) for line in part.removesuffix("\n").split("\n"))
    out = tmp_path / "rendered"
    assert main(["report", str(tmp_path / "records.jsonl"), "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert "did not end: reading records.jsonl.part" in printed.err
    assert "The run is interrupted" in printed.out
    assert "the records end before the run does" in (out / "environment.html").read_text(encoding="utf-8")
    assert not any(row["kind"] == "end" for row in jsonl.read(out / "records.jsonl"))
    assert becomes(lambda: not any(map(lives, workers)), 20)


def test_a_gap_that_passes_fails() -> None:
    case = laboratory.build(Key("exp"), 1)
    result = tasks.measure_case(case)
    declared = tasks.as_declared(result, "known to be wrong")
    assert result.verdict == "pass"
    assert declared.verdict == "fail"
    assert "now passes" in declared.reason
    assert tasks.as_declared(result, None) is result


@pytest.mark.parametrize(("device", "verdict"), [("cpu", "fail"), ("gpu", "pass")])
def test_a_declared_gap_may_pass_on_a_device_that_rounds_otherwise(
    device: str, verdict: str, standin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "gap", lambda spec, key: "it loses all digits")
    rows = tasks.perform(Task("case", f"neg/float64/{device}", 1))
    assert jsonl.case_verdict(rows) == verdict
