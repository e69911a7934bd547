"""Digits kept of all functions: a panel for each dtype, a column for each order, a dot for each function."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from gradcheck.report import most
from gradcheck.report.answers import Digits, fewest, full_digits, keeps_all
from gradcheck.report.data import Picture, named_data
from gradcheck.report.formatting import kept as kept_text
from gradcheck.report.frame import DOT, DrawnLine, Frame, Style
from gradcheck.report.judged import grouped
from gradcheck.report.matrix import Matrix
from gradcheck.report.paths import Point
from gradcheck.report.scales import Scale
from gradcheck.report.svg import aside, plot
from gradcheck.report.templating import order_name
from gradcheck.system.floats import rounded_down

_DOT = 3.2  # the width of a dot, in units of the plot
_COLUMN = 0.86  # how wide the dots of an order may be, of the room that it has
_ORDER = "order of the derivative (0: the value)"
_FUNCTION = Style("s1", DOT, joined=False)
_LIMIT = Style("s5")


@dataclass(frozen=True)
class Panel:
    """One dtype: order -> function -> the digits that it keeps in its worst case, on whatever device."""

    dtype: str
    kept: dict[int, dict[str, Digits]]

    @property
    def picture(self) -> Picture:
        """The panel with its caption and its data."""
        return Picture(self.draw, self.caption, f"overview-{self.dtype}.csv", self._written)

    def _written(self) -> str:
        named = [(column, self.names(order)) for order, column in zip(self.kept, self.columns, strict=True)]
        return named_data(_ORDER, named)

    @property
    def caption(self) -> str:
        """What to see in it."""
        whole, least = [], []
        for order, found in self.kept.items():
            name, digits = min(found.items(), key=lambda item: (item[1].kept, item[0]))
            whole.append(f"{order_name(order)} {sum(map(keeps_all, found.values()))} of {len(found)}")
            if not keeps_all(digits):
                least.append(f"{order_name(order)} {kept_text(digits)} {name}")
        all_digits = rounded_down(full_digits(self.dtype))
        said = f"{self.dtype}. Functions that keep all {all_digits} digits: {', '.join(whole)}"
        return f"{said}. The fewest: {', '.join(least)}" if least else said

    @cached_property
    def frame(self) -> Frame:
        """A column for each order, from no digit to all that the dtype has."""
        full, orders = full_digits(self.dtype), list(self.kept)
        x = Scale(_ORDER, orders[0] - 0.5, orders[-1] + 0.5, log=False)
        return Frame(x, Scale("digits kept", -0.04 * full, 1.06 * full, log=False))

    @cached_property
    def columns(self) -> list[DrawnLine]:
        """The dots of each order, the fewest digits first."""
        return [self._column(order) for order in self.kept]

    def names(self, order: int) -> list[str]:
        """The functions of the dots of an order."""
        found = self.kept[order]
        return sorted(found, key=lambda name: found[name].kept)

    def _column(self, order: int) -> DrawnLine:
        dots = list(_dots([self.kept[order][name].kept for name in self.names(order)], order, self.frame))
        return DrawnLine(order_name(order), [x for x, _ in dots], [y for _, y in dots], _FUNCTION)

    def draw(self) -> Markup:
        """Dots of functions above their order; lines where all digits are kept, and half of them."""
        full, x = full_digits(self.dtype), self.frame.x
        limits = [
            DrawnLine(f"{rounded_down(level)} digits: {what}", (x.low, x.high), (level, level), _LIMIT)
            for level, what in ((full, "all"), (full / 2, "half of them"))
        ]
        behind = Markup().join(aside(limit, self.frame) for limit in limits)
        return plot(self.columns, self.frame, f"{self.caption}.", behind)


def _dots(digits: list[float], order: int, frame: Frame) -> Iterator[Point]:
    """Each function at its digits; those of about the same digits stand beside each other."""
    one_across = (frame.x.high - frame.x.low) / frame.width  # of the plot's units, in those of the axis
    one_up = (frame.y.high - frame.y.low) / frame.height
    for same in grouped(digits, lambda kept: math.floor(kept / (_DOT * one_up))).values():
        step = min(_DOT * one_across, _COLUMN / len(same))
        for n, kept in enumerate(same):
            yield order + (n - (len(same) - 1) / 2) * step, kept


def overview(table: Matrix) -> list[Panel]:
    """A panel for each dtype whose digits are known; none where there are few functions."""
    if len(table.groups) < most.FEW:
        return []
    found = [Panel(dtype, _kept(table, dtype)) for dtype in table.shown_dtypes if full_digits(dtype)]
    return [panel for panel in found if panel.kept]


def _kept(table: Matrix, dtype: str) -> dict[int, dict[str, Digits]]:
    found = {
        order: {
            group[0].function.op: digits
            for group in table.groups
            if (digits := fewest(cell.digits for row in group if (cell := row.cells.get((order, dtype)))))
        }
        for order in table.shown_orders
    }
    return {order: digits for order, digits in found.items() if digits}
