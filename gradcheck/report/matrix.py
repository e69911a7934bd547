"""The matrix of the summary: for each function a row for each device, a column for each order and dtype."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.report import by_device, furthest_off, most
from gradcheck.report.judged import Cell, cells_of_cases, grouped
from gradcheck.report.summary import FunctionSummary, Summary

#: Dtypes in the order of the columns; others come after them.
DTYPES = ("float64", "float32", "float16", "longdouble")


@dataclass(frozen=True)
class MatrixRow:
    """One function on one device; ``cells`` by order and dtype.

    ``times``: where errors differ from those of the same cases on the first device, their ratio.
    """

    function: FunctionSummary
    device: str
    cells: dict[tuple[int, str], Cell]
    times: dict[tuple[int, str], float]
    cases: int


@dataclass(frozen=True)
class Matrix:
    """``groups``: the rows of each function; ``shown`` are those of the functions that are furthest off."""

    orders: list[int]
    dtypes: list[str]
    devices: list[str]
    groups: list[list[MatrixRow]]

    @property
    def shown(self) -> list[list[MatrixRow]]:
        functions = [group[0].function for group in self.groups]
        kept = {function.op for function in furthest_off.functions(functions, most.FUNCTIONS)}
        return [group for group in self.groups if group[0].function.op in kept]

    @property
    def shown_orders(self) -> list[int]:
        return self.orders[: most.ORDERS]

    @property
    def shown_dtypes(self) -> list[str]:
        return self.dtypes[: most.DTYPES]

    @property
    def columns_left_out(self) -> int:
        return len(self.orders) * len(self.dtypes) - len(self.shown_orders) * len(self.shown_dtypes)

    @property
    def rows(self) -> list[MatrixRow]:
        return [row for group in self.groups for row in group]


def matrix(summary: Summary) -> Matrix:
    """The matrix of everything that was measured."""
    cases = summary.cases
    return Matrix(
        orders=summary.orders,
        dtypes=sorted({case.row["dtype"] for case in cases}, key=_dtype_order),
        devices=by_device.names(cases),
        groups=[
            [_row(function, device) for device in by_device.names(function.cases) or [""]]
            for function in summary.functions
        ],
    )


def _dtype_order(name: str) -> tuple[int, str]:
    return (DTYPES.index(name) if name in DTYPES else len(DTYPES)), name


def _row(function: FunctionSummary, device: str) -> MatrixRow:
    cases = [case for case in function.cases if case.row["device"] == device]
    cells = {
        (order, dtype): cell
        for dtype, found in grouped(cases, lambda case: str(case.row["dtype"])).items()
        for order, cell in cells_of_cases(found).items()
    }
    return MatrixRow(function, device, cells, _times(function, device), len(cases))


def _times(function: FunctionSummary, device: str) -> dict[tuple[int, str], float]:
    """By order and dtype the ratio that is furthest from 1."""
    lines = [line for line in by_device.lines(function.cases) if device in line.cases]
    ratios = [
        ((order, line.first.row["dtype"]), ratio)
        for line in lines
        for order in line.cases[device].cells
        if (ratio := line.times(device, order)) is not None
    ]
    furthest = sorted(ratios, key=lambda each: by_device.distance(each[1]))
    return dict(furthest)  # of one place the last
