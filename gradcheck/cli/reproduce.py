"""`gradcheck reproduce`: one case of the report."""

from __future__ import annotations

import argparse

from gradcheck.cli import arguments, isolated
from gradcheck.system.texts import printable

HELP = "one case of the table again, verbosely"
EXAMPLES = ("gradcheck reproduce tanh/float64/cpu", "gradcheck reproduce sum:axis=0/float32/cpu --order 1")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="CASE", help="a case id, as in the report: tanh/float64/cpu")
    arguments.add_order(parser, "highest order (default: the spec's)")
    arguments.add_time_limit(parser, "the case")


def main(options: argparse.Namespace) -> int:
    with isolated.Isolated(options.time_limit) as process:
        try:
            found = process.call(isolated.case, options.case, options.order)
        except isolated.LostError as error:
            print(printable(f"FAIL  {options.case}: {error}"))
            return 1
    print(found.text)
    return int(found.verdict == "fail")
