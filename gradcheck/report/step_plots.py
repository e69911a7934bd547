"""The error of numerical derivatives against the step size, drawn from a curve row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from math import prod

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report.formatting import power_of_ten, significant
from gradcheck.report.frame import DrawnLine, Frame, Style
from gradcheck.report.paths import Point
from gradcheck.report.scales import log_axis
from gradcheck.report.styles import STYLES
from gradcheck.report.svg import guides, key, key_mark, plot, ring, upright

_MODEL = {"truncation": Style("truncation"), "rounding": Style("rounding")}
_NO_DIFFERENCE = 1.0  # the relative error of 0, where values do not differ: far from the noise around it
_NOTHING_RIGHT = 1e3  # errors past this are outside the plot: how wrong noise is says nothing
_MODEL_NAMES = {"truncation": "predicted truncation", "rounding": "predicted rounding"}


def scheme_styles(curves: Iterable[Row]) -> dict[str, Style]:
    """A style for each scheme that occurs, the same in every plot of a page."""
    return {name: STYLES[i % len(STYLES)] for i, name in enumerate(scheme_names(curves))}


def scheme_names(curves: Iterable[Row]) -> list[str]:
    """The schemes that occur, in the order in which they are drawn."""
    return sorted({name for row in curves for name in row["schemes"]}, key=_scheme_order)


def _scheme_order(name: str) -> tuple[int, str]:
    """From the simplest scheme to the most refined, then by name."""
    known = ("forward", "central", "five", "richardson", "complex")
    rank = next((i for i, word in enumerate(known) if word in name.lower()), len(known))
    return rank, name


def legend(curves: Sequence[Row], styles: Mapping[str, Style]) -> list[tuple[Markup, str]]:
    """(piece of line, name) for every line and mark that occurs in these curves.

    A scheme's order is told where its error has that power of the step: a line has nothing to truncate.
    """
    entries = []
    for name, style in styles.items():
        powers = sorted({scheme["power"] for scheme in _named(curves, name) if scheme.get("constant")})
        error = " or ".join(f"h{_raised(power)}" for power in powers)
        if _named(curves, name):
            entries.append((key(style), f"{name}, error ~ {error}" if error else name))
    drawn = {what for row in curves for what, image in _guides(row, _frame(row)).items() if image}
    entries += [(key(style, "guide"), _MODEL_NAMES[what]) for what, style in _MODEL.items() if what in drawn]
    errors = [error for row in curves for scheme in row["schemes"].values() for error in scheme["error"]]
    entries += [(key_mark("edge"), "error 0: the value is the truth")] if 0.0 in errors else []
    entries += [(key_mark("apart"), "error 1, as a difference of 0 has")] if _NO_DIFFERENCE in errors else []
    return entries


def _named(curves: Sequence[Row], name: str) -> list[Row]:
    return [row["schemes"][name] for row in curves if name in row["schemes"]]


def _raised(power: int) -> str:
    """
    >>> _raised(1), _raised(4)
    ('', '⁴')
    """
    return "" if power == 1 else power_of_ten(power).removeprefix("10")


def curve(row: Row, styles: Mapping[str, Style]) -> Markup:
    """Error of numerical derivatives against the step size, both axes logarithmic."""
    lines = [
        DrawnLine(name, row["schemes"][name]["step"], row["schemes"][name]["error"], style)
        for name, style in styles.items()
        if name in row["schemes"]
    ]
    frame = _frame(row)
    on_top = Markup().join([*_guides(row, frame).values(), _chosen(row, frame)])
    return plot(lines, frame, _curve_alt(row), on_top)


def _frame(row: Row) -> Frame:
    return Frame(
        log_axis("step size h", _all(row, "step"), 1e-40, 1e10),
        log_axis("relative error", [e for e in _all(row, "error") if e], 1e-22, _NOTHING_RIGHT),
        apart=_NO_DIFFERENCE,
    )


def _guides(row: Row, frame: Frame) -> dict[str, Markup]:
    """Of each scheme the truncation that its order predicts, and the rounding of central differences."""
    model = row["model"]
    truncation = [
        (f"h{_raised(scheme['power'])}", scheme["step"], _truncation(scheme))
        for name, scheme in row["schemes"].items()
        if scheme.get("constant") and name != "complex-step"  # its line is that of central differences
    ] or [("h²", model["step"], model["truncation"])]
    rounding = [(f"1/h{_raised(row['order'])}", model["step"], model["rounding"])]
    predicted = {"truncation": truncation, "rounding": rounding}
    return {what: guides(frame, _MODEL[what].look, _straight(lines)) for what, lines in predicted.items()}


def _straight(
    lines: Iterable[tuple[str, Sequence[float], Sequence[float]]],
) -> list[tuple[str, Sequence[Point]]]:
    """(label, ends) of what has two points on logarithmic axes."""
    found = [(label, [pair for pair in zip(x, y, strict=False) if _is_placed(pair)]) for label, x, y in lines]
    return [(label, [ends[0], ends[-1]]) for label, ends in found if len(ends) > 1]


def _is_placed(point: Point) -> bool:
    return all(0 < each < math.inf for each in point)


def _truncation(scheme: Row) -> list[float]:
    """What is predicted at each step; infinite, not an error, beyond the largest number."""
    return [scheme["constant"] * prod([h] * scheme["power"]) for h in scheme["step"]]


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
    place = frame.place(row["chosen_step"], row["chosen_error"])
    return upright(place[0], frame.size[1]) + ring(place)


def _curve_alt(row: Row) -> str:
    best = "; ".join(f"{name} {_best(scheme)}" for name, scheme in row["schemes"].items())
    return (
        f"Relative error of numerical derivatives of {row['op']} of order {row['order']} against the step, "
        f"log-log. The smallest: {best}."
    )


def _best(scheme: Mapping[str, Sequence[float]]) -> str:
    error, step = _best_of(scheme)
    if math.isnan(error):
        return "not measured"
    return f"{significant(error, 2)} at {significant(step, 2)}"
