"""What networks are made of, against NumPy by hand: `python -m tests.benchmarks.networks`.

Each row takes turns between the two in one process and prints their medians and the ratio.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

ROUNDS = 60


def compare() -> None:
    """Print a row for each benchmark; the last column is the most that the design allows."""
    import numpy as np

    from tests.benchmarks import batch_norm, convolution, lstm, max_pooling, mlp

    print(f"against NumPy by hand, ms, medians of {ROUNDS} rounds in turns")
    for module, limit in (
        (convolution, 1.2),
        (batch_norm, 1.4),
        (max_pooling, 1.4),
        (mlp, 1.3),
        (lstm, 2.0),
    ):
        ours, theirs = module.pair(np.random.default_rng(0))
        for a, b in zip(ours(), theirs(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-3 * np.abs(b).max())
        a, b = _medians(ours, theirs)
        name = module.__name__.rpartition(".")[2]
        print(f"  {name:12} dezero {a:7.3f}  by hand {b:7.3f}  ratio {a / b:.2f} (at most {limit})")


def _medians(*functions: Callable[[], Any]) -> list[float]:
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(ROUNDS):
        for function, row in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            row.append(time.perf_counter() - start)
    return [median(row) * 1e3 for row in times]


if __name__ == "__main__":
    if os.environ.pop("OPENBLAS_CORETYPE", None):  # read when NumPy loads: it names an older CPU
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmarks.networks"])
    compare()
