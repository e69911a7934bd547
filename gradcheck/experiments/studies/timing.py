"""How long things take: the median of some runs, or the fastest."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np


def timed(run: Callable[[], Any], times: int) -> tuple[float, list[Any]]:
    """The median of the seconds of some runs, and what they returned."""
    seconds, results = [], []
    for _ in range(times):
        started = time.perf_counter()
        results.append(run())
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds)), results


def fastest(run: Callable[[], Any], times: int) -> tuple[float, list[Any]]:
    """The seconds of the fastest of some runs, the least disturbed; and all results."""
    pairs = [timed(run, 1) for _ in range(times)]
    return min(seconds for seconds, _ in pairs), [result for _, [result] in pairs]
