"""Tasks in processes of this machine; one that hangs or dies is replaced, and its task named.

A time limit within a process is an exception, which Python raises between two of its own steps. What never
comes to such a step (a kernel that does not end, C code) is ended from outside, with its process.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from multiprocessing.connection import wait
from typing import Any

from gradcheck.running.worker import Perform, Worker
from gradcheck.system.closing import Closing

GRACE = 10.0  # seconds past the time limit of a task
LOOK = 1.0  # seconds after which to see whether a process is dead whose pipe something else holds open

AHEAD = 32  # waiting tasks among which one is sought that is kin to a process's last

Lost = Callable[[Any, str], Any]
Kin = Callable[[Any], Any]


def perform(
    tasks: Sequence[Any],
    seconds: float,
    workers: int,
    do: Perform,
    lost: Lost,
    kin: Kin = lambda task: task,
    crew: Sequence[Worker] = (),
) -> Iterator[Any]:
    """What `do(task, seconds)` gives of each task, in one of several processes, as it comes.

    Of a task that its process did not survive, twice, or did not finish, it is what `lost(task, why)` gives.

    Args:
        seconds: the time limit of a task, which `do` is to keep; a process that does not is ended.
        workers: how many processes.
        kin: alike for tasks that are cheaper in one process: the second finds what the first has made.
        crew: processes of `do` that were started before; they are ended here.
    """
    with _Pool(tasks, seconds, workers, do, lost, kin, crew) as pool:
        yield from pool.outcomes()


def next_for(last: Any, waiting: Sequence[Any], kin: Kin) -> int:
    """Which of the waiting tasks to give to who performed one of the kin `last`: an early one, or the first.

    >>> next_for("b", ["a1", "a2", "b2"], kin=lambda task: task[0])
    2
    """
    among = enumerate(islice(waiting, AHEAD))
    return next((n for n, task in among if kin(task) == last), 0)


class _Pool(Closing):
    """Tasks that wait, and the processes that perform them."""

    def __init__(
        self,
        tasks: Sequence[Any],
        seconds: float,
        workers: int,
        do: Perform,
        lost: Lost,
        kin: Kin,
        crew: Sequence[Worker],
    ) -> None:
        self._waiting = deque(tasks)
        self._again: set[Any] = set()
        self._seconds = seconds
        self._do = do
        self._lost = lost
        self._kin = kin
        self._last: dict[Worker, Any] = {}
        self._crew = [*crew, *(Worker(do) for _ in range(min(workers, len(tasks)) - len(crew)))]

    def outcomes(self) -> Iterator[Any]:
        while self._crew and (self._waiting or any(worker.task is not None for worker in self._crew)):
            for worker in self._crew:
                if worker.is_free and self._waiting:
                    self._give(worker)
            for worker in _wait_for_answers(self._crew):
                yield from self._heard_of(worker)
        for task in self._waiting:
            yield self._lost(task, "no process could be started")

    def close(self) -> None:
        for worker in self._crew:
            worker.dismiss()

    def _give(self, worker: Worker) -> None:
        n = next_for(self._last.get(worker), self._waiting, self._kin)
        task = self._waiting[n]
        del self._waiting[n]
        self._last[worker] = self._kin(task)
        worker.give(task, self._seconds, GRACE)

    def _heard_of(self, worker: Worker) -> list[Any]:
        """The outcome of its task, if that has one by now."""
        task = worker.task
        try:
            found = worker.answer()
        except EOFError as error:
            self._replace(worker)
            if task is None:
                return []
            if task in self._again:
                return [self._lost(task, str(error))]
            self._again.add(task)
            self._waiting.append(task)
            return []
        except TimeoutError:
            self._replace(worker)
            return [] if task is None else [self._lost(task, overdue(self._seconds))]
        return [] if task is None else [found]

    def _replace(self, worker: Worker) -> None:
        """Another process instead of one that is lost; not of one that could not be started."""
        worker.end()
        self._last.pop(worker, None)
        self._crew.remove(worker)
        if worker.started:
            self._crew.append(Worker(self._do))


def overdue(seconds: float) -> str:
    """Why nothing is known of a task that did not end."""
    return f"not finished within {seconds:g} s, and its process was ended"


def _wait_for_answers(crew: Sequence[Worker]) -> list[Worker]:
    """Wait for those that have an answer, are dead, or are overdue."""
    while True:
        left = min(worker.left for worker in crew)
        ready = wait([worker.pipe for worker in crew], min(max(left, 0.0), LOOK))
        heard = [w for w in crew if w.pipe in ready or w.left <= 0 or w.ended]
        if heard:
            return heard


class Apart(Closing):
    """A process that performs tasks one at a time as they are asked for; a context manager.

    One that a task has ended, or that had to be ended, is replaced when the next task is asked for.

    Args:
        do, idle, imports, output: as of a `Worker`.
    """

    def __init__(
        self,
        do: Perform,
        idle: float | None = None,
        imports: Sequence[str] = (),
        output: int | None = None,
    ) -> None:
        self._do = do
        self._idle = idle
        self._imports = imports
        self._output = output
        self._worker: Worker | None = None

    def ask(self, task: Any, seconds: float, grace: float = 0.0) -> Any:
        """What `do(task, seconds)` gives.

        Raises:
            TimeoutError: it did not end within the seconds and a grace.
            EOFError: its process died.
            RuntimeError: no process could be started.
            ImportError: it cannot import what it is to.
        """
        worker = self._started()
        worker.give(task, seconds, grace)
        try:
            _wait_for_answers([worker])
            return worker.answer()
        except TimeoutError:
            self.close()
            raise TimeoutError(overdue(seconds)) from None
        except EOFError:
            self.close()
            raise

    def _started(self) -> Worker:
        if self._worker is None or self._worker.ended:
            self.close()
            self._worker = Worker(self._do, self._idle, self._imports, self._output)
            _wait_for_answers([self._worker])
            try:
                failure = self._worker.answer()
            except (EOFError, TimeoutError) as error:
                self.close()
                raise RuntimeError("no process could be started") from error
            if failure is not None:
                self.close()
                raise ImportError(failure)
        return self._worker

    def close(self) -> None:
        if self._worker is not None:
            self._worker.dismiss()
        self._worker = None
