"""From findings to records: the rows that a run writes."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import numpy as np

from gradcheck.cases import Case
from gradcheck.finding import Result
from gradcheck.records import Row, row

PACKAGES = ("numpy", "sympy", "python-flint", "cupy-cuda12x", "cupy-cuda13x", "dezero-gradcheck")


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
                "order": e.order,
                "oracle": e.oracle,
                "certified": e.certified,
                "verdict": e.verdict,
                "reason": e.reason,
                "diagnosis": result.diagnosis if e.verdict == "fail" else None,
                "error_ulp": e.error_ulp,
                "error_abs": e.error_abs,
                "error_rel": e.error_rel,
                "bound_ulp": e.bound_ulp,
                "tolerance_ulp": e.tolerance_ulp,
                "declared_ulp": e.declared_ulp,
                "where": e.where,
                "expected": e.expected,
                "got": e.got,
                "input_value": e.input_value,
                "seconds": e.seconds,
            },
        )
        for e in result.evidence
    ]


def _shared(case: Case) -> dict[str, Any]:
    return {
        "run": "",
        "case": case.id,
        "op": case.op,
        "topic": case.topic,
        "params": ", ".join(f"{k}={v}" for k, v in case.params.items()),
        "shapes": [list(np.shape(x)) for x in case.inputs],
        "dtype": np.dtype(case.dtype).name,
        "device": case.device,
        "layout": case.layout,
        "seed": case.seed,
        "reproduce": case.reproduce,
    }


def _nothing(shared: dict[str, Any], case: Case, result: Result) -> Row:
    """A case of which nothing could be said but its verdict."""
    blank: dict[str, Any] = dict.fromkeys(
        ("error_ulp", "error_abs", "error_rel", "bound_ulp", "tolerance_ulp", "declared_ulp")
    )
    return row(
        "case",
        {
            **shared,
            **blank,
            "order": 1,
            "oracle": "contract",
            "certified": False,
            "verdict": result.verdict,
            "reason": result.reason,
            "diagnosis": result.diagnosis,
            "where": "",
            "expected": "",
            "got": "",
            "input_value": "",
            "seconds": result.seconds,
        },
    )


def run_row(run: str, command: str, profile: str, declared: int, devices: Mapping[str, str]) -> Row:
    """Who measures what, where and how."""
    return row(
        "run",
        {
            "run": run,
            "started": now(),
            "command": command,
            "profile": profile,
            "seed": 0,
            "versions": versions(),
            "machine": {
                "system": f"{platform.system()} {platform.release()}",
                "processor": processor(),
                "cores": usable_cores(),
            },
            "devices": [{"device": d, "name": name} for d, name in devices.items()],
            "declared": declared,
        },
    )


def now() -> str:
    """The time, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """The versions of what takes part, of those installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    if sys.platform == "linux":
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
