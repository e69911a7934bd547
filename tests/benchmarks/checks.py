"""One check of order 2 against torch's own checkers, side by side: `python -m tests.benchmarks.checks`.

A check is `gradcheck.check(f, *inputs, order=2)`: certified, with every contract check. Beside it torch's
gradcheck followed by gradgradcheck, in slow mode (every element) and in fast mode (one projection), on the
same operation at the same inputs. Then the check of a wrong op beside that of its right twin, and checks of
large inputs. All take turns in one process on one thread; times are those of the processor.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.checked import FAST, TWIN, entries
from tests.benchmarks.checkouts import Before
from tests.benchmarks.entries import Entry
from tests.benchmarks.rows import BEFORE, OURS, Effort, Row, heading, line, measured, summary
from tests.benchmarks.steps import Step
from tests.benchmarks.table import fits, peer
from tests.benchmarks.threads import one_thread
from tests.benchmarks.timing import processor

TITLES = {
    "checks": "checks of order 2, beside torch's gradcheck and gradgradcheck, ms of CPU",
    "wrong": "checks of order 2 of ops with one mistake in backward, ms of CPU",
    "large": "checks of order 2 of large inputs, ms of CPU",
}
EFFORTS = {"checks": Effort(1.0, 5, 41), "wrong": Effort(1.0, 1, 21), "large": Effort(0.0, 1, 1)}


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables, and write them where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.checks")
    parser.add_argument("--only", metavar="PATTERN", action="append", help="names that contain it, or fit it")
    parser.add_argument("--table", choices=TITLES, action="append")
    parser.add_argument("--rounds", type=int, help="of every check; else as many as take about a second")
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="another checkout, which takes turns")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    chosen = [
        entry
        for entry in entries()
        if fits(entry.workload.name, options.only) and entry.table in (options.table or TITLES)
    ]
    before = Before(options.before, "tests.benchmarks.checked") if options.before else None
    rows = [*_rows(chosen, peer(), before, options.rounds)]
    if options.json:
        found = {"rows": [row.as_json() for row in rows], "summary": summary(rows)}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def _rows(entries: Sequence[Entry], torch: Any, before: Before | None, rounds: int | None) -> Iterator[Row]:
    above = None
    for entry in entries:
        steps = sides(entry, torch, before)
        if entry.table != above:
            print(f"\n{TITLES[entry.table]}", heading([*steps][1:]), sep="\n")
        above = entry.table
        effort = Effort(0.0, rounds, rounds) if rounds else EFFORTS[entry.table]
        clocks = [before.clock(processor) if before and side == BEFORE else processor for side in steps]
        row = measured(entry, steps, effort, clocks)
        print(line(row, row.beside), flush=True)
        yield row


def sides(entry: Entry, torch: Any, before: Before | None) -> dict[str, Step]:
    """The steps of one check, gradcheck's first; beside it those whom the entry's limits name."""
    arrays, check = entry.workload.draw(np.random.default_rng(0)), entry.workload
    steps = {OURS: check.ours(arrays), BEFORE: before and before.step(entry, arrays)}
    if TWIN in entry.limits:
        steps[TWIN] = check.check(arrays, right=True)
    elif torch:
        tensors = [torch.from_numpy(x.copy()) for x in arrays]
        steps |= {side: check.in_torch(torch, tensors, fast=side == FAST) for side in entry.limits}
    return {side: step for side, step in steps.items() if step}


if __name__ == "__main__":
    one_thread("tests.benchmarks.checks")
    sys.exit(main())
