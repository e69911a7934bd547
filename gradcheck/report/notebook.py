"""A finished run as HTML, which a notebook shows: what did not pass, the fewest digits, the report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from heapq import nlargest
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from gradcheck.records.jsonl import worst
from gradcheck.report.answers import part_lost
from gradcheck.report.conclusion import headline, state
from gradcheck.report.formatting import kept_of, plural, ulp, words
from gradcheck.report.judged import Cell, badness
from gradcheck.report.summary import Finding, FunctionSummary, Summary
from gradcheck.report.templating import order_name
from gradcheck.system import markup
from gradcheck.system.texts import printable

MOST = 10  # functions, findings and warnings; the report has the others


def run(found: Summary, report: Path, failed: bool, beside: Sequence[str] = ()) -> str:
    """The run as a notebook shows it.

    Args:
        report: the page, to which a link leads.
        failed: something went wrong of which the rows need not say anything.
        beside: what else is to be said, a sentence each.
    """
    parts = [markup.head("fail" if failed else state(found), headline(found))]
    parts += [markup.line("", sentence) for sentence in beside[:MOST]]
    parts += _findings(found)
    parts += _fewest_digits(found)
    parts += [
        markup.line("warning", f"{case.row['case']}: {text}")
        for case in found.warned[:MOST]
        for text in case.warnings
    ]
    parts.append(_link(report))
    return str(markup.box(parts))


def _findings(found: Summary) -> Iterator[Markup]:
    for finding in found.findings[:MOST]:
        yield markup.group(_finding(finding))
    more = len(found.findings) - MOST
    if more > 0:
        yield markup.line("", f"... and {more} more that did not pass")


def _finding(finding: Finding) -> Iterator[Markup]:
    row = finding.row
    yield markup.line(words(finding.verdict), f"{finding.name}: {row['reason']}")
    if row.get("diagnosis"):
        yield markup.line("likely cause", row["diagnosis"])
    if row.get("reproduce"):
        yield markup.code("reproduce", row["reproduce"])


def _fewest_digits(found: Summary) -> Iterator[Markup]:
    """A table of the functions that lose most of their digits, each at the order where it does."""
    measured = [f for f in found.functions if f.cells]
    if not measured:
        return
    shown = nlargest(MOST, measured, key=lambda f: _loss(f.cells[_weakest(f)]))
    head = ("function", "derivative", "digits kept", "error/ULP", "verdict")
    count = plural(len(measured), "function")
    yield markup.table([head, *map(_line, shown)], f"Fewest digits kept ({count}):")


def _line(function: FunctionSummary) -> tuple[str, ...]:
    order = _weakest(function)
    cell = function.cells[order]
    verdict = worst(each.verdict for each in function.cells.values())
    return function.op, order_name(order), kept_of(cell.digits), ulp(cell.error_ulp), words(verdict)


def _weakest(function: FunctionSummary) -> int:
    """The order that loses most of its digits."""
    return max(function.cells, key=lambda order: _loss(function.cells[order]))


def _loss(cell: Cell) -> tuple[float, float]:
    return part_lost(cell.digits), badness(cell.error_ulp)


def _link(report: Path) -> Markup:
    """Relative to the working folder, which is the notebook's, where the report lies below it."""
    path = report.absolute()
    below = path.is_relative_to(Path.cwd())
    target = quote(os.fsencode(path.relative_to(Path.cwd()).as_posix())) if below else path.as_uri()
    return Markup('<div><b>report:</b> <a style="color:inherit" href="{}">{}</a></div>').format(
        target, printable(report)
    )
