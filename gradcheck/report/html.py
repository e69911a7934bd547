"""The report as static pages that work from disk: a summary, a page for each function and study.

    index.html                 whole by itself: what passed, the matrix, the digits kept of all functions
    introduction.html          a student's lead through the studies, where there are some
    changes.html               what changed since a baseline, where one was given
    history.html               runs over commits, where a history was given
    functions/NAME.html        one function: formula, plots, cases, graph, source
    studies/NAME.html          one study
    environment.html           who measured, where and how long
    reading.html               what the words mean
    data/matrix.csv            the figures of the matrix
    style.css, figures.js      what the pages share

The data of a plot travels inside its page, as the address of a link that saves it: a folder of 400 files
would be as large, and a page sent by itself would be without them. Nothing on a page comes from outside
the folder.

A report of one op of a user's is that op's page: index.html, with reading.html beside it.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from gradcheck.records.history import History
from gradcheck.records.jsonl import RECORDS, Row
from gradcheck.report import changed, changed_page
from gradcheck.report.by_device import devices
from gradcheck.report.causes import causes
from gradcheck.report.data import matrix_data
from gradcheck.report.function_page import FunctionPage, function_pages
from gradcheck.report.history import history_page
from gradcheck.report.introduction import introduction
from gradcheck.report.judged import grouped
from gradcheck.report.machines import machines
from gradcheck.report.matrix import matrix
from gradcheck.report.overview import overview
from gradcheck.report.serialized import serialized
from gradcheck.report.shared import shared
from gradcheck.report.study_page import StudyPage, study_pages
from gradcheck.report.summary import (
    AS_DECLARED,
    Summary,
    cut_short,
    headline,
    is_of_a_user,
    state,
    subject,
    summarize,
)
from gradcheck.report.templating import asset, environment, figures_script, tight
from gradcheck.report.totals import durations, key_figures, proven
from gradcheck.system import files

INDEX = "index.html"

_INTRODUCTION = ("introduction.html", "Introduction")
_READING = ("reading.html", "How to read this")
_STUDIES = ("studies/index.html", "Studies")
_PAGES = (
    ("index.html", "Summary"),
    _INTRODUCTION,
    _STUDIES,
    ("environment.html", "Environment"),
    _READING,
)
_HISTORY = ("history.html", "History")
_MADE_HERE = re.compile('<meta name="?generator"? content="?gradcheck"?>')
#: The pages that a report may have or not; another program may write `changes.html`, without the mark.
_MAY_BE = (
    "functions/*.html", "studies/*.html", "introduction.html", "changes.html", "history.html", "environment.html"
)  # fmt: skip

File = tuple[str, str]  # its path in the folder, and its text
Made = TypeVar("Made")
Here = TypeVar("Here")


class Performed(Protocol):
    """As `in_turn`, in whatever order, or at once."""

    def __call__(
        self, apart: Sequence[Callable[[], Made]], here: Callable[[], Here], /
    ) -> tuple[list[Made], Here]: ...


def in_turn(apart: Sequence[Callable[[], Made]], here: Callable[[], Here]) -> tuple[list[Made], Here]:
    """What several computations give, and one more; `write` may be given another way to perform them."""
    return [each() for each in apart], here()


def write(
    rows: Iterable[Row],
    out_dir: str | os.PathLike[str],
    *,
    records_name: str = RECORDS,
    baseline: Iterable[Row] = (),
    history: History | None = None,
    found: Summary | None = None,
    shares: int = 1,
    performed: Performed = in_turn,
) -> Path:
    """Render the rows into ``out_dir``, and return the path of its index.html.

    ``found`` is the summary of the rows, where the caller has it.
    With a ``baseline``, rows measured before, the summary says what changed since; a ``history`` gets a page.
    The folder is made where there is none; pages of an earlier report there that this one does not have are
    removed. The pages link to ``records_name`` in that folder. The same rows give the same bytes. The pages
    of functions and studies are made in so many ``shares``, which ``performed`` may do at once. Raises
    OSError where the folder cannot be written to.
    """
    out = Path(out_dir)
    site = _Site(rows, records_name, baseline, found, history)
    parts = site.parts()
    each = [partial(_written, out, parts[n::shares]) for n in range(min(shares, len(parts)))]
    names, joins = performed(each, lambda: list(site.joins()))
    for name, text in joins:
        files.write(out / name, text)
    written = {*chain.from_iterable(names), *(name for name, _ in joins)}
    for page in chain.from_iterable(map(out.glob, _MAY_BE)):
        if page.relative_to(out).as_posix() not in written and _is_ours(page):
            page.unlink()
            with contextlib.suppress(OSError):  # it holds something else
                page.parent.rmdir()
    return out / INDEX


def _written(out: Path, parts: Iterable[Callable[[], Iterable[File]]]) -> list[str]:
    """Write these parts; the names of their files."""
    names = []
    for part in parts:
        for name, text in part():
            files.write(out / name, text)
            names.append(name)
    return names


def _is_ours(page: Path) -> bool:
    with page.open(encoding="utf-8", errors="replace") as file:
        return _MADE_HERE.search(file.read(1000)) is not None


def render(
    rows: Iterable[Row],
    *,
    records_name: str = RECORDS,
    baseline: Iterable[Row] = (),
    history: History | None = None,
) -> dict[str, str]:
    """The files of the site: path -> text, the summary last."""
    site = _Site(rows, records_name, baseline, None, history)
    made = chain.from_iterable(part() for part in site.parts())
    return dict(chain(made, site.joins()))


class _Site:
    """The files of a report: those of each function and study by itself, and those that join them."""

    def __init__(
        self,
        rows: Iterable[Row],
        records_name: str,
        baseline: Iterable[Row],
        found: Summary | None = None,
        history: History | None = None,
    ) -> None:
        self.rows = list(rows)
        self.summary = summary = found or summarize(self.rows)
        self.functions = function_pages(self.rows, summary)
        self.studies = study_pages(self.rows, summary.networks)
        self.before = list(baseline) if summary.executed else []
        self.history = history
        of_a_user = is_of_a_user(summary)
        self.with_studies = bool(self.studies) or not of_a_user
        self.single = of_a_user and len(self.functions) == 1 and not (self.studies or self.before or history)
        self.introduction = introduction(self.functions, self.studies, summary)
        self._on_all = {
            "pages": self._pages(),
            "introduced": self.introduction is not None,
            "subject": subject(summary),
            "of_a_user": of_a_user,
            "records_name": records_name,
            "summary": summary,
            "machines": machines(summary),
            "studies": self.studies,
        }
        for name in ("function.html", "study.html"):
            environment().get_template(name)  # compiled before the parts are made, maybe at once

    def _pages(self) -> list[tuple[str, str]]:
        """Those that every page names at its top."""
        if self.single:
            return [(INDEX, self.functions[0].function.op), _READING]
        there = {_STUDIES: self.with_studies, _INTRODUCTION: self.introduction is not None}
        return [*(each for each in _PAGES if there.get(each, True)), *([_HISTORY] if self.history else [])]

    def parts(self) -> list[Callable[[], Iterator[File]]]:
        """The files of each function and study, to be made in any order."""
        if self.single:
            return []
        functions = (partial(self._function, each) for each in self.functions)
        return [*functions, *(partial(self._study, each) for each in self.studies)]

    def _function(self, function: FunctionPage) -> Iterator[File]:
        yield self._page(f"functions/{function.name}.html", "function.html", page=function)

    def _study(self, study: StudyPage) -> Iterator[File]:
        yield self._page(study.path, "study.html", study=study)

    def joins(self) -> Iterator[File]:
        """The other files, the summary last."""
        if self.single:
            yield from self._of_one_op()
            return
        summary = self.summary
        since = changed.compare(self.before, self.rows, later=summary) if self.before else None
        table = matrix(summary, since)
        yield "style.css", asset("style.css")
        yield "figures.js", figures_script()
        yield "data/matrix.csv", matrix_data(table)
        if self.introduction:
            yield self._page("introduction.html", "introduction.html", found=self.introduction)
        if self.with_studies:
            yield self._page("studies/index.html", "studies.html")
        if since:
            yield "changes.html", changed_page.page(since, "index.html")
        if self.history:
            past = history_page(self.history)
            yield self._page("history.html", "history.html", page=past, headline=past.headline)
        yield self._page("environment.html", "environment.html", durations=durations(self.rows))
        yield self._page("reading.html", "reading.html")
        yield self._page(
            "index.html",
            "index.html",
            headline=headline(summary),
            state=state(summary),
            proven=proven(summary),
            key_figures=key_figures(summary),
            why=causes(self.rows, summary),
            matrix=table,
            overview=overview(table),
            devices=devices(summary),
            changes=since,
            changes_headline=changed_page.headline(since) if since else "",
            links={each.function.op: f"functions/{each.name}.html" for each in self.functions},
            exempt=_exempt(summary.exempt),
            script=tight(asset("matrix.js") + figures_script()),
        )

    def _of_one_op(self) -> Iterator[File]:
        """The page of the only op, and that on how to read it."""
        yield "style.css", asset("style.css")
        yield self._page("reading.html", "reading.html")
        (page,), summary = self.functions, self.summary
        doubted = any(row["kind"] == "warning" and row.get("doubt") for row in self.rows)
        found = state(summary)
        yield self._page(
            INDEX,
            "op.html",
            page=page,
            state="inconclusive" if doubted and found in ("pass", AS_DECLARED) else found,
            sentence=f"{page.sentence}.{cut}" if (cut := cut_short(summary)) else page.sentence,
            exempt=_exempt(summary.exempt),
            script=tight(figures_script()),
        )

    def _page(self, path: str, template: str, **shown: object) -> File:
        root = "../" * path.count("/")
        text = environment().get_template(template).render(root=root, here=path, **self._on_all, **shown)
        return path, serialized(shared(text))


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
