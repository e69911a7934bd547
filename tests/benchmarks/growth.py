"""What must not grow: the time and memory of an operation with its graph, those of a step with time."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable
from tests.benchmarks import mlp
from tests.benchmarks.chains import chain
from tests.benchmarks.timing import Work, processor

SHORT, LONG = 100_000, 1_000_000  # operations of a chain
STATUS = Path("/proc/self/status")
STEPS = 10, 1_000


@dataclass(frozen=True)
class Growth:
    """One figure beside that which it should not be far from.

    Attributes:
        base: what the figure is compared with.
        limit: the most that their ratio may be.
    """

    name: str
    unit: str
    value: float
    base: str
    base_value: float
    limit: float

    @property
    def ratio(self) -> float:
        return self.value / self.base_value

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio, "kept": self.ratio <= self.limit}


def growths() -> Iterator[Growth]:
    """All that is watched; some seconds."""
    yield from _chains()
    yield _peak()
    yield _steps()


def _chains() -> Iterator[Growth]:
    """Of an operation in a long chain: its time, and its memory at the peak of backward."""
    name, base = f"chain of {LONG:,}", f"{SHORT:,} operations"
    short, long = ([each / length for each in _in_a_process(length)] for length in (SHORT, LONG))
    yield Growth(f"{name}: time of one", "us", long[0] * 1e6, base, short[0] * 1e6, 1.5)
    if STATUS.exists():
        yield Growth(f"{name}: memory of one", "bytes", long[1], base, short[1], 1.1)


def _in_a_process(length: int) -> tuple[float, float]:
    """The processor's seconds for a chain, and the bytes by which the peak of a fresh process rises."""
    done = subprocess.run(
        [sys.executable, "-c", f"from tests.benchmarks import growth; growth.tell({length})"],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, rise = map(float, done.stdout.split())
    return seconds, rise


def tell(length: int) -> None:
    """Print what `_in_a_process` reads; the process is gone afterwards."""
    _chain(1000)
    before = _resident()
    seconds = processor(lambda: _chain(length))
    print(seconds, _resident() - before)


def _chain(length: int) -> None:
    """Forward, backward, and freed."""
    chain(Variable(np.array(1.0)), F, lambda m, y: m.sin(y), length)


def _resident() -> float:
    """The most bytes of memory that this process has had at once, where the system tells it."""
    text = STATUS.read_text() if STATUS.exists() else ""
    return float(*re.findall(r"VmHWM:\s+(\d+) kB", text) or [0]) * 1024


def _peak() -> Growth:
    """Of all that an MLP's step holds at once, with the network itself."""
    peaks = [peak(lambda side=side: _two_steps(side)) / 1e6 for side in (mlp.ours, mlp.by_hand)]
    return Growth(f"peak memory of {mlp.name}", "MB", peaks[0], "by hand", peaks[1], 1.1)


def _two_steps(side: Any) -> None:
    step = side(mlp.draw(np.random.default_rng(0)))
    for _ in range(2):
        step()


def _steps() -> Growth:
    """Of the memory that is held after few and after many steps of a small network."""
    few, many = STEPS
    held = {}
    tracemalloc.start()
    try:
        step = mlp.ours(mlp.draw(np.random.default_rng(0), sizes=(100, 100, 10)))
        for n in range(1, many + 1):
            step()
            if n in STEPS:
                gc.collect()
                held[n] = tracemalloc.get_traced_memory()[0] / 1e3
    finally:
        tracemalloc.stop()
    return Growth(f"memory held after {many:,} steps", "kB", held[many], f"{few} steps", held[few], 1.02)


def peak(work: Work) -> float:
    """The most bytes that Python and NumPy hold at once while `work` is done."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return float(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
