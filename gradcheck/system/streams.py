"""The standard streams of a process: closed, full or without a reader, none of them makes a traceback.

Where one is closed, its number goes to the null device, so that no file that is opened later gets it.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import Any, TextIO

from gradcheck.system.texts import printable

#: What a shell says of a command that wrote to a pipe that nobody reads: 128 and the number of SIGPIPE.
BROKEN_PIPE = 141

_NAMES = ("stdin", "stdout", "stderr")  # by the numbers of their files


def occupy() -> None:
    """Open the null device in place of each standard file that is closed; processes started later have it."""
    for number in range(3):
        if not _is_open(number):
            _nullify(number)


def _nullify(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null == number:
        os.set_inheritable(number, True)
    else:
        os.dup2(null, number)
        os.close(null)


def _is_open(number: int) -> bool:
    try:
        os.get_inheritable(number)  # the least that can be asked of a file: a third of the time of its status
    except OSError:
        return False
    return True


# The command's own ------------------------------------------------------------------------------------


def prepare() -> bool:
    """Make the streams fit for use; whether there is a standard output at all.

    Each line goes out as it is printed, what the terminal's encoding lacks is escaped, and what could not be
    written is kept, so that `failure` can tell of it (`python -u` would drop it).
    """
    occupy()
    if sys.stderr is None:
        sys.stderr = _stream(2, "utf-8")
    if sys.stdout is None:
        return False
    sys.stdout = _stream(1, sys.stdout.encoding)
    return True


def _stream(number: int, encoding: str) -> TextIO:
    return open(number, "w", buffering=1, encoding=encoding, errors="backslashreplace", closefd=False)


def note(text: str) -> None:
    """A line on standard error, fit to be shown; no error where that is full or closed."""
    with contextlib.suppress(OSError, ValueError):
        print(printable(text), file=sys.stderr, flush=True)


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
            _nullify(number)


# Those of a process that runs an op -------------------------------------------------------------------


def lose_what_nobody_takes() -> None:
    """From now on what this process cannot print is dropped: a pipe without a reader is no fault of an op.

    The process that prints the findings, on the same pipe, says so.
    """
    sys.stdout = _losing(sys.stdout)
    sys.stderr = _losing(sys.stderr)


def _losing(stream: TextIO) -> TextIO:
    raw = _Losing(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), stream.encoding, stream.errors, line_buffering=bool(stream.line_buffering)
    )


class _Losing(io.FileIO):
    """A file of which a write never fails."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


# Those that an op closes ------------------------------------------------------------------------------


class OpenStreams:
    """The standard streams as they are now. What closes them could hide that anything was wrong."""

    def __init__(self) -> None:
        self._objects = (sys.stdin, sys.stdout, sys.stderr)
        self._open = self._now()

    def _now(self) -> list[bool]:
        """Which of the three files are open, and which of the three objects."""
        return [_is_open(0), _is_open(1), _is_open(2), *map(_takes, self._objects)]

    def put_back(self) -> list[str]:
        """The names of those that have been closed since, in place of which the null device is open now.

        >>> streams = OpenStreams()
        >>> streams.put_back()
        []
        """
        if self._now() == self._open:  # as after nearly every call
            return []
        names = ("input", "output", "error")
        return [f"standard {names[number]}" for number in range(3) if self._is_put_back(number)]

    def _is_put_back(self, number: int) -> bool:
        lost = self._open[number] and not _is_open(number)
        if lost:
            _nullify(number)
        if self._open[3 + number] and not _takes(self._objects[number]):
            lost = True
            if getattr(sys, _NAMES[number]) is self._objects[number]:
                setattr(sys, _NAMES[number], open(os.devnull, "r+"))  # noqa: SIM115  # as long as the process
        return lost


def _takes(stream: Any) -> bool:
    """Whether there is a stream that is not closed."""
    return stream is not None and not getattr(stream, "closed", False)
