"""Computations in copies of this process, which end with all that they started when they take too long.

A fork needs nothing to be pickled but the answer: what is examined may be a lambda or a closure. Whatever the
copy does to itself (it exits, crashes, hangs in C code) is an answer that is missing, and the reason why.
"""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import signal
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, NoReturn, TypeVar

from gradcheck.running.pool import overdue
from gradcheck.running.worker import LAST, died, flush, guard
from gradcheck.system import progress
from gradcheck.system.closing import Closing
from gradcheck.system.raised import apart_from_the_user, described

LOOK = 0.2  # seconds after which to see whether a copy is dead whose pipe something else holds open

T = TypeVar("T")
Here = TypeVar("Here")


def can_fork() -> bool:
    """Whether this system copies processes."""
    return hasattr(os, "fork")


def within(seconds: float, compute: Callable[[], T]) -> T:
    """What `compute()` gives in a copy of this process; what it raises is raised here.

    Raises:
        TimeoutError: it took longer, and was ended with all that it had started.
        EOFError: the copy died without an answer; the message says how.
    """
    with _Copy(compute) as copy:
        found: T = copy.answer(seconds)
    return found


def at_once(apart: Sequence[Callable[[], T]], here: Callable[[], Here]) -> tuple[list[T], Here]:
    """What each computes in a copy of this process, and what one computes here meanwhile.

    What a copy raises is raised here; of one that dies, the computation is made here.
    """
    with contextlib.ExitStack() as stack:
        copies = [stack.enter_context(_Copy(compute)) for compute in apart]
        own = here()
        found = []
        for copy, compute in zip(copies, apart, strict=True):
            try:
                found.append(copy.answer(math.inf))
            except EOFError:
                found.append(compute())
    return found, own


class _Copy(Closing):
    """A copy of this process at work; `close` ends it."""

    def __init__(self, compute: Callable[[], Any]) -> None:
        flush()  # what is still to be written is not the copy's to write
        self._pipe, there = Pipe(duplex=False)
        with there:
            self._pid = _fork()
            if not self._pid:
                _work(compute, there)
        with contextlib.suppress(OSError):  # the copy has done so by now
            os.setpgid(self._pid, self._pid)
        self._guard = guard(self._pid)
        self._status: int | None = None

    def answer(self, seconds: float) -> Any:
        due = time.monotonic() + seconds
        while (left := due - time.monotonic()) > 0:
            dead = self._ended()
            if not wait([self._pipe], 0 if dead else min(left, LOOK)):
                if dead:
                    raise EOFError(self._death())
                continue
            try:
                what, found = self._pipe.recv()
            except Exception as error:  # the end of its file, or what cannot be read: nothing was answered
                raise EOFError(self._death()) from error
            if what == "stage":
                progress.tell(found)
            elif what == "raised":
                raise found
            else:
                return found
        raise TimeoutError(overdue(seconds))

    def _ended(self) -> bool:
        """Whether the copy has; its status is noted."""
        if self._status is None:
            try:
                pid, status = os.waitpid(self._pid, os.WNOHANG)
            except ChildProcessError:  # the program takes the status of whatever ends
                pid, status = self._pid, 0
            self._status = status if pid else None
        return self._status is not None

    def _death(self) -> str:
        until = time.monotonic() + LAST
        while not self._ended() and time.monotonic() < until:
            time.sleep(0.01)
        if self._status is None:
            return "it closed its process's connection"
        return died(os.waitstatus_to_exitcode(self._status))

    def close(self) -> None:
        """End the copy, whatever it does, and what it has started."""
        with contextlib.suppress(OSError):
            os.killpg(self._pid, signal.SIGKILL)  # the guard is in the group: the number is still its
        if not self._ended():
            with contextlib.suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._status = -1
        self._pipe.close()
        if self._guard is not None:
            self._guard.communicate()


_forking = threading.Lock()  # the copy is of the thread that has it, and gives it back as well


def _fork() -> int:
    """0 in the copy; one thread at a time, as what Python warns of is settled for the process.

    Python warns where the process has other threads: the copy lacks them, and a lock that one of them held
    would never be free. The copy computes and leaves; FLINT's lock, which it needs, is made anew.
    """
    with _forking, warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)
        return os.fork()


# In the copy ------------------------------------------------------------------------------------------


def _work(compute: Callable[[], Any], pipe: Connection) -> NoReturn:
    """Compute, answer, and leave without a word: what the program does at its end is not the copy's."""
    try:
        own = os.getpid()
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which ends its copies
        apart_from_the_user()

        def told(stage: str) -> None:
            if os.getpid() == own:  # else f has forked: its copy has no say
                pipe.send(("stage", stage))

        with progress.listening(told):
            answer = _answer(compute)
        if os.getpid() == own:
            flush()
            pipe.send_bytes(answer)
    except BaseException:  # nobody is left to tell: the program sees a connection without an answer
        os._exit(1)
    finally:
        os._exit(0)


def _answer(compute: Callable[[], Any]) -> bytes:
    """What to send: what was computed, or raised; as text where that cannot be sent."""
    try:
        return pickle.dumps(("found", compute()))
    except BaseException as error:
        with contextlib.suppress(Exception):
            sent = pickle.dumps(("raised", error))
            pickle.loads(sent)
            return sent
        return pickle.dumps(("raised", RuntimeError(described(error))))
