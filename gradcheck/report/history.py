"""Runs over commits: what a history keeps of each, and the page that draws it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any, NamedTuple

from markupsafe import Markup

from gradcheck.errors import RecordError
from gradcheck.records.history import History
from gradcheck.records.history_line import HistoryLine, KeptDigits
from gradcheck.records.jsonl import Row
from gradcheck.report import data, most, selected, study_plots
from gradcheck.report.answers import full_digits
from gradcheck.report.data import Picture
from gradcheck.report.formatting import NONE, plural, short_commit
from gradcheck.report.judged import grouped
from gradcheck.report.summary import Summary
from gradcheck.report.totals import durations
from gradcheck.system.floats import rounded_down

_WHICH: dict[str, tuple[str, Callable[[KeptDigits], float | None]]] = {
    "fewest": ("The fewest digits that a case keeps", lambda kept: kept["fewest"]),
    "median": ("Digits of the median case", lambda kept: kept["median"]),
}
_RUN = {"label": "run, in the order of the table", "log": False}


def line_of(rows: Iterable[Row], summary: Summary) -> HistoryLine:
    """What a history keeps of a run that is over.

    Raises:
        RecordError: the rows are not those of one run that came to its end.
    """
    if len(summary.runs) != 1 or summary.interrupted:
        raise RecordError("history: expected the rows of one run that came to its end")
    run = summary.runs[0]
    chosen = selected.of(run) or selected.Selection()
    return {
        "run": run["run"],
        "started": run["started"],
        "commit": run.get("commit", ""),
        "profile": run["profile"],
        "selection": run.get("selection")
        or {"ops": chosen.ops, "order": chosen.order, "devices": [each["device"] for each in run["devices"]]},
        "machine": run["machine"],
        "versions": run["versions"],
        "source": run["source"],
        "declared": summary.declared,
        "counts": dict(summary.counts),  # type: ignore[typeddict-item]  # of verdicts
        "certified": summary.certified,
        "digits": list(_digits(summary)),
        "seconds": summary.ends[run["run"]]["seconds"],
        "measured_seconds": math.fsum(seconds for _, seconds in durations(rows).values()),
    }


def _digits(summary: Summary) -> Iterator[KeptDigits]:
    """By order and dtype, over the cases that have digits."""
    cells = [(order, cell.digits) for case in summary.cases for order, cell in case.cells.items()]
    known = [(order, digits) for order, digits in cells if digits is not None]
    groups = grouped(known, lambda item: (item[0], item[1].dtype))
    for order, dtype in sorted(groups):
        kept = [digits.kept for _, digits in groups[order, dtype]]
        fewest, middle = min(kept), median(kept)
        yield {"order": order, "dtype": dtype, "cases": len(kept), "fewest": fewest, "median": middle}


# The page -------------------------------------------------------------------------------------------


class Figure(NamedTuple):
    title: str
    picture: Picture
    legend: list[tuple[Markup, str]]


@dataclass(frozen=True)
class HistoryRow:
    """A line of the table; ``drawn`` where it is among the runs that are compared with each other."""

    number: int
    line: HistoryLine
    drawn: bool

    @property
    def commit(self) -> str:
        """Short, as people write it."""
        return short_commit(self.line["commit"])

    @property
    def measured(self) -> str:
        """Which part of the table."""
        return _selection(self.line).words

    @property
    def cases(self) -> int:
        return sum(self.line["counts"].values())

    @property
    def verdict(self) -> str:
        """Of the run: a case that fails, or one that is missing, fails it."""
        return "fail" if self.line["counts"]["fail"] or self.cases < self.line["declared"] else "pass"

    @property
    def fewest(self) -> str:
        """Digits kept of float64, order by order."""
        kept = {each["order"]: each["fewest"] for each in self.line["digits"] if each["dtype"] == "float64"}
        return ", ".join(NONE if d is None else rounded_down(d) for _, d in sorted(kept.items()))


@dataclass(frozen=True)
class HistoryPage:
    """``rows`` the newest first; ``figures`` of whole runs of one profile."""

    rows: list[HistoryRow]
    drawn: int
    profile: str
    figures: list[Figure]
    notes: list[str]

    @property
    def headline(self) -> str:
        """How many runs, and which of them are drawn."""
        runs = plural(len(self.rows), "run")
        if not self.figures:
            return f"{runs}."
        if self.drawn == len(self.rows):
            return f"{runs}, all whole ones of the {self.profile} profile."
        return f"{runs}, of which {self.drawn} whole ones of the {self.profile} profile are drawn."


def _selection(line: HistoryLine) -> selected.Selection:
    return selected.Selection(line["selection"]["ops"], line["selection"]["order"])


def _is_whole(line: HistoryLine) -> bool:
    """All of the table was measured: only such runs are compared with each other."""
    return _selection(line).is_whole and sum(line["counts"].values()) == line["declared"]


def history_page(history: History) -> HistoryPage:
    """What the page of a history shows: of very many runs the latest."""
    whole = [line for line in history.lines if _is_whole(line)]
    profile = whole[-1]["profile"] if whole else ""
    rows = [
        HistoryRow(number, line, _is_whole(line) and line["profile"] == profile)
        for number, line in enumerate(history.lines, 1)
    ][-most.HISTORY :]
    drawn = [row for row in rows if row.drawn]
    figures = [*_of_digits(drawn), *_of_times(drawn)] if len(drawn) > 1 else []
    return HistoryPage(rows[::-1], len(drawn), profile, figures, list(_notes(history, rows)))


def _notes(history: History, rows: Sequence[HistoryRow]) -> Iterator[str]:
    if len(history.lines) > len(rows):
        yield f"{len(history.lines) - len(rows)} older runs are in the file."
    if history.cut_short:
        numbers = ", ".join(map(str, history.cut_short[: most.OPS]))
        yield f"Lines that were not written whole are left out: {numbers}."


def _of_digits(rows: Sequence[HistoryRow]) -> Iterator[Figure]:
    """For each dtype the fewest digits and those of the median case, a line for each order."""
    found = [(row, kept) for row in rows for kept in row.line["digits"] if kept["order"]]
    by_dtype = grouped(found, lambda item: item[1]["dtype"])
    for dtype in sorted(by_dtype, key=full_digits, reverse=True):
        orders = sorted(grouped(by_dtype[dtype], lambda item: item[1]["order"]).items())
        for name, (words, which) in _WHICH.items():
            lines = [
                _line(f"order {order}", [(row.number, which(kept)) for row, kept in same])
                for order, same in orders
            ]
            yield _figure(f"{words}: {dtype}", f"{name} digits {dtype}", "digits kept", False, lines)


def _of_times(rows: Sequence[HistoryRow]) -> Iterator[Figure]:
    """By the clock and added up over the workers, for each processor apart."""
    lines = []
    for processor, same in grouped(rows, lambda row: row.line["machine"]["processor"]).items():
        lines.append(_line(f"by the clock, {processor}", [(row.number, row.line["seconds"]) for row in same]))
        worked = [(row.number, row.line["measured_seconds"]) for row in same]
        lines.append(_line(f"all checks added up, {processor}", worked))
    yield _figure("Time of a run", "time", "seconds", False, lines)


def _line(label: str, points: Sequence[tuple[int, float | None]]) -> dict[str, Any]:
    known = [(float(x), float(y)) for x, y in points if y is not None]
    return {"label": label, "style": "line", "x": [x for x, _ in known], "y": [y for _, y in known]}


def _figure(title: str, name: str, y: str, log: bool, lines: Sequence[dict[str, Any]]) -> Figure:
    """Drawn as figures of studies are."""
    row = {
        "title": title,
        "caption": title,
        "x": _RUN,
        "y": {"label": y, "log": log},
        "lines": [line for line in lines if line["x"]],
    }
    file = f"history-{data.slug(name, set())}.csv"
    picture = Picture(partial(study_plots.figure, row), title, file, partial(data.figure_data, row))
    return Figure(title, picture, study_plots.figure_legend(row))
