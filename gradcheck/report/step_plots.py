"""The error of numerical derivatives against the step size, drawn from a curve row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report.formatting import significant
from gradcheck.report.styles import STYLES
from gradcheck.report.svg import DrawnLine, Frame, Style, key, log_axis, plot, ring, upright

_MODEL = {
    "truncation": Style("#555", "10 5", "", 1.3),
    "rounding": Style("#555", "1.5 3.5", "", 1.3),
}
_NOTHING_RIGHT = 1e3  # errors past this are outside the plot: how wrong noise is says nothing
_MODEL_NAMES = {"truncation": "predicted truncation", "rounding": "predicted rounding"}


def scheme_styles(curves: Iterable[Row]) -> dict[str, Style]:
    """A style for each scheme that occurs, the same in every plot of a page."""
    names = sorted({name for row in curves for name in row["schemes"]}, key=_scheme_order)
    return {name: STYLES[i % len(STYLES)] for i, name in enumerate(names)}


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
        log_axis("relative error", _all(row, "error"), 1e-22, _NOTHING_RIGHT),
    )
    lines = [
        DrawnLine(_MODEL_NAMES[name], row["model"]["step"], row["model"][name], style)
        for name, style in _MODEL.items()
    ]
    lines += [
        DrawnLine(name, row["schemes"][name]["step"], row["schemes"][name]["error"], style)
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
        f"{_differentiated(row)}, which is {_short(row['truth'])}. Ring: step "
        f"{significant(row['chosen_step'], 2)} chosen, error {significant(row['chosen_error'], 2)}"
        + (
            f"; the smallest error of all, {significant(found[winner], 2)}, has {winner} at step "
            f"{significant(best[winner][1], 2)}"
            if winner
            else ""
        )
    )


def _differentiated(row: Row) -> str:
    """Which derivative of what, by what and where: to digits from which it can be computed again."""
    what = row.get("output", "the sum of all outputs, weighed with a random cotangent,")
    return f"Derivative of order {row['order']} of {what} by {row['input']} at {significant(row['x'], 9)}"


def _short(truth: str) -> str:
    """The digits of a truth that help to read a plot."""
    try:
        return significant(float(truth), 5)
    except ValueError:
        return truth


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
        f"Relative error of numerical derivatives of {row['op']} against the step size, log-log. "
        f"{_differentiated(row)}: {_short(row['truth'])}. "
        f"Errors fall with the step, then rise as digits cancel. {best}. "
        f"Chosen step {significant(row['chosen_step'], 2)}, error {significant(row['chosen_error'], 2)}."
    )


def _best(scheme: Mapping[str, Sequence[float]]) -> str:
    error, step = _best_of(scheme)
    if math.isnan(error):
        return "not measured"
    return f"{significant(error, 2)} at step {significant(step, 2)}"
