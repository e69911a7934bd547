"""Of very many cases or functions those that a page shows: the ones that are furthest off.

Fails come first, then what loses most of its digits, then the largest errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import nsmallest
from typing import TypeVar

from gradcheck.report.by_device import CaseOnDevices
from gradcheck.report.judged import RANK, JudgedCase, how_far_off
from gradcheck.report.summary import FunctionSummary

Item = TypeVar("Item")
Badness = tuple[int, float, float]


def cases(lines: Sequence[CaseOnDevices], most: int) -> Sequence[CaseOnDevices]:
    """Those of the cases that are furthest off, in their order."""
    return _worst(lines, most, lambda line: min(map(_of_case, line.cases.values())))


def functions(functions: Sequence[FunctionSummary], most: int) -> Sequence[FunctionSummary]:
    """Those that are furthest off, in their order."""
    return _worst(functions, most, _of_function)


def _worst(items: Sequence[Item], most: int, key: Callable[[Item], Badness]) -> Sequence[Item]:
    if len(items) <= most:
        return items
    kept = nsmallest(most, range(len(items)), key=lambda n: key(items[n]))
    return [items[n] for n in sorted(kept)]


def _of_case(case: JudgedCase) -> Badness:
    return min(map(how_far_off, case.cells.values()), default=(RANK[case.verdict], 0.0, 0.0))


def _of_function(function: FunctionSummary) -> Badness:
    return min(map(how_far_off, function.cells.values()), default=(len(RANK), 0.0, 0.0))
