"""dezero's times beside PyTorch's and NumPy's by hand, in one process: `python -m tests.benchmarks`.

Every public function, layer and optimizer at several sizes, parts of networks and whole steps, graphs,
and what must not grow. All sides take turns on one thread; a ratio is the median of the rounds' ratios.
docs/performance.md says how to read the table.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", metavar="PATTERN", action="append", help="rows whose name contains it, or fits it"
    )
    parser.add_argument(
        "--table", action="append", help="functions, layers, optimizers, networks, graphs, growth"
    )
    parser.add_argument("--size", action="append", help="million, float64, strided, tall, wide, small")
    parser.add_argument(
        "--rounds", type=int, help="of every row; else as many as take a fraction of a second"
    )
    parser.add_argument(
        "--before", type=Path, metavar="FOLDER", help="another checkout, whose dezero takes turns too"
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    from tests.benchmarks import table

    found = table.measure(
        table.chosen(options.only, options.table, options.size), options.rounds, options.before
    )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def one_thread() -> None:
    """Begin anew with the libraries' settings, which are read when NumPy loads."""
    wanted = dict.fromkeys(THREADS, "1")
    if os.environ.pop("OPENBLAS_CORETYPE", None) or wanted.items() - os.environ.items():
        os.environ.update(wanted)  # the core type names an older CPU
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmarks", *sys.argv[1:]])


if __name__ == "__main__":
    one_thread()
    sys.exit(main())
