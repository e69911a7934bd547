"""`gradcheck reproduce`: one case of the report."""

from __future__ import annotations

import argparse
import os

from gradcheck.cli import arguments

HELP = "one case of the table again, verbosely"
EXAMPLES = ("gradcheck reproduce tanh/float64/cpu", "gradcheck reproduce sum:axis=0/float32/cpu --order 1")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="CASE", help="a case id, as in the report: tanh/float64/cpu")
    parser.add_argument(
        "--order", type=arguments.positive, metavar="N", help="highest order (default: the spec's)"
    )


def main(options: argparse.Namespace) -> int:
    from gradcheck import tasks

    case, result = tasks.reproduce(options.case, options.order)
    place = f"device {case.device}, layout {case.layout}, process {os.getpid()}"
    print(f"case {case.id}, seed {case.seed}, {place}")
    for name, x in zip(case.names, case.inputs, strict=True):
        print(f"  {name} = {x.tolist()}  ({x.dtype})")
    print(result)
    return int(result.verdict == "fail")
