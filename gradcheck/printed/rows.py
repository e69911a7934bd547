"""The plots of rows. What each kind of row says becomes lines, as a study's figure has them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcheck.printed.axes import Line, Scale, legend, legend_height, plot
from gradcheck.printed.page import Page
from gradcheck.printed.style import in_style

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

Row = Mapping[str, Any]

_HEIGHT = 2.15  # inches, without the names of lines
_NOTHING_RIGHT = 1e3  # a relative error past this says nothing but how wrong noise is
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_FEW_ULP = 100  # errors up to this are read on a linear axis
_FAR_APART = 1e3  # points of such a ratio are seen on a logarithmic axis


def draw(row: Row) -> Page:
    """See `gradcheck.printed.draw`."""
    figure = figure_of(row)
    with in_style():
        page = Page(height(figure))
        put(page, figure)
        return page.settle()


def figure_of(row: Row) -> Row:
    """What a row says, as the lines of a figure that have something to show."""
    kind = str(row.get("kind"))
    if kind not in _FIGURES:
        raise ValueError(f"draw: expected a row of the kind {', '.join(_FIGURES)}, got {kind!r}")
    figure = _FIGURES[kind](row)
    return {**figure, "lines": [each for each in figure["lines"] if any(map(math.isfinite, each["y"]))]}


def height(figure: Row) -> float:
    """How high its plot is, in inches, with the names of the lines below."""
    return _HEIGHT + legend_height(figure["lines"])


def put(part: FigureBase, figure: Row) -> None:
    """Draw the figure into a page or a part of one."""
    lines = figure["lines"]
    axes = part.add_subplot()
    x, y = (Scale(name, figure[name], [v for line in lines for v in line[name]]) for name in "xy")
    plot(axes, x, y, lines)
    legend(part, axes)


def _figure(row: Row) -> Row:
    return row


def _curve(row: Row) -> Row:
    """The error of numerical derivatives against the step; what the model predicts, where it is in sight."""
    schemes, model, chosen = row["schemes"], row["model"], row["chosen_error"]
    errors = {name: _between(0.0, scheme["error"], _NOTHING_RIGHT) for name, scheme in schemes.items()}
    seen = [e for each in errors.values() for e in each if e > 0]
    low, high = min(seen, default=0.0), max(seen, default=math.inf)
    lines = [_line(_with_order(name, schemes[name]), schemes[name]["step"], errors[name]) for name in schemes]
    lines.append(_line("chosen step", [row["chosen_step"]], _between(0.0, [chosen], _NOTHING_RIGHT), "ring"))
    lines += [
        _line(f"predicted {name}", model["step"], _between(low, model[name], high), "guide")
        for name in ("truncation", "rounding")
    ]
    return _as_figure("step h", "relative error", lines, log=(True, True))


def _with_order(name: str, scheme: Row) -> str:
    """The name of a scheme, with the power of the step that its truncation follows where the row has it."""
    power = scheme.get("power")
    return f"{name}, ~ h{str(power).translate(_RAISED) if power > 1 else ''}" if power else name


def _section(row: Row) -> Row:
    """An op or a derivative of it along one element, beside the differences that have an error bound."""
    numeric = row["numeric"]
    found = zip(numeric["x"], numeric["value"], numeric["bound"], strict=True)
    bounded = [(x, value) for x, value, bound in found if math.isfinite(bound)]
    name = f"derivative of order {row['order']}" if row["order"] else "value"
    highest = _beside_a_pole(row["analytic"])
    analytic, differences = row["analytic"], [v for _, v in bounded]
    lines = [
        _line("backward" if bounded else "", row["x"], _between(-highest, analytic, highest), "bare"),
        _line("differences", [x for x, _ in bounded], _between(-highest, differences, highest), "marks"),
    ]
    return _as_figure(_moving(row), name, lines)


def _range(row: Row) -> Row:
    """The error over the domain; what is not finite stands above the rest."""
    x, errors = row["x"], row["error_ulp"]
    finite = [e for e in errors if math.isfinite(e)]
    highest = max(finite, default=1.0)
    log = highest > _FEW_ULP
    lost = [v for v, e in zip(x, errors, strict=True) if math.isinf(e)]
    lines = [_line("finite" if lost else "", x, errors, "marks")]
    if lost:
        top = highest**1.1 if log else 1.1 * highest
        lines.append(_line("not finite", lost, [top] * len(lost), "marks"))
    far = 0 < min(x, default=0.0) < max(x, default=0.0) / _FAR_APART
    return _as_figure(_moving(row), "error in ULP", lines, log=(far, log))


_FIGURES: Mapping[str, Callable[[Row], Row]] = {
    "figure": _figure,
    "curve": _curve,
    "section": _section,
    "range": _range,
}


def _as_figure(x: str, y: str, lines: Sequence[Line], log: tuple[bool, bool] = (False, False)) -> Row:
    return {"x": {"label": x, "log": log[0]}, "y": {"label": y, "log": log[1]}, "lines": lines}


def _line(label: str, x: Sequence[float], y: Sequence[float], style: str = "line") -> Line:
    return {"label": label, "style": style, "x": x, "y": y}


def _between(low: float, values: Sequence[float], high: float) -> list[float]:
    """The values, and nothing in place of those that are out of sight."""
    return [v if low <= v <= high else math.nan for v in values]


def _beside_a_pole(values: Sequence[float]) -> float:
    """A magnitude up to which values are shown: a pole is not to dwarf the rest."""
    ordered = sorted(abs(v) for v in values if math.isfinite(v))
    return 5 * ordered[int(0.9 * (len(ordered) - 1))] if ordered and ordered[-1] else 1.0


def _moving(row: Row) -> str:
    """Which element moves."""
    return str(row.get("input", "")).rpartition(" of ")[2] or "x"
