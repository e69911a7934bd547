"""A function over its domain: its derivatives and their errors, drawn from section and range rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report.formatting import plural, significant, ulp
from gradcheck.report.frame import BOTTOM, CIRCLE, DOT, TOP, DrawnLine, Frame, Style
from gradcheck.report.scales import Scale, linear_axis, log_axis
from gradcheck.report.styles import CROSS
from gradcheck.report.svg import aside, plot

_ERROR = Style("s1", DOT, joined=False)
_NOT_FINITE = Style("s4", CROSS, joined=False)
_BACKWARD = Style("s1")
_NUMERIC = Style("s0", CIRCLE, joined=False)


def accuracy(row: Row) -> Markup:
    """Error in ULPs over the domain, a dot a point; a cross at the top where it is not finite."""
    x, errors = row["x"], row["error_ulp"]
    axis = _ulp_axis([e for e in errors if math.isfinite(e)])
    frame = Frame(_domain_axis([v for v in x if math.isfinite(v)], moving(row)), axis, 150 - TOP - BOTTOM)
    lowest = _along(axis, 0.02) if axis.log else 0.0
    dots = DrawnLine("error in ULP", x, [max(e, lowest) for e in errors], _ERROR)
    lost = _not_finite(row)
    crosses = DrawnLine("not finite", lost, [_along(axis, 0.94)] * len(lost), _NOT_FINITE)
    return plot([dots], frame, f"Error of the {_name(row)} of {row['op']}", aside(crosses, frame))


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


def _along(axis: Scale, share: float) -> float:
    """The value at this share of an axis: not at an end of it, where half a mark would be cut off."""
    if axis.log:
        return axis.low * (axis.high / axis.low) ** share
    return axis.low + share * (axis.high - axis.low)


def _domain_axis(x: Sequence[float], name: str) -> Scale:
    low, high = min(x, default=0.0), max(x, default=1.0)
    return log_axis(name, x, low, high) if 0 < low < high / 1e3 else linear_axis(name, x)


def _ulp_axis(errors: Sequence[float]) -> Scale:
    """Linear from 0 while errors are a few ULPs, logarithmic where they are not."""
    high = max(errors, default=1.0)
    if high <= 100:
        return Scale("error in ULP", 0.0, max(1.15 * high, 1.0), log=False)
    return log_axis("error in ULP; smaller ones at the edge", [0.1, high], 0.1, high)


def section(row: Row) -> Markup:
    """The op, or a derivative of it, along one element: backward as a line, differences as circles."""
    lines = [DrawnLine("backward" if row["order"] else "value", row["x"], row["analytic"], _BACKWARD)]
    lines += [_circles(row)] if row["order"] else []
    return plot(lines, _section_frame(row), f"{_name(row).capitalize()} of {row['op']}")


def _section_frame(row: Row) -> Frame:
    """Differences that agree with backward do not widen it: around a 0 they would show noise alone."""
    backward = dict(zip(row["x"], row["analytic"], strict=True))
    off = [v for x, v, bound in bounded(row) if not abs(v - backward[x]) <= bound]
    return Frame(
        linear_axis(moving(row), row["x"]), linear_axis(_name(row), _middle([*row["analytic"], *off]))
    )


def _circles(row: Row) -> DrawnLine:
    known = bounded(row)
    return DrawnLine("differences", [x for x, _, _ in known], [v for _, v, _ in known], _NUMERIC)


def _beyond(row: Row) -> int:
    """How many differences lie outside the frame, and are marked at its edge."""
    places = _section_frame(row).places(_circles(row))
    return len(places.below) + len(places.above)


def moving(row: Row) -> str:
    """What the horizontal axis is: the element that moves, where the row says which."""
    return row.get("input", "").partition(", where ")[0].rpartition(" of ")[2] or "x"


def _name(row: Row) -> str:
    names = {0: "value", 1: "first derivative", 2: "second derivative", 3: "third derivative"}
    return names.get(row["order"], f"derivative of order {row['order']}")


def section_title(row: Row) -> str:
    """The caption under the plot of a section row, or the sentence in place of it."""
    return f"{_name(row).capitalize()}: {section_caption(row)}"


def is_flat(row: Row) -> bool:
    """Whether a derivative is constant, and differences agree: a plot would show nothing."""
    values = set(row["analytic"])
    agree = all(abs(v - each) <= bound for _, v, bound in bounded(row) for each in values)
    return row["order"] > 0 and len(values) == 1 and all(map(math.isfinite, values)) and agree


def section_caption(row: Row) -> str:
    """What the plot of a section row shows, in words: how far the two ways of computing are apart."""
    finite = [v for v in row["analytic"] if math.isfinite(v)]
    low, high = (significant(end(finite, default=math.nan) + 0.0) for end in (min, max))  # no -0
    span = f"constant at {low}" if low == high else f"from {low} to {high}"
    line, circles = (
        ("backward", "differences") if is_flat(row) else ("line: backward", "circles: differences")
    )
    if row["order"] == 0:
        return f"{row['input']}, {span}"
    known, backward = bounded(row), dict(zip(row["x"], row["analytic"], strict=True))
    if not known:
        return f"{line}, {span}; no numerical derivative has a bound here"
    off = max(abs(v - backward[x]) for x, v, _ in known)
    agree = sum(abs(v - backward[x]) <= bound for x, v, bound in known)
    without, beyond = len(row["numeric"]["x"]) - len(known), _beyond(row)
    return (
        f"{line}, {span}; {circles} of forward at {plural(len(known), 'point')}, at most "
        f"{significant(off, 2)} away, at {agree} of them within their own error bound"
        + (f"; {beyond} of them beyond the frame (triangle at its edge)" if beyond else "")
        + (f"; at {without} more no difference has a bound" if without else "")
    )


def bounded(row: Row) -> list[tuple[float, float, float]]:
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
    if low == high:
        return ordered[0], ordered[-1]
    room = 4 * (high - low)
    return max(ordered[0], low - room), min(ordered[-1], high + room)
