"""dezero's times beside PyTorch's and NumPy's by hand, in one process: `python -m tests.benchmarks`.

Every public function, layer and optimizer at several sizes, parts of networks and whole steps, graphs,
and what must not grow. All sides take turns on one thread; a ratio is the median of the rounds' ratios.
docs/performance.md says how to read the table.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.sizes import HOST
from tests.benchmarks.threads import one_thread

TABLES = ("networks", "graphs", "functions", "layers", "optimizers", "growth")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", metavar="PATTERN", action="append", help="rows whose name contains it, or fits it"
    )
    parser.add_argument("--table", choices=TABLES, action="append")
    parser.add_argument("--size", choices=[size.name for size in HOST], action="append")
    parser.add_argument(
        "--rounds", type=int, help="of every row; else as many as take a fraction of a second"
    )
    parser.add_argument(
        "--before", type=Path, metavar="FOLDER", help="another checkout, whose dezero takes turns too"
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    from tests.benchmarks import rows, table

    effort = rows.Effort(least=options.rounds, most=options.rounds) if options.rounds else rows.Effort()
    found = table.measure(table.chosen(options.only, options.table, options.size), effort, options.before)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    one_thread("tests.benchmarks")
    sys.exit(main())
