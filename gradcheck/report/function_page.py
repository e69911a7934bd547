"""What the page of a function shows: everything that the rows say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report import by_device, data, domain_plots, furthest_off, graphs, most, step_plots
from gradcheck.report.by_device import CaseOnDevices
from gradcheck.report.data import Picture, slug
from gradcheck.report.judged import JudgedCase, grouped
from gradcheck.report.summary import Finding, FunctionSummary, Summary

#: Rows that are about one function, beside its cases.
_KINDS = ("formula", "curve", "range", "section", "graph", "source")


@dataclass(frozen=True)
class Graph:
    """A computational graph: its picture (None where too large), and the same in words."""

    order: int
    image: Markup | None
    steps: list[str]
    dot: str


@dataclass(frozen=True)
class Neighbour:
    op: str
    path: str


@dataclass(frozen=True)
class FunctionPage:
    """``name`` is the file's, without its ending; neighbours are the pages before and after.

    ``most_cases`` are shown, the worst of them.
    """

    name: str
    function: FunctionSummary
    formula: Row | None
    findings: list[Finding]
    moving: str
    sections: list[Picture]
    accuracy: list[Picture]
    curves: list[Picture]
    legend: list[tuple[Markup, str]]
    graphs: list[Graph]
    sources: list[Row]
    before: Neighbour | None
    after: Neighbour | None
    most_cases: int

    @property
    def pictures(self) -> list[Picture]:
        return [*self.sections, *self.accuracy, *self.curves]

    @cached_property
    def warned(self) -> list[JudgedCase]:
        return [case for case in self.function.cases if case.warnings]

    @cached_property
    def lines(self) -> list[CaseOnDevices]:
        return by_device.lines(self.function.cases)

    @cached_property
    def shown(self) -> Sequence[CaseOnDevices]:
        return furthest_off.cases(self.lines, self.most_cases)

    @property
    def orders(self) -> list[int]:
        return list(self.function.cells)[: most.ORDERS]

    @cached_property
    def devices(self) -> list[str]:
        return by_device.names(self.function.cases)

    @cached_property
    def repeated(self) -> list[str]:
        """The devices on which calls were repeated."""
        return by_device.names(case for case in self.function.cases if case.run_to_run_ulp is not None)

    @cached_property
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
            ("accuracy", "Error over the domain", self.accuracy),
            ("steps", "Error against the step", self.curves),
            ("figures", "Oracles", self.function.figures),
            ("cases", "Cases", self.function.cases),
            ("graph", "Graph", self.graphs),
            ("source", "Source of backward", self.sources),
        ]
        return [(anchor, name) for anchor, name, present in parts if present]


def function_pages(rows: Iterable[Row], summary: Summary) -> list[FunctionPage]:
    """A page for each function of the summary, in its order; where there are very many, for the worst."""
    functions = furthest_off.functions(summary.functions, most.PAGES)
    kinds = grouped(rows, lambda row: row["kind"])
    by_op = {kind: grouped(kinds.get(kind, []), lambda row: row["op"]) for kind in _KINDS}
    findings = grouped_findings(summary)
    taken: set[str] = set()
    names = [slug(function.op, taken) for function in functions]
    around: list[Neighbour | None] = [
        Neighbour(function.op, f"{name}.html") for function, name in zip(functions, names, strict=True)
    ]
    around = [None, *around, None]
    return [
        _page(
            function,
            name,
            {kind: by_op[kind].get(function.op, []) for kind in _KINDS},
            findings.get(function.op, []),
            (around[n], around[n + 2]),
            most.cases(len(functions)),
        )
        for n, (function, name) in enumerate(zip(functions, names, strict=True))
    ]


def grouped_findings(summary: Summary) -> dict[str, list[Finding]]:
    """The findings of each function."""
    found: dict[str, list[Finding]] = {}
    for finding in summary.findings:
        if finding.row["kind"] == "case":
            found.setdefault(finding.row["op"], []).append(finding)
    return found


def _page(
    function: FunctionSummary,
    name: str,
    rows: Mapping[str, Sequence[Row]],
    findings: list[Finding],
    around: tuple[Neighbour | None, Neighbour | None],
    most_cases: int,
) -> FunctionPage:
    styles = step_plots.scheme_styles(rows["curve"])
    sections = rows["section"]
    return FunctionPage(
        name=name,
        function=function,
        formula=next(iter(rows["formula"]), None),
        findings=findings,
        moving=sections[0]["input"] if sections else "",
        sections=_pictures(
            sections, f"{name}-value", domain_plots.section, domain_plots.section_title, data.section_data
        ),
        accuracy=_accuracy(rows["range"], sections, name),
        curves=_pictures(
            rows["curve"],
            f"{name}-steps",
            lambda row: step_plots.curve(row, styles),
            step_plots.curve_caption,
            data.curve_data,
        ),
        legend=step_plots.legend(rows["curve"], styles),
        graphs=[_graph(row) for row in _by_order(rows["graph"])],
        sources=list(rows["source"]),
        before=around[0],
        after=around[1],
        most_cases=most_cases,
    )


def _accuracy(ranges: Sequence[Row], sections: Sequence[Row], name: str) -> list[Picture]:
    """Errors over the domain; of a function whose domain was not swept those of its sections."""
    if ranges:
        drawn, caption = domain_plots.accuracy, domain_plots.accuracy_caption
        return _pictures(ranges, f"{name}-ulp", drawn, caption, data.range_data)
    return _pictures(
        sections,
        f"{name}-value",
        lambda row: domain_plots.accuracy(_as_range(row)),
        lambda row: domain_plots.accuracy_caption(_as_range(row)),
        data.section_data,
    )


def _by_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row["order"])


def _pictures(
    rows: Sequence[Row],
    name: str,
    draw: Callable[[Row], Markup],
    caption: Callable[[Row], str],
    text: Callable[[Sequence[Row]], str],
) -> list[Picture]:
    """A picture of each order; their data are in one file."""
    ordered = _by_order(rows)
    shared = text(ordered)
    return [Picture(draw(row), caption(row), f"{name}.csv", shared) for row in ordered]


def _as_range(row: Row) -> Row:
    """The errors of a section."""
    return {name: row[name] for name in ("op", "order", "x", "error_ulp")} | {
        "moving": domain_plots.moving(row)
    }


def _graph(row: Row) -> Graph:
    return Graph(row["order"], graphs.picture(row), graphs.steps(row), graphs.dot(row))
