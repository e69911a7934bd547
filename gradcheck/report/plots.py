"""The plots of the report, drawn from curve and range rows."""

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
    found = [(e, h) for e, h in zip(scheme["error"], scheme["step"], strict=True) if e >= 0]
    if not found:
        return "not measured"
    error, step = min(found)
    return f"{significant(error, 2)} at step {significant(step, 2)}"


def accuracy(row: Row) -> Markup:
    """Error in ULPs over the domain, a dot a point; a cross at the top where it is not finite."""
    x, errors = row["x"], row["error_ulp"]
    y_axis = _ulp_axis([e for e in errors if math.isfinite(e)])
    frame = Frame(_domain_axis([v for v in x if math.isfinite(v)]), y_axis, 150 - TOP - BOTTOM)
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
    )


def _not_finite(row: Row) -> list[float]:
    pairs = zip(row["x"], row["error_ulp"], strict=True)
    return [x for x, error in pairs if not math.isfinite(error)]


def _near_top(axis: Axis) -> float:
    """A value whose mark is still whole inside the frame."""
    if axis.log:
        return axis.high * (axis.low / axis.high) ** 0.06
    return axis.high - 0.06 * (axis.high - axis.low)


def _domain_axis(x: Sequence[float]) -> Axis:
    low, high = min(x, default=0.0), max(x, default=1.0)
    if 0 < low < high / 1e3:
        return log_axis("x", x, low, high)
    return linear_axis("x", low, high)


def _ulp_axis(errors: Sequence[float]) -> Axis:
    """Linear from 0 while errors are a few ULPs, logarithmic where they are not."""
    high = max(errors, default=1.0)
    if high <= 100:
        return Axis("error in ULP", 0.0, max(1.15 * high, 1.0), log=False)
    return log_axis("error in ULP", [0.1, high], 0.1, high)
