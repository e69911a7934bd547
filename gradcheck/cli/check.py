"""`gradcheck check`: an op of yours."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from gradcheck.cli import arguments, isolated
from gradcheck.cli.isolated import Isolated, PlainFinding
from gradcheck.errors import SpecError
from gradcheck.system.texts import printable
from gradcheck.trying.wanted import Asked

HELP = "check an op of yours before merging it"
EXAMPLES = (
    "gradcheck check my_ops.py",
    "gradcheck check my_ops.py:MyFunction --order 3",
    "gradcheck check my_package.ops:scale --shape 2x3 --shape 3 --dtype float64",
    "gradcheck check my_ops.py:lookup --shape 10x3 --shape 4:int",
    "gradcheck check my_ops.py:my_loss --shape 2x3 --values 1,0 --domain 0:1",
    "gradcheck check my_ops.py:MySum --set axis=1 --set keepdims=True",
    "gradcheck check my_ops.py --device gpu",
)
DTYPES = ("float64", "float32")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="FILE.py, FILE.py:NAME, MODULE or MODULE:NAME: a Spec, a class of Functions or of layers, a "
        "function of Variables; without NAME all that the file or module defines",
    )
    arguments.add_order(parser, "orders 1 to N are checked (default: %(default)s)", 2)
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
        "-v", "--verbose", action="store_true", help="show what passes in full, too (default: one line)"
    )


def main(options: argparse.Namespace) -> int:
    asked = asked_of(options)
    printed = _Printed(options.verbose)
    with isolated.Isolated(options.time_limit) as process:
        for found in _findings(process, options.target, asked):
            printed.show(found)
    print(_counted(printed.verdicts, printed.warned, printed.refused), flush=True)
    return printed.status


def asked_of(options: argparse.Namespace) -> Asked:
    """What is asked for by the options of this command."""
    return Asked(
        tuple(options.inputs),
        tuple(options.dtype or DTYPES),
        options.order,
        options.seed,
        options.device,
        ranges=tuple(options.range),
        domains=tuple(options.domain),
        symmetric=options.symmetric,
        draws=tuple(options.draw),
        settings=tuple(options.set),
    )


def _findings(process: Isolated, target: str, asked: Asked) -> Iterator[PlainFinding | SpecError]:
    """One by one; a SpecError instead of what cannot be checked.

    Raises:
        SpecError: nothing of the target can be.
    """
    try:
        names = process.call(isolated.names, target, asked.device)
    except isolated.LostError as error:
        raise SpecError(f"{target} cannot be loaded: {error}") from error
    for number, name in enumerate(names):
        try:
            plan = process.call(isolated.planned, target, number, asked)
        except isolated.LostError as error:
            yield _lost_finding(name, "", str(error))
            continue
        except SpecError as error:
            if len(names) == 1:
                raise
            yield error
            continue
        for what, why in plan.left_out:
            print(printable(f"LEFT OUT  {what}: {why}"), flush=True)
        for check, (title, reproduce) in enumerate(plan.checks):
            try:
                yield process.call(isolated.finding, target, number, asked, check)
            except isolated.LostError as error:
                yield _lost_finding(title, reproduce, str(error))
            except SpecError as error:
                yield error


def _lost_finding(title: str, reproduce: str, why: str) -> PlainFinding:
    """The finding where the process of a check died, or did not finish."""
    from gradcheck.judging.finding import Result

    result = Result("fail", why, title=title, reproduce=reproduce)
    return PlainFinding(result.verdict, str(result), result.line, cause=why)


class _Printed:
    """What has been printed so far."""

    def __init__(self, verbose: bool) -> None:
        self.verdicts: list[str] = []
        self.warned = 0
        self.refused = 0
        self._verbose = verbose
        self._kinds: set[tuple[str, str | None]] = set()

    def show(self, found: PlainFinding | SpecError) -> None:
        """Print a finding: in full where it is no pass, and the first of its kind."""
        if isinstance(found, SpecError):
            self.refused += 1
            print(printable(f"NOT CHECKED  {found}"), flush=True)
            return
        self.verdicts.append(found.verdict)
        self.warned += found.warned
        kind = found.verdict, found.cause
        full = self._verbose or (found.verdict != "pass" and kind not in self._kinds)
        self._kinds.add(kind)
        print(found.text if full else found.line, flush=True)  # so that the op's own output comes after it

    @property
    def status(self) -> int:
        """1 where something fails or nothing was compared, 2 where something could not be checked, or all."""
        failed = "fail" in self.verdicts or set(self.verdicts) == {"not-tested"}
        return 1 if failed else 2 * bool(self.refused or not self.verdicts)


def _counted(verdicts: Sequence[str], warned: int, refused: int) -> str:
    """
    >>> _counted(["pass", "fail", "pass"], 1, 0)
    '3 checks: 2 pass, 1 fail; 1 with a warning'
    """
    counts = [f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts)]
    counts += [f"{refused} not checked"] if refused else []
    warnings = f"; {warned} with a warning" if warned else ""
    return f"{len(verdicts)} check{'s' if len(verdicts) != 1 else ''}: {', '.join(counts)}{warnings}"
