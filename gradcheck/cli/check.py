"""`gradcheck check`: an op of yours."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gradcheck.cli import arguments
from gradcheck.errors import SpecError
from gradcheck.texts import shown

HELP = "check an op of yours before merging it"
EXAMPLES = (
    "gradcheck check my_ops.py",
    "gradcheck check my_ops.py:MyFunction --order 3",
    "gradcheck check my_package.ops:scale --shape 2x3 --shape 3 --dtype float64",
    "gradcheck check my_ops.py:lookup --shape 10x3 --shape 4:int",
    "gradcheck check my_ops.py --device gpu",
)
DTYPES = ("float64", "float32")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="FILE.py, FILE.py:NAME, MODULE or MODULE:NAME: a Spec, a Function subclass or a function of "
        "Variables; without NAME all that the file or module defines",
    )
    parser.add_argument(
        "--order",
        type=arguments.positive,
        default=2,
        metavar="N",
        help="orders 1 to N are checked (default: %(default)s)",
    )
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
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="show what passes in full, too (default: one line)"
    )


def main(options: argparse.Namespace) -> int:
    from gradcheck import laboratory, targets

    laboratory.devices(options.device)
    asked = targets.Asked(
        options.shape, options.dtype or DTYPES, options.order, options.seed, options.device
    )
    verdicts = []
    warned = 0
    told: set[tuple[str, str | None]] = set()
    found = targets.load(options.target)
    refused = 0
    for target in found:
        try:
            for result in targets.findings(target, asked):
                verdicts.append(result.verdict)
                warned += bool(result.warnings)
                finding = result.verdict, result.diagnosis and result.diagnosis.partition(":")[0]
                full = options.verbose or (result.verdict != "pass" and finding not in told)
                print(result if full else result.line)
                told.add(finding)
        except SpecError as error:
            if len(found) == 1:
                raise
            refused += 1
            print(shown(f"NOT CHECKED  {error}"))
    print(_counted(verdicts, warned, refused))
    return int("fail" in verdicts) or 2 * bool(refused)


def _counted(verdicts: Sequence[str], warned: int, refused: int) -> str:
    """
    >>> _counted(["pass", "fail", "pass"], 1, 0)
    '3 checks: 2 pass, 1 fail; 1 with a warning'
    """
    counts = [f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts)]
    counts += [f"{refused} not checked"] if refused else []
    warnings = f"; {warned} with a warning" if warned else ""
    return f"{len(verdicts)} check{'s' if len(verdicts) != 1 else ''}: {', '.join(counts)}{warnings}"
