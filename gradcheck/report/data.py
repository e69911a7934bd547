"""The data of plots, as CSV files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report.answers import Digits
from gradcheck.report.judged import Cell
from gradcheck.report.matrix import Matrix

_LONGEST = 80  # characters of a file's name: systems have a limit
_A_DEVICE = re.compile("con|prn|aux|nul|(com|lpt)[0-9]")  # on Windows, with any ending

Columns = Mapping[str, Sequence[object]]


@dataclass(frozen=True)
class Picture:
    """A plot as a page shows it; drawn when it is first shown.

    Attributes:
        draw: gives the SVG, with its text alternative.
        caption: what to see in it.
        name: of the file with its data, without the folder; plots of several orders share one.
        written: gives the file's text.
    """

    draw: Callable[[], Markup]
    caption: str
    name: str
    written: Callable[[], str]

    @cached_property
    def image(self) -> Markup:
        return self.draw()


def slug(name: str, taken: set[str]) -> str:
    """A file name for ``name``, which no other in ``taken`` has; it is added to them.

    >>> taken: set[str] = set()
    >>> slug("max", taken), slug("Max!", taken), slug("*", taken)
    ('max', 'max-2', 'unnamed')
    >>> slug("../../etc", taken), slug("CON", taken), len(slug("x" * 5_000, taken))
    ('etc', 'con-', 80)
    """
    base = re.sub(r"[^a-z0-9]+", "-", name.lower())[:_LONGEST].strip("-") or "unnamed"
    base += "-" if _A_DEVICE.fullmatch(base) else ""
    found, number = base, 2
    while found in taken:
        found, number = f"{base}-{number}", number + 1
    taken.add(found)
    return found


def section_data(rows: Sequence[Row]) -> str:
    """Points, what backward gives, its error, and the numerical derivative where there is one."""

    def columns(row: Row) -> Columns:
        numeric = row["numeric"]
        found = {x: pair for x, *pair in zip(numeric["x"], numeric["value"], numeric["bound"], strict=True)}
        return {
            "x": row["x"],
            "analytic": row["analytic"],
            "error_ulp": row["error_ulp"],
            "numeric": [found[x][0] if x in found else "" for x in row["x"]],
            "numeric_bound": [found[x][1] if x in found else "" for x in row["x"]],
        }

    return _of_orders(rows, columns)


def range_data(rows: Sequence[Row]) -> str:
    """Points and the error there."""
    return _of_orders(rows, lambda row: {"x": row["x"], "error_ulp": row["error_ulp"]})


def curve_data(rows: Sequence[Row]) -> str:
    """Relative errors, a line for each step, a column for each scheme; then the model's predictions."""

    def columns(row: Row) -> Columns:
        model = row["model"]
        errors = {name: (scheme["step"], scheme["error"]) for name, scheme in row["schemes"].items()}
        for name in ("truncation", "rounding"):
            errors[f"predicted {name}"] = model["step"], model[name]
        by_step = {name: dict(zip(*pair, strict=True)) for name, pair in errors.items()}
        steps = sorted({step for found in by_step.values() for step in found})
        return {"step": steps} | {name: [found.get(h, "") for h in steps] for name, found in by_step.items()}

    return _of_orders(rows, columns)


def figure_data(row: Row) -> str:
    """Line, x, y of a study's figure."""
    lines = [
        (line["label"], x, y) for line in row["lines"] for x, y in zip(line["x"], line["y"], strict=True)
    ]
    return _csv([("line", row["x"]["label"], row["y"]["label"]), *lines])


def matrix_data(matrix: Matrix) -> str:
    """A line for each function, device, order and dtype that was measured."""
    columns = ("function", "device", "order", "dtype", "verdict", "formula", "digits", "error_ulp")
    lines = [
        (row.function.op, row.device, order, dtype, cell.verdict, cell.formula or "", *_figures(cell))
        for row in matrix.rows
        for (order, dtype), cell in sorted(row.cells.items())
    ]
    return _csv([(*columns, "cases", "passed"), *lines])


def overview_data(kept: Mapping[int, Mapping[str, Digits]]) -> str:
    """A line for each function, a column of digits for each order; empty where there are none."""
    names = dict.fromkeys(name for digits in kept.values() for name in digits)
    lines = [
        (name, *(f"{digits[name].kept:.4g}" if name in digits else "" for digits in kept.values()))
        for name in names
    ]
    return _csv([("function", *(f"order {order}" for order in kept)), *lines])


def _figures(cell: Cell) -> tuple[object, ...]:
    return cell.digits and cell.digits.kept, cell.error_ulp, cell.cases, cell.passed


def _of_orders(rows: Sequence[Row], columns: Callable[[Row], Columns]) -> str:
    """One table for the plots of all orders: the order, then the columns, empty where an order has none."""
    tables = {row["order"]: columns(row) for row in rows}
    names = list(dict.fromkeys(name for table in tables.values() for name in table))
    lines = [
        (order, *line)
        for order, table in tables.items()
        for line in zip(*(table.get(name, repeat("")) for name in names), strict=False)
    ]
    return _csv([("order", *names), *lines])


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
