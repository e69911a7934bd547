"""What the studies found, as the introduction says it: taken from their figures and tables.

A figure is known by the names of its lines, a table by those of its columns; a study that says it otherwise
says nothing here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report.data import Picture
from gradcheck.report.dtypes_kept import DTYPES
from gradcheck.report.schemes import BestStep
from gradcheck.report.study_page import Block, StudyPage

Studies = Mapping[str, StudyPage]
WRITTEN, SHARED, GRAPH = "expression, written out", "expression, equal parts shared", "computational graph"
WAYS = ("numeric", "symbolic", "automatic")
DESCENT, NEWTON = "gradient descent", "Newton, double backprop"
_MEASURED = ("line", "marks")  # the other styles are of what stays behind, and of what a model predicts
_ORDER_AND_WAY = re.compile(rf"order (\d+), ({'|'.join(WAYS)})")


class Part(NamedTuple):
    """A study's page or a part of it: its title, the path from the summary, what makes the study again."""

    title: str
    path: str
    command: str


@dataclass(frozen=True)
class Growth:
    """How large a derivative of that order is: nodes of the expression, functions of the graph."""

    order: int
    written: int
    shared: int
    graph: int


@dataclass(frozen=True)
class Ways:
    """Relative errors of the lowest and the highest order: order -> way -> error."""

    errors: Mapping[int, Mapping[str, float]]


class Sizes(NamedTuple):
    """Functions in the graph of the first derivative, and in that of the highest order."""

    name: str
    first: int
    order: int
    last: int


@dataclass(frozen=True)
class Newton:
    """Newton's method near a minimum.

    Attributes:
        name: of the function.
        digits: correct digits of the last iterates.
        order: of convergence, of the last three.
        descent, steps: how many steps gradient descent and Newton's method take; 0 where not told.
        apart: how far from the minimum gradient descent ends.
    """

    name: str
    digits: Sequence[float]
    order: float
    descent: int
    steps: int
    apart: float
    picture: Picture
    legend: Sequence[tuple[Markup, str]]


def parts(studies: Studies) -> dict[str, Part]:
    """Where the studies say more: the page of each by its name, and parts by what is asked there."""
    found = {
        "digits": _part(studies, "differences", _table(studies, "differences", "difference quotient")),
        "best step": _part(studies, "differences", _figure(studies, "differences", DTYPES)),
        "richardson": _part(studies, "step-schemes", _table(studies, "step-schemes", "extrapolated once")),
        "complex step": _part(
            studies, "step-schemes", _figure(studies, "step-schemes", ("central", "complex step"))
        ),
        "growth": _part(studies, "three-ways", _figure(studies, "three-ways", (WRITTEN, SHARED, GRAPH))),
        "ways": _part(studies, "three-ways", _table(studies, "three-ways", "Relative error")),
        "orders": _part(studies, "higher-order", _sized(studies)),
        "convergence": _part(studies, "newton", _converging(studies)),
    }
    whole = {name: Part(page.title, page.path, _command(page)) for name, page in studies.items()}
    return whole | {name: part for name, part in found.items() if part}


def best_steps(studies: Studies) -> list[BestStep]:
    """Of the figure that has a line for each dtype."""
    figure = _figure(studies, "differences", DTYPES)
    lines = _lines(figure.row) if figure else {}
    found = []
    for dtype in DTYPES:
        points = [(error, step) for step, error in lines.get(dtype, []) if error > 0]
        if points:
            error, step = min(points)
            found.append(BestStep(dtype, step, error))
    return found


def growth(studies: Studies) -> Growth | None:
    """Of the highest order that all lines reach."""
    figure = _figure(studies, "three-ways", (WRITTEN, SHARED, GRAPH))
    if not figure or "order" not in figure.row["x"]["label"]:
        return None
    lines = [dict(_lines(figure.row)[name]) for name in (WRITTEN, SHARED, GRAPH)]
    order = max(set.intersection(*map(set, lines)), default=None)
    return None if order is None else Growth(int(order), *(int(line[order]) for line in lines))


