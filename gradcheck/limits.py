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
        over.set()
        watch.join()
        _raise_in(thread, None)  # nothing asked for at the last moment may come after the block


def _watch(thread: int, seconds: float, over: threading.Event) -> None:
    while not over.wait(seconds):
        _raise_in(thread, TimeLimitError)
        seconds = AGAIN


def _raise_in(thread: int, kind: type[BaseException] | None) -> None:
    """Ask the interpreter to raise it in that thread; None takes the wish back."""
    wish = ctypes.py_object(kind) if kind is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), wish)
