"""What a study says: a title, what was found, and figures and tables in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from gradcheck.records.jsonl import Row, row


@dataclass(frozen=True)
class Axis:
    """An axis: its name with the unit, and whether it is logarithmic."""

    label: str
    log: bool = False


@dataclass(frozen=True)
class Line:
    """A line of a figure: "line", "marks" (points alone) or "thin" (in the background, not named)."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    style: Literal["line", "marks", "thin"] = "line"


@dataclass(frozen=True)
class Figure:
    """A plot; ``text`` comes before it (paragraphs apart by an empty line), ``caption`` under it.

    An empty ``title`` goes on under the heading before.
    """

    title: str
    text: str
    caption: str
    x: Axis
    y: Axis
    lines: Sequence[Line]


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row names it. None stands for what was not measured."""

    title: str
    text: str
    caption: str
    columns: Sequence[str]
    cells: Sequence[Sequence[str | float | None]]


@dataclass(frozen=True)
class Study:
    """``lead`` says in a few sentences what is asked and what was found."""

    title: str
    lead: str
    parts: Sequence[Figure | Table]


def study_rows(name: str, study: Study, seconds: float) -> list[Row]:
    """The rows of a study: itself, then its figures and tables, numbered.

    >>> table = Table("Cost", "", "Seconds", ["method", "seconds"], [["backward", 0.1]])
    >>> [row["kind"] for row in study_rows("cost", Study("Cost", "Little.", [table]), 0.2)]
    ['study', 'table']
    """
    head = {"study": name, "title": study.title, "lead": study.lead, "seconds": seconds}
    return [row("study", head), *_numbered(name, study.parts)]


def _numbered(name: str, parts: Iterable[Figure | Table]) -> list[Row]:
    return [
        row(type(part).__name__.lower(), {"study": name, "place": place, **_fields(part)})
        for place, part in enumerate(parts, 1)
    ]


def _fields(part: Figure | Table) -> dict[str, Any]:
    fields = asdict(part)
    if isinstance(part, Table):
        fields["cells"] = [
            [cell if isinstance(cell, str | None) else float(cell) for cell in cells] for cells in part.cells
        ]
    return fields
