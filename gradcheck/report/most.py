"""How much one page shows: a page of a million rows no browser opens. What is left out is counted there.

Kept are the worst: fails first, then what loses most of its digits, then the largest errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import nsmallest
from typing import TYPE_CHECKING, TypeVar

from gradcheck.report.answers import part_lost
from gradcheck.report.cases import Case, Cell, badness

if TYPE_CHECKING:
    from gradcheck.report.devices import Line
    from gradcheck.report.summary import Function

FINDINGS = 40  # on the summary
WARNED = 20
NOTES = 40
DIFFERENCES = 20
FUNCTIONS = 1_000  # in the matrix
DIGESTS = 250
PAGES = 5_000  # of functions
STUDIES = 200
BLOCKS = 500  # figures and tables of a study
ORDERS, DTYPES = 12, 12
OPS = 200  # that one sentence names
RUNS = 50  # and devices of a run, properties of a device, versions
CHANGES = 2_000  # of each kind
ON_A_PAGE = 200  # findings, and cases with warnings, of one function
_CASES, _FEWEST, _CASES_IN_ALL = 1_000, 50, 100_000

Item = TypeVar("Item")
Badness = tuple[int, float, float]
_RANK = {"fail": 0, "inconclusive": 1, "not-tested": 2, "pass": 3}


def cases(functions: int) -> int:
    """How many cases the page of each of so many functions shows.

    >>> cases(90), cases(2_000), cases(5_000)
    (1000, 50, 50)
    """
    return min(_CASES, max(_FEWEST, _CASES_IN_ALL // max(functions, 1)))


def worst_lines(lines: Sequence[Line], most: int) -> Sequence[Line]:
    """Those of the cases that are furthest off, in their order."""
    return _worst(lines, most, lambda line: min(map(_of_case, line.cases.values())))


def worst_functions(functions: Sequence[Function], most: int) -> Sequence[Function]:
    """Those that are furthest off, in their order."""
    return _worst(functions, most, _of_function)


def _worst(items: Sequence[Item], most: int, key: Callable[[Item], Badness]) -> Sequence[Item]:
    if len(items) <= most:
        return items
    kept = nsmallest(most, range(len(items)), key=lambda n: key(items[n]))
    return [items[n] for n in sorted(kept)]


def _of_case(case: Case) -> Badness:
    return min(map(_of_cell, case.cells.values()), default=(_RANK[case.verdict], 0.0, 0.0))


def _of_function(function: Function) -> Badness:
    return min(map(_of_cell, function.cells.values()), default=(len(_RANK), 0.0, 0.0))


def _of_cell(cell: Cell) -> Badness:
    return _RANK[cell.verdict], -part_lost(cell.digits), -badness(cell.error_ulp)
