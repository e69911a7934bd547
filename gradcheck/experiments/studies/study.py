"""What a study says: a title, what was found, and figures and tables in their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Literal

from gradcheck.records.jsonl import Row, row


@dataclass(frozen=True)
class Axis:
    """An axis: its name with the unit, and whether it is logarithmic."""

    label: str
    log: bool = False


@dataclass(frozen=True)
class Line:
    """A line of a figure.

    Its style is "line", "marks" (points alone), "thin" (in the background, not named) or "guide" (what a
    model predicts, to be compared with).
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    style: Literal["line", "marks", "thin", "guide"] = "line"


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
    """A table; the first cell of each row names it. None stands for what was not measured.

    One with a ``folded`` text is long: a page shows it when the reader opens what has this name.
    """

    title: str
    text: str
    caption: str
    columns: Sequence[str]
    cells: Sequence[Sequence[str | float | None]]
    folded: str = ""


@dataclass(frozen=True)
class Study:
    """``lead`` says in a few sentences what is asked and what was found, ``references`` where to read on."""

    title: str
    lead: str
    parts: Sequence[Figure | Table]
    references: Sequence[str] = ()


def study_rows(
    name: str, study: Study, seconds: float, reproduced: Mapping[str, Any] = MappingProxyType({})
) -> list[Row]:
    """The rows of a study: itself, then its figures and tables, numbered.

    Args:
        reproduced: the fields that say how to make it again (see `reproducing`).

    >>> table = Table("Cost", "", "Seconds", ["method", "seconds"], [["backward", 0.1]])
    >>> [row["kind"] for row in study_rows("cost", Study("Cost", "Little.", [table]), 0.2)]
    ['study', 'table']
    """
    head = {"study": name, "title": study.title, "lead": study.lead, "seconds": seconds}
    further = {"references": list(study.references)} if study.references else {}
    return [row("study", head | further | dict(reproduced)), *_numbered(name, study.parts)]


def _numbered(name: str, parts: Iterable[Figure | Table]) -> list[Row]:
    return [
        row(type(part).__name__.lower(), {"study": name, "place": place, **_fields(part)})
        for place, part in enumerate(parts, 1)
    ]


def _fields(part: Figure | Table) -> dict[str, Any]:
    fields = asdict(part)
    if isinstance(part, Table):
        if not part.folded:
            del fields["folded"]
        fields["cells"] = [
            [cell if isinstance(cell, str | None) else float(cell) for cell in cells] for cells in part.cells
        ]
    return fields
