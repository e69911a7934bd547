"""Who runs the tasks: all cores, a time limit for each task, records streamed as they come."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from dataclasses import dataclass

from gradcheck.records import Row, row
from gradcheck.tasks import Task, perform

# One thread per worker: the cores are the workers'.
_SINGLE_THREADED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class TimeLimitError(Exception):
    """A task took longer than its time limit."""


@dataclass(frozen=True)
class Outcome:
    """A task's rows, or the reason why there are none."""

    task: Task
    rows: list[Row]
    error: str | None = None


def limited(task: Task, seconds: float, do: Callable[[Task], list[Row]] = perform) -> Outcome:
    """Perform a task within a time limit; nothing it raises escapes.

    The limit is kept by a timer signal, so this must run in a process's main thread (elsewhere, and
    on systems without such a signal, there is no limit).
    """
    try:
        with _alarm(seconds):
            return Outcome(task, do(task))
    except TimeLimitError:
        return Outcome(task, [], f"{task.kind} {task.name}: not finished within {seconds:g} s")
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        return Outcome(
            task, [], f"{task.kind} {task.name}: {type(error).__name__}: {error} ({where})"
        )


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(signum: int, frame: object) -> None:
        raise TimeLimitError

    try:
        before = signal.signal(signal.SIGALRM, ring)
    except (AttributeError, ValueError):  # no such signal here, or not the main thread
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run(
    tasks: Iterable[Task], *, workers: int, seconds: float, executor: Executor | None = None
) -> Iterator[Outcome]:
    """Perform all tasks, giving each outcome as it comes.

    Args:
        workers: processes; 1 runs in this process.
        seconds: the time limit of one task.
        executor: something of the interface of `concurrent.futures` to use instead of processes of
            this machine.
    """
    if executor is not None:
        for outcome in _through(executor, list(tasks), seconds, 64):
            if isinstance(outcome, Outcome):
                yield outcome
            else:
                yield from map(_died, [*outcome.under_way, *outcome.waiting])
        return
    if workers == 1:
        for task in tasks:
            yield limited(task, seconds)
        return
    with _single_threaded():
        yield from _on_processes(list(tasks), seconds, workers)


def _on_processes(tasks: list[Task], seconds: float, workers: int) -> Iterator[Outcome]:
    """All tasks on fresh processes. Where one dies, those that were under way are tried one by one."""
    left = tasks
    while left:
        suspects: list[Task] = []
        with _pool(workers) as pool:
            for outcome in _through(pool, left, seconds, 2 * workers):
                if isinstance(outcome, Outcome):
                    yield outcome
                else:
                    suspects, left = outcome.under_way, outcome.waiting
            if not suspects:
                return
        for task in suspects:
            with _pool(1) as pool:
                for outcome in _through(pool, [task], seconds, 1):
                    yield outcome if isinstance(outcome, Outcome) else _died(task)


def _died(task: Task) -> Outcome:
    return Outcome(task, [], f"{task.kind} {task.name}: the process that ran it died")


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[Executor]:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_ignore_interrupt)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


@dataclass(frozen=True)
class _Broken:
    """The executor died: which tasks it had, and which it never got."""

    under_way: list[Task]
    waiting: list[Task]


def _through(
    executor: Executor, tasks: list[Task], seconds: float, ahead: int
) -> Iterator[Outcome | _Broken]:
    """Keep `ahead` tasks submitted, so that an interruption loses little."""
    waiting = iter(tasks)
    running: dict[Future[Outcome], Task] = {}
    while True:
        for task in itertools.islice(waiting, ahead - len(running)):
            running[executor.submit(limited, task, seconds)] = task
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            if isinstance(future.exception(), BrokenExecutor):
                yield _Broken(list(running.values()), list(waiting))
                return
            running.pop(future)
            yield future.result()


def _ignore_interrupt() -> None:
    """Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _SINGLE_THREADED}
    os.environ.update(dict.fromkeys(_SINGLE_THREADED, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def failure_row(outcome: Outcome) -> Row:
    """A task that gave no rows, for the records."""
    return row("warning", {"message": outcome.error or f"{outcome.task.name}: no rows"})
