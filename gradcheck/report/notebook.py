"""A finished run as HTML, which a notebook shows: what did not pass, who keeps the fewest digits, the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report.answers import part_lost
from gradcheck.report.formatting import kept_of, plural, ulp, words
from gradcheck.report.judged import Cell, badness
from gradcheck.report.summary import Summary, headline, state, summarize
from gradcheck.report.templating import order_name
from gradcheck.system import markup
from gradcheck.system.texts import printable

MOST = 10  # functions, findings and warnings; the report has the others


def run(rows: Iterable[Row], report: Path, failed: bool, beside: Sequence[str] = ()) -> str:
    """The run as a notebook shows it.

    Args:
        report: the page, to which a link leads.
        failed: something went wrong of which the rows need not say anything.
        beside: what else is to be said, a sentence each.
    """
    found = summarize(rows)
    parts = [markup.head("fail" if failed else state(found), headline(found))]
    parts += [markup.line("", sentence) for sentence in beside[:MOST]]
    parts += _findings(found)
    parts += _tables(found)
    parts += [
        markup.line("warning", f"{case.row['case']}: {text}")
        for case in found.warned[:MOST]
        for text in case.warnings
    ]
    parts.append(_link(report))
    return str(markup.box(parts))


def _findings(found: Summary) -> Iterator[Markup]:
    for finding in found.findings[:MOST]:
        row = finding.row
        yield markup.line(words(finding.verdict), f"{finding.name}: {row['reason']}")
        if row.get("diagnosis"):
            yield markup.line("likely cause", row["diagnosis"])
        if row.get("reproduce"):
            yield markup.code("reproduce", row["reproduce"])
    more = len(found.findings) - MOST
    if more > 0:
        yield markup.line("", f"... and {more} more that did not pass")


def _tables(found: Summary) -> Iterator[Markup]:
    worst = [(f.op, *_worst(f.cells)) for f in found.functions if f.cells]
    lines = [
        (op, order_name(order), kept_of(cell.digits), ulp(cell.error_ulp), words(cell.verdict))
        for op, order, cell in nlargest(MOST, worst, key=lambda each: _loss(each[2]))
    ]
    if lines:
        head = ("function", "derivative", "digits kept", "error/ULP", "verdict")
        of = plural(len(worst), "function")
        yield markup.table([head, *lines], f"Fewest digits kept, of {of}" if len(worst) > 1 else "")


def _worst(cells: dict[int, Cell]) -> tuple[int, Cell]:
    """The order that loses most of its digits, and its cell."""
    return max(cells.items(), key=lambda item: _loss(item[1]))


def _loss(cell: Cell) -> tuple[float, float]:
    return part_lost(cell.digits), badness(cell.error_ulp)


def _link(report: Path) -> Markup:
    """Relative to the working folder, which is the notebook's, where the report lies below it."""
    path = report.absolute()
    below = path.is_relative_to(Path.cwd())
    target = quote(path.relative_to(Path.cwd()).as_posix()) if below else path.as_uri()
    return Markup('<div><b>report:</b> <a href="{}">{}</a></div>').format(target, printable(report))
