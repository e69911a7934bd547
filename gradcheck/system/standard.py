"""The standard streams of this process: whether an op has closed one, and put back where it has.

What closes the output of the program that checks it could hide that anything was wrong.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

NAMES = ("input", "output", "error")  # by the numbers of their files


class Streams:
    """The standard streams as they are now."""

    def __init__(self) -> None:
        self._objects = (sys.stdin, sys.stdout, sys.stderr)
        self._open = tuple(stream is not None and not _closed(stream) for stream in self._objects)
        self._files = tuple(map(_is_file, range(3)))

    def put_back(self) -> list[str]:
        """The names of those that have been closed since, in place of which the null device is open now.

        >>> streams = Streams()
        >>> streams.put_back()
        []
        """
        return [f"standard {NAMES[number]}" for number in range(3) if self._is_put_back(number)]

    def _is_put_back(self, number: int) -> bool:
        lost = self._files[number] and not _is_file(number)
        if lost:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
        if self._open[number] and _closed(self._objects[number]):
            lost = True
            name = ("stdin", "stdout", "stderr")[number]
            if getattr(sys, name) is self._objects[number]:
                setattr(sys, name, open(os.devnull, "r+"))  # noqa: SIM115  # for as long as the process lives
        return lost


def _closed(stream: Any) -> bool:
    return bool(getattr(stream, "closed", False))


def _is_file(number: int) -> bool:
    with contextlib.suppress(OSError):
        os.fstat(number)
        return True
    return False
