"""Tasks in processes: one that hangs is ended, one that dies is replaced, and nothing else is lost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradcheck.running import pool, runner, worker
from gradcheck.running.tasks import Task
from tests.gradcheck.pool_tasks import do, never
from tests.gradcheck.processes import becomes, children, lives


def lost(task: str, why: str) -> str:
    return f"{task}: {why}"


def in_processes(*tasks: str, workers: int = 2, seconds: float = 0.2) -> Iterator[str]:
    return pool.perform(tasks, seconds, workers, do, lost)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pool, "GRACE", 0.3)
    before = set(children())  # what other tests have left: multiprocessing's own, for all of a session
    yield
    assert set(children()) <= before


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


@pytest.mark.parametrize(
    ("way", "why"),
    [
        ("exit", "its process died (exit code 0)"),
        ("raise", "its process died (exit code 0)"),
        ("segfault", "its process died (exit code -11, SIGSEGV)"),
        ("close", "its process died (exit code 1)"),
        ("group", "its process died (exit code -9, SIGKILL)"),
        ("child", "its process died (exit code 0)"),
    ],
)
def test_a_task_that_ends_its_process_is_reported_and_the_next_one_has_another(way: str, why: str) -> None:
    with pool.Apart(do) as apart:
        with pytest.raises(EOFError, match=re.escape(why)):
            apart.ask(way, 20)
        assert apart.ask("next", 20) == "next done"


def test_a_task_that_forks_or_closes_the_streams_answers_once() -> None:
    with pool.Apart(do) as apart:
        assert [apart.ask(task, 20) for task in ("fork", "a", "streams", "b")] == [
            "fork done",
            "a done",
            "streams done",
            "b done",
        ]


def test_a_task_that_hangs_is_ended_with_its_process() -> None:
    with pool.Apart(do) as apart:
        with pytest.raises(TimeoutError, match=r"not finished within 0\.1 s, and its process was ended"):
            apart.ask("hang", 0.1)
        assert apart.ask("next", 20) == "next done"


def test_a_process_without_tasks_ends_by_itself_and_is_replaced() -> None:
    with pool.Apart(do, idle=0.05) as apart:
        assert apart.ask("a", 20) == "a done"
        while not apart._worker.ended:  # type: ignore[union-attr]  # it has one
            time.sleep(0.01)
        assert apart.ask("b", 20) == "b done"


KILLED = """
import ctypes, os, subprocess, sys
from gradcheck.running import pool

def do(task, seconds):
    child = subprocess.Popen(["sleep", "600"])
    print(os.getpid(), child.pid, flush=True)
    ctypes.PyDLL(None).sleep(600)

if __name__ == "__main__":
    import killed
    pool.Apart(killed.do).ask("task", 600)
"""


def test_a_parent_that_is_killed_leaves_nothing_that_runs(tmp_path: Path) -> None:
    (tmp_path / "killed.py").write_text(KILLED)
    path = os.pathsep.join([str(tmp_path), *sys.path])
    command = [sys.executable, str(tmp_path / "killed.py")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": path}, text=True
    ) as parent:
        assert parent.stdout is not None
        left = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(left) == 2
    assert becomes(lambda: not any(map(lives, left)), 20)


def test_nothing_is_left_where_the_results_are_no_longer_wanted() -> None:
    found = in_processes("a", "hang", seconds=600)
    assert next(found) == "a done"
    found.close()  # type: ignore[attr-defined]  # a generator


def test_processes_started_before_perform_the_tasks_and_end_with_them() -> None:
    others = set(children())
    with runner.Crew(2, workers=2) as crew:
        early = set(children()) - others
        found = list(runner.run([Task("formula", "exp")] * 3, workers=2, seconds=60, crew=crew))
    assert [outcome.error for outcome in found] == [None] * 3
    assert early
    assert not early & set(children())


def test_processes_that_nothing_was_found_for_end() -> None:
    with pytest.raises(ZeroDivisionError), runner.Crew(1, workers=1):
        1 / 0  # noqa: B018


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
