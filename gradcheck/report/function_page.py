"""What the page of a function shows: everything that the rows say about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import NamedTuple

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report import by_device, data, domain_plots, furthest_off, graphs, most, step_plots, verdicts
from gradcheck.report.by_device import CaseOnDevices
from gradcheck.report.conclusion import is_of_a_user
from gradcheck.report.data import Picture, slug
from gradcheck.report.frame import Style
from gradcheck.report.judged import JudgedCase, grouped
from gradcheck.report.not_passed import NotPassed, not_passed
from gradcheck.report.summary import Finding, FunctionSummary, Summary

#: Rows about one function, apart from its cases.
_KINDS = ("formula", "curve", "range", "section", "graph", "source")


class Graph(NamedTuple):
    """A computational graph: its picture (None where too large), and the same in words."""

    order: int
    image: Markup | None
    steps: list[str]
    dot: str


class Neighbour(NamedTuple):
    op: str
    path: str


@dataclass(frozen=True)
class FunctionPage:
    """What the page of a function shows: everything that the rows say about it.

    Attributes:
        name: the file's, without its ending.
        rows: kind -> those about this function.
        before, after: the pages before and after.
        most_cases: so many are shown, the worst of them.
        of_a_user: whether it is no function of dezero's.
    """

    name: str
    function: FunctionSummary
    rows: Mapping[str, Sequence[Row]]
    findings: Sequence[Finding]
    before: Neighbour | None
    after: Neighbour | None
    most_cases: int
    of_a_user: bool

    @property
    def state(self) -> str:
        return verdicts.state(self.function)

    @property
    def sentence(self) -> str:
        return verdicts.sentence(self.function)

    @property
    def certified(self) -> bool:
        """Whether every case is."""
        return all(case.certified for case in self.function.cases)

    @cached_property
    def not_passed(self) -> list[NotPassed]:
        return not_passed(self.findings, self.sources)

    @property
    def tests(self) -> dict[str, str]:
        """The tests that asked for its cases -> the file and line of each."""
        rows = (case.row for case in self.function.cases)
        return {row["case"].rpartition("#")[0]: row["asked"] for row in rows if "asked" in row}

    @property
    def formula(self) -> Row | None:
        return next(iter(self.rows["formula"]), None)

    @property
    def moving(self) -> str:
        return next((row["input"] for row in self.rows["section"]), "")

    @property
    def ranged(self) -> str:
        """What moves over the domain, where several inputs are there."""
        return next((row["input"] for row in self.rows["range"] if "input" in row), "")

    @property
    def sources(self) -> Sequence[Row]:
        return self.rows["source"]

    @property
    def source_heading(self) -> str:
        """What the sources are of: of an op of a user's that has no backward of its own, of the op."""
        methods = [row["name"].rpartition(".")[2] for row in self.sources]
        of_op = self.of_a_user and not {"backward", "cotangents"} & set(methods)
        return "Source" if of_op else "Source of backward"

    @cached_property
    def sections(self) -> list[Picture]:
        drawn, caption = domain_plots.section, domain_plots.section_title
        with_errors = [] if self.rows["range"] else [row for row in self._errors if _is_seen(row)]
        written = partial(data.section_data, with_errors=with_errors)
        rows = [row for row in self.rows["section"] if not domain_plots.is_flat(row)]
        return _pictures(rows, drawn, caption, f"{self.name}-value.csv", written, data.order_columns)

    @property
    def flat(self) -> list[str]:
        """Of derivatives whose plots would show nothing what they would show, in words."""
        rows = _by_order(self.rows["section"])
        return [domain_plots.section_title(row) for row in rows if domain_plots.is_flat(row)]

    @cached_property
    def accuracy(self) -> list[Picture]:
        """Errors over the domain, where some are larger than rounding to the nearest float makes them."""
        known = [row for row in self._errors if _is_seen(row)]
        drawn, caption = domain_plots.accuracy, domain_plots.accuracy_caption
        if self.rows["range"]:
            named = f"{self.name}-ulp.csv", data.range_data, data.error_columns
            return _pictures(known, drawn, caption, *named)
        named = f"{self.name}-value.csv", data.range_data, data.error_columns
        pictures = _pictures(known, drawn, caption, *named)
        return [replace(each, carries=False) for each in pictures]  # the first of the sections does

    @cached_property
    def accurate(self) -> list[str]:
        """Of the other orders what their plots would show, in words."""
        return [domain_plots.accuracy_caption(row) for row in self._errors if not _is_seen(row)]

    @property
    def _errors(self) -> list[Row]:
        """Rows with errors over the domain; where it was not swept those of the sections."""
        rows = _by_order(self.rows["range"] or self.rows["section"])
        return [row for row in rows if not all(map(math.isnan, row["error_ulp"]))]

    @cached_property
    def curves(self) -> list[Picture]:
        drawn, caption = partial(step_plots.curve, styles=self._styles), step_plots.curve_caption
        named = f"{self.name}-steps.csv", data.curve_data, data.order_columns
        return _pictures(self.rows["curve"], drawn, caption, *named)

    @property
    def legend(self) -> list[tuple[Markup, str]]:
        return step_plots.legend(self.rows["curve"], self._styles)

    @property
    def _styles(self) -> dict[str, Style]:
        return step_plots.scheme_styles(self.rows["curve"])

    @cached_property
    def graphs(self) -> list[Graph]:
        return [
            Graph(row["order"], graphs.picture(row), graphs.steps(row), graphs.dot(row))
            for row in _by_order(self.rows["graph"])
        ]

    @cached_property
    def warned(self) -> list[JudgedCase]:
        return [case for case in self.function.cases if case.warnings]

    @cached_property
    def lines(self) -> list[CaseOnDevices]:
        return by_device.lines(self.function.cases)

    @property
    def shown(self) -> Sequence[CaseOnDevices]:
        return furthest_off.cases(self.lines, self.most_cases)

    @property
    def orders(self) -> list[int]:
        return list(self.function.cells)[: most.ORDERS]

    @property
    def devices(self) -> list[str]:
        return by_device.names(self.function.cases)

    @property
    def repeated(self) -> list[str]:
        """The devices on which calls were repeated."""
        return by_device.names(case for case in self.function.cases if case.run_to_run_ulp is not None)

    @property
    def commands(self) -> bool:
        """Whether some command says more than the id of its case."""
        rows = [case.row for case in self.function.cases]
        return not all(row["reproduce"] == f"gradcheck reproduce {row['case']}" for row in rows)

    @property
    def contents(self) -> list[tuple[str, str]]:
        """(anchor, name) of the parts that the page has."""
        parts = [
            ("findings", "What did not pass", self.findings),
            ("warnings", "Warnings", self.warned),
            ("formula", "Formula", self.formula),
            ("shape", "Derivatives", self.sections),
            ("accuracy", "Error over the domain", self.accuracy or self.accurate),
            ("steps", "Error against the step", self.curves),
            ("figures", "Oracles", self.function.figures),
            ("cases", "Cases", self.function.cases),
            ("graph", "Graph", self.graphs),
            ("source", self.source_heading, self.sources),
        ]
        return [(anchor, name) for anchor, name, present in parts if present]


