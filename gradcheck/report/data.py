"""The data of plots, as CSV."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, zip_longest
from statistics import median
from urllib.parse import quote

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report import domain_plots, step_plots
from gradcheck.report.frame import DrawnLine
from gradcheck.report.judged import Cell
from gradcheck.report.matrix import Matrix

_DIGITS = 4  # as many as rows have of an error
_IN_ULP, _BOUND, _ERROR_DIGITS = "in ULP", "bound of differences", 3
_EXPONENT = re.compile(r"(e)\+?(-?)0*(?=\d)")
_LONGEST = 80  # characters of a file's name: systems have a limit
_A_DEVICE = re.compile("con|prn|aux|nul|(com|lpt)[0-9]")  # on Windows, with any ending

_PLAIN = ",:;()/+*=!@$"  # what needs no escape in such an address, nor in an attribute

Columns = Mapping[str, Sequence[object]]
Column = tuple[str, Sequence[float], Sequence[object]]  # its name, and x and y of its points


@dataclass(frozen=True)
class Picture:
    """A plot as a page shows it; drawn when it is first shown.

    Attributes:
        draw: gives the SVG, with its text alternative.
        caption: what to see in it.
        name: of the file with its data; plots of several orders share one.
        written: gives the file's text, which travels inside the page.
        columns: what the names of those of its columns begin with that this plot shows, in its lines' order.
        carries: whether the data are with this plot; else with one before it.
    """

    draw: Callable[[], Markup]
    caption: str
    name: str
    written: Callable[[], str]
    columns: str = ""
    carries: bool = True

    @cached_property
    def image(self) -> Markup:
        return self.draw()

    @property
    def link(self) -> str:
        """The file as an address: it is saved from the page itself, and the page's script reads it too."""
        return f"data:text/csv,{quote(self.written(), safe=_PLAIN)}"


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


def section_data(drawn: Sequence[Row], with_errors: Sequence[Row] = ()) -> str:
    """What plots along one element draw: what is computed, differences that have a bound, and errors."""
    values = [(row["x"], _section_columns(row)) for row in drawn]
    return _lines("x", _columns([*values, *map(_errors, with_errors)]))


def _errors(row: Row) -> tuple[Sequence[float], Columns]:
    return row["x"], {f"{error_columns(row)}{_IN_ULP}": row["error_ulp"]}


def _columns(found: Iterable[tuple[Sequence[float], Columns]]) -> list[Column]:
    return [(name, x, y) for x, columns in found for name, y in columns.items()]


def _section_columns(row: Row) -> Columns:
    of = order_columns(row)
    columns = {f"{of}{'backward' if row['order'] else 'value'}": row["analytic"]}
    if row["order"]:
        known = {x: pair for x, *pair in domain_plots.bounded(row)}
        differences, bounds = ([known[x][i] if x in known else "" for x in row["x"]] for i in (0, 1))
        columns |= {f"{of}differences": differences, f"{of}{_BOUND}": bounds}
    return columns


def range_data(rows: Sequence[Row]) -> str:
    """Points and the error there, for all orders."""
    return _lines("x", _columns(map(_errors, rows)))


def curve_data(rows: Sequence[Row]) -> str:
    """Steps, and the relative error of each scheme there, for all orders."""
    lines = [
        (f"{order_columns(row)}{name}", row["schemes"][name]["step"], row["schemes"][name]["error"])
        for row in rows
        for name in step_plots.scheme_names([row])
    ]
    return _lines("step size h", lines, _ERROR_DIGITS)


def figure_data(row: Row) -> str:
    """The lines of a study's figure, but for those in the background, which have no names."""
    lines = [(line["label"], line["x"], line["y"]) for line in row["lines"] if line["style"] != "thin"]
    return _lines(row["x"]["label"], lines)


def order_columns(row: Row) -> str:
    """What the names of the columns with the lines of a plot begin with."""
    return f"order {row['order']}: "


def error_columns(row: Row) -> str:
    """The same for a plot of errors in ULPs."""
    return f"error of order {row['order']}: "


def _lines(x_name: str, lines: Sequence[Column], digits: int = _DIGITS) -> str:
    """A column of y for each line, and before it one of x unless it is that of the line before."""
    columns: list[tuple[str, Sequence[object]]] = []
    before: list[float] | None = None
    for name, x, y in lines:
        points = list(x)
        columns += [(x_name, _numbers(points, _spread(points)))] if points != before else []
        columns.append((name, _numbers(y, _ERROR_DIGITS if name.endswith((_IN_ULP, _BOUND)) else digits)))
        before = points
    return _table(columns)


def _table(columns: Sequence[tuple[str, Sequence[object]]]) -> str:
    rows = zip_longest(*(column for _, column in columns), fillvalue="")
    return _csv([[name for name, _ in columns], *rows])


def _numbers(column: Iterable[object], digits: int = _DIGITS) -> list[object]:
    """To as many digits as a plot's figures are worth: the data travel inside the page."""
    return [_EXPONENT.sub(r"\1\2", f"{v:.{digits}g}") if isinstance(v, float) else v for v in column]


def _spread(x: Sequence[float]) -> int:
    """Digits that tell most neighbouring points apart.

    >>> _spread([0.0, 0.5, 1.0]), _spread([1000.0, 1000.001])
    (4, 9)
    """
    ordered = sorted(v for v in x if math.isfinite(v))
    gaps = [b / max(-a, b) - a / max(-a, b) for a, b in pairwise(ordered) if a < b]
    return max(_DIGITS, math.ceil(2 - math.log10(median(gaps)))) if gaps else _DIGITS


def matrix_data(matrix: Matrix) -> str:
    """A line for each function, device, order and dtype that was measured."""
    columns = ("function", "device", "order", "dtype", "verdict", "formula", "digits", "error_ulp")
    lines = [
        (row.function.op, row.device, order, dtype, cell.verdict, cell.formula or "", *_figures(cell))
        for row in matrix.rows
        for (order, dtype), cell in sorted(row.cells.items())
    ]
    return _csv([(*columns, "cases", "passed"), *lines])


def named_data(x_name: str, lines: Sequence[tuple[DrawnLine, Sequence[str]]]) -> str:
    """Lines whose points have names, of functions: of each a column of x, one of y, one of names."""
    found = [
        column
        for line, names in lines
        for column in ((x_name, _numbers(line.x)), (line.label, _numbers(line.y)), ("function", names))
    ]
    return _table(found)


def _figures(cell: Cell) -> tuple[object, ...]:
    figures = [cell.digits and cell.digits.kept, cell.error_ulp]
    return *_numbers(figures), cell.cases, cell.passed


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
