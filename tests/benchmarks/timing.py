"""How the benchmarks take times: in turns, so that whatever slows the machine slows all sides alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

Work = Callable[[], Any]
Clock = Callable[[Work], float]  # the seconds that a call takes


def wall(work: Work) -> float:
    """Seconds that pass."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def processor(work: Work) -> float:
    """Seconds of this process's processor."""
    start = time.process_time()
    work()
    return time.process_time() - start


def in_turns(works: Sequence[Work], rounds: int, clocks: Sequence[Clock] | Clock = wall) -> list[list[float]]:
    """The seconds of each work in each round.

    Each work follows each as often: every other round goes backwards, and each two begin one work later.
    """
    each = [clocks] * len(works) if callable(clocks) else clocks
    times: list[list[float]] = [[] for _ in works]
    sides = list(zip(works, each, times, strict=True))
    for n in range(rounds):
        first = n // 2 % len(sides)
        order = sides[first:] + sides[:first]
        for work, clock, taken in order[:: -1 if n % 2 else 1]:
            taken.append(clock(work))
    return times


def medians(works: Sequence[Work], rounds: int, clocks: Sequence[Clock] | Clock = wall) -> list[float]:
    """The median milliseconds of each work, taken in turns."""
    return [median(taken) * 1e3 for taken in in_turns(works, rounds, clocks)]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' ratios: what slows a round slows both sides of it."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def repeated(work: Work, times: int) -> Work:
    """A work that does `work` so often."""

    def works() -> None:
        for _ in range(times):
            work()

    return works if times > 1 else work
