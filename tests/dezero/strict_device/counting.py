"""What crosses the border between host and device is counted: each such step makes one wait for the other.

| kind | what makes it |
|---|---|
| bool, int, float, complex | Python's conversions |
| item, tolist, tobytes, get | methods; `asnumpy` is a get |
| print | repr, str, format |
| mask | reading or writing at a boolean mask: how many elements it has is asked for |
| nonzero, unique .. | functions whose result has a size that depends on values |
| upload | a host array, a list or a number becomes a device array |
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_HERE = str(Path(__file__).parent)
_FAKE = str(Path("standin") / "cupy")


class Counts(Counter):
    """How many of each kind, and `where`: "file:line kind" of each, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.where: list[str] = []

    @property
    def syncs(self) -> int:
        """All but uploads."""
        return self.total() - self["upload"]


_listening: list[Counts] = []


@contextmanager
def listed(listening: list[T], counts: T) -> Iterator[T]:
    """Within the block the counts are among those that listen; blocks may be nested."""
    listening.append(counts)
    try:
        yield counts
    finally:
        listening.pop(next(i for i, each in enumerate(listening) if each is counts))


def counting() -> AbstractContextManager[Counts]:
    """Counts what crosses the border while the block runs."""
    return listed(_listening, Counts())


def crossing(kind: str) -> None:
    """Said by whoever crosses the border."""
    if not _listening:
        return
    place = f"{_caller()} {kind}"
    for counts in _listening:
        counts[kind] += 1
        counts.where.append(place)


def _caller() -> str:
    """File and line of the code that uses the device."""
    frame = sys._getframe(2)
    while frame.f_back and _of_the_device(frame.f_code.co_filename):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _of_the_device(file: str) -> bool:
    return file.startswith(_HERE) or _FAKE in file or "numpy" in file.split("/")[-2:]
