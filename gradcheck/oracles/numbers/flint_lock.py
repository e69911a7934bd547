"""The lock of FLINT: it has one precision for a process, so one thread at a time computes in balls."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PATIENCE = 0.1  # seconds between tries: a waiting thread must notice exceptions, such as Ctrl-C


class _ThisThread(threading.local):
    """Whether this thread holds the lock."""

    holds = False


_this_thread = _ThisThread()
_lock = threading.RLock()


@contextmanager
def flint_lock() -> Iterator[None]:
    """Within the block no other thread of the process computes in balls; blocks of one thread may nest.

    >>> with flint_lock(), flint_lock():
    ...     print("locked")
    locked
    """
    if _this_thread.holds:
        yield
        return
    try:
        while not _lock.acquire(timeout=PATIENCE):
            pass
        _this_thread.holds = True
        yield
    finally:
        _this_thread.holds = False
        with suppress(RuntimeError):  # interrupted while it waited, this thread does not have the lock
            _lock.release()


def _new_lock() -> None:
    """In a forked process no other thread remains that could release the lock."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock)