def function_pages(rows: Iterable[Row], summary: Summary) -> list[FunctionPage]:
    """A page for each function of the summary, in its order; where there are very many, for the worst."""
    functions = furthest_off.functions(summary.functions, most.PAGES)
    kinds = grouped(rows, lambda row: row["kind"])
    by_op = {kind: grouped(kinds.get(kind, []), lambda row: row["op"]) for kind in _KINDS}
    not_passed = (finding for finding in summary.findings if finding.row["kind"] == "case")
    findings = grouped(not_passed, lambda finding: finding.row["op"])
    of_a_user = is_of_a_user(summary)
    taken: set[str] = set()
    names = [slug(function.op, taken) for function in functions]
    pages = [Neighbour(function.op, f"{name}.html") for function, name in zip(functions, names, strict=True)]
    return [
        FunctionPage(
            name=name,
            function=function,
            rows={kind: by_op[kind].get(function.op, []) for kind in _KINDS},
            findings=findings.get(function.op, []),
            before=before,
            after=after,
            most_cases=most.cases(len(functions)),
            of_a_user=of_a_user,
        )
        for name, function, before, after in zip(
            names, functions, [None, *pages], [*pages[1:], None], strict=False
        )
    ]


def _is_seen(row: Row) -> bool:
    """Whether an error anywhere is more than half an ULP."""
    return any(error > 0.5 for error in row["error_ulp"])


def _by_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row["order"])


def _pictures(
    rows: Sequence[Row],
    draw: Callable[[Row], Markup],
    caption: Callable[[Row], str],
    name: str,
    text: Callable[[Sequence[Row]], str],
    columns: Callable[[Row], str],
) -> list[Picture]:
    """A picture of each order; the first carries the data of all."""
    ordered = _by_order(rows)
    written = partial(text, ordered)
    return [
        Picture(partial(draw, row), caption(row), name, written, columns(row), carries=row is ordered[0])
        for row in ordered
    ]
