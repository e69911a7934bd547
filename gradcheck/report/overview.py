"""Digits kept of all functions at a glance: a panel for each dtype, a column for each order, a dot a function."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from gradcheck.report.answers import Digits, full_digits, keeps_all
from gradcheck.report.data import Picture, matrix_data
from gradcheck.report.judged import grouped
from gradcheck.report.matrix import Matrix
from gradcheck.report.styles import STYLES
from gradcheck.report.svg import DOT, DrawnLine, Frame, Point, Scale, Style, plot
from gradcheck.report.templating import order_name
from gradcheck.system.floats import rounded_down

FEW = 8  # functions: of fewer the matrix says as much at a glance
_DOT = 3.2  # the width of a dot, in units of the plot
_COLUMN = 0.86  # the widest that the dots of an order may be, of the room that it has
_FUNCTION = Style(STYLES[1].color, mark=DOT, width=0, mark_width=_DOT)
_LIMIT = Style(STYLES[5].color, dash="6 3", width=1)


@dataclass(frozen=True)
class Panel:
    """One dtype on one device: order -> the digits that each function keeps in its worst case, and its name.

    ``device`` is empty where there is one only.
    """

    dtype: str
    device: str
    kept: dict[int, list[tuple[float, str]]]

    @property
    def caption(self) -> str:
        """What to see in it."""
        full = rounded_down(full_digits(self.dtype))
        where = f" on the {self.device}" if self.device else ""
        whole = [
            f"{order_name(order)} {sum(keeps_all(Digits(digits, self.dtype)) for digits, _ in kept)} of {len(kept)}"
            for order, kept in self.kept.items()
        ]
        fewest = [
            f"{order_name(order)} {rounded_down(digits)} {name}"
            for order, (digits, name) in ((order, min(kept)) for order, kept in self.kept.items())
            if not keeps_all(Digits(digits, self.dtype))
        ]
        least = f". The fewest: {', '.join(fewest)}" if fewest else ""
        return f"{self.dtype}{where}. Functions that keep all {full} digits: {', '.join(whole)}{least}"

    def draw(self) -> Markup:
        """Dots of functions above their order; lines where all digits are kept, and half of them."""
        full, orders = full_digits(self.dtype), list(self.kept)
        x = Scale("order of the derivative (0: the value)", orders[0] - 0.5, orders[-1] + 0.5, log=False)
        frame = Frame(x, Scale("digits kept", -0.04 * full, 1.06 * full, log=False))
        limits = [
            DrawnLine(f"{rounded_down(level)} digits: {what}", (x.low, x.high), (level, level), _LIMIT)
            for level, what in ((full, "all"), (full / 2, "half of them"))
        ]
        columns = [
            DrawnLine(f"{order_name(order)}: {len(kept)} functions", *zip(*_dots(order, kept, frame)), _FUNCTION)
            for order, kept in self.kept.items()
        ]
        return plot([*limits, *columns], frame, f"{self.caption}.")


def _dots(order: int, kept: Sequence[tuple[float, str]], frame: Frame) -> Iterator[Point]:
    """Each function at its digits; those of about the same digits stand beside each other."""
    height = (frame.y.high - frame.y.low) * _DOT / frame.height
    room = _COLUMN * frame.width / (frame.x.high - frame.x.low)
    for same in grouped(sorted(kept), lambda each: math.floor(each[0] / height)).values():
        step = min(_DOT, room / len(same)) / frame.width * (frame.x.high - frame.x.low)
        for n, (digits, _) in enumerate(same):
            yield order + (n - (len(same) - 1) / 2) * step, digits


def overview(table: Matrix) -> list[Picture]:
    """A picture of each dtype on each device; none where there are few functions."""
    if len(table.groups) < FEW:
        return []
    written = partial(matrix_data, table)
    return [Picture(each.draw, each.caption, "matrix.csv", written) for each in panels(table)]


def panels(table: Matrix) -> list[Panel]:
    """Each dtype whose digits are known, on each device that has measured it."""
    found = [
        Panel(dtype, device if len(table.devices) > 1 else "", _kept(table, dtype, device))
        for dtype in table.shown_dtypes
        for device in table.devices
        if full_digits(dtype)
    ]
    return [panel for panel in found if panel.kept]


def _kept(table: Matrix, dtype: str, device: str) -> dict[int, list[tuple[float, str]]]:
    rows = [row for row in table.rows if row.device == device]
    found = {
        order: [
            (cell.digits.kept, row.function.op)
            for row in rows
            if (cell := row.cells.get((order, dtype))) and cell.digits
        ]
        for order in table.shown_orders
    }
    return {order: kept for order, kept in found.items() if kept}
