"""Measure reports/baseline.jsonl anew: `python .ci/baseline.py`, on x86-64, some minutes.

The last bits of an error are the processor's, so the same source is measured with each set of vector
instructions that NumPy and OpenBLAS have: what CI's machine rounds is then among what the baseline knows.
Kept are the first run's cases, each order's most trusted figure, and of the other runs what differs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from gradcheck.records.jsonl import Row, Writer, end_row, read
from gradcheck.report.judged import grouped, trust

BASELINE = Path(__file__).resolve().parents[1] / "reports" / "baseline.jsonl"
NARROW = "X86_V4 AVX512_ICL AVX512_SPR"
ENVIRONMENTS: tuple[dict[str, str], ...] = (
    {},
    {"NPY_DISABLE_CPU_FEATURES": NARROW, "OPENBLAS_CORETYPE": "Haswell"},
    {"NPY_DISABLE_CPU_FEATURES": f"X86_V3 {NARROW}", "OPENBLAS_CORETYPE": "Prescott"},
)
NOTICED = 0.1  # ULP


def main() -> int:
    """Replace the baseline; the exit status is that of the first run that did not pass."""
    runs: list[list[Row]] = []
    for environment in ENVIRONMENTS:
        status, rows = measured(environment)
        if status:
            return status
        kept = list(figures(rows))
        runs.append(kept if not runs else [row for row in kept if differs(row, runs[0])])
        runs[-1][:0] = [whole_run(rows, runs[-1])]
    with Writer(BASELINE) as writer:
        for rows in runs:
            for row in [*rows, end_row(rows, rows[0]["run"])]:
                writer.write(row)
    print(f"{BASELINE}: {', '.join(str(len(rows) - 1) for rows in runs)} rows of {len(runs)} runs")
    return 0


def measured(environment: dict[str, str]) -> tuple[int, list[Row]]:
    """The run's exit status and rows, which name no folder of this machine."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "gradcheck", "run", "--device", "cpu", "--out", "run"]
        status = subprocess.run(command, cwd=folder, env=os.environ | environment).returncode
        return status, read(Path(folder, "run", "records.jsonl"))


def figures(rows: Iterable[Row]) -> Iterator[Row]:
    """Of each case and order the row that the report quotes."""
    cases = [row for row in rows if row["kind"] == "case"]
    for found in grouped(cases, lambda row: (row["case"], row["order"])).values():
        yield min(found, key=lambda row: (row["error_ulp"] is None, trust(row)))


def differs(row: Row, first: Iterable[Row]) -> bool:
    """Whether it says something else than the first run's row of the same case and order."""
    other = next(r for r in first if (r.get("case"), r.get("order")) == (row["case"], row["order"]))
    if row["verdict"] != other["verdict"] or row["error_ulp"] is None or other["error_ulp"] is None:
        return bool(row["verdict"] != other["verdict"])
    return bool(abs(row["error_ulp"] - other["error_ulp"]) > NOTICED)


def whole_run(rows: Iterable[Row], kept: Iterable[Row]) -> Row:
    """The run's row, as one that set out to measure what was kept."""
    run = next(row for row in rows if row["kind"] == "run")
    return {**run, "declared": len({row["case"] for row in kept})}


if __name__ == "__main__":
    sys.exit(main())
