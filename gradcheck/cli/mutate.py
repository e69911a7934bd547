"""`gradcheck mutate`: bugs planted, and those found."""

from __future__ import annotations

import argparse
from pathlib import Path

from gradcheck.cli import arguments
from gradcheck.texts import shown

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
    parser.add_argument(
        "--order",
        type=arguments.positive,
        metavar="N",
        help="highest order, of that one mutant (default: the spec's)",
    )
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
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write records and a page there (default: nowhere)"
    )
    parser.add_argument(
        "--time-limit", type=arguments.seconds, metavar="SECONDS", help="for one mutant (default: 60)"
    )


def main(options: argparse.Namespace) -> int:
    if options.mutant:
        return _one(options)
    from gradcheck.machine import usable_cores
    from gradcheck.mutation import campaign
    from gradcheck.report import mutation

    finished = campaign.run(
        options.op,
        quick=options.quick,
        sample=options.sample,
        workers=options.n or usable_cores(),
        command=options.command_line,
        out=options.out,
        time_limit=options.time_limit,
    )
    print(mutation.text(finished.rows))
    for error in finished.errors:
        print(shown(f"ERROR  {error}"))
    return int(bool(finished.errors or mutation.matrix(finished.rows).bad))


def _one(options: argparse.Namespace) -> int:
    from gradcheck.mutation import experiment
    from gradcheck.report import mutation

    row, result = experiment.experiment(experiment.parse(options.mutant), options.order)
    print(shown(f"{row['outcome'].upper()}  {row['mutant']} ({row['bug']}) in {row['function']}"))
    print(result)
    return int(row["outcome"] in mutation.BAD)
