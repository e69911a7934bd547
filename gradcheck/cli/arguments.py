"""Words of the command line that several commands understand."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gradcheck.system import files
from gradcheck.trying.domain import WORDS, parse_domain, parse_named, parse_range
from gradcheck.trying.settings import parse_setting
from gradcheck.trying.wanted import DRAWS, parse, parse_values

if TYPE_CHECKING:
    from gradcheck.records.jsonl import Row

N = TypeVar("N", int, float)

TIME_LIMIT = 300.0  # seconds for one finding
BASELINE = Path("reports/baseline.jsonl")  # committed; from the folder where the command runs


def positive(text: str) -> int:
    """An integer from 1.

    >>> positive("3")
    3
    """
    return _in_range(text, int(text) if text.isdecimal() else 0, "a positive integer", 1)


def seed(text: str) -> int:
    """An integer from 0."""
    return _in_range(text, int(text) if text.isdecimal() else -1, "an integer of at least 0", 0)


def seconds(text: str) -> float:
    """A length of time."""
    return _in_range(text, _number(text), "a number of seconds above 0", math.ulp(0.0))


def ulps(text: str) -> float:
    """A distance in units in the last place."""
    return _in_range(text, _number(text), "a number of ULPs, 0 or more", 0.0)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _in_range(text: str, value: N, expected: str, least: N) -> N:
    """The value, if it is finite and at least so much."""
    if not least <= value < math.inf:
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}")
    return value


def _of(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """What a text stands for, for argparse, which wants its own error."""

    def read_or_refuse(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read_or_refuse


an_input = _of(parse)


def add_points(parser: argparse.ArgumentParser) -> None:
    """`--values`, `--range`, `--domain`, `--symmetric`, `--draw`: at which points an op is checked."""
    # Values such as -1:1 and -1,2 are no options although they begin like one.
    parser._negative_number_matcher = re.compile(r"-[\d.]|-inf:")
    parser.add_argument(
        "--values",
        type=_of(parse_values),
        action="append",
        dest="inputs",
        metavar="1,0,2",
        help="the values of an input instead of its --shape: numbers (differentiated if one has a point), "
        "[[1,2],[3,4]], FILE.npy, or FILE.npz for several inputs by their names (default: drawn)",
    )
    parser.add_argument(
        "--range",
        type=_of(lambda text: parse_named(text, parse_range)),
        action="append",
        default=[],
        metavar="[NAME=]-1:1",
        help="where to draw: once for all floating inputs, once for each input in order, or by its name "
        "(default: well inside of its domain)",
    )
    parser.add_argument(
        "--domain",
        type=_of(lambda text: parse_named(text, parse_domain)),
        action="append",
        default=[],
        metavar="[NAME=]0:1",
        help=f"where it is defined: LOW:HIGH, inf allowed, or {', '.join(WORDS)}; as --range "
        "(default: found by calls)",
    )
    parser.add_argument(
        "--symmetric",
        action="store_true",
        help="square inputs are symmetric: f is checked as a function of these (default: of any matrices)",
    )
    parser.add_argument(
        "--draw",
        choices=tuple(DRAWS),
        action="append",
        default=[],
        metavar="POINTS",
        help=f"only such points: {', '.join(DRAWS)} (default: all that its domain has)",
    )


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--set`, arguments of a constructor or a function that are no inputs."""
    parser.add_argument(
        "--set",
        type=_of(parse_setting),
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an argument of the constructor, or of the function, that is no input: axis=1, shape=(2,3), "
        "mode=same; once for each (default: several values are tried)",
    )


def add_pattern(parser: argparse.ArgumentParser) -> None:
    """`--op`, functions of the table."""
    parser.add_argument(
        "--op",
        default="*",
        metavar="PATTERN",
        help="functions by name, shell patterns separated by commas: 'tanh,soft*' (default: all)",
    )


def add_order(parser: argparse.ArgumentParser, what: str, default: int | None = None) -> None:
    """`--order`, the highest."""
    parser.add_argument("--order", type=positive, default=default, metavar="N", help=what)


def add_out(parser: argparse.ArgumentParser, what: str, default: Path | None = None) -> None:
    """`--out`, a folder."""
    parser.add_argument("--out", type=Path, default=default, metavar="DIR", help=what)


def add_workers(parser: argparse.ArgumentParser) -> None:
    """`-n`, processes."""
    parser.add_argument(
        "-n", type=positive, metavar="WORKERS", help="processes of this machine (default: all cores)"
    )


def add_time_limit(parser: argparse.ArgumentParser, what: str) -> None:
    """`--time-limit`, after which a process is ended."""
    parser.add_argument(
        "--time-limit",
        type=seconds,
        default=TIME_LIMIT,
        metavar="SECONDS",
        help=f"for {what}, whose process is then ended (default: %(default)g)",
    )


def add_baseline(parser: argparse.ArgumentParser) -> None:
    """`--baseline`, an earlier run's records; see `baseline`."""
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="RECORDS",
        help=f"the report says what changed since these (default: {BASELINE} where there is one)",
    )


def add_history(parser: argparse.ArgumentParser, what: str) -> None:
    """`--history`, a file with a line for each run."""
    parser.add_argument("--history", type=Path, metavar="FILE", help=what)


def read_too(options: argparse.Namespace) -> list[Path]:
    """The file of `baseline`, if there is any."""
    if options.baseline is not None:
        return [options.baseline]
    return [BASELINE] if BASELINE.is_file() else []


def baseline(options: argparse.Namespace) -> list[Row]:
    """The rows measured before, if there are any."""
    return [row for path in read_too(options) for row in read(path)]


def read(path: Path) -> list[Row]:
    """The rows of a file; OSError for what is none."""
    from gradcheck.records import jsonl

    with files.naming(path):
        files.check_readable(path)
        return jsonl.read(path)
