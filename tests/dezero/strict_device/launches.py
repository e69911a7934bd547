"""Launches are counted: small arrays cost these, not arithmetic.

A ufunc, a reduction, a copy, a fill and a write are one each; what is fused is one; a view is none. A
product of matrices is one, and three more where a batch shares an operand: then the addresses of all
matrices are written first (_routines_linalg.pyx: `matmul`). Other functions of NumPy count as one, which
for those that CuPy makes of several is too few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from tests.dezero.strict_device.border import Held
from tests.dezero.strict_device.counting import listed

_listening: list[Counter[str]] = []


def launches() -> AbstractContextManager[Counter[str]]:
    """How often each operation is launched while the block runs; `total()` of it is the number."""
    return listed(_listening, Counter())


@contextmanager
def as_one(name: str) -> Iterator[None]:
    """What the block launches is one launch."""
    launch(name)
    heard, _listening[:] = _listening[:], []
    try:
        yield
    finally:
        _listening[:] = heard


def launch(name: str, times: int = 1) -> None:
    """Said by whoever writes memory of the device."""
    for counts in _listening:
        counts[name] += times


def launch_unless_view(name: str, result: Any, *args: Any) -> None:
    """The same, if the result has memory of its own that is written."""
    if _listening and isinstance(result, Held) and not name.startswith("empty"):
        arrays = [x._array for x in args if isinstance(x, Held)]
        if not any(np.may_share_memory(result._array, array) for array in arrays):
            launch(name)
