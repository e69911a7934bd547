"""The same cases on a Dask cluster of separate worker processes, some of which die."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gradcheck.cases.laboratory import Selection
from gradcheck.cli import main
from gradcheck.errors import ClusterError
from gradcheck.records import jsonl, machine
from gradcheck.records.jsonl import Row
from gradcheck.running import cluster, pool, runner, tasks
from gradcheck.running.availability import available
from gradcheck.running.runner import Outcome
from gradcheck.running.tasks import Task
from tests.gradcheck.markup import spelled_out
from tests.gradcheck.processes import becomes

distributed = pytest.importorskip("distributed", reason="needs distributed: the extra `dask`")
QUIET = {"dashboard_address": ":0", "silence_logs": 60}


@pytest.fixture(scope="module")
def processes() -> Iterator[Any]:
    """Two worker processes; each that dies is replaced."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **QUIET) as found:
        yield found


@pytest.fixture
def local(processes: Any) -> Any:
    """The same once both are there: a test before may have killed one."""
    assert becomes(lambda: len(processes.scheduler.workers) == 2)
    return processes


def kill_a_worker(local: Any) -> None:
    os.kill(next(iter(local.workers.values())).process.pid, signal.SIGKILL)


def untimed(outcomes: Iterable[Outcome]) -> dict[Task, list[Row]]:
    """The rows of each task but for their seconds; every task gave some, once."""
    found: dict[Task, list[Row]] = {}
    for outcome in outcomes:
        assert outcome.error is None
        assert outcome.task not in found
        found[outcome.task] = [{k: v for k, v in row.items() if k != "seconds"} for row in outcome.rows]
    return found


def test_a_worker_killed_in_the_middle_changes_nothing(local: Any) -> None:
    todo = tasks.tasks(Selection("exp,matmul,relu", 2))

    def killing() -> Iterator[Outcome]:
        with cluster.connect(local.scheduler_address) as connected:
            outcomes = runner.run(todo, workers=1, seconds=60, executor=connected.executor)
            for count, outcome in enumerate(outcomes):
                if count == 3:
                    kill_a_worker(local)
                yield outcome

    there, here = untimed(killing()), untimed(runner.run(todo, workers=2, seconds=60))
    assert set(there) == set(todo)
    for task in todo:
        assert repr(there[task]) == repr(here[task])  # in words NaN, too, is equal to itself


def test_a_task_that_kills_its_workers_is_named_and_the_others_are_done(
    local: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deadly(task: Task, seconds: float) -> Outcome:
        if task.name == "deadly":
            os.kill(os.getpid(), signal.SIGKILL)
        return Outcome(task, [])

    monkeypatch.setattr(runner, "limited", deadly)
    monkeypatch.setattr(local.scheduler, "allowed_failures", 0)
    todo = [Task("case", name) for name in ("a", "deadly", "b", "c", "d")]
    with cluster.connect(local.scheduler_address) as connected:
        found = list(runner.run(todo, workers=1, seconds=60, executor=connected.executor))
    assert sorted(o.task.name for o in found) == ["a", "b", "c", "d", "deadly"]
    errors = {o.task.name: o.error for o in found if o.error}
    assert list(errors) == ["deadly"]
    assert "case deadly: no result from its worker: KilledWorker" in str(errors["deadly"])


def test_the_time_limit_holds_on_a_worker(local: Any) -> None:
    with cluster.connect(local.scheduler_address) as connected:
        (outcome,) = runner.run(
            [Task("case", "conv2d/float64/cpu")], workers=1, seconds=0.001, executor=connected.executor
        )
    assert outcome.error == "case conv2d/float64/cpu: not finished within 0.001 s"


def hanging(task: Task, seconds: float) -> Outcome:
    """As C code that keeps the interpreter to itself."""
    if task.name == "hangs":
        ctypes.PyDLL(None).sleep(600)
    if task.name == "exits":
        os._exit(0)
    return Outcome(task, [])


def perform_by(do: Callable[[Task, float], Outcome], grace: float) -> None:
    runner.limited = do
    pool.GRACE = grace


def test_a_task_that_hangs_is_ended_on_its_worker_which_goes_on(local: Any) -> None:
    before = set(local.scheduler.workers)
    todo = [Task("case", name) for name in ("a", "hangs", "exits", "b")]
    with distributed.Client(local, set_as_default=False) as client:
        client.run(perform_by, hanging, 0.1)
        with cluster.connect(local.scheduler_address) as connected:
            outcomes = runner.run(todo, workers=1, seconds=0.5, executor=connected.executor, apart=True)
            found = list(outcomes)
        after = set(local.scheduler.workers)
        client.restart()  # without what was replaced in them
    assert {outcome.task.name: outcome.error for outcome in found} == {
        "a": None,
        "b": None,
        "hangs": "case hangs: not finished within 0.5 s, and its process was ended",
        "exits": "case exits: its process died (exit code 0)",
    }
    assert after == before


def test_the_command_and_what_the_report_says_of_the_workers(local: Any, tmp_path: Path) -> None:
    address = local.scheduler_address
    arguments = ["run", "--op", "exp", "--order", "1", "--dask", address, "--out", str(tmp_path)]
    assert main(arguments) == 0
    rows = jsonl.read(tmp_path / "records.jsonl")
    assert sum(worker["count"] for worker in rows[0]["workers"]) == 2
    assert rows[0]["workers"][0]["versions"]["python-flint"] == machine.versions()["python-flint"]
    assert rows[-1]["executed"] == rows[-1]["declared"] == len({r["case"] for r in rows if "case" in r})
    page = (tmp_path / "environment.html").read_text(encoding="utf-8")
    assert "<dt>2 Dask workers</dt>" in spelled_out(page)
    for worker in local.workers.values():
        assert worker.worker_address not in page


def test_an_interrupted_run_leaves_the_cluster_nothing_to_do(local: Any) -> None:
    with cluster.connect(local.scheduler_address) as connected:
        outcomes = runner.run(
            tasks.tasks(Selection("tanh,softmax", 3)), workers=1, seconds=60, executor=connected.executor
        )
        next(outcomes)
        assert len(local.scheduler.tasks) > 4
        outcomes.close()  # type: ignore[attr-defined]  # a generator, as an interruption ends it
        assert becomes(lambda: len(local.scheduler.tasks) <= 2, 10)  # two are under way


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at 'tcp://127.0.0.1:1' within 0.5 s"),
        ("nonsense", "missing port number"),
        ("foo://127.0.0.1:1", "unknown address scheme"),
    ],
)
def test_an_address_where_nobody_answers_is_refused(address: str, message: str) -> None:
    with pytest.raises(ClusterError, match=message), cluster.connect(address, reply=0.5):
        pass


