"""Processes that do trials; one that hangs or dies is replaced, and that is a fault of its trial."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path

from tests.attack.trials import Fault, Tried, attempt

LIMIT = 180.0  # seconds; a trial takes 5 at most, on a machine that does nothing else
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Task = tuple[str, int]  # an attack and a seed


def perform(
    tasks: Iterable[Task], count: int, folder: Path
) -> Generator[tuple[Task, Tried, float], None, None]:
    """Each task with what its trial gave and the seconds it took, as they come, from `count` processes.

    `tasks` is asked for the next one whenever a process is free.
    """
    for name in THREADS:  # a process of its own for each core: threads of BLAS would only disturb
        os.environ.setdefault(name, "1")
    waiting = iter(tasks)
    crew = [_Worker(folder) for _ in range(count)]
    try:
        busy = [worker for worker in crew if worker.give(next(waiting, None))]
        while busy:
            for worker in _heard(busy):
                assert worker.task is not None
                yield worker.task, worker.answer(), time.monotonic() - worker.since
                worker.give(next(waiting, None))
            busy = [worker for worker in busy if worker.task is not None]
    finally:
        for worker in crew:
            worker.end()


def _heard(busy: list[_Worker]) -> list[_Worker]:
    """Those that answered, died, or have had their time."""
    soonest = min(worker.since for worker in busy) + LIMIT
    ready = set(wait([w.pipe for w in busy], max(0.0, soonest - time.monotonic())))
    return [w for w in busy if w.pipe in ready or time.monotonic() - w.since > LIMIT]


class _Worker:
    """One process, with the task it has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.task: Task | None = None
        self.since = 0.0
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, self.folder))
        with _ctrl_c_later():
            self.process.start()
        theirs.close()

    def give(self, task: Task | None) -> bool:
        """Whether there was a task to give."""
        self.task, self.since = task, time.monotonic()
        if task is not None:
            self.pipe.send(task)
        return task is not None

    def answer(self) -> Tried:
        """What the trial gave; of a process that gave nothing, that."""
        assert self.task is not None
        try:
            if self.pipe.poll():
                answer: Tried = self.pipe.recv()
                return answer
            what = f"the trial hung\nfor more than {LIMIT:g} s"
        except (EOFError, OSError):
            self.process.join(10)
            what = f"the trial killed its process\nexit code {self.process.exitcode}"
        self.end()
        self._start()
        return Tried(faults=[Fault(*self.task, what)])

    def end(self) -> None:
        """End the process and what it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid or 0, signal.SIGKILL)
        self.process.kill()  # where it has no group of its own yet
        self.process.join()
        self.pipe.close()


@contextlib.contextmanager
def _ctrl_c_later() -> Iterator[None]:
    """A process whose start is interrupted would tell of it."""
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


def _serve(pipe: Connection, folder: Path) -> None:
    """Do each task that comes, until nobody is there to send one."""
    os.setpgrp()  # Ctrl-C is for the campaign, which ends this process and its children together
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            attack, seed = pipe.recv()
            with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as own:
                pipe.send(attempt(attack, seed, Path(own)))
