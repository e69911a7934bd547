"""The summary as plain text, for a terminal or the log of a CI job."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from gradcheck.records.jsonl import Row
from gradcheck.report.by_device import devices
from gradcheck.report.causes import Cause, Causes, causes
from gradcheck.report.conclusion import counted, headline
from gradcheck.report.formatting import NONE, both_answers, kept_of, paragraphs, plural, significant, words
from gradcheck.report.judged import grouped
from gradcheck.report.machines import machines
from gradcheck.report.summary import Finding, Summary, summarize
from gradcheck.report.totals import Fewest, key_figures
from gradcheck.system import tables
from gradcheck.system.texts import MOST, indented

#: More findings, or notes, than these are left to the report.
_SHOWN = 20
_FOLLOWING = 8  # functions that are named as following from a cause
_WIDTH = 88
_LONGEST = 4 * MOST  # a line of several texts, each of which may be cut already


def summary(
    rows: Iterable[Row],
    *,
    report: str | os.PathLike[str] | None = None,
    found: Summary | None = None,
) -> str:
    """Why it fails, what else did not pass, warnings, the fewest digits kept, counts, where the report is.

    ``found`` is the summary of the rows, where the caller has it.

    >>> print(summary([]))
    Nothing was measured.
    """
    rows = list(rows)
    found = found or summarize(rows)
    why = causes(rows, found)
    blocks = [
        *_causes(why),
        _findings(found),
        _warned(found),
        _fewest(found),
        _left_out(found),
        _devices(found),
    ]
    blocks.append([*([f"{why.headline}."] if why.found else []), headline(found)])
    if report is not None:
        blocks[-1].append(f"Report: {os.fspath(report)}")
    return paragraphs(blocks, _LONGEST)


def studies(rows: Iterable[Row]) -> str:
    """Studies as text: what was found, and every table; figures are left to the pages."""
    blocks = []
    for row in rows:
        if row["kind"] == "study":
            blocks.append([row["title"], "=" * len(row["title"]), *wrap(row["lead"], _WIDTH)])
        elif row["kind"] == "table":
            blocks.append([*wrap(row["caption"], _WIDTH), *_lines(row)])
    return paragraphs(blocks, _LONGEST)


def _lines(table: Row) -> list[str]:
    """The table in columns, numbers flush right."""
    text = [[c if isinstance(c, str) else significant(c) for c in cells] for cells in table["cells"]]
    numbers = {n for cells in table["cells"] for n, cell in enumerate(cells) if not isinstance(cell, str)}
    return tables.lines([table["columns"], *text], right=numbers)


def _causes(why: Causes) -> Iterator[list[str]]:
    """Each cause, with the case to reproduce it; then the networks that fail."""
    for number, cause in enumerate(why.found[:_SHOWN], 1):
        yield [*_cause(number, cause)]
    yield _more(why.found, "causes")
    lines = [line for finding in why.networks[:_SHOWN] for line in _finding(finding)]
    yield [*lines, *_more(why.networks, "checks of networks that fail")]


def _cause(number: int, cause: Cause) -> Iterator[str]:
    place = f"  {cause.place}" if cause.place else ""
    yield f"CAUSE {number}  {cause.title}{place}"
    plainest = cause.plainest
    yield from (f"  {line}" for line in _finding(Finding(plainest.case, "fail", plainest.row)))
    yield f"  {cause.counts}" + (f"; {cause.follow}: {_named(cause)}" if cause.follow else "")


def _named(cause: Cause) -> str:
    """The functions that follow."""
    ops = list(dict.fromkeys(failure.op for failure in cause.following))
    more = len(ops) - _FOLLOWING
    return ", ".join(ops[:_FOLLOWING]) + (f" and {more} more" if more > 0 else "")


def _findings(found: Summary) -> list[str]:
    """What did not pass and is no failure: those are told by their causes."""
    unsure = [finding for finding in found.findings if finding.verdict != "fail"]
    lines = [line for finding in unsure[:_SHOWN] for line in _finding(finding)]
    return [*lines, *_more(unsure, "that did not pass")]


def _more(items: Sequence[object], what: str) -> list[str]:
    more = len(items) - _SHOWN
    return [f"... and {more} more {what}"] if more > 0 else []


def _finding(finding: Finding) -> Iterator[str]:
    row = finding.row
    verdict = words(finding.verdict).upper()
    if row["kind"] == "network":
        yield f"{verdict}  {finding.name}"
        yield from indented(row["reason"])
        return
    yield f"{verdict}  {finding.name}  order {row['order']}, against {row['oracle']}"
    yield from indented(row["reason"])
    if row["diagnosis"]:
        yield from indented(f"likely cause: {row['diagnosis']}")
    if both_answers(row):
        yield f"  {both_answers(row)}"
    if row["expected"] or row["got"]:
        yield f"  {row['where']}: expected {row['expected']}, got {row['got']}"
    yield f"  {row['reproduce']}"


def _warned(found: Summary) -> list[str]:
    lines = [f"WARNING  {case.row['case']}: {text}" for case in found.warned for text in case.warnings]
    return [*lines[:_SHOWN], *_more(lines, "warnings")]


def _fewest(found: Summary) -> list[str]:
    """A line for each order, a column for each dtype: digits of one are not those of another."""
    figures = key_figures(found)
    if not figures:
        return []
    several = len({each.device for each in figures}) > 1
    heads = [f"{each.dtype} on the {each.device}" if several else each.dtype for each in figures]
    named = len(found.functions) > 1
    table = [
        [f"order {order}", *(_few(each.fewest.get(order), named) for each in figures)]
        for order in found.orders
    ]
    return ["Fewest digits kept:", *(f"  {line}" for line in tables.lines([["", *heads], *table]))]


def _few(fewest: Fewest | None, named: bool) -> str:
    if not fewest:
        return NONE
    return f"{kept_of(fewest.digits)} {fewest.op}" if named else kept_of(fewest.digits)


def _left_out(found: Summary) -> list[str]:
    lines = [
        f"Not run: {plural(count, 'case')}{whose}: {why}" for (whose, why), count in _counted(found).items()
    ]
    notes = [f"Note: {message}" for message in (*machines(found).notes, *found.warnings[:_SHOWN])]
    return [*notes, *_more(found.warnings, "notes"), *lines]


def _devices(found: Summary) -> list[str]:
    """Where several have measured: cases by verdict on each, and how many differ."""
    measured = devices(found)
    if len(measured.names) < 2:
        return []
    both, differ = plural(measured.compared, "case"), len(measured.differences)
    compared = [f"Measured on both: {both}, of which {differ} differ."] if measured.compared else []
    totals = [
        f"On the {total.device}: {plural(total.cases, 'case')}: {counted(total.counts)}"
        for total in measured.totals
    ]
    return [*totals, *compared]


def _counted(found: Summary) -> dict[tuple[str, str], int]:
    """Whose cases were left out and why -> how many; what leaves out none is in the report."""
    counted_out = (row for row in found.exempt if row["count"])
    groups = grouped(counted_out, lambda row: row["what"] if row["op"] == "*" else row["reason"])
    return {(_whose(rows), why): sum(row["count"] for row in rows) for why, rows in groups.items()}


def _whose(rows: list[Row]) -> str:
    ops = dict.fromkeys(row["op"] for row in rows)
    return "" if "*" in ops else f" of {', '.join(ops)}"
