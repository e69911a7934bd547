"""What the error of a difference against its step shows: the order of each scheme, and its best step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report.answers import Digits, full_digits
from gradcheck.report.data import Picture
from gradcheck.report.function_page import FunctionPage

DTYPE = "float64"  # in which the curves of functions are measured
ROUNDED = 2.0**-53  # a smaller relative error is that of a lucky rounding
CLEAR = 100.0  # an error so many times its smallest is truncation alone
PAIRS = 3  # of neighbouring steps, at least, that show a slope


@dataclass(frozen=True)
class Scheme:
    """A difference scheme.

    ``order`` is the slope of its error where truncation rules, None where none is seen. ``error`` is the
    smallest relative error, and ``step`` where it was.
    """

    name: str
    order: float | None
    error: float
    step: float

    @property
    def digits(self) -> Digits:
        return digits(self.error)


@dataclass(frozen=True)
class BestStep:
    """Where the error of a central difference is smallest in a dtype."""

    dtype: str
    step: float
    error: float


@dataclass(frozen=True)
class Steps:
    """The error against the step, of one function.

    Attributes:
        page: of the function, from the summary.
        picture, legend: of the first derivative.
        orders: order of the derivative -> name of a scheme -> what it shows.
        chosen_step, chosen_error: those that the error model chooses for central differences.
        smallest: the smallest step of all schemes, and ``there`` the error of each.
    """

    op: str
    page: str
    picture: Picture
    legend: Sequence[tuple[Markup, str]]
    orders: Mapping[int, Mapping[str, Scheme]]
    chosen_step: float
    chosen_error: float
    smallest: float
    there: Mapping[str, float]

    @property
    def first(self) -> Mapping[str, Scheme]:
        """The schemes of the first derivative."""
        return self.orders[1]

    @property
    def chosen(self) -> Digits:
        return digits(self.chosen_error)

    def of(self, scheme: str) -> dict[int, Scheme]:
        """What a scheme shows, by the order of the derivative."""
        return {order: found[scheme] for order, found in self.orders.items() if scheme in found}

    def digits_there(self, scheme: str) -> Digits:
        """The digits that a scheme keeps at the smallest step."""
        return digits(self.there[scheme])


def digits(error: float) -> Digits:
    """The digits that a relative error in float64 leaves.

    >>> digits(1e-12).kept, digits(0.0).kept == full_digits("float64"), digits(2.0).kept
    (12.0, True, 0.0)
    """
    full = full_digits(DTYPE)
    return Digits(min(max(-math.log10(error), 0.0), full) if error > 0 else full, DTYPE)


def steps(page: FunctionPage) -> Steps | None:
    """What the curves of a function say; None where its first derivative has none."""
    rows = {row["order"]: row for row in page.rows["curve"]}
    if 1 not in rows or not (found := _schemes(rows[1])):
        return None
    row = rows[1]
    smallest = min(h for _, h, _ in _points(row))
    return Steps(
        op=page.function.op,
        page=f"functions/{page.name}.html",
        picture=page.curves[0],
        legend=page.legend,
        orders={1: found} | {order: _schemes(rows[order]) for order in sorted(rows) if order > 1},
        chosen_step=row["chosen_step"],
        chosen_error=row["chosen_error"],
        smallest=smallest,
        there={name: error for name, h, error in _points(row) if h == smallest},
    )


def _points(row: Row) -> list[tuple[str, float, float]]:
    """(scheme, step, error), all that are numbers."""
    return [
        (name, h, error)
        for name, scheme in row["schemes"].items()
        for h, error in zip(scheme["step"], scheme["error"], strict=False)
        if h > 0 and 0 <= error < math.inf
    ]


def _schemes(row: Row) -> dict[str, Scheme]:
    found = {}
    for name in row["schemes"]:
        points = [(h, error) for scheme, h, error in _points(row) if scheme == name]
        if points:
            step, error = min(points, key=lambda point: point[1])
            found[name] = Scheme(name, slope(points), error, step)
    return found


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """The slope, on logarithmic axes, of errors right of the smallest, where they are clear of rounding.

    It is the median of those between neighbouring steps; None where too few are clear.

    >>> points = [(h, 0.3 * h**2 + 1e-16 / h) for h in (1e-9, 1e-7, 1e-5, 1e-3, 1e-2, 0.1, 1.0)]
    >>> round(slope(points), 3), slope(points[:4])
    (2.0, None)
    """
    lowest = max(min(error for _, error in points), ROUNDED)
    best = max(h for h, error in points if error <= lowest)
    clear = sorted({h: error for h, error in points if h > best and error >= CLEAR * lowest}.items())
    slopes = [math.log(after / before) / math.log(b / a) for (a, before), (b, after) in pairwise(clear)]
    return median(slopes) if len(slopes) >= PAIRS else None
