"""A function over its domain: its derivatives and their errors, drawn from section and range rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report.formatting import plural, significant, ulp
from gradcheck.report.styles import CROSS
from gradcheck.report.svg import (
    BOTTOM,
    CIRCLE,
    DOT,
    TOP,
    DrawnLine,
    Frame,
    Scale,
    Style,
    linear_axis,
    log_axis,
    plot,
)

_ERROR = Style("#0b5394", mark=DOT, width=0, mark_width=2.6)
_NOT_FINITE = Style("#9f1239", mark=CROSS, width=0, mark_width=1.6)
_BACKWARD = Style("#0b5394", width=1.8)
_NUMERIC = Style("#8a4b08", mark=CIRCLE, width=0, mark_width=1.4)


def accuracy(row: Row) -> Markup:
    """Error in ULPs over the domain, a dot a point; a cross at the top where it is not finite."""
    x, errors = row["x"], row["error_ulp"]
    y_axis = _ulp_axis([e for e in errors if math.isfinite(e)])
    frame = Frame(
        _domain_axis([v for v in x if math.isfinite(v)], moving(row)),
        y_axis,
        150 - TOP - BOTTOM,
    )
    dots = DrawnLine("error", x, [y_axis.low if e < y_axis.low else e for e in errors], _ERROR)
    lost = _not_finite(row)
    crosses = DrawnLine("not finite", lost, [_near_top(y_axis)] * len(lost), _NOT_FINITE)
    return plot([dots, crosses], frame, f"{accuracy_caption(row)}.")


def accuracy_caption(row: Row) -> str:
    """What the plot of a range row shows, in words."""
    name = f"derivative of order {row['order']}" if row["order"] else "value"
    span = [significant(end(row["x"], default=math.nan)) for end in (min, max)]
    finite = [(e, x) for e, x in zip(row["error_ulp"], row["x"], strict=True) if math.isfinite(e)]
    error, where = max(finite, default=(math.nan, math.nan))
    lost = len(_not_finite(row))
    undefined = _undefined(row)
    found = f"at most {ulp(error)} ULP, at {significant(where)}"
    return (
        f"Error of the {name} of {row['op']} at {len(row['x'])} points "
        f"from {span[0]} to {span[1]}: "
        + (f"not finite at {lost} (crosses), elsewhere " if lost else "")
        + (found if error else "nowhere more than half an ULP of the input causes")
        + (f"; {undefined} left out, at a kink or a zero" if undefined else "")
    )


def _not_finite(row: Row) -> list[float]:
    """Where the derivative is not finite, though the truth is."""
    pairs = zip(row["x"], row["error_ulp"], strict=True)
    return [x for x, error in pairs if math.isinf(error)]


def _undefined(row: Row) -> int:
    """At how many points there is no truth to be off from."""
    return sum(math.isnan(error) for error in row["error_ulp"])


def _near_top(axis: Scale) -> float:
    """A value whose mark is still whole inside the frame."""
    if axis.log:
        return axis.high * (axis.low / axis.high) ** 0.06
    return axis.high - 0.06 * (axis.high - axis.low)


def _domain_axis(x: Sequence[float], name: str) -> Scale:
    low, high = min(x, default=0.0), max(x, default=1.0)
    return log_axis(name, x, low, high) if 0 < low < high / 1e3 else linear_axis(name, x)


def _ulp_axis(errors: Sequence[float]) -> Scale:
    """Linear from 0 while errors are a few ULPs, logarithmic where they are not."""
    high = max(errors, default=1.0)
    if high <= 100:
        return Scale("error in ULP", 0.0, max(1.15 * high, 1.0), log=False)
    return log_axis("error in ULP", [0.1, high], 0.1, high)


def section(row: Row) -> Markup:
    """The op, or a derivative of it, along one element: backward as a line, differences as circles."""
    known = _known(row)
    frame = Frame(
        linear_axis(moving(row), row["x"]),
        linear_axis(_name(row), _middle([*row["analytic"], *(v for _, v, _ in known)])),
    )
    lines = [
        DrawnLine("backward" if row["order"] else "forward", row["x"], row["analytic"], _BACKWARD),
        DrawnLine("numerical", [x for x, _, _ in known], [v for _, v, _ in known], _NUMERIC),
    ]
    return plot(lines, frame, f"{_name(row).capitalize()} of {row['op']}: {section_caption(row)}.")


def moving(row: Row) -> str:
    """What the horizontal axis is: the element that moves, where the row says which."""
    return row.get("input", "").partition(", where ")[0].rpartition(" of ")[2] or "x"


def _name(row: Row) -> str:
    names = {0: "value", 1: "first derivative", 2: "second derivative", 3: "third derivative"}
    return names.get(row["order"], f"derivative of order {row['order']}")


def section_title(row: Row) -> str:
    """The caption under the plot of a section row."""
    return f"{_name(row).capitalize()}: {section_caption(row)}"


def section_caption(row: Row) -> str:
    """What the plot of a section row shows, in words: how far the two ways of computing are apart."""
    finite = [v for v in row["analytic"] if math.isfinite(v)]
    low, high = (significant(end(finite, default=math.nan)) for end in (min, max))
    span = f"constant at {low}" if low == high else f"from {low} to {high}"
    if row["order"] == 0:
        return f"{row['input']}, {span}"
    known, backward = _known(row), dict(zip(row["x"], row["analytic"], strict=True))
    if not known:
        return f"line: backward, {span}; no numerical derivative has a bound here"
    off = max(abs(v - backward[x]) for x, v, _ in known)
    agree = sum(abs(v - backward[x]) <= bound for x, v, bound in known)
    without = len(row["numeric"]["x"]) - len(known)
    return (
        f"line: backward, {span}; circles: differences of forward at {plural(len(known), 'point')}, at most "
        f"{significant(off, 2)} away, at {agree} of them within their own error bound"
        + (f"; at {without} more no difference has a bound" if without else "")
    )


def _known(row: Row) -> list[tuple[float, float, float]]:
    """(x, value, bound) of the numerical derivatives that have a bound, where backward is finite."""
    numeric, backward = row["numeric"], dict(zip(row["x"], row["analytic"], strict=True))
    found = zip(numeric["x"], numeric["value"], numeric["bound"], strict=True)
    return [
        (x, v, bound)
        for x, v, bound in found
        if math.isfinite(bound) and math.isfinite(backward.get(x, math.nan))
    ]


def _middle(values: Sequence[float]) -> tuple[float, float]:
    """The range to show: all of it, unless a pole dwarfs the rest."""
    ordered = sorted(v for v in values if math.isfinite(v))
    if not ordered:
        return -1.0, 1.0
    low, high = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
    room = 4 * max(high - low, 1e-300)
    return max(ordered[0], low - room), min(ordered[-1], high + room)
