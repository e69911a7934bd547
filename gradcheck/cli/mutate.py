"""`gradcheck mutate`: bugs planted, and those found."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gradcheck.cli import arguments, isolated
from gradcheck.cli.isolated import Isolated
from gradcheck.errors import SpecError
from gradcheck.system.texts import printable

HELP = "plant bugs in dezero and count those found"
EXAMPLES = (
    "gradcheck mutate --quick",
    "gradcheck mutate --sample 1",
    "gradcheck mutate --op tanh --out reports/mutants",
    "gradcheck mutate sign/Tanh/tanh/float64/cpu",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "mutant",
        nargs="?",
        metavar="MUTANT",
        help="one again, verbosely, by its id: sign/Tanh/tanh/float64/cpu (default: all)",
    )
    arguments.add_pattern(parser)
    arguments.add_order(parser, "highest order, of that one mutant (default: the spec's)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one variant of each function, float64 (default: all variants and dtypes)",
    )
    parser.add_argument(
        "--sample",
        type=int,
        metavar="SEED",
        help="each bug once in each class, at a case drawn with this seed (default: at all cases)",
    )
    arguments.add_workers(parser)
    arguments.add_out(parser, "write records and a page there (default: nowhere)")
    parser.add_argument(
        "--time-limit",
        type=arguments.seconds,
        metavar="SECONDS",
        help="for one mutant (default: 60; for MUTANT again 300)",
    )


def main(options: argparse.Namespace) -> int:
    limit = options.time_limit if options.mutant else None
    with isolated.Isolated(limit or arguments.TIME_LIMIT) as process:
        return _one(process, options) if options.mutant else _all(_plans(process, options), options)


def _plans(process: Isolated, options: argparse.Namespace) -> Sequence[tuple[str, str, str]]:
    try:
        found: list[tuple[str, str, str]] = process.call(isolated.plans, options.op, options.quick)
    except isolated.LostError as error:
        raise SpecError(f"what to plant in {options.op!r} cannot be told: {error}") from error
    return found


def _all(plans: Sequence[tuple[str, str, str]], options: argparse.Namespace) -> int:
    from gradcheck.experiments.mutation.experiment import Plan
    from gradcheck.records.machine import usable_cores
    from gradcheck.report import kill_matrix
    from gradcheck.running import campaign

    finished = campaign.run(
        [Plan(*plan) for plan in plans],
        quick=options.quick,
        sample=options.sample,
        workers=options.n or usable_cores(),
        command=options.command_line,
        out=options.out,
        time_limit=options.time_limit,
    )
    print(kill_matrix.text(finished.rows))
    for error in finished.errors:
        print(printable(f"ERROR  {error}"))
    return int(bool(finished.errors or kill_matrix.matrix(finished.rows).bad))


def _one(process: Isolated, options: argparse.Namespace) -> int:
    from gradcheck.report import kill_matrix

    try:
        outcome, text = process.call(isolated.mutant, options.mutant, options.order)
    except isolated.LostError as error:
        print(printable(f"ERROR  {options.mutant}: {error}"))
        return 1
    print(text)
    return int(outcome in kill_matrix.BAD)
