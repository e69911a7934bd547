"""The report as one self-contained page: no script, font, style or image from outside."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gradcheck.records import VERDICTS, Row
from gradcheck.report import figures, plots
from gradcheck.report.mathml import math_element
from gradcheck.report.summary import (
    Finding,
    Function,
    Summary,
    badness,
    grouped,
    headline,
    summarize,
    worst_per_order,
)

_TEMPLATES = Path(__file__).with_name("templates")
#: More findings than these are left to the functions' own sections.
_FINDINGS_SHOWN = 40


@dataclass(frozen=True)
class Plot:
    order: int
    image: Markup
    row: Row


@dataclass(frozen=True)
class Section:
    """What the page shows of one function."""

    anchor: str
    function: Function
    formula: Row | None
    findings: list[Finding]
    accuracy: list[Plot]
    curves: list[Plot]
    legend: list[tuple[Markup, str]]


def write(
    rows: Iterable[Row], out_dir: str | os.PathLike[str], *, records_name: str = "records.jsonl"
) -> Path:
    """Render the rows into ``out_dir``/index.html and return that path.

    The folder is made where there is none; the page links to ``records_name`` beside it. The same
    rows give the same bytes. Raises OSError where the folder cannot be written to.
    """
    return write_page(Path(out_dir) / "index.html", render(rows, records_name=records_name))


def write_page(page: Path, text: str) -> Path:
    """Write a page whole or not at all; its folder is made where there is none."""
    page.parent.mkdir(parents=True, exist_ok=True)
    part = page.with_name(page.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, page)
    return page


def render(rows: Iterable[Row], *, records_name: str = "records.jsonl") -> str:
    """The page as text."""
    rows = list(rows)
    summary = summarize(rows)
    sections = _sections(rows, summary)
    return environment().get_template("page.html").render(
        summary=summary,
        headline=headline(summary),
        state=_state(summary),
        worst=worst_per_order(summary),
        sections=sections,
        anchors={section.function.op: section.anchor for section in sections},
        networks=grouped(summary.networks, lambda row: (row["name"], row["data"])),
        exempt=grouped(summary.exempt, lambda row: row["what"]),
        verdicts=VERDICTS,
        findings_shown=_FINDINGS_SHOWN,
        records_name=records_name,
    )  # fmt: skip


def environment() -> Environment:
    """The templates, with the filters that they use."""
    found = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        ulp=figures.ulp,
        significant=figures.significant,
        duration=figures.duration,
        sort_key=sort_key,
        accuracy_caption=plots.accuracy_caption,
        breakable=breakable,
        math=math_element,
        order_name=order_name,
        words=lambda verdict: verdict.replace("-", " "),
        oracle_name=lambda oracle: oracle.replace("_", " "),
    )
    found.globals["differing"] = differing
    return found


def order_name(order: int) -> str:
    """
    >>> [order_name(n) for n in (0, 1, 2, 3, 4)]
    ['value', '1st', '2nd', '3rd', '4th']
    """
    return {0: "value", 1: "1st", 2: "2nd", 3: "3rd"}.get(order, f"{order}th")


def breakable(name: str) -> Markup:
    """The name, which may wrap after an underscore.

    >>> print(breakable("log_softmax"))
    log_<wbr>softmax
    """
    return Markup("_<wbr>").join(name.split("_"))


def sort_key(error: float | None) -> str:
    """How bad the error is, as a number that JavaScript reads.

    >>> sort_key(2.5), sort_key(None), sort_key(float("nan"))
    ('2.5', '-1.0', 'Infinity')
    """
    return repr(badness(error)).replace("inf", "Infinity")


def differing(expected: str, got: str) -> tuple[str, str]:
    """``got`` in two pieces: what it shares with ``expected``, and the rest.

    >>> differing("0.41997434161402607", "0.41997434161999")
    ('0.41997434161', '999')
    """
    same = (a == b for a, b in zip(expected, got, strict=False))
    shared = sum(takewhile(bool, same))
    return got[:shared], got[shared:]


def _state(summary: Summary) -> str:
    """One word for the whole: the first of the bad things that happened, or pass."""
    if summary.counts["fail"] or any(f.verdict == "fail" for f in summary.findings):
        return "fail"
    if not summary.executed:
        return "not-tested"
    incomplete = summary.interrupted or summary.executed < summary.declared
    return "inconclusive" if incomplete or summary.findings else "pass"


def _sections(rows: Sequence[Row], summary: Summary) -> list[Section]:
    kinds = grouped(rows, lambda row: row["kind"])
    formulas, curves, ranges = (
        grouped(kinds.get(kind, []), lambda row: row["op"])
        for kind in ("formula", "curve", "range")
    )
    styles = plots.scheme_styles(kinds.get("curve", []))
    anchors: set[str] = set()
    return [
        Section(
            anchor=_anchor(function.op, anchors),
            function=function,
            formula=next(iter(formulas.get(function.op, [])), None),
            findings=[f for f in summary.findings if f.row.get("op") == function.op],
            accuracy=_plots(ranges.get(function.op, []), plots.accuracy),
            curves=_plots(curves.get(function.op, []), lambda row: plots.curve(row, styles)),
            legend=plots.legend(curves.get(function.op, []), styles),
        )
        for function in summary.functions
    ]


def _plots(rows: Sequence[Row], draw: Callable[[Row], Markup]) -> list[Plot]:
    ordered = sorted(rows, key=lambda row: row["order"])
    return [Plot(row["order"], draw(row), row) for row in ordered]


def _anchor(op: str, taken: set[str]) -> str:
    """An id for the function's section that no other has."""
    base = "op-" + (re.sub(r"[^a-z0-9]+", "-", op.lower()).strip("-") or "unnamed")
    anchor, number = base, 2
    while anchor in taken:
        anchor, number = f"{base}-{number}", number + 1
    taken.add(anchor)
    return anchor
