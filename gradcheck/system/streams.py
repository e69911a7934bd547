"""The command's standard streams: closed, full or without a reader, none of them makes a traceback."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO

from gradcheck.system.texts import shown

#: What a shell says of a command that wrote to a pipe that nobody reads: 128 and the number of SIGPIPE.
BROKEN_PIPE = 141


def prepare() -> bool:
    """Make the streams fit for use; whether there is a standard output at all.

    Each line goes out as it is printed, what the terminal's encoding lacks is escaped, and what could not be
    written is kept, so that `failure` can tell of it (`python -u` would drop it).
    """
    _occupy()
    if sys.stderr is None:
        sys.stderr = _stream(2, "utf-8")
    if sys.stdout is None:
        return False
    sys.stdout = _stream(1, sys.stdout.encoding)
    return True


def _stream(number: int, encoding: str) -> TextIO:
    return open(number, "w", buffering=1, encoding=encoding, errors="backslashreplace", closefd=False)


def _occupy() -> None:
    """Give a closed stream the null device, lest its number go to a file that is opened later."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)


def note(text: str) -> None:
    """A line on standard error, fit to be shown; no error where that is full or closed."""
    with contextlib.suppress(OSError, ValueError):
        print(shown(text), file=sys.stderr, flush=True)


def flush() -> None:
    """Have everything printed by now; OSError where standard output does not take it."""
    if sys.stdout is not None:
        sys.stdout.flush()


def failure() -> OSError | None:
    """Why standard output takes nothing, if it does not."""
    try:
        flush()
    except OSError as error:
        return error
    return None


def finish() -> None:
    """Leave nothing that the interpreter could fail to write at its end, and report."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, number)
            os.close(null)
