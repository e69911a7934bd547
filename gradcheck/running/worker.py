"""A process of this machine that performs tasks, apart from the one that decides.

What a task does to its process (it ends it, hangs in C code, closes its files, forks) reaches nobody else.
The process leads a group of processes, which is ended with all that a task has started; only what leaves
the group by itself, as daemons do, escapes. A guard ends the group when this process is killed.

It is started by `subprocess`, as `multiprocessing` would run the user's program again, and lets no process
of its own, such as a Dask worker, have another.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from gradcheck.system import streams
from gradcheck.system.raised import apart_from_the_user, described, text_of

START = 120.0  # seconds that a process may take to start
LAST = 5.0  # seconds that a process without further tasks may take to end

Perform = Callable[[Any, float], Any]

# NumPy's matrices on one thread, unless the user says otherwise: those of a check are small, and each further
# thread of OpenBLAS spins for some 40 ms of its core before it sleeps.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}

# A member of the group that it ends; its input ends with the process that started it, however that ends.
_GUARD = ("/bin/sh", "-c", "read _; kill -KILL 0")


class Worker:
    """A process, and the task that it has.

    Args:
        do: what it does of each task; it is found by its module and name.
        idle: seconds without a task after which it ends by itself, or None.
        imports: modules that it imports before it tells that it has started, or why not: no task's time.
        output: the file to which it prints; by default this process's standard output.

    Attributes:
        pipe: to it.
        task: None where it has none.
        started: whether it has reported that it started.
    """

    def __init__(
        self,
        do: Perform,
        idle: float | None = None,
        imports: Sequence[str] = (),
        output: int | None = None,
    ) -> None:
        streams.occupy()  # a closed one's number is not the pipe's
        self.pipe, there = multiprocessing.Pipe()
        with there:
            fd = there.fileno()
            code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve({fd})"
            self.process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.DEVNULL,
                stdout=output,
                pass_fds=[fd],
                process_group=0,
                env={**_ENVIRONMENT, **os.environ},
            )
        self._guard = guard(self.process.pid)
        self.task: Any = None
        self.started = False
        self._due = time.monotonic() + START
        self._send((do, idle, tuple(imports)))

    @property
    def is_free(self) -> bool:
        return self.started and self.task is None

    @property
    def left(self) -> float:
        """Seconds until it is overdue."""
        return self._due - time.monotonic()

    @property
    def ended(self) -> bool:
        """Whether the process has; what it started may still hold the other end of the pipe."""
        return self.process.poll() is not None

    def give(self, task: Any, seconds: float, grace: float = 0.0) -> None:
        """Let it perform `do(task, seconds)`; it is overdue after these seconds and a grace."""
        self.task = task
        self._due = time.monotonic() + seconds + grace
        self._send((task, seconds))

    def _send(self, what: Any) -> None:
        with contextlib.suppress(OSError):  # it is dead, which its end of the pipe tells next
            self.pipe.send(what)

    def answer(self) -> Any:
        """What it has sent: first that it has started (None) or why not, then what it made of each task.

        Raises:
            TimeoutError: nothing, and it is overdue.
            EOFError: it is dead, or has closed its end; the message says which.
        """
        ended = self.ended
        if not self.pipe.poll():
            if ended:
                raise EOFError(self._death())
            raise TimeoutError
        try:
            found = self.pipe.recv()
        except Exception as error:  # the end of its file, or what cannot be read: nothing was answered
            raise EOFError(self._death()) from error
        self.started, self.task, self._due = True, None, math.inf
        return found

    def _death(self) -> str:
        try:
            code = self.process.wait(LAST)
        except subprocess.TimeoutExpired:
            return "it closed its process's connection"
        return died(code)

    def end(self) -> None:
        """End the process, whatever it does, and what it has started."""
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)  # the guard is in the group: the number is still its
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(LAST)
        self.pipe.close()
        if self._guard is not None:
            self._guard.communicate()

    def dismiss(self) -> None:
        """Let a process without a task end by itself; end others."""
        if self.is_free:
            self._send(None)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LAST)
        self.end()


def died(code: int) -> str:
    """In words that a process has ended with that exit code, or by the signal of its negative.

    >>> died(3), died(-9)
    ('its process died (exit code 3)', 'its process died (exit code -9, SIGKILL)')
    """
    by = f", {signal.Signals(-code).name}" if -code in list(signal.Signals) else ""
    return f"its process died (exit code {code}{by})"


def guard(group: int) -> subprocess.Popen[bytes] | None:
    """What ends a group of processes when this one is gone; None where there is no shell, or no group."""
    try:
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            _GUARD, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, process_group=group
        )
    except OSError:
        return None


# In the process ---------------------------------------------------------------------------------------


def serve(fd: int) -> None:
    """Perform tasks until there are none, or the parent is gone. Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    apart_from_the_user()
    streams.lose_what_nobody_takes()
    own = os.getpid()
    pipe = Connection(fd)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        do, idle, imports = pipe.recv()
        failure = _imported(imports)
        pipe.send(failure)
        if failure is not None:
            return
        while pipe.poll(idle) and (given := pipe.recv()) is not None:
            found = do(*given)
            if os.getpid() != own:
                os._exit(0)  # the task has forked: its copy has no say
            flush()
            pipe.send(found)


def _imported(names: Sequence[str]) -> str | None:
    """Import modules; why one of them cannot be."""
    try:
        for name in names:
            importlib.import_module(name)
    except ImportError as error:
        return text_of(error)
    except Exception as error:
        return described(error)
    return None


def flush() -> None:
    """What a task printed comes before its result."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # a task may have closed or replaced them
            stream.flush()