def test_the_address_of_a_worker_is_refused(local: Any) -> None:
    address = next(iter(local.workers.values())).worker_address
    with pytest.raises(ClusterError, match="is a Worker: give the address of the scheduler"):
        cluster.connect(address).__enter__()


def test_it_connects_where_an_event_loop_runs_as_in_a_notebook(local: Any) -> None:
    async def cell() -> set[str]:
        with cluster.connect(local.scheduler_address) as connected:
            return {each["device"] for each in connected.devices()}

    assert asyncio.run(cell()) == {"cpu"}


def test_without_distributed_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["run", "--dask", "tcp://127.0.0.1:1", "--out", str(tmp_path)]) == 2
    assert "pip install 'dezero-gradcheck[dask]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("versions", lambda: {"python-flint": "0.1"}, "has python-flint .*, here it is 0.1"),
        ("source", lambda: "other", "has other files of dezero and gradcheck"),
    ],
)
def test_workers_with_other_software_are_refused(
    local: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: Callable[[], Any], message: str
) -> None:
    monkeypatch.setattr(machine, name, value)  # in this process; the workers are others
    with pytest.raises(ClusterError, match=f"worker tcp://.* {message}"):
        cluster.connect(local.scheduler_address).__enter__()


def test_a_cluster_without_workers_is_refused_and_one_that_loses_them_given_up() -> None:
    with distributed.LocalCluster(n_workers=0, processes=False, **QUIET) as empty:
        with pytest.raises(ClusterError, match="has no workers"):
            cluster.connect(empty.scheduler_address, reply=0.5).__enter__()
        empty.scale(1)
        with cluster.connect(empty.scheduler_address, deserted=1) as connected:
            empty.scale(0)
            found = list(
                runner.run([Task("formula", "exp")] * 2, workers=1, seconds=9, executor=connected.executor)
            )
    assert len(found) == 2
    assert all("the cluster has had no workers for 1 s" in str(o.error) for o in found)


def test_a_gpu_is_measured_on_where_every_worker_has_one() -> None:
    with_gpu = machine.Description(
        versions={},
        source="",
        machine=machine.machine(),
        devices={"cpu": device("cpu", "x"), "gpu": device("gpu", "H100", TF32="off")},
        no_gpu="",
    )
    without = machine.Description(**{**with_gpu, "devices": {"cpu": device("cpu", "y")}, "no_gpu": "no CuPy"})
    mixed = cluster.Cluster(ProcessPoolExecutor(1), {"tcp://a": with_gpu, "tcp://b": without})
    assert mixed.devices() == [device("cpu", "x, y")]
    assert available("all", mixed.no_gpu) == (("cpu",), "worker tcp://b: no CuPy")
    whole = cluster.Cluster(mixed.executor, {"tcp://a": with_gpu})
    assert available("all", whole.no_gpu) == (("cpu", "gpu"), None)
    other = {**with_gpu, "devices": {"gpu": device("gpu", "H200", TF32="on", memory="139 GiB")}}
    both = cluster.Cluster(mixed.executor, {"tcp://a": with_gpu, "tcp://b": machine.Description(**other)})
    assert both.devices() == [device("gpu", "H100, H200", TF32="off, on", memory="139 GiB")]


def device(kind: str, name: str, **properties: str) -> Any:
    return {"device": kind, "name": name, "properties": properties}
