"""The plot of a finding: the digits that are kept, and of a failure what was expected and what came."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from gradcheck.printed import rows as plots
from gradcheck.printed import style
from gradcheck.printed.lettering import wrapped
from gradcheck.printed.page import Page
from gradcheck.system import floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure
    from matplotlib.image import AxesImage

Rows = Sequence[Sequence[float]]

_COLORS = {"pass": style.LOOKS[1].color, "fail": style.LOOKS[4].color}
_HATCHES = {"fail": "////", "inconclusive": "...."}
_FRAME, _BAR, _MAPS, _LINE = 0.7, 0.17, 1.8, 0.13  # inches: around the bars, a bar, a row of maps, of text
_WIDTH, _BESIDE = 0.93 * style.COLUMN, 1.2  # inches: of a line, of what stands beside a bar
_FEW = 6  # rows of a matrix whose frames may be thick


class Judged(Protocol):
    """A row of evidence: one order judged by one oracle."""

    @property
    def order(self) -> int: ...
    @property
    def oracle(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def digits(self) -> float | None: ...
    @property
    def where(self) -> str: ...
    @property
    def expected(self) -> str: ...
    @property
    def got(self) -> str: ...


class Matrix(Protocol):
    """A matrix of derivatives as it should be, and as backward has it."""

    @property
    def title(self) -> str: ...
    @property
    def expected(self) -> Rows: ...
    @property
    def got(self) -> Rows: ...
    @property
    def wrong(self) -> Sequence[Sequence[bool]]: ...


def finding(
    title: str,
    dtype: str,
    evidence: Sequence[Judged],
    matrices: Sequence[Matrix] = (),
    curves: Sequence[plots.Row] = (),
    notes: Sequence[str] = (),
) -> Page:
    """The plot of a finding, from above: bars, matrices, curves.

    Args:
        title: of what was checked, and how it was found to be.
        dtype: of the value whose digits are counted; empty where none was.
        evidence: bars, one for each order and oracle.
        matrices: heat maps of three: as it should be, as it is, and the difference.
        curves: rows of the kind curve, the error of numerical derivatives against the step.
        notes: stand below the bars.
    """
    heading = wrapped(title, _WIDTH)
    note = "\n".join(wrapped(each, _WIDTH, style.SMALL) for each in notes)
    figures = [plots.figure_of(row) for row in curves]
    titles = [wrapped(_of_curve(row), _WIDTH, style.SMALL) for row in curves]
    bars = _FRAME + max(1, len(evidence)) * _BAR + _LINE * len(note.splitlines())
    of_curves = [
        plots.height(figure) + _LINE * (1 + title.count("\n"))
        for figure, title in zip(figures, titles, strict=True)
    ]
    heights = [bars, *[_MAPS] * len(matrices), *of_curves]
    with style.in_style():
        page = Page(sum(heights) + _LINE * (1 + heading.count("\n")))
        page.suptitle(heading, x=0.02, ha="left", fontsize=style.SIZE)
        above, *below = page.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        _digits(above.add_subplot(), evidence, dtype)
        above.supxlabel(note, x=0.02, ha="left", fontsize=style.SMALL)
        for part, matrix in zip(below, matrices, strict=False):
            _side_by_side(part, matrix)
        for part, figure, title in zip(below[len(matrices) :], figures, titles, strict=True):
            part.suptitle(title, x=0.02, ha="left", fontsize=style.SMALL)
            plots.put(part, figure)
        return page.settle()


def _of_curve(row: plots.Row) -> str:
    """Whose error it is."""
    derivative = f"order {row['order']} of {row['output']} by {row['input']} at {row['x']:.6g}"
    return f"numerical derivative of {derivative}: error against the step"


def _digits(axes: Axes, rows: Sequence[Judged], dtype: str) -> None:
    """A bar for the digits that each order keeps by each oracle, and a line at those that there are."""
    full = floats.full_digits(dtype) if dtype else max((row.digits or 0.0 for row in rows), default=0.0)
    for place, row in enumerate(rows):
        axes.barh(
            place,
            max(row.digits or 0.0, 0.0),
            height=0.7,
            color=_COLORS.get(row.verdict, style.SOFT),
            hatch=_HATCHES.get(row.verdict, ""),
            edgecolor="white",
            linewidth=0,
        )
        kept = "" if row.digits is None else f"{floats.rounded_down(row.digits)}, "
        axes.text(1.04 * full or 1.0, place, kept + row.verdict, va="center", fontsize=style.SMALL)
    if dtype:
        axes.axvline(full, color=style.INK, linewidth=0.8, linestyle=(0, (2, 1.5)))
    axes.set_xlim(0.0, full or 1.0)
    axes.set_yticks(
        range(len(rows)), [wrapped(f"order {row.order}, {row.oracle}", _BESIDE, style.SMALL) for row in rows]
    )
    axes.set_ylim(max(1, len(rows)) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    of = f" (of {floats.rounded_down(full)} in {dtype})" if dtype else ""
    axes.set_xlabel(f"correct digits{of}")


def worst(rows: Sequence[Judged]) -> list[str]:
    """What was expected and what came at the worst element of the first order that failed, in lines."""
    row = next((row for row in rows if row.verdict == "fail" and row.expected), None)
    if row is None:
        return []
    return [f"order {row.order}, {row.where}", f"expected {row.expected}", f"got {row.got}"]


def _side_by_side(part: SubFigure, matrix: Matrix) -> None:
    """Expected, got, and the difference, which has a scale of its own."""
    part.suptitle(wrapped(matrix.title, _WIDTH, style.SMALL), x=0.02, ha="left", fontsize=style.SMALL)
    left, middle, right = part.subplots(1, 3)
    pairs = zip(matrix.expected, matrix.got, strict=True)
    off = [[b - a for a, b in zip(*pair, strict=True)] for pair in pairs]
    largest = _largest([*matrix.expected, *matrix.got])
    _map(left, "expected", matrix.expected, largest)
    values = _map(middle, "got (frames: wrong)", matrix.got, largest)
    _frame(middle, matrix.wrong)
    differences = _map(right, "got \u2212 expected", off, _largest(off))
    for image, axes in ((values, [left, middle]), (differences, [right])):
        bar = part.colorbar(image, ax=axes, orientation="horizontal", aspect=12 * len(axes), pad=0.04)
        bar.ax.locator_params(nbins=2 * len(axes))


def _largest(rows: Rows) -> float:
    return max((abs(v) for row in rows for v in row if math.isfinite(v)), default=0.0) or 1.0


def _map(axes: Axes, title: str, rows: Rows, largest: float) -> AxesImage:
    """Colours of values, as far to both sides of zero."""
    colors = LinearSegmentedColormap.from_list("signs", [style.NEGATIVE, style.ZERO, style.POSITIVE])
    finite = [[v if math.isfinite(v) else math.nan for v in row] for row in rows]
    axes.set_title(title, fontsize=style.SMALL)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines[:].set_visible(True)
    axes.set_facecolor(style.NOT_FINITE)  # where there is no colour
    return axes.imshow(finite, cmap=colors, vmin=-largest, vmax=largest, aspect="auto")


def _frame(axes: Axes, marked: Sequence[Sequence[bool]]) -> None:
    """A frame around each cell that is marked."""
    width = 0.6 if len(marked) <= _FEW else 0.25
    for n, row in enumerate(marked):
        for m in (m for m, mark in enumerate(row) if mark):
            axes.add_patch(Rectangle((m - 0.5, n - 0.5), 1, 1, fill=False, linewidth=width))
