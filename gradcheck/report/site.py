"""The files of a report: which pages there are, and what each is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from gradcheck.records.history import History
from gradcheck.records.jsonl import Row
from gradcheck.report import changed, changed_page
from gradcheck.report.by_device import devices
from gradcheck.report.causes import causes
from gradcheck.report.conclusion import AS_DECLARED, cut_short, headline, is_of_a_user, state, subject
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
from gradcheck.report.summary import Summary, summarize
from gradcheck.report.templating import asset, environment, figures_script, tight
from gradcheck.report.totals import durations, key_figures, proven

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

File = tuple[str, str]  # its path in the folder, and its text


class Site:
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
