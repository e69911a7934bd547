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
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from gradcheck.records.jsonl import Row
from gradcheck.report import changes, changes_page, most
from gradcheck.report.by_device import Devices, devices
from gradcheck.report.changes import Changes
from gradcheck.report.data import matrix_data
from gradcheck.report.function_page import FunctionPage, function_pages
from gradcheck.report.judged import grouped
from gradcheck.report.machines import Machines, machines
from gradcheck.report.matrix import Matrix, matrix
from gradcheck.report.study_page import StudyPage, study_pages
from gradcheck.report.summary import Summary, headline, summarize
from gradcheck.report.templating import SHADES, asset, environment, write_page
from gradcheck.report.totals import durations, worst_per_order

_ASSETS = ("style.css",)  # index.html holds its style and script itself
_PAGES = (
    ("index.html", "Summary"),
    ("studies/index.html", "Studies"),
    ("environment.html", "Environment"),
    ("reading.html", "How to read this"),
)
_MADE_HERE = '<meta name="generator" content="gradcheck">'


@dataclass(frozen=True)
class Report:
    """Everything that the pages show."""

    summary: Summary
    matrix: Matrix
    devices: Devices
    machines: Machines
    functions: list[FunctionPage]
    studies: list[StudyPage]
    records_name: str
    changes: Changes | None
    durations: dict[str, tuple[int, float]]


def write(
    rows: Iterable[Row],
    out_dir: str | os.PathLike[str],
    *,
    records_name: str = "records.jsonl",
    baseline: Iterable[Row] = (),
    found: Summary | None = None,
) -> Path:
    """Render the rows into ``out_dir``, and return the path of its index.html.

    ``found`` is the summary of the rows, where the caller has it.
    With a ``baseline``, rows measured before, the summary says what changed since. The folder is made
    where there is none; pages of an earlier report there that this one does not have are removed. The
    pages link to ``records_name`` beside them. The same rows give the same bytes. Raises OSError where
    the folder cannot be written to.
    """
    out = Path(out_dir)
    written = set()
    for name, text in _files(_report(rows, records_name, baseline, found)):
        write_page(out / name, text)
        written.add(name)
    for page in (*out.glob("functions/*.html"), *out.glob("studies/*.html")):
        if page.relative_to(out).as_posix() not in written and _is_ours(page):
            page.unlink()
    return out / "index.html"


def _is_ours(page: Path) -> bool:
    with page.open(encoding="utf-8", errors="replace") as file:
        return _MADE_HERE in file.read(1000)


def render(
    rows: Iterable[Row], *, records_name: str = "records.jsonl", baseline: Iterable[Row] = ()
) -> dict[str, str]:
    """The files of the site: path -> text, the summary last."""
    return dict(_files(_report(rows, records_name, baseline)))


def _report(
    rows: Iterable[Row], records_name: str, baseline: Iterable[Row], found: Summary | None = None
) -> Report:
    rows, before = list(rows), list(baseline)
    summary = found or summarize(rows)
    return Report(
        summary,
        matrix(summary),
        devices(summary),
        machines(summary),
        function_pages(rows, summary),
        study_pages(rows, summary.networks),
        records_name,
        changes.compare(before, rows, later=summary) if before and summary.executed else None,
        durations(rows),
    )


def _files(report: Report) -> Iterator[tuple[str, str]]:
    for name in _ASSETS:
        yield name, asset(name)
    pictures = [page.pictures for page in report.functions]
    pictures += [page.pictures for page in report.studies]
    for picture in chain.from_iterable(pictures):
        yield f"data/{picture.name}", picture.data
    yield "data/matrix.csv", matrix_data(report.matrix)
    yield from _pages(report)


def _pages(report: Report) -> Iterator[tuple[str, str]]:
    templates = environment()

    def page(path: str, template: str, **shown: object) -> tuple[str, str]:
        return path, templates.get_template(template).render(
            root="../" * path.count("/"),
            here=path,
            pages=_PAGES,
            records_name=report.records_name,
            summary=report.summary,
            **shown,
        )

    for function in report.functions:
        yield page(f"functions/{function.name}.html", "function.html", page=function)
    for study in report.studies:
        yield page(study.path, "study.html", study=study)
    yield page("studies/index.html", "studies.html", studies=report.studies)
    if report.changes:
        yield "changes.html", changes_page.page(report.changes, "index.html")
    yield page("environment.html", "environment.html", machines=report.machines, durations=report.durations)
    yield page("reading.html", "reading.html")
    yield page(
        "index.html",
        "index.html",
        headline=_headline(report),
        state=state(report.summary),
        worst=worst_per_order(report.summary),
        matrix=report.matrix,
        devices=report.devices,
        machines=report.machines,
        shades=SHADES,
        studies=report.studies,
        changes=report.changes,
        changes_headline=changes_page.headline(report.changes) if report.changes else "",
        links={p.function.op: f"functions/{p.name}.html" for p in report.functions},
        exempt=_exempt(report.summary.exempt),
        functions=report.functions,
        digested=report.functions[: most.DIGESTS],
        script=asset("matrix.js"),
    )


def _headline(report: Report) -> str:
    if report.studies and not (report.summary.executed or report.summary.declared):
        return "Studies alone: no case was examined."
    return headline(report.summary)


@dataclass(frozen=True)
class Exempt:
    """What was not run for one reason: the functions, and how many cases."""

    ops: list[str]
    reason: str
    count: int


def _exempt(rows: Sequence[Row]) -> dict[str, list[Exempt]]:
    """By what was left out."""
    return {
        what: [
            Exempt([row["op"] for row in same], reason, sum(row["count"] for row in same))
            for reason, same in grouped(found, lambda row: row["reason"]).items()
        ]
        for what, found in grouped(rows, lambda row: row["what"]).items()
    }


def state(summary: Summary) -> str:
    """One word for the whole: the first of the bad things that happened, or pass."""
    if summary.counts["fail"] or any(f.verdict == "fail" for f in summary.findings):
        return "fail"
    if not summary.executed:
        return "not-tested"
    incomplete = summary.interrupted or summary.executed < summary.declared
    return "inconclusive" if incomplete or summary.findings else "pass"
