"""The figures of studies, drawn from figure rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report.formatting import significant
from gradcheck.report.scales import Scale, linear_axis, log_axis
from gradcheck.report.styles import STYLES
from gradcheck.report.svg import DrawnLine, Frame, Style, key, key_mark, plot

_THIN = Style("thin")


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
    return plot(lines, frame, f"{row['caption']} {_ends(row)}".strip())


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
    names = list(dict.fromkeys(x["label"] for x in row["lines"] if x["style"] != "thin"))
    return [
        _THIN
        if line["style"] == "thin"
        else _styled(STYLES[names.index(line["label"]) % len(STYLES)], line["style"])
        for line in row["lines"]
    ]


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
