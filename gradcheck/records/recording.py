"""From findings to records: the rows that a run writes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.judging.finding import Evidence, Result
from gradcheck.judging.side_by_side import Rows, SideBySide
from gradcheck.oracles.registry import SOURCES
from gradcheck.records import machine
from gradcheck.records.jsonl import Row, row
from gradcheck.records.judged_rows import CaseRow, DeviceRow, Selected, Workers
from gradcheck.system import texts

LARGEST_MATRIX = 8  # rows and columns of matrices that a row holds


def case_rows(case: Case, result: Result) -> list[Row]:
    """One row for each order and oracle of a finding; of a case that has none, its verdict."""
    rows = _rows(case, result)
    failing = [each for each in rows if each["verdict"] == "fail"]
    if failing:  # what there is to say of the whole stands once, where the most trusted oracle says it
        min(failing, key=lambda each: SOURCES.index(each["oracle"])).update(_of_failure(result))
    return rows


def _of_failure(result: Result) -> dict[str, Any]:
    """What else a row says of a failure: what to change, and matrices of few figures."""
    from gradcheck.judging.diagnosis.fixes import fix_of  # most checks pass, and need none

    fix = fix_of(result.diagnosis)
    matrices = [_matrices(each) for each in result.matrices if each.size <= LARGEST_MATRIX]
    return ({"fix": texts.storable(fix)} if fix else {}) | ({"matrices": matrices} if matrices else {})


def _matrices(found: SideBySide) -> dict[str, Any]:
    def shortened(rows: Rows) -> list[list[float]]:
        return [[float(f"{value + 0.0:.{found.digits}g}") for value in line] for line in rows]

    return {
        "title": texts.storable(found.title),
        "digits": found.digits,
        "expected": shortened(found.expected),
        "got": shortened(found.got),
        "wrong": [[i, j] for i, line in enumerate(found.wrong) for j, off in enumerate(line) if off],
    }


def _rows(case: Case, result: Result) -> list[Row]:
    """The same, without what is said of a failure as a whole."""
    shared = _shared(case)
    if not result.evidence:
        nothing = _nothing(result)
        return [row("case", shared | _fields_of(nothing) | _cause_of(result, nothing))]
    return [row("case", shared | _fields_of(each) | _cause_of(result, each)) for each in result.evidence]


def _cause_of(result: Result, evidence: Evidence) -> dict[str, Any]:
    """The diagnosis of a failure, and what it blames, which is no matter of forward's values."""
    fails = evidence.verdict == "fail"
    found = {"diagnosis": _storable(result.diagnosis) if fails else None}
    if result.culprit is None or not fails or not evidence.order:
        return found
    blamed = {name: _storable(value) for name, value in asdict(result.culprit).items()}
    return {**found, "culprit": {**blamed, "function": texts.name(result.culprit.function)}}


def _shared(case: Case) -> dict[str, Any]:
    return {
        "run": "",
        "case": texts.name(case.id),
        "op": texts.name(case.op),
        "topic": texts.name(case.topic),
        "params": texts.storable(", ".join(f"{k}={v}" for k, v in case.params.items())),
        "shapes": [list(np.shape(x)) for x in case.inputs],
        "dtype": np.dtype(case.dtype).name,
        "device": case.device,
        "layout": texts.name(case.layout),
        "seed": case.seed,
        "reproduce": texts.storable(case.reproduce),
    }


def _nothing(result: Result) -> Evidence:
    """What there is of a result without evidence."""
    return Evidence(
        *(1, "contract", result.verdict, result.reason),
        formula=result.formula,
        warnings=result.warnings,
        seconds=result.seconds,
    )


#: What a case row has of an evidence: the fields of one name.
_OF_EVIDENCE = [each.name for each in fields(Evidence) if each.name in CaseRow.__annotations__]
_LEFT_OUT_WHERE_EMPTY = ("run_to_run_ulp", "contracted", "excused_ulp")


def _fields_of(evidence: Evidence) -> dict[str, Any]:
    found = {name: _storable(getattr(evidence, name)) for name in _OF_EVIDENCE}
    for name in _LEFT_OUT_WHERE_EMPTY:
        if not found[name] and found[name] != 0:
            del found[name]
    return found


def _storable(value: Any) -> Any:
    """The value with its texts as a row may have them."""
    if isinstance(value, str):
        return texts.storable(value)
    return [texts.storable(text) for text in value] if isinstance(value, list | tuple) else value


def run_id() -> str:
    """A name for a run that begins now."""
    return time.strftime("%Y%m%dT%H%M%S", time.gmtime())


def run_row(
    run: str,
    command: str,
    profile: str,
    declared: int,
    devices: Sequence[DeviceRow],
    workers: Sequence[Workers] = (),
    *,
    commit: str = "",
    selection: Selected | None = None,
) -> Row:
    """Who measures what, where and how.

    Args:
        workers: those of a cluster.
        commit: what is measured, where it is known.
        selection: which part of the table, of a run that measures the table.
    """
    fields_of_run: dict[str, Any] = {
        "run": run,
        "started": now(),
        "command": texts.storable(command),
        "profile": profile,
        "seed": 0,
        "versions": machine.versions(),
        "source": machine.source(),
        "machine": machine.machine(),
        "devices": list(devices),
        "declared": declared,
    }
    known = {"commit": texts.storable(commit), "selection": selection, "workers": list(workers)}
    return row("run", fields_of_run | {name: value for name, value in known.items() if value})


def now() -> str:
    """The time, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
