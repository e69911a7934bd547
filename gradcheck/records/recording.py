"""From findings to records: the rows that a run writes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.judging.finding import Evidence, Result
from gradcheck.records import machine
from gradcheck.records.jsonl import Row, row
from gradcheck.records.judged_rows import CaseRow, DeviceRow, Workers
from gradcheck.system import texts


def case_rows(case: Case, result: Result) -> list[Row]:
    """One row for each order and oracle of a finding; of a case that has none, its verdict."""
    shared = _shared(case)
    if not result.evidence:
        return [row("case", shared | _fields_of(_nothing(result), result.diagnosis))]
    return [
        row("case", shared | _fields_of(each, result.diagnosis if each.verdict == "fail" else None))
        for each in result.evidence
    ]


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
_LEFT_OUT_WHERE_EMPTY = ("run_to_run_ulp", "contracted")


def _fields_of(evidence: Evidence, diagnosis: str | None) -> dict[str, Any]:
    found = {name: _storable(getattr(evidence, name)) for name in _OF_EVIDENCE}
    for name in _LEFT_OUT_WHERE_EMPTY:
        if not found[name] and found[name] != 0:
            del found[name]
    return {**found, "diagnosis": _storable(diagnosis)}


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
) -> Row:
    """Who measures what, where and how; `workers` are those of a cluster."""
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
    return row("run", fields_of_run | ({"workers": list(workers)} if workers else {}))


def now() -> str:
    """The time, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
