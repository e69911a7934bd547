"""`gradcheck check`: ops of yours."""

from __future__ import annotations

import argparse
from pathlib import Path

from gradcheck.cli import arguments
from gradcheck.trying.wanted import Asked

HELP = "check ops of yours before merging them"
EXAMPLES = (
    "gradcheck check my_ops.py",
    "gradcheck check my_ops.py:MyFunction --order 3",
    "gradcheck check my_package.ops:scale --shape 2x3 --shape 3 --dtype float64",
    "gradcheck check my_ops.py:lookup --shape 10x3 --shape 4:int",
    "gradcheck check my_ops.py:my_loss --shape 2x3 --values 1,0 --domain 0:1",
    "gradcheck check my_ops.py:MySum --set axis=1 --set keepdims=True",
    "gradcheck check my_ops.py --device gpu",
    "gradcheck check my_ops.py:scale@3,5-7 my_ops.py:lookup",
    "gradcheck check my_ops.py --junit gradients.xml --out reports/my_ops",
)
ORDER = 2  # of what is no Spec
DTYPES = ("float64", "float32")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="TARGET",
        nargs="+",
        help="FILE.py, FILE.py:NAME, MODULE or MODULE:NAME: a Spec, a class of Functions or of layers, a "
        "function of Variables; without NAME all that the file or module defines; TARGET@3,5-7 for these of "
        "its checks",
    )
    arguments.add_order(parser, f"orders 1 to N are checked (default: {ORDER}; of a Spec its own)")
    parser.add_argument(
        "--shape",
        type=arguments.an_input,
        action="append",
        dest="inputs",
        default=[],
        metavar="2x3",
        help="once for each input; `scalar` for 0-d, `4:int` for integers, `2x3:bool` "
        "(default: several shapes, those it accepts)",
    )
    arguments.add_points(parser)
    arguments.add_settings(parser)
    parser.add_argument(
        "--dtype",
        choices=("float64", "float32", "float16", "longdouble"),
        action="append",
        help=f"once or several times (default: {' and '.join(DTYPES)})",
    )
    parser.add_argument(
        "--seed",
        type=arguments.seed,
        default=0,
        metavar="N",
        help="of the drawn inputs and probes (default: %(default)s)",
    )
    parser.add_argument(
        "--device", choices=("cpu", "gpu"), default="cpu", help="where to check (default: %(default)s)"
    )
    arguments.add_time_limit(parser, "one finding")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="show all findings in full (default: what does not pass)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document instead of text (default: text)"
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML, too (default: none)")
    arguments.add_out(parser, "write records and a page of each op there, too (default: nowhere)")


def main(options: argparse.Namespace) -> int:
    from gradcheck.cli.checks import command

    return command.run(options, asked_of(options), add_options)


def asked_of(options: argparse.Namespace) -> Asked:
    """What is asked for by the options of this command."""
    return Asked(
        tuple(options.inputs),
        tuple(options.dtype or DTYPES),
        options.order or ORDER,
        options.seed,
        options.device,
        own_order=options.order is None,
        ranges=tuple(options.range),
        domains=tuple(options.domain),
        symmetric=options.symmetric,
        draws=tuple(options.draw),
        settings=tuple(options.set),
    )
