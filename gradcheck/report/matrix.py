"""The matrix of the summary: for each function a row for each device, a column for each order and dtype."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.report import devices
from gradcheck.report.cases import Cell, cells_of_cases
from gradcheck.report.summary import Function, Summary

#: Dtypes in the order of the columns; others come after them.
DTYPES = ("float64", "float32", "float16", "longdouble")


@dataclass(frozen=True)
class MatrixRow:
    """One function on one device; ``cells`` by order and dtype.

    ``times``: where errors are to be told from those of the same cases on the first device, their ratio.
    """

    function: Function
    device: str
    cells: dict[tuple[int, str], Cell]
    times: dict[tuple[int, str], float]
    cases: int


@dataclass(frozen=True)
class Matrix:
    """``groups``: the rows of each function."""

    orders: list[int]
    dtypes: list[str]
    devices: list[str]
    groups: list[list[MatrixRow]]

    @property
    def rows(self) -> list[MatrixRow]:
        return [row for group in self.groups for row in group]


def matrix(summary: Summary) -> Matrix:
    """The matrix of everything that was measured."""
    cases = [case for function in summary.functions for case in function.cases]
    return Matrix(
        orders=summary.orders,
        dtypes=sorted({case.row["dtype"] for case in cases}, key=_dtype_order),
        devices=devices.names(cases),
        groups=[
            [_row(function, device) for device in devices.names(function.cases) or [""]]
            for function in summary.functions
        ],
    )


def _dtype_order(name: str) -> tuple[int, str]:
    return (DTYPES.index(name) if name in DTYPES else len(DTYPES)), name


def _row(function: Function, device: str) -> MatrixRow:
    cases = [case for case in function.cases if case.row["device"] == device]
    cells = {
        (order, dtype): cell
        for dtype in {case.row["dtype"] for case in cases}
        for order, cell in cells_of_cases([c for c in cases if c.row["dtype"] == dtype]).items()
    }
    return MatrixRow(function, device, cells, _times(function, device), len(cases))


def _times(function: Function, device: str) -> dict[tuple[int, str], float]:
    """By order and dtype the ratio that is furthest from 1."""
    lines = [line for line in devices.lines(function.cases) if device in line.cases]
    told = [
        ((order, line.first.row["dtype"]), ratio)
        for line in lines
        for order in line.cases[device].cells
        if (ratio := line.times(device, order)) is not None
    ]
    furthest = sorted(told, key=lambda each: devices.distance(each[1]))
    return dict(furthest)  # of one place the last
