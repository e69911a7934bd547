"""The figures of studies, drawn from figure rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report.formatting import significant
from gradcheck.report.frame import DrawnLine, Frame, Style
from gradcheck.report.scales import Scale, linear_axis, log_axis
from gradcheck.report.styles import STYLES
from gradcheck.report.svg import aside, key, key_mark, plot

_THIN = Style("thin")
_GUIDES = (Style("truncation"), Style("rounding"))  # as those of step plots


def figure(row: Row) -> Markup:
    """A study's figure."""
    frame = Frame(
        _axis(row["x"], [v for line in row["lines"] for v in line["x"]]),
        _axis(row["y"], [v for line in row["lines"] for v in line["y"]]),
    )
    lines = [
        DrawnLine(line["label"], line["x"], line["y"], style)
        for line, style in zip(row["lines"], _line_styles(row), strict=True)
    ]
    behind = Markup().join(aside(line, frame) for line in lines if line.style == _THIN)
    named = [line for line in lines if line.style != _THIN]
    return plot(named, frame, f"{row['caption']} {_ends(row)}".strip(), behind=behind)


def figure_legend(row: Row) -> list[tuple[Markup, str]]:
    """(piece of line, name) for each line of a study's figure, a name only once."""
    found: dict[str, Markup] = {}
    for line, style in zip(row["lines"], _line_styles(row), strict=True):
        if line["label"]:
            found.setdefault(line["label"], key(style))
    zeros = row["y"]["log"] and any(v <= 0 for line in row["lines"] for v in line["y"])
    marks = [(key_mark("edge"), "0, which has no logarithm")] if zeros else []
    return [(image, name) for name, image in found.items()] + marks


def _line_styles(row: Row) -> list[Style]:
    """The same style for lines of one name; thin ones, which stay behind, are all alike."""
    names = {
        kind: list(dict.fromkeys(line["label"] for line in row["lines"] if line["style"] in styles))
        for kind, styles in (("guide", ("guide",)), ("line", ("line", "marks")))
    }
    return [_style(line, names["guide" if line["style"] == "guide" else "line"]) for line in row["lines"]]


def _style(line: Row, names: Sequence[str]) -> Style:
    """That of a line; ``names`` are those of the lines of its kind, guides or not."""
    if line["style"] == "thin":
        return _THIN
    of_kind = _GUIDES if line["style"] == "guide" else STYLES
    return _styled(of_kind[names.index(line["label"]) % len(of_kind)], line["style"])


def _styled(style: Style, kind: str) -> Style:
    return replace(style, joined=False) if kind == "marks" else style


def _axis(axis: Mapping[str, object], values: Sequence[float]) -> Scale:
    label = str(axis["label"])
    return log_axis(label, values, 1e-300, 1e300) if axis["log"] else linear_axis(label, values)


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
