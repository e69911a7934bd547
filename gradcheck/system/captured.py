"""What other processes print, kept apart from what this one prints."""

from __future__ import annotations

import contextlib
import os
import select
import threading

from gradcheck.system.closing import Closing

KEPT = 100_000  # bytes between two calls of `take`; what comes after them is dropped


class Captured(Closing):
    """A file to which others may print; nobody waits for it to be read.

    Attributes:
        file: its number, for `subprocess.Popen(stdout=...)`.

    >>> with Captured() as captured:
    ...     _ = os.write(captured.file, b"hello")
    ...     captured.take(), captured.take()
    ('hello', '')
    """

    def __init__(self) -> None:
        self._reading, self.file = os.pipe()
        self._lock = threading.Lock()
        self._kept = bytearray()
        self._open = True
        threading.Thread(target=self._follow, daemon=True).start()

    def take(self) -> str:
        """All that has been printed since the last time, or since it was made."""
        with self._lock:
            while self._open and self._is_readable(0.0):
                self._read()
            found = self._kept.decode(errors="replace")
            self._kept.clear()
        return found

    def close(self) -> None:
        with self._lock:
            if self._open:
                self._open = False
                os.close(self.file)
                os.close(self._reading)

    def _follow(self) -> None:
        """Read what comes, so that nobody who prints has to wait."""
        with contextlib.suppress(OSError, ValueError):  # it was closed
            while self._open:
                if self._is_readable(0.5):
                    with self._lock:
                        if self._open and self._is_readable(0.0):
                            self._read()

    def _is_readable(self, seconds: float) -> bool:
        return bool(select.select([self._reading], [], [], seconds)[0])

    def _read(self) -> None:
        chunk = os.read(self._reading, 65536)
        self._kept += chunk[: max(KEPT - len(self._kept), 0)]
