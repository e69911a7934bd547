"""What Ctrl-C, SIGTERM and SIGHUP do to the command: it ends at once, unless something is to be saved.

An exception raised between two arbitrary steps (of an import, of a callback of the garbage collector) may be
swallowed there, or printed as a traceback. So by default none is raised: the process ends immediately. Code
that has something to save or to clean up opens a block: `raising`, or `held` for steps that must not be
interrupted.

Only the command process does so (`install`). In a program that uses gradcheck the blocks do nothing, and
Ctrl-C is the interpreter's KeyboardInterrupt.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

INTERRUPTED = 128 + signal.SIGINT
#: Those that end the command; SIGHUP, of a terminal that is gone, where the system has it.
_NAMES = tuple(name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class _State:
    """State of the process, as signals are: the signal received, and the open blocks."""

    received: int | None = None
    raising = 0
    held = 0
    waiting = False


def install() -> None:
    """Take the signals; not those that are ignored, as by `nohup` and for jobs in the background."""
    numbers = [getattr(signal, name) for name in _NAMES]
    taken = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
    for number in taken:
        signal.signal(number, _on_signal)
    if hasattr(signal, "pthread_kill"):
        sys.unraisablehook = _swallowed
    atexit.register(_leave, taken)


def received() -> bool:
    """Whether the command was asked to end."""
    return _State.received is not None


def status() -> int:
    """The exit status of a command that was interrupted: 130, or 128 and the number of another signal."""
    return INTERRUPTED if _State.received is None else 128 + _State.received


def message() -> str:
    """What the command says of it."""
    if _State.received in (None, signal.SIGINT):
        return "gradcheck: interrupted"
    return f"gradcheck: ended by {signal.Signals(_State.received).name}"


@contextlib.contextmanager
def raising() -> Iterator[None]:
    """Within the block a signal is a KeyboardInterrupt: there is something to save, or to remove."""
    _State.raising += 1
    try:
        yield
    finally:
        _State.raising -= 1


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Within the block, which is to be short, signals wait."""
    _State.held += 1
    try:
        yield
    finally:
        _State.held -= 1
        if _State.waiting and not _State.held:
            _State.waiting = False
            _act()


def _leave(taken: Iterable[int]) -> None:
    """The last thing before the interpreter is taken down: the exit status is that of what was done."""
    for number in taken:
        signal.signal(number, signal.SIG_IGN)


def _on_signal(number: int, frame: Any) -> None:
    _State.received = number
    if _State.held:
        _State.waiting = True
    else:
        _act()


def _act() -> None:
    if _State.raising:
        raise KeyboardInterrupt
    _end()


def _end() -> NoReturn:
    """Say so and end. What was printed is out: the command's streams keep no line back (see `streams`)."""
    with contextlib.suppress(OSError):
        os.write(2, f"{message()}\n".encode())
    os._exit(status())


def _swallowed(unraisable: Any) -> None:
    """A KeyboardInterrupt that came where none can be raised, as in a weak reference's callback: again."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt) and received():
        main = threading.main_thread().ident
        threading.Timer(0.05, signal.pthread_kill, (main, _State.received)).start()
    else:
        sys.__unraisablehook__(unraisable)
