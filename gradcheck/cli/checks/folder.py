"""`gradcheck check --out DIR`: records, and the pages that are made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gradcheck.cli.checks.plain import Checked, Ended
from gradcheck.records import checkout, jsonl, machine, recording
from gradcheck.records.jsonl import RECORDS, Row, row
from gradcheck.report import html
from gradcheck.system import texts

PROFILE = "check"


def write(ended: Ended, folder: Path) -> Path:
    """Write both, each file whole or not at all; the path of the first page."""
    rows = _rows(ended)
    jsonl.write(folder / RECORDS, rows)
    return html.write(jsonl.read(folder / RECORDS), folder)


def _rows(ended: Ended) -> list[Row]:
    run = recording.run_id()
    found = [_named(each, run) for each in _of_targets(ended)]
    devices = sorted({"cpu", *(each["device"] for each in found if each["kind"] == "case")})
    declared = sum(target.planned or 0 for target in ended.targets)
    found_on, commit = machine.devices(devices), checkout.commit_here()
    head = recording.run_row(run, ended.command, PROFILE, declared, found_on, commit=commit)
    rows = [head, *found]
    return [*rows, jsonl.end_row(rows, run, interrupted=ended.interrupted)]


def _of_targets(ended: Ended) -> Iterator[dict[str, Any]]:
    names = Counter(_name(target) for target in ended.targets)
    for target in ended.targets:
        name = _name(target)
        op = texts.name(target.text if names[name] > 1 else name)  # two files may have one of that name
        for each in _of_target(target):
            yield {**each, "op": op} if "op" in each else each


def _name(target: Checked) -> str:
    return target.text.rpartition(":")[2]


def _of_target(target: Checked) -> Iterator[Row | dict[str, Any]]:
    for check in target.checks:
        yield from (dict(each) for each in check.finding.rows)
        if not check.finding.rows:
            yield _warning(f"{check.finding.title}: {check.finding.reason}")
    for drawn in target.rows:
        yield dict(drawn) if "kind" in drawn else _warning(f"{drawn['message']}")
    for what, why in target.left_out:
        yield _exempt(target, f"left out: {what}", why)
    if target.refused:
        yield _exempt(target, "could not be checked", target.refused)
    for why in target.doubts:
        yield {**_warning(f"{target.text} is not green: {why}"), "doubt": True}


def _exempt(target: Checked, what: str, why: str) -> Row:
    fields = {"op": target.text, "reason": texts.storable(why), "what": texts.storable(what), "count": 0}
    return row("exempt", fields)


def _warning(text: str) -> Row:
    return row("warning", {"message": texts.storable(text)})


def _named(found: dict[str, Any], run: str) -> Row:
    """The row as one of this run."""
    return {**found, "run": run} if "run" in found else found
