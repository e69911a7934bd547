"""Whose turn it is: FLINT has one precision for a process, so one thread at a time computes in balls."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PATIENCE = 0.1  # seconds: an exception that another thread raises in a waiting one is seen as soon


class _Mine(threading.local):
    """Whether it is this thread's turn."""

    turn = False


_mine = _Mine()
_lock = threading.RLock()


@contextmanager
def turn() -> Iterator[None]:
    """Within the block no other thread of the process computes in balls; blocks of one thread may nest.

    >>> with turn(), turn():
    ...     print("mine")
    mine
    """
    if _mine.turn:
        yield
        return
    try:
        while not _lock.acquire(timeout=PATIENCE):
            pass
        _mine.turn = True
        yield
    finally:
        _mine.turn = False
        with suppress(RuntimeError):  # interrupted while it waited, this thread does not have the lock
            _lock.release()


def _renewed() -> None:
    """In a forked process no other thread is left that could end its turn."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renewed)
