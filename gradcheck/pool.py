"""Processes of this machine that perform tasks; one that hangs or dies is replaced, and its task named.

A time limit within a process is an exception, which Python raises between two of its own steps. What never
comes to such a step (a kernel that does not end, C code) is ended from outside, with its process.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

START = 120.0  # seconds that a process may take to start
GRACE = 10.0  # seconds past the time limit of a task
LAST = 5.0  # seconds that a process without further tasks may take to end

Perform = Callable[[Any, float], Any]
Lost = Callable[[Any, str], Any]


def perform(tasks: Sequence[Any], seconds: float, workers: int, do: Perform, lost: Lost) -> Iterator[Any]:
    """What `do(task, seconds)` gives of each task, in one of several processes, as it comes.

    Of a task that its process did not survive, twice, or did not finish, it is what `lost(task, why)` gives.

    Args:
        seconds: the time limit of a task, which `do` is to keep; a process that does not is ended.
        workers: how many processes.
    """
    pool = _Pool(tasks, seconds, workers, do, lost)
    try:
        yield from pool.outcomes()
    finally:
        pool.close()


class _Pool:
    """Tasks that wait, and the processes that perform them."""

    def __init__(self, tasks: Sequence[Any], seconds: float, workers: int, do: Perform, lost: Lost) -> None:
        self._waiting = deque(tasks)
        self._again: set[Any] = set()
        self._seconds = seconds
        self._do = do
        self._lost = lost
        self._crew = [_Worker(do) for _ in range(min(workers, len(tasks)))]

    def outcomes(self) -> Iterator[Any]:
        while self._crew and (self._waiting or any(worker.task is not None for worker in self._crew)):
            for worker in self._crew:
                if worker.is_free and self._waiting:
                    worker.give(self._waiting.popleft(), self._seconds)
            for worker in _heard(self._crew):
                yield from self._heard_of(worker)
        for task in self._waiting:
            yield self._lost(task, "no process could be started")

    def close(self) -> None:
        for worker in self._crew:
            worker.dismiss()

    def _heard_of(self, worker: _Worker) -> list[Any]:
        """The outcome of its task, if that has one by now."""
        task = worker.task
        try:
            found = worker.answer()
        except EOFError:
            self._replace(worker)
            if task is None:
                return []
            if task in self._again:
                return [self._lost(task, f"its process died (exit code {worker.process.exitcode})")]
            self._again.add(task)
            self._waiting.append(task)
            return []
        except TimeoutError:
            self._replace(worker)
            why = f"not finished within {self._seconds:g} s, and its process was ended"
            return [] if task is None else [self._lost(task, why)]
        return [] if task is None else [found]

    def _replace(self, worker: _Worker) -> None:
        """Another process instead of one that is lost; not of one that could not be started."""
        worker.end()
        self._crew.remove(worker)
        if worker.started:
            self._crew.append(_Worker(self._do))


def _heard(crew: Sequence[_Worker]) -> list[_Worker]:
    """Wait for those that have an answer, are dead, or are overdue."""
    left = min(worker.left for worker in crew)
    ready = wait([worker.pipe for worker in crew], None if left == math.inf else max(left, 0.0))
    return [worker for worker in crew if worker.pipe in ready or worker.left <= 0]


class _Worker:
    """A process, and the task that it has.

    Attributes:
        started: it has told so.
    """

    def __init__(self, do: Perform) -> None:
        context = multiprocessing.get_context("spawn")  # CUDA does not survive a fork
        self.pipe, there = context.Pipe()
        self.process = context.Process(target=_work, args=(there, do), daemon=True)
        self.process.start()
        there.close()
        self.task: Any = None
        self.started = False
        self._due = time.monotonic() + START

    @property
    def is_free(self) -> bool:
        return self.started and self.task is None

    @property
    def left(self) -> float:
        """Seconds until it is overdue."""
        return self._due - time.monotonic()

    def give(self, task: Any, seconds: float) -> None:
        self.task = task
        self._due = time.monotonic() + seconds + GRACE
        with contextlib.suppress(OSError):  # it is dead, which its end of the pipe tells next
            self.pipe.send((task, seconds))

    def answer(self) -> Any:
        """What it has sent: first that it has started, then what it made of each task.

        Raises:
            TimeoutError: nothing, and it is overdue.
            EOFError: it is dead.
        """
        if not self.pipe.poll():
            raise TimeoutError
        try:
            found = self.pipe.recv()
        except OSError as error:
            raise EOFError from error
        self.started, self.task, self._due = True, None, math.inf
        return found

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.join(LAST)
        self.pipe.close()

    def dismiss(self) -> None:
        """Let a process without a task end by itself; end others."""
        if self.is_free:
            with contextlib.suppress(OSError):
                self.pipe.send(None)
                self.process.join(LAST)
        self.end()


# In the process ---------------------------------------------------------------------------------------


def _work(pipe: Connection, do: Perform) -> None:
    """Perform tasks until there are none, or the parent is gone. Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    pipe.send(None)
    while (given := pipe.recv()) is not None:
        pipe.send(do(*given))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
