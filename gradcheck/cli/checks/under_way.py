"""What is under way, in the last line of a terminal; nothing where standard error is none."""

from __future__ import annotations

import contextlib
import shutil
import sys

from gradcheck.system.texts import printable

_WIPED = "\r\x1b[K"


class UnderWay:
    """One line on standard error, which is written over; it is wiped before anything else is printed.

    Without a terminal there is none: a log holds no lines that are written over.
    """

    def __init__(self) -> None:
        self._on = sys.stderr is not None and sys.stderr.isatty()
        self._shown = False

    def show(self, text: str) -> None:
        """Replace the line."""
        if self._on:
            self._write(_WIPED + printable(text)[: shutil.get_terminal_size().columns - 1])
            self._shown = True

    def wipe(self) -> None:
        """Leave the line empty for what is printed next."""
        if self._shown:
            self._write(_WIPED)
            self._shown = False

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a terminal that is gone
            sys.stderr.write(text)
            sys.stderr.flush()
