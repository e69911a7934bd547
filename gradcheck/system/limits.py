"""A time limit on what a thread does."""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Iterator

AGAIN = 1.0  # seconds after which an exception that was caught on its way is raised again


class TimeLimitError(BaseException):
    """Something took too long. No Exception: code that survives whatever an op raises must not catch it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimitError in this thread when the block takes longer.

    It is raised between two steps of the interpreter, as a signal's would be, but in any thread: the
    workers of a cluster run their tasks outside the main one.

    >>> with time_limit(60):
    ...     print("done")
    done
    """
    over = threading.Event()
    thread = threading.get_ident()
    watch = threading.Thread(target=_watch, args=(thread, seconds, over), daemon=True)
    watch.start()
    try:
        yield
    finally:
        _end(over, watch)


def _watch(thread: int, seconds: float, over: threading.Event) -> None:
    while not over.wait(seconds):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TimeLimitError))
        seconds = AGAIN


def _end(over: threading.Event, watch: threading.Thread) -> None:
    """Stop the watch. What it asked for at the last moment comes here, not after the block.

    It cannot be taken back instead: in Python 3.11 PyThreadState_SetAsyncExc without an exception leaves
    the interpreter looking for one for ever, which slows it down and, under sys.settrace, stops it.
    """
    try:
        over.set()
        watch.join()
        _step()
    except TimeLimitError:
        _end(over, watch)


def _step() -> None:
    """A call, at the start of which the interpreter raises what it was asked to."""
