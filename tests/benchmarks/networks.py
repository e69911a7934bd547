"""What networks are made of, against NumPy by hand: `python -m tests.benchmarks.networks`.

Each row takes turns between the two in one process and prints their medians and the ratio.
"""

from __future__ import annotations

import os
import sys
from typing import Any

ROUNDS = 60


def compare() -> None:
    """Print a row for each benchmark; the last column is the most that the design allows."""
    import numpy as np

    from tests.benchmarks import lstm, mlp
    from tests.benchmarks.parts import BATCH_NORM, CONVOLUTION, MAX_POOLING
    from tests.benchmarks.steps import assert_alike
    from tests.benchmarks.timing import medians

    print(f"against NumPy by hand, ms, medians of {ROUNDS} rounds in turns")
    limits: list[tuple[Any, float]] = [
        (CONVOLUTION, 1.2), (BATCH_NORM, 1.4), (MAX_POOLING, 1.4), (mlp, 1.3), (lstm, 2.0),
    ]  # fmt: skip
    for part, limit in limits:
        arrays = part.draw(np.random.default_rng(0))
        ours, theirs = part.ours(arrays), part.by_hand(arrays)
        assert_alike(ours(), theirs(), part.name)
        a, b = medians((ours, theirs), ROUNDS)
        print(f"  {part.name:34} dezero {a:7.3f}  by hand {b:7.3f}  ratio {a / b:.2f} (at most {limit})")


if __name__ == "__main__":
    if os.environ.pop("OPENBLAS_CORETYPE", None):  # read when NumPy loads: it names an older CPU
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmarks.networks"])
    compare()
