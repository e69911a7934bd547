"""Files from strangers are refused by what they announce, before memory is taken."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

MEGABYTE = 1 << 20


@contextmanager
def refused(start: str, message: str, megabytes: int) -> Iterator[None]:
    """The block raises a ValueError of one printable line, and takes little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message) as caught:
            yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    text = str(caught.value)
    assert text.startswith(start)
    assert len(text) < 2000
    assert text.isprintable()
    assert peak < megabytes * MEGABYTE
