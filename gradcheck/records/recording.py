"""From findings to records: the rows that a run writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.judging.finding import Result
from gradcheck.records import machine
from gradcheck.records.jsonl import Row, row
from gradcheck.records.rows import DeviceRow, Workers
from gradcheck.system import texts


def case_rows(case: Case, result: Result) -> list[Row]:
    """One row for each order and oracle of a finding."""
    shared = _shared(case)
    if not result.evidence:
        return [_nothing(shared, case, result)]
    return [
        row(
            "case",
            {
                **shared,
                **({} if e.run_to_run_ulp is None else {"run_to_run_ulp": e.run_to_run_ulp}),
                "order": e.order,
                "oracle": e.oracle,
                "certified": e.certified,
                "formula": e.formula,
                "verdict": e.verdict,
                "reason": texts.kept(e.reason),
                "diagnosis": _kept(result.diagnosis) if e.verdict == "fail" else None,
                "warnings": [texts.kept(text) for text in e.warnings],
                "digits": e.digits,
                "error_ulp": e.error_ulp,
                "error_abs": e.error_abs,
                "error_rel": e.error_rel,
                "bound_ulp": e.bound_ulp,
                "tolerance_ulp": e.tolerance_ulp,
                "declared_ulp": e.declared_ulp,
                "where": texts.kept(e.where),
                "expected": texts.kept(e.expected),
                "got": texts.kept(e.got),
                "input_value": texts.kept(e.input_value),
                "seconds": e.seconds,
            },
        )
        for e in result.evidence
    ]


def _shared(case: Case) -> dict[str, Any]:
    return {
        "run": "",
        "case": texts.name(case.id),
        "op": texts.name(case.op),
        "topic": texts.name(case.topic),
        "params": texts.kept(", ".join(f"{k}={v}" for k, v in case.params.items())),
        "shapes": [list(np.shape(x)) for x in case.inputs],
        "dtype": np.dtype(case.dtype).name,
        "device": case.device,
        "layout": texts.name(case.layout),
        "seed": case.seed,
        "reproduce": texts.kept(case.reproduce),
    }


def _kept(text: str | None) -> str | None:
    return None if text is None else texts.kept(text)


def _nothing(shared: dict[str, Any], case: Case, result: Result) -> Row:
    """A case of which nothing could be said but its verdict."""
    blank: dict[str, Any] = dict.fromkeys(
        ("digits", "error_ulp", "error_abs", "error_rel", "bound_ulp", "tolerance_ulp", "declared_ulp")
    )
    return row(
        "case",
        {
            **shared,
            **blank,
            "order": 1,
            "oracle": "contract",
            "certified": False,
            "formula": result.formula,
            "verdict": result.verdict,
            "reason": texts.kept(result.reason),
            "diagnosis": _kept(result.diagnosis),
            "warnings": [texts.kept(text) for text in result.warnings],
            "where": "",
            "expected": "",
            "got": "",
            "input_value": "",
            "seconds": result.seconds,
        },
    )


def run_row(
    run: str,
    command: str,
    profile: str,
    declared: int,
    devices: Sequence[DeviceRow],
    workers: Sequence[Workers] = (),
) -> Row:
    """Who measures what, where and how; `workers` are those of a cluster."""
    fields: dict[str, Any] = {
        "run": run,
        "started": now(),
        "command": texts.kept(command),
        "profile": profile,
        "seed": 0,
        "versions": machine.versions(),
        "source": machine.source(),
        "machine": machine.machine(),
        "devices": list(devices),
        "declared": declared,
    }
    return row("run", fields | ({"workers": list(workers)} if workers else {}))


def now() -> str:
    """The time, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
