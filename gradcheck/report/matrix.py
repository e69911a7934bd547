"""The matrix of the summary: for each function a row for each device, a column for each order and dtype."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.report import by_device, furthest_off, most, since
from gradcheck.report.answers import dtype_order
from gradcheck.report.changed import Changes
from gradcheck.report.formatting import NONE, ulp
from gradcheck.report.judged import Cell, cells_of_cases, grouped
from gradcheck.report.summary import FunctionSummary, Summary

Column = tuple[int, str]  # order and dtype


@dataclass(frozen=True)
class MatrixRow:
    """One function on one device; ``cells`` by order and dtype.

    Attributes:
        times: where errors differ from those of the same cases on the first device, their ratio.
        changes: where something changed since the baseline, what: of `since.WORDS`.
    """

    function: FunctionSummary
    device: str
    cells: dict[Column, Cell]
    times: dict[Column, float]
    changes: dict[Column, str]
    cases: int

    def ulps(self, columns: list[Column]) -> str:
        """The largest error of each of these columns, with a space between."""
        cells = [self.cells.get(column) for column in columns]
        return " ".join(ulp(cell.error_ulp) if cell else NONE for cell in cells)

    @property
    def has_certified(self) -> bool:
        """Whether some cell needs no word: its verdict is told by the row."""
        return any(cell.status == "certified" for cell in self.cells.values())


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
    def columns(self) -> list[Column]:
        """Those that are shown."""
        return [(order, dtype) for order in self.shown_orders for dtype in self.shown_dtypes]

    @property
    def columns_left_out(self) -> int:
        return len(self.orders) * len(self.dtypes) - len(self.columns)

    @property
    def rows(self) -> list[MatrixRow]:
        return [row for group in self.groups for row in group]

    @property
    def statuses(self) -> set[str]:
        """What some cell is: of `judged.STATUSES`."""
        return {cell.status for row in self.rows for cell in row.cells.values()}

    @property
    def changed(self) -> set[str]:
        """What changed in some cell."""
        return {what for row in self.rows for what in row.changes.values()}


def matrix(summary: Summary, changes: Changes | None = None) -> Matrix:
    """The matrix of everything that was measured, and of what changed."""
    cases = summary.cases
    marks = since.marks(changes, cases) if changes else {}
    return Matrix(
        orders=summary.orders,
        dtypes=sorted({case.row["dtype"] for case in cases}, key=dtype_order),
        devices=by_device.names(cases),
        groups=[
            [_row(function, device, marks) for device in by_device.names(function.cases) or [""]]
            for function in summary.functions
        ],
    )


def _row(function: FunctionSummary, device: str, marks: dict[since.Place, str]) -> MatrixRow:
    cases = [case for case in function.cases if case.row["device"] == device]
    cells = {
        (order, dtype): cell
        for dtype, found in grouped(cases, lambda case: str(case.row["dtype"])).items()
        for order, cell in cells_of_cases(found).items()
    }
    changes = {column: marks[place] for column in cells if (place := (function.op, device, *column)) in marks}
    return MatrixRow(function, device, cells, _times(function, device), changes, len(cases))


def _times(function: FunctionSummary, device: str) -> dict[Column, float]:
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
