"""Two small matrices of derivatives next to one another, expected and got: as text, and as heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from markupsafe import Markup

from gradcheck.system import tables
from gradcheck.system.texts import printable

#: Rows and columns at most whose figures are shown; of more there is a heat map alone.
LARGEST_FIGURES = 6

Rows = tuple[tuple[float, ...], ...]

_ZERO, _POSITIVE, _NEGATIVE = (247, 247, 247), (239, 138, 98), (103, 169, 207)  # black is read on each
_NOT_FINITE = "#c8c8c8"
_BLANK = "\u00a0"  # as wide as a star


@dataclass(frozen=True)
class SideBySide:
    """A matrix of derivatives as it should be, and as backward has it.

    Attributes:
        title: what its rows and columns are.
        expected, got: of one shape; got may hold NaN and infinities.
        wrong: the elements of `got` that are.
        digits: significant ones of a figure, enough to show each difference.

    >>> found = SideBySide("Jacobian", ((1.0, 0.0),), ((1.0, 2.0),), ((False, True),), 5)
    >>> print("\\n".join(found.lines()))
    Jacobian
      expected    got (* wrong)
      1  0        1   2*
    """

    title: str
    expected: Rows
    got: Rows
    wrong: tuple[tuple[bool, ...], ...]
    digits: int

    @property
    def size(self) -> int:
        """The larger one of its numbers of rows and columns."""
        return max(len(self.got), len(self.got[0]))

    @property
    def has_figures(self) -> bool:
        """Whether it is small enough for its figures to be read."""
        return self.size <= LARGEST_FIGURES

    def lines(self) -> list[str]:
        """As lines of text, what is wrong marked; none where it is too large."""
        if not self.has_figures:
            return []
        true, got = self._columns(self.expected, marked=False), self._columns(self.got, marked=True)
        width = max(len(true[0]), len("expected"))
        rows = [("expected", "got (* wrong)"), *zip(true, got, strict=True)]
        return [self.title, *(f"  {left.ljust(width)}    {right}".rstrip() for left, right in rows)]

    def _columns(self, matrix: Rows, *, marked: bool) -> list[str]:
        """The rows as text, in columns."""
        space = " " if marked and any(map(any, self.wrong)) else ""
        cells = [
            [self._figure(v) + ("*" if marked and w else space) for v, w in zip(row, wrong, strict=True)]
            for row, wrong in zip(matrix, self.wrong, strict=True)
        ]
        return tables.lines(cells, right=range(len(cells[0])))

    def _figure(self, value: float) -> str:
        return f"{value + 0.0:.{self.digits}g}"

    def html(self) -> Markup:
        """As heat maps of one scale: blue is negative, orange positive; wrong cells have border and star."""
        largest = max(
            (abs(v) for row in (*self.expected, *self.got) for v in row if isfinite(v)), default=0.0
        )
        right = [[False] * len(row) for row in self.wrong]
        return Markup(
            '<div>{}</div><div style="white-space:nowrap">{}{}</div>'
            '<div style="opacity:.7">orange: positive, blue: negative, up to {}; * and a border: wrong</div>'
        ).format(
            printable(self.title),
            self._map("expected", self.expected, right, largest),
            self._map("got", self.got, self.wrong, largest),
            f"{largest:.3g}",
        )

    def _map(self, caption: str, matrix: Rows, marks: Sequence[Sequence[bool]], largest: float) -> Markup:
        rows = [
            Markup("<tr>{}</tr>").format(
                Markup().join(self._cell(v, mark, largest) for v, mark in zip(row, marked, strict=True))
            )
            for row, marked in zip(matrix, marks, strict=True)
        ]
        return Markup(
            '<table cellpadding="5" style="display:inline-table;vertical-align:top;width:auto;'
            'margin:4px 16px 4px 0;border-collapse:collapse">'
            '<caption style="text-align:left;caption-side:top">{}</caption>'
            '<tbody style="color:#000;font-family:monospace">{}</tbody></table>'
        ).format(caption, Markup().join(rows))

    def _cell(self, value: float, wrong: bool, largest: float) -> Markup:
        shown = self._figure(value) if self.has_figures or not isfinite(value) else ""
        border = ";outline:2px solid #000;outline-offset:-2px" if wrong else ""
        star = "*" if wrong else _BLANK
        return Markup('<td style="background:{}{}">{}{}</td>').format(
            _color(value, largest), border, shown, star
        )


def _color(value: float, largest: float) -> str:
    """The color of a value on a scale from -largest to largest.

    >>> _color(0.0, 2.0), _color(2.0, 2.0), _color(-1.0, 2.0), _color(float("nan"), 2.0)
    ('#f7f7f7', '#ef8a62', '#afd0e3', '#c8c8c8')
    """
    if not isfinite(value):
        return _NOT_FINITE
    share = abs(value) / largest if largest else 0.0
    end = _POSITIVE if value > 0 else _NEGATIVE
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in zip(_ZERO, end, strict=True))
