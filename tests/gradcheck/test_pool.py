"""Tasks in processes: one that hangs is ended, one that dies is replaced, and nothing else is lost."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradcheck import pool, records, runner, worker
from gradcheck.cli import main
from gradcheck.tasks import Task


def do(task: str, seconds: float) -> str:
    """What the tasks of these tests are."""
    name, _, argument = task.partition(" ")
    if name == "hang":  # as C code that keeps the interpreter to itself
        ctypes.PyDLL(None).sleep(600)
    if name == "die" or (name == "die-once" and not Path(argument).exists()):
        Path(argument or os.devnull).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return f"{name} done"


def lost(task: str, why: str) -> str:
    return f"{task}: {why}"


def in_processes(*tasks: str, workers: int = 2, seconds: float = 0.2) -> Iterator[str]:
    return pool.perform(tasks, seconds, workers, do, lost)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pool, "GRACE", 0.3)
    yield
    assert children() == []


def children() -> list[int]:
    """The processes that this one has started and not ended."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def test_all_tasks_are_performed() -> None:
    assert sorted(in_processes("a", "b", "c")) == ["a done", "b done", "c done"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_that_hangs_is_ended_and_named_and_the_others_go_on(workers: int) -> None:
    found = list(in_processes("a", "hang", "b", "c", workers=workers))
    assert sorted(found) == [
        "a done",
        "b done",
        "c done",
        "hang: not finished within 0.2 s, and its process was ended",
    ]


def test_a_task_whose_process_dies_is_tried_again(tmp_path: Path) -> None:
    once = f"die-once {tmp_path / 'died'}"
    assert sorted(in_processes("a", once, "die")) == [
        "a done",
        "die-once done",
        "die: its process died (exit code -9, SIGKILL)",
    ]


def test_nothing_is_left_where_the_results_are_no_longer_wanted() -> None:
    found = in_processes("a", "hang", seconds=600)
    assert next(found) == "a done"
    found.close()  # type: ignore[attr-defined]  # a generator


def never(task: str, seconds: float) -> str:
    raise AssertionError


def test_where_no_process_starts_each_task_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "START", -1.0)
    found = list(pool.perform(["a", "b"], 1.0, 2, never, lost))
    assert found == ["a: no process could be started", "b: no process could be started"]


def test_a_process_has_its_share_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUPY_GPU_MEMORY_LIMIT", raising=False)
    shares = {}

    def look(tasks: list[Task], seconds: float, workers: int, *further: object) -> Iterator[runner.Outcome]:
        shares.update({k: os.environ[k] for k in ("OMP_NUM_THREADS", "CUPY_GPU_MEMORY_LIMIT")})
        return iter(())

    monkeypatch.setattr(pool, "perform", look)
    list(runner.run([Task("formula", "exp")], workers=1, seconds=1, apart=True))
    assert shares == {"OMP_NUM_THREADS": "1", "CUPY_GPU_MEMORY_LIMIT": "85%"}
    list(runner.run([Task("formula", "exp")], workers=10, seconds=1))
    assert shares["CUPY_GPU_MEMORY_LIMIT"] == "8.5%"
    assert "CUPY_GPU_MEMORY_LIMIT" not in os.environ


def test_a_run_names_the_case_that_hung_and_exits_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def perform(todo: list[Task], seconds: float, *others: Any) -> Iterator[runner.Outcome]:
        for task in todo:
            hung = task.name == "exp/float32/cpu"
            yield runner._without(task, "it hung") if hung else runner.limited(task, seconds)

    monkeypatch.setattr(pool, "perform", perform)
    arguments = ["run", "--op", "exp", "--order", "1", "--device", "cpu", "-n", "2", "--out", str(tmp_path)]
    assert main(arguments) == 1
    assert "LOST  exp/float32/cpu" in capsys.readouterr().out
    rows = records.read(tmp_path / "records.jsonl")
    assert [row["message"] for row in rows if row["kind"] == "warning"] == ["case exp/float32/cpu: it hung"]
