"""The matrix of the summary: a row for each function and device, a column for each order and dtype."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gradcheck.report.cases import Case, Cell, cells_of_cases
from gradcheck.report.summary import Function, Summary

#: Dtypes in the order of the columns; others come after them.
DTYPES = ("float64", "float32", "float16", "longdouble")


@dataclass(frozen=True)
class MatrixRow:
    """One function on one device; ``cells`` by order and dtype."""

    function: Function
    device: str
    cells: dict[tuple[int, str], Cell]
    cases: int


@dataclass(frozen=True)
class Matrix:
    orders: list[int]
    dtypes: list[str]
    devices: list[str]
    rows: list[MatrixRow]


def matrix(summary: Summary) -> Matrix:
    """The matrix of everything that was measured."""
    cases = [case for function in summary.functions for case in function.cases]
    devices = sorted({case.row["device"] for case in cases})
    return Matrix(
        orders=summary.orders,
        dtypes=sorted({case.row["dtype"] for case in cases}, key=_dtype_order),
        devices=devices,
        rows=[
            row
            for function in summary.functions
            for device in _devices(function.cases) or [""]
            for row in [_row(function, device)]
        ],
    )


def _dtype_order(name: str) -> tuple[int, str]:
    return (DTYPES.index(name) if name in DTYPES else len(DTYPES)), name


def _devices(cases: Iterable[Case]) -> list[str]:
    return sorted({case.row["device"] for case in cases})


def _row(function: Function, device: str) -> MatrixRow:
    cases = [case for case in function.cases if case.row["device"] == device]
    cells = {
        (order, dtype): cell
        for dtype in {case.row["dtype"] for case in cases}
        for order, cell in cells_of_cases([c for c in cases if c.row["dtype"] == dtype]).items()
    }
    return MatrixRow(function, device, cells, len(cases))
