"""The plots of the report, drawn from curve, range, section and figure rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from gradcheck.records import Row
from gradcheck.report.figures import significant, ulp
from gradcheck.report.svg import (
    BOTTOM,
    TOP,
    Axis,
    Frame,
    Line,
    Style,
    key,
    linear_axis,
    log_axis,
    plot,
    ring,
    upright,
)

_CIRCLE = "m-2.4 0a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0-4.8 0z"
_SQUARE = "m-2.2-2.2h4.4v4.4h-4.4z"
_TRIANGLE = "m0-2.9l2.7 4.8h-5.4z"
_DIAMOND = "m0-3.1l2.7 3.1l-2.7 3.1l-2.7-3.1z"
_CROSS = "m-2.2-2.2l4.4 4.4m0-4.4l-4.4 4.4"
_PLUS = "m0-2.8v5.6m-2.8-2.8h5.6"
_DOT = "h.01"

#: Given out to schemes in the order in which they come; dark enough to be read on white.
_STYLES = (
    Style("#8a4b08", "7 3", _SQUARE),
    Style("#0b5394", "", _CIRCLE),
    Style("#1b6b3a", "3 2.5", _TRIANGLE),
    Style("#7a2a8f", "9 3 2 3", _DIAMOND),
    Style("#9f1239", "1.5 2.5", _CROSS),
    Style("#37474f", "12 4", _PLUS),
)
_MODEL = {
    "truncation": Style("#555", "10 5", "", 1.3),
    "rounding": Style("#555", "1.5 3.5", "", 1.3),
}
_MODEL_NAMES = {"truncation": "predicted truncation", "rounding": "predicted rounding"}
_ERROR = Style("#0b5394", mark=_DOT, width=0, mark_width=2.6)
_NOT_FINITE = Style("#9f1239", mark=_CROSS, width=0, mark_width=1.6)
_BACKWARD = Style("#0b5394", width=1.8)
_NUMERIC = Style("#8a4b08", mark=_CIRCLE, width=0, mark_width=1.4)
_THIN = Style("#8c8a82", width=0.8)


def scheme_styles(curves: Iterable[Row]) -> dict[str, Style]:
    """A style for each scheme that occurs, the same in every plot of a page."""
    names = sorted({name for row in curves for name in row["schemes"]}, key=_scheme_order)
    return {name: _STYLES[i % len(_STYLES)] for i, name in enumerate(names)}


def _scheme_order(name: str) -> tuple[int, str]:
    """From the simplest scheme to the most refined, then by name."""
    known = ("forward", "central", "five", "richardson", "complex")
    rank = next((i for i, word in enumerate(known) if word in name.lower()), len(known))
    return rank, name


def legend(curves: Sequence[Row], styles: Mapping[str, Style]) -> list[tuple[Markup, str]]:
    """(piece of line, name) for every line that occurs in these curves."""
    present = {name for row in curves for name in row["schemes"]}
    keys = [(key(style), name) for name, style in styles.items() if name in present]
    return keys + [(key(style), _MODEL_NAMES[name]) for name, style in _MODEL.items()]


def curve(row: Row, styles: Mapping[str, Style]) -> Markup:
    """Error of numerical derivatives against the step size, both axes logarithmic."""
    frame = Frame(
        log_axis("step size h", _all(row, "step"), 1e-40, 1e10),
        log_axis("relative error", _all(row, "error"), 1e-22, 1e8),
    )
    lines = [
        Line(_MODEL_NAMES[name], row["model"]["step"], row["model"][name], style)
        for name, style in _MODEL.items()
    ]
    lines += [
        Line(name, row["schemes"][name]["step"], row["schemes"][name]["error"], style)
        for name, style in styles.items()
        if name in row["schemes"]
    ]
    return plot(lines, frame, _curve_alt(row), _chosen(row, frame))


def _all(row: Row, name: str) -> list[float]:
    chosen = row[f"chosen_{name}"]
    return [chosen, *(value for scheme in row["schemes"].values() for value in scheme[name])]


def curve_caption(row: Row) -> str:
    """What to see in the plot of a curve row, in words."""
    best = {name: _best_of(scheme) for name, scheme in row["schemes"].items()}
    found = {name: error for name, (error, _) in best.items() if math.isfinite(error)}
    winner = min(found, key=found.__getitem__, default="")
    return (
        f"Derivative of order {row['order']} at x = {significant(row['x'])} ({row['input']}), "
        f"truth {row['truth']}: step {significant(row['chosen_step'], 2)} chosen, error "
        f"{significant(row['chosen_error'], 2)}"
        + (f"; the smallest error of all, {significant(found[winner], 2)}, has {winner} at step "
           f"{significant(best[winner][1], 2)}" if winner else "")
    )


def _best_of(scheme: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    """(error, step) of a scheme where its error is smallest; not numbers if it has none."""
    pairs = zip(scheme["error"], scheme["step"], strict=True)
    return min(((e, h) for e, h in pairs if e >= 0), default=(math.nan, math.nan))


def _chosen(row: Row, frame: Frame) -> Markup:
    if not (math.isfinite(row["chosen_step"]) and math.isfinite(row["chosen_error"])):
        return Markup()
    x, y = frame.place(row["chosen_step"], row["chosen_error"])
    return upright(x, frame.height) + ring(x, y)


def _curve_alt(row: Row) -> str:
    best = "; ".join(f"{name} at best {_best(scheme)}" for name, scheme in row["schemes"].items())
    return (
        f"Relative error of numerical derivatives of order {row['order']} of {row['op']} "
        f"against the step size, log-log: errors fall with the step, then rise as digits cancel. "
        f"{best}. Chosen step {significant(row['chosen_step'], 2)}, "
        f"error {significant(row['chosen_error'], 2)}."
    )


def _best(scheme: Mapping[str, Sequence[float]]) -> str:
    error, step = _best_of(scheme)
    if math.isnan(error):
        return "not measured"
    return f"{significant(error, 2)} at step {significant(step, 2)}"


def accuracy(row: Row) -> Markup:
    """Error in ULPs over the domain, a dot a point; a cross at the top where it is not finite."""
    x, errors = row["x"], row["error_ulp"]
    y_axis = _ulp_axis([e for e in errors if math.isfinite(e)])
    frame = Frame(
        _domain_axis([v for v in x if math.isfinite(v)], row.get("moving", "x")),
        y_axis,
        150 - TOP - BOTTOM,
    )
    dots = Line("error", x, [y_axis.low if e < y_axis.low else e for e in errors], _ERROR)
    lost = _not_finite(row)
    crosses = Line("not finite", lost, [_near_top(y_axis)] * len(lost), _NOT_FINITE)
    return plot([dots, crosses], frame, f"{accuracy_caption(row)}.")


def accuracy_caption(row: Row) -> str:
    """What the plot of a range row shows, in words."""
    name = f"derivative of order {row['order']}" if row["order"] else "value"
    span = [significant(end(row["x"], default=math.nan)) for end in (min, max)]
    finite = [(e, x) for e, x in zip(row["error_ulp"], row["x"], strict=True) if math.isfinite(e)]
    error, where = max(finite, default=(math.nan, math.nan))
    lost = len(_not_finite(row))
    return (
        f"Error of the {name} of {row['op']} at {len(row['x'])} points "
        f"from {span[0]} to {span[1]}: "
        + (f"not finite at {lost}, elsewhere " if lost else "")
        + f"at most {ulp(error)} ULP, at {significant(where)}"
        + (f"; {undefined} left out, at a kink or a zero" if (undefined := _undefined(row)) else "")
    )


def _not_finite(row: Row) -> list[float]:
    """Where the derivative is not finite, though the truth is."""
    pairs = zip(row["x"], row["error_ulp"], strict=True)
    return [x for x, error in pairs if math.isinf(error)]


def _undefined(row: Row) -> int:
    """At how many points there is no truth to be off from."""
    return sum(math.isnan(error) for error in row["error_ulp"])


def _near_top(axis: Axis) -> float:
    """A value whose mark is still whole inside the frame."""
    if axis.log:
        return axis.high * (axis.low / axis.high) ** 0.06
    return axis.high - 0.06 * (axis.high - axis.low)


def _domain_axis(x: Sequence[float], name: str) -> Axis:
    low, high = min(x, default=0.0), max(x, default=1.0)
    if 0 < low < high / 1e3:
        return log_axis(name, x, low, high)
    return linear_axis(name, low, high)


def _ulp_axis(errors: Sequence[float]) -> Axis:
    """Linear from 0 while errors are a few ULPs, logarithmic where they are not."""
    high = max(errors, default=1.0)
    if high <= 100:
        return Axis("error in ULP", 0.0, max(1.15 * high, 1.0), log=False)
    return log_axis("error in ULP", [0.1, high], 0.1, high)


def section(row: Row) -> Markup:
    """The op, or a derivative of it, along one element: backward as a line, differences as circles."""
    known = _known(row)
    low, high = _middle([*row["analytic"], *(v for _, v, _ in known)])
    frame = Frame(
        linear_axis(moving(row), min(row["x"]), max(row["x"])), linear_axis(_name(row), low, high)
    )
    lines = [
        Line("backward" if row["order"] else "forward", row["x"], row["analytic"], _BACKWARD),
        Line("numerical", [x for x, _, _ in known], [v for _, v, _ in known], _NUMERIC),
    ]
    return plot(lines, frame, f"{_name(row).capitalize()} of {row['op']}: {section_caption(row)}.")


def moving(row: Row) -> str:
    """What the horizontal axis of a section is: the element that moves."""
    return row["input"].rpartition(" of ")[2] or "x"


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
    span = f"from {low} to {high}"
    if row["order"] == 0:
        return f"{row['input']}, {span}"
    known, backward = _known(row), dict(zip(row["x"], row["analytic"], strict=True))
    if not known:
        return f"line: backward, {span}; no numerical derivative has a bound here"
    off = max(abs(v - backward[x]) for x, v, _ in known)
    agree = sum(abs(v - backward[x]) <= bound for x, v, bound in known)
    without = len(row["numeric"]["x"]) - len(known)
    return (
        f"line: backward, {span}; circles: differences of forward at {len(known)} points, at most "
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


def figure(row: Row) -> Markup:
    """A study's figure."""
    frame = Frame(
        _axis(row["x"], [v for line in row["lines"] for v in line["x"]]),
        _axis(row["y"], [v for line in row["lines"] for v in line["y"]]),
    )
    lines = [
        Line(line["label"], line["x"], line["y"], style)
        for line, style in zip(row["lines"], _line_styles(row), strict=True)
    ]
    return plot(lines, frame, f"{row['caption']} {_ends(row)}".strip())


