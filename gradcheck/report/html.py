"""The report as static pages that work from disk: a summary, a page for each function and study.

    index.html                 whole by itself: what passed, the matrix, every function in short
    changes.html               what changed since a baseline, where one was given
    functions/NAME.html        one function: formula, plots, cases, graph, source
    studies/NAME.html          one study
    environment.html           who measured, where and how long
    reading.html               what the words mean
    data/*.csv                 the data of every plot, and of the matrix

Nothing on a page comes from outside the folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from gradcheck.records.jsonl import RECORDS, Row
from gradcheck.report import changed, changed_page, most
from gradcheck.report.by_device import devices
from gradcheck.report.data import matrix_data
from gradcheck.report.function_page import function_pages
from gradcheck.report.judged import grouped
from gradcheck.report.machines import machines
from gradcheck.report.matrix import matrix
from gradcheck.report.study_page import study_pages
from gradcheck.report.summary import Summary, headline, is_of_a_user, state, subject, summarize
from gradcheck.report.templating import SHADES, asset, environment
from gradcheck.report.totals import durations, worst_per_order
from gradcheck.system import files

_STUDIES = ("studies/index.html", "Studies")
_PAGES = (
    ("index.html", "Summary"),
    _STUDIES,
    ("environment.html", "Environment"),
    ("reading.html", "How to read this"),
)
_MADE_HERE = '<meta name="generator" content="gradcheck">'


def write(
    rows: Iterable[Row],
    out_dir: str | os.PathLike[str],
    *,
    records_name: str = RECORDS,
    baseline: Iterable[Row] = (),
    found: Summary | None = None,
) -> Path:
    """Render the rows into ``out_dir``, and return the path of its index.html.

    ``found`` is the summary of the rows, where the caller has it.
    With a ``baseline``, rows measured before, the summary says what changed since. The folder is made
    where there is none; pages of an earlier report there that this one does not have are removed. The
    pages link to ``records_name`` in that folder. The same rows give the same bytes. Raises OSError where
    the folder cannot be written to.
    """
    out = Path(out_dir)
    written = set()
    for name, text in _files(rows, records_name, baseline, found):
        files.write(out / name, text)
        written.add(name)
    for page in (*out.glob("functions/*.html"), *out.glob("studies/*.html")):
        if page.relative_to(out).as_posix() not in written and _is_ours(page):
            page.unlink()
    return out / "index.html"


def _is_ours(page: Path) -> bool:
    with page.open(encoding="utf-8", errors="replace") as file:
        return _MADE_HERE in file.read(1000)


def render(
    rows: Iterable[Row], *, records_name: str = RECORDS, baseline: Iterable[Row] = ()
) -> dict[str, str]:
    """The files of the site: path -> text, the summary last."""
    return dict(_files(rows, records_name, baseline))


def _files(
    rows: Iterable[Row], records_name: str, baseline: Iterable[Row], found: Summary | None = None
) -> Iterator[tuple[str, str]]:
    rows, before = list(rows), list(baseline)
    summary = found or summarize(rows)
    functions, studies = function_pages(rows, summary), study_pages(rows, summary.networks)
    since = changed.compare(before, rows, later=summary) if before and summary.executed else None
    table, measured_by = matrix(summary), machines(summary)
    with_studies = bool(studies) or not is_of_a_user(summary)

    def page(path: str, template: str, **shown: object) -> tuple[str, str]:
        return path, environment().get_template(template).render(
            root="../" * path.count("/"),
            here=path,
            pages=[each for each in _PAGES if with_studies or each != _STUDIES],
            subject=subject(summary),
            records_name=records_name,
            summary=summary,
            machines=measured_by,
            studies=studies,
            **shown,
        )

    yield "style.css", asset("style.css")
    drawn = [*(each.pictures for each in functions), *(each.pictures for each in studies)]
    yield from ((f"data/{picture.name}", picture.data) for picture in chain.from_iterable(drawn))
    yield "data/matrix.csv", matrix_data(table)
    for function in functions:
        yield page(f"functions/{function.name}.html", "function.html", page=function)
    for study in studies:
        yield page(study.path, "study.html", study=study)
    if with_studies:
        yield page("studies/index.html", "studies.html")
    if since:
        yield "changes.html", changed_page.page(since, "index.html")
    yield page("environment.html", "environment.html", durations=durations(rows))
    yield page("reading.html", "reading.html")
    yield page(
        "index.html",
        "index.html",
        headline=headline(summary),
        state=state(summary),
        worst=worst_per_order(summary),
        matrix=table,
        devices=devices(summary),
        shades=SHADES,
        changes=since,
        changes_headline=changed_page.headline(since) if since else "",
        links={each.function.op: f"functions/{each.name}.html" for each in functions},
        exempt=_exempt(summary.exempt),
        functions=functions,
        digested=functions[: most.DIGESTS],
        script=asset("matrix.js"),
    )


class Exempt(NamedTuple):
    """What was not run for one reason: the functions, and how many cases."""

    ops: list[str]
    reason: str
    cases: int


def _exempt(rows: Sequence[Row]) -> dict[str, list[Exempt]]:
    """By what was left out."""
    return {
        what: [
            Exempt([row["op"] for row in same], reason, sum(row["count"] for row in same))
            for reason, same in grouped(found, lambda row: row["reason"]).items()
        ]
        for what, found in grouped(rows, lambda row: row["what"]).items()
    }
