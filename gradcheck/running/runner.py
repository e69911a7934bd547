"""Who runs the tasks: all cores, a time limit for each task, records streamed as they come."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass

from gradcheck.records.jsonl import Row, row
from gradcheck.running import pool
from gradcheck.running.tasks import Task, kin, perform
from gradcheck.running.worker import Worker
from gradcheck.system import texts
from gradcheck.system.closing import Closing
from gradcheck.system.limits import TimeLimitError, time_limit
from gradcheck.system.raised import described, is_ctrl_c

# One thread per worker: the cores are the workers'.
_SINGLE_THREADED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# CuPy reads it when it is imported. The rest of the memory is for what else a process has on the card.
_GPU_MEMORY, _OF_GPU_MEMORY = "CUPY_GPU_MEMORY_LIMIT", 85.0
IDLE = 60.0  # seconds without a task after which a process of a cluster's worker ends
_AHEAD = 64  # tasks that an executor of unknown size is given at a time

Do = Callable[[Task, float], "Outcome"]

# FLINT's precision is one setting for the whole process: of an executor's threads one measures at a time.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Outcome:
    """A task's rows, or the reason why there are none."""

    task: Task
    rows: list[Row]
    error: str | None = None


def limited(task: Task, seconds: float, do: Callable[[Task], list[Row]] = perform) -> Outcome:
    """Perform a task within a time limit, in any thread; nothing it raises escapes but Ctrl-C."""
    try:
        with _one_at_a_time, time_limit(seconds):
            return Outcome(task, do(task))
    except TimeLimitError:
        return _no_rows(task, f"not finished within {seconds:g} s")
    except BaseException as error:
        if is_ctrl_c(error):
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        return _no_rows(task, f"{described(error)} ({os.path.basename(place.filename)}:{place.lineno})")


_own = threading.local()  # of a thread of somebody's executor: the process that performs its tasks


def limited_apart(task: Task, seconds: float) -> Outcome:
    """As `limited`, in a process that belongs to this thread: ended when it hangs, replaced when it dies.

    A task that its process does not survive is tried once more.
    """
    if getattr(_own, "apart", None) is None:
        _own.apart = pool.Apart(limited, IDLE)
    why = ""
    for _ in range(2):
        try:
            found: Outcome = _own.apart.ask(task, seconds, pool.GRACE)
            return found
        except EOFError as error:
            why = str(error)
        except (TimeoutError, RuntimeError) as error:
            return _no_rows(task, str(error))
    return _no_rows(task, why)


class Crew(Closing):
    """Processes that import what tasks need while it is planned what they are to do: for `run`, or to end.

    Args:
        size: how many of so many workers are started.
    """

    def __init__(self, size: int, workers: int) -> None:
        with _shared(workers):
            self._started = [Worker(limited) for _ in range(size)]

    def taken(self) -> list[Worker]:
        """Those that were started; they are the caller's to end."""
        taken, self._started = self._started, []
        return taken

    def close(self) -> None:
        for worker in self.taken():
            worker.end()


def _no_rows(task: Task, why: str) -> Outcome:
    return Outcome(task, [], f"{task.kind} {task.name}: {why}")


def run(
    tasks: Iterable[Task],
    *,
    workers: int,
    seconds: float,
    executor: Executor | None = None,
    apart: bool = False,
    crew: Crew | None = None,
) -> Generator[Outcome, None, None]:
    """Perform all tasks, giving each outcome as it comes.

    Args:
        workers: processes; 1 runs in this process, unless `apart`.
        seconds: the time limit of one task.
        executor: something of the interface of `concurrent.futures` to use instead of processes of
            this machine.
        apart: whoever performs tasks does so in a process of its own, which is ended when it hangs and
            replaced when it dies: a single process is another one, an executor's worker has one.
        crew: processes of this machine that were started before.
    """
    if executor is not None:
        yield from _on_executor(executor, list(tasks), seconds, limited_apart if apart else limited)
        return
    if workers == 1 and not apart:
        for task in tasks:
            yield limited(task, seconds)
        return
    with _shared(workers):
        started = crew.taken() if crew else ()
        yield from pool.perform(list(tasks), seconds, workers, limited, _no_rows, kin, started)


def _on_executor(executor: Executor, tasks: list[Task], seconds: float, do: Do) -> Iterator[Outcome]:
    """All tasks on somebody's executor. What it did not perform is tried one by one at the end."""
    left: list[Task] = []
    for outcome in _through(executor, tasks, seconds, do, _AHEAD):
        if isinstance(outcome, Outcome):
            yield outcome
        else:
            left += [*outcome.suspects, *outcome.untried]
    for task in left:
        yield from _by_itself(executor, task, seconds, do)


def _by_itself(executor: Executor, task: Task, seconds: float, do: Do) -> Iterator[Outcome]:
    """One task, under way alone: if its process dies now, it is the cause."""
    for outcome in _through(executor, [task], seconds, do, 1):
        yield outcome if isinstance(outcome, Outcome) else _no_rows(task, outcome.why)


@dataclass(frozen=True)
class _NotPerformed:
    """Tasks that came to nothing by the executor's fault: those it had, and those it never got."""

    suspects: list[Task]
    untried: list[Task]
    why: str


def _through(
    executor: Executor, tasks: list[Task], seconds: float, do: Do, ahead: int
) -> Iterator[Outcome | _NotPerformed]:
    """Keep `ahead` tasks submitted, so that an interruption loses little."""
    waiting = iter(tasks)
    running: dict[Future[Outcome], Task] = {}
    try:
        while True:
            try:
                for task in itertools.islice(waiting, ahead - len(running)):
                    running[executor.submit(do, task, seconds)] = task
            except RuntimeError as error:  # broken, or shut down: it takes no more
                yield _NotPerformed([*running.values(), task], list(waiting), _why(error))
                return
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                wrong = _failure(future)
                if isinstance(wrong, BrokenExecutor):
                    yield _NotPerformed(list(running.values()), list(waiting), _why(wrong))
                    return
                task = running.pop(future)
                yield future.result() if wrong is None else _NotPerformed([task], [], _why(wrong))
    finally:
        for future in running:
            future.cancel()


def _failure(future: Future[Outcome]) -> BaseException | None:
    return CancelledError("cancelled") if future.cancelled() else future.exception()


def _why(error: BaseException) -> str:
    """As `limited` raises nothing, what comes out of a future is the executor's."""
    return f"no result from its worker: {described(error).partition('. ')[0]}"


@contextlib.contextmanager
def _shared(workers: int) -> Iterator[None]:
    """Within the block processes start with their share: a core, and a part of a GPU's memory."""
    share = dict.fromkeys(_SINGLE_THREADED, "1")
    if not os.environ.get(_GPU_MEMORY):
        share[_GPU_MEMORY] = f"{_OF_GPU_MEMORY / workers:.3g}%"
    before = {name: os.environ.get(name) for name in share}
    os.environ.update(share)
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
    return row("warning", {"message": texts.storable(outcome.error or f"{outcome.task.name}: no rows")})