def figure_legend(row: Row) -> list[tuple[Markup, str]]:
    """(piece of line, name) for each line of a study's figure, a name only once."""
    found: dict[str, Markup] = {}
    for line, style in zip(row["lines"], _line_styles(row), strict=True):
        if line["label"]:
            found.setdefault(line["label"], key(style))
    return [(image, name) for name, image in found.items()]


def _line_styles(row: Row) -> list[Style]:
    """The same style for lines of one name; thin ones, which stay behind, are all alike."""
    names = list(dict.fromkeys(x["label"] for x in row["lines"] if x["style"] != "thin"))
    return [
        _THIN
        if line["style"] == "thin"
        else _styled(_STYLES[names.index(line["label"]) % len(_STYLES)], line["style"])
        for line in row["lines"]
    ]


def _styled(style: Style, kind: str) -> Style:
    return Style(style.color, "", style.mark, 0) if kind == "marks" else style


def _axis(axis: Mapping[str, object], values: Sequence[float]) -> Axis:
    finite = [v for v in values if math.isfinite(v)]
    if axis["log"]:
        return log_axis(str(axis["label"]), finite, 1e-300, 1e300)
    return linear_axis(str(axis["label"]), min(finite, default=0.0), max(finite, default=1.0))


def _ends(row: Row) -> str:
    """Where each line starts and ends: a text alternative that has the plot's numbers."""
    ends = [
        f"{line['label']} goes from {_point(points[0])} to {_point(points[-1])}"
        for line in row["lines"]
        if line["style"] != "thin" and line["label"]
        for points in [_finite_points(line)]
        if points
    ]
    return "; ".join(ends[:8]) + ("." if ends else "")


def _finite_points(line: Mapping[str, Sequence[float]]) -> list[tuple[float, float]]:
    pairs = zip(line["x"], line["y"], strict=True)
    return [(x, y) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]


def _point(point: tuple[float, float]) -> str:
    return f"({significant(point[0])}, {significant(point[1])})"