def ways(studies: Studies) -> Ways | None:
    """Of the orders for which all three ways have an error, the lowest and the highest."""
    table = _table(studies, "three-ways", "Relative error")
    errors: dict[int, dict[str, float]] = {}
    for name, error, *_ in table.row["cells"] if table else []:
        told = _ORDER_AND_WAY.fullmatch(str(name))
        if told and isinstance(error, int | float):
            errors.setdefault(int(told[1]), {})[told[2]] = float(error)
    whole = sorted(order for order, of in errors.items() if len(of) == len(WAYS))
    return Ways({order: errors[order] for order in (whole[0], whole[-1])}) if whole else None


def sizes(studies: Studies) -> list[Sizes]:
    """Of each function whose graphs were counted."""
    figure = _sized(studies)
    lines = _lines(figure.row) if figure else {}
    return [
        Sizes(name, int(points[0][1]), int(points[-1][0]), int(points[-1][1]))
        for name, points in lines.items()
        if len(points) > 1
    ]


def newton(studies: Studies) -> Newton | None:
    """Of the first function of the figure of correct digits."""
    figure = _converging(studies)
    lines = _lines(figure.row) if figure else {}
    name, points = next(iter(lines.items()), ("", []))
    digits = [value for _, value in points][-4:]
    order = convergence(digits)
    if not figure or not figure.picture or order is None:
        return None
    taken = _steps_on(studies, name)
    return Newton(name, digits, order, *taken, figure.picture, figure.legend)


def convergence(digits: Sequence[float]) -> float | None:
    """The order p of convergence that the last three iterates show: e(k+1)/e(k) = (e(k)/e(k-1))^p.

    >>> convergence([1.0, 2.0, 4.0, 8.0]), convergence([3.0, 4.0, 5.0]), convergence([1.0, 2.0])
    (2.0, 1.0, None)
    """
    if len(digits) < 3 or digits[-2] == digits[-3]:
        return None
    return (digits[-1] - digits[-2]) / (digits[-2] - digits[-3])


def _steps_on(studies: Studies, name: str) -> tuple[int, int, float]:
    """The steps that both methods take on that function, and how far from the minimum descent ends."""
    for block in studies["newton"].blocks:
        row = block.row
        if row["kind"] == "table" and row["columns"][:3] == ["Method", "Steps", "Distance from the minimum"]:
            told = {method: figures for method, *figures in row["cells"]}
            if row["caption"].startswith(f"{name} from ") and {DESCENT, NEWTON} <= set(told):
                descent, steps = told[DESCENT], told[NEWTON]
                return int(descent[0]), int(steps[0]), float(descent[1])
    return 0, 0, math.nan


# Figures and tables of a study ----------------------------------------------------------------------


def _sized(studies: Studies) -> Block | None:
    return _figure(studies, "higher-order", (), "functions in the graph")


def _converging(studies: Studies) -> Block | None:
    return _figure(studies, "newton", (), "correct decimal digits")


def _figure(studies: Studies, study: str, names: Sequence[str], y: str = "") -> Block | None:
    """The first figure of a study that has lines of these names, and that label at its y axis."""
    for block in studies[study].blocks if study in studies else []:
        row = block.row
        if row["kind"] == "figure" and set(names) <= set(_lines(row)) and y in row["y"]["label"]:
            return block
    return None


def _table(studies: Studies, study: str, column: str) -> Block | None:
    blocks = studies[study].blocks if study in studies else []
    return next((b for b in blocks if b.row["kind"] == "table" and column in b.row["columns"]), None)


def _lines(row: Row) -> dict[str, list[tuple[float, float]]]:
    """Name of a line -> its points, those that are numbers."""
    return {
        line["label"]: [
            (x, y)
            for x, y in zip(line["x"], line["y"], strict=False)
            if math.isfinite(x) and math.isfinite(y)
        ]
        for line in row["lines"]
        if line["style"] in _MEASURED
    }


def _part(studies: Studies, study: str, block: Block | None) -> Part | None:
    """The part under whose title a figure or table stands."""
    if block is None:
        return None
    page = studies[study]
    before = [each.row for each in page.blocks if each.row["place"] <= block.row["place"]]
    titled = next((row for row in reversed(before) if row["title"]), None)
    if titled is None:
        return None
    return Part(titled["title"], f"{page.path}#part-{titled['place']}", _command(page))


def _command(page: StudyPage) -> str:
    """Empty where the study does not say it."""
    return str(page.row.get("command", ""))
