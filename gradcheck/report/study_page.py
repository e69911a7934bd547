"""What the page of a study shows: its figures and tables in their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report import data, most, study_plots
from gradcheck.report.data import Picture, slug
from gradcheck.report.formatting import plural
from gradcheck.report.judged import grouped

#: Studies that the introduction leads through, and all that are known here, as they are best read.
INTRODUCED = ("differences", "step-schemes", "three-ways", "higher-order", "newton", "on-a-gpu")
_KNOWN = (*INTRODUCED, "peers", "judgements")

_NUMBER = re.compile(r"[-<\N{MINUS SIGN}]?\d[\d,.]*(·10[⁻⁰¹²³⁴-⁹]+)?( (µs|ms|s))?")

_HOW = (
    "Each parameter is moved, element by element (where there are many, a random sample of them), and the "
    "central difference of the loss is compared with what backward gives; for second derivatives it is the "
    "difference of the gradient, taken along a random direction of length 1. How far the two are apart "
    "grows with the size of the loss and of its derivatives.\n\nHow far backward itself is off stands "
    "beside it, in units in the last place (ULP: the spacing of floats at the value). It is that of the "
    "parameter's worst element, against the same backward in balls so narrow that rounding vanishes; jets "
    "prove all parameters together that this is the derivative. Where an element is a small difference of "
    "large numbers, rounding of these counts in ULPs of the small one: 1000 of them are three of the 15.9 "
    "digits."
)


@dataclass(frozen=True)
class Block:
    """A figure (with its picture and legend) or a table (with which columns hold numbers)."""

    row: Row
    picture: Picture | None
    legend: list[tuple[Markup, str]]
    numeric: list[bool]


@dataclass(frozen=True)
class StudyPage:
    """``name`` is the file's, without its ending; ``networks`` groups network rows by network.

    ``row`` is the study's own, which may say how to make it again; the networks have none.
    """

    name: str
    title: str
    lead: str
    seconds: float | None
    blocks: list[Block]
    row: Row = field(default_factory=dict)
    networks: dict[tuple[str, str], list[Row]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """From the summary."""
        return f"studies/{self.name}.html"

    @property
    def pictures(self) -> list[Picture]:
        return [block.picture for block in self.blocks if block.picture]


def study_pages(rows: Iterable[Row], networks: Sequence[Row]) -> list[StudyPage]:
    """A page for each study, and one for the networks."""
    kinds = grouped(rows, lambda row: row["kind"])
    shown = [*kinds.get("figure", []), *kinds.get("table", [])]
    blocks = grouped(sorted(shown, key=lambda row: row["place"]), lambda row: row["study"])
    studies = sorted(kinds.get("study", []), key=_reading_order)[: most.STUDIES]
    taken: set[str] = {"index"}
    pages = [_page(row, slug(row["study"], taken), blocks.get(row["study"], [])) for row in studies]
    if networks:
        pages.append(_network_page(networks, slug("networks", taken)))
    return pages


def _network_page(rows: Sequence[Row], name: str) -> StudyPage:
    """Gradient checking as it is taught, a table for each network."""
    groups = grouped(rows, lambda row: (row["name"], row["data"]))
    passed = sum(row["verdict"] == "pass" for row in rows)
    lead = (
        "Gradient checking as it is taught: the parameters of whole networks by differences, beside what "
        f"backward gives, for {plural(len(groups), 'network or check', 'networks and checks')}. Of "
        f"{plural(len(rows), 'row')} {passed} pass."
    )
    return StudyPage(
        *(name, "Networks: differences by parameter", lead, None, [_network_block(rows, name)]),
        networks={key: group[: most.ON_A_PAGE] for key, group in list(groups.items())[: most.ON_A_PAGE]},
    )


def _network_block(rows: Sequence[Row], name: str) -> Block:
    """All differences in one picture."""
    places = [float(n) for n in range(1, len(rows) + 1)]
    lines = [
        {"label": label, "style": "marks", "x": places, "y": [row[field] for row in rows]}
        for label, field in (("largest", "max_abs_diff"), ("mean", "mean_abs_diff"))
    ]
    figure = {
        "kind": "figure",
        "study": name,
        "place": 1,
        "title": "All parameters at a glance",
        "text": _HOW,
        "caption": "How far the two that each row of the tables below compares are apart, in their order: "
        "a wrong gradient would stand out by many powers of ten. A zero is at the lower edge.",
        "x": {"label": "row of the tables, from the first", "log": False},
        "y": {"label": "absolute difference", "log": True},
        "lines": lines,
    }
    return _block(figure, name)


def _reading_order(study: Row) -> tuple[int, str]:
    """From errors to uses; studies that are not known here come last."""
    name = study["study"]
    return (_KNOWN.index(name) if name in _KNOWN else len(_KNOWN)), name


def _page(study: Row, name: str, rows: Sequence[Row]) -> StudyPage:
    blocks = [_block(row, name) for row in rows[: most.BLOCKS]]
    return StudyPage(name, study["title"], study["lead"], study["seconds"], blocks, study)


def _block(row: Row, name: str) -> Block:
    if row["kind"] == "table":
        return Block(row, None, [], _numeric(row))
    file = f"study-{name}-{row['place']}.csv"
    drawn, written = partial(study_plots.figure, row), partial(data.figure_data, row)
    picture = Picture(drawn, row["caption"].rstrip("."), file, written)
    return Block(row, picture, study_plots.figure_legend(row), [])


def _numeric(row: Row) -> list[bool]:
    """Which columns of a table hold numbers, plain or written with a unit, and are set flush right."""
    columns = list(zip(*row["cells"], strict=True))
    return [n > 0 and any(_is_number(cell) for cell in column) for n, column in enumerate(columns)]


def _is_number(cell: str | float | None) -> bool:
    return _NUMBER.fullmatch(cell) is not None if isinstance(cell, str) else cell is not None
