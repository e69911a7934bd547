"""`gradcheck check`: ops of yours."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from gradcheck.cli import arguments, isolated
from gradcheck.cli.checks import table
from gradcheck.cli.checks.checking import Checking
from gradcheck.cli.checks.plain import Checked, Ended, status_of
from gradcheck.cli.checks.shown import Shown
from gradcheck.errors import SpecError
from gradcheck.report import github
from gradcheck.system import files, signals
from gradcheck.system.captured import Captured
from gradcheck.trying.wanted import Asked

HELP = "check ops of yours before merging them"
EXAMPLES = (
    "gradcheck check my_ops.py",
    "gradcheck check my_ops.py:MyFunction --order 3",
    "gradcheck check my_package.ops:scale --shape 2x3 --shape 3 --dtype float64",
    "gradcheck check my_ops.py:lookup --shape 10x3 --shape 4:int",
    "gradcheck check my_ops.py --device gpu",
    "gradcheck check my_ops.py:scale@3,5-7 my_ops.py:lookup",
    "gradcheck check my_ops.py --junit gradients.xml --out reports/my_ops",
)
DTYPES = ("float64", "float32")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="TARGET",
        nargs="+",
        help="FILE.py, FILE.py:NAME, MODULE or MODULE:NAME: a Spec, a Function subclass or a function of "
        "Variables; without NAME all that the file or module defines; TARGET@3,5-7 for these of its checks",
    )
    arguments.add_order(parser, "orders 1 to N are checked (default: %(default)s)", 2)
    parser.add_argument(
        "--shape",
        type=arguments.an_input,
        action="append",
        default=[],
        metavar="2x3",
        help="once for each input; `scalar` for 0-d, `4:int` for integers (0 or 1), `2x3:bool` "
        "(default: several shapes, those it accepts)",
    )
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
    asked = asked_of(options)
    _require_writable(options)
    shown = Shown(options.verbose, options.json, goes_on=bool(options.junit or options.out))
    targets: list[Checked] = []
    with signals.raising():
        interrupted = _check(targets, options, asked, shown)
        _tell(targets, options, shown, interrupted)
    shown.raise_broken()
    if interrupted:
        return signals.INTERRUPTED
    refused = [target.refused for target in targets if target.refused]
    if len(refused) == len(targets) == 1:
        raise SpecError(refused[0])
    return status_of(targets)


def asked_of(options: argparse.Namespace) -> Asked:
    """What is asked for by the options of this command."""
    return Asked(
        tuple(options.shape), tuple(options.dtype or DTYPES), options.order, options.seed, options.device
    )


def _check(targets: list[Checked], options: argparse.Namespace, asked: Asked, shown: Shown) -> bool:
    """Make the checks; whether Ctrl-C ended it before all were made."""
    records = options.out is not None
    try:
        with Captured() as printed, isolated.Isolated(options.time_limit, printed.file) as process:
            shown.printed = printed.take
            Checking(process, asked, shown, records=records).all(options.target, targets)
    except KeyboardInterrupt:
        return True
    return False


def _tell(targets: Sequence[Checked], options: argparse.Namespace, shown: Shown, interrupted: bool) -> None:
    """The end of the text, and what machines are told."""
    repeat = table.repeat(targets, options.command_line, add_options)
    shown.finish(targets, repeat, interrupted)
    if options.json or options.junit or options.out or github.is_here():
        from gradcheck.cli.checks import telling

        telling.tell(Ended(targets, options.command_line, repeat, interrupted), options, shown)


def _require_writable(options: argparse.Namespace) -> None:
    """Say now what cannot be written, before work is done for it."""
    if options.junit is not None:
        files.check_writable(options.junit)
    if options.out is not None:
        files.check_writable(options.out / "records.jsonl")
