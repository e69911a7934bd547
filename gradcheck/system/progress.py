"""What a long computation is doing: it tells, and who wants to know listens.

Without a listener it costs nothing.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TextIO

from gradcheck.system.texts import printable

PATIENCE = 2.0  # seconds before anything is shown
TICK = 0.5  # seconds between two looks at the clock
WIDTH = 79  # characters of the line: on a narrower terminal it would not be wiped as a whole

Listener = Callable[[str], None]
_LISTENER: ContextVar[Listener | None] = ContextVar("_LISTENER", default=None)


def tell(stage: str) -> None:
    """Say what is done from now on, in a few words: "order 2: differences"."""
    listener = _LISTENER.get()
    if listener is not None:
        listener(stage)


@contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """Within the block, in this thread or task, `listener` is called with each stage; None: nobody is.

    >>> with listening(print):
    ...     tell("order 1: jets")
    order 1: jets
    """
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


@contextmanager
def to(stream: TextIO | None, title: str = "") -> Iterator[None]:
    """Within the block, one line on a terminal shows the stage and the seconds so far; then it is wiped.

    Nothing is shown in the first two seconds, and nothing at all where the stream is no terminal. A process
    that is ended from outside leaves its line: `wipe` takes it away.

    Args:
        stream: usually sys.stderr.
        title: what is examined, before the stage.
    """
    if not _is_terminal(stream):
        yield
        return
    assert stream is not None
    line = _Line(stream, title)
    try:
        with listening(line.told):
            yield
    finally:
        line.end()


def wipe(stream: TextIO | None) -> None:
    """Wipe the line of a process that was ended; nothing where the stream is no terminal."""
    if stream is not None and _is_terminal(stream):
        _write(stream, "\r" + " " * WIDTH + "\r")


class _Line:
    """The line, drawn by a thread of its own, as what it waits for may not come back for long."""

    def __init__(self, stream: TextIO, title: str) -> None:
        self._stream = stream
        self._title = title
        self._stage = ""
        self._started = time.monotonic()
        self._over = threading.Event()
        self._drawn = False
        self._thread = threading.Thread(target=self._draw, daemon=True)
        self._thread.start()

    def told(self, stage: str) -> None:
        self._stage = stage

    def end(self) -> None:
        self._over.set()
        self._thread.join(2 * TICK)  # a stream that takes nothing must not hold the program up
        if self._drawn:
            wipe(self._stream)

    def _draw(self) -> None:
        wait = PATIENCE
        while not self._over.wait(wait):
            seconds = f"{time.monotonic() - self._started:.0f} s"
            words = ": ".join(printable(text) for text in (self._title, self._stage) if text)
            self._drawn = True
            _write(self._stream, f"\r{words[: WIDTH - len(seconds) - 2]}, {seconds}".ljust(WIDTH + 1))
            wait = TICK


def _is_terminal(stream: TextIO | None) -> bool:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return stream is not None and stream.isatty()
    return False


def _write(stream: TextIO, text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # closed, or nobody reads it any more
        stream.write(text)
        stream.flush()
