"""Which checks of a target are wanted, as words: the command that repeats all failures is made of them.

`ops.py:scale@3,5-7` are the checks 3, 5, 6 and 7 of `ops.py:scale`, by their numbers in the table. The
numbers stay what they are as long as the shapes, the options and what the op accepts do.
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

AddOptions = Callable[[argparse.ArgumentParser], None]

_NUMBERS = re.compile(r"(.+)@(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)")
_MOST = 100_000  # a range is not longer: no target has as many checks


class Wanted(NamedTuple):
    """A target as it was asked for.

    Attributes:
        numbers: of the checks that are wanted, from 1; None for all.
    """

    text: str
    numbers: frozenset[int] | None = None

    def has(self, number: int) -> bool:
        return self.numbers is None or number in self.numbers


def parse(word: str) -> Wanted:
    """
    >>> parse("ops.py:scale")
    Wanted(text='ops.py:scale', numbers=None)
    >>> parse("ops.py:scale@3,5-6").text, sorted(parse("ops.py:scale@3,5-6").numbers)
    ('ops.py:scale', [3, 5, 6])
    """
    found = _NUMBERS.fullmatch(word)
    if found is None:
        return Wanted(word)
    numbers = [number for part in found[2].split(",") for number in _range(part)]
    return Wanted(found[1], frozenset(numbers))


def _range(part: str) -> range:
    first, _, last = part.partition("-")
    low, high = int(first), int(last or first)
    return range(low, min(high, low + _MOST) + 1)


def selected(text: str, numbers: Sequence[int], total: int) -> str:
    """The target with these of its checks, in order; itself where they are all.

    >>> selected("ops.py:scale", [1, 2, 3, 7], 9), selected("ops.py:scale", [1, 2], 2)
    ('ops.py:scale@1-3,7', 'ops.py:scale')
    """
    if len(numbers) == total:
        return text
    runs = groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    parts = [[number for _, number in run] for _, run in runs]
    return f"{text}@" + ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in parts)


def command(
    targets: Iterable[str],
    line: str,
    add_options: AddOptions,
    leave_out: Sequence[str] = (),
) -> str:
    """The command for these targets, with the options of a command line, as a shell reads it.

    Args:
        line: `gradcheck check ...`, as it was given.
        add_options: adds the options that it may have.
        leave_out: names of options that are not to be repeated.
    """
    program, name, *words = shlex.split(line)
    return shlex.join([program, name, *targets, *_options(words, add_options, leave_out)])


def _options(words: Sequence[str], add_options: AddOptions, leave_out: Sequence[str]) -> list[str]:
    """The words of the options, without the targets; each value as it was written."""
    parser = argparse.ArgumentParser(add_help=False)
    add_options(parser)
    for action in parser._actions:
        action.type, action.choices = None, None
        if action.option_strings:
            action.__class__ = _Repeated
    given = parser.parse_args(list(words))
    pairs: list[tuple[str, list[str]]] = getattr(given, _Repeated.WORDS, [])
    return [word for dest, option in pairs if dest not in leave_out for word in option]


class _Repeated(argparse.Action):
    """An option that is kept as it is written."""

    WORDS = " words"  # where they are kept: no option has such a name

    def __call__(
        self, parser: object, namespace: argparse.Namespace, values: Any, option_string: str | None = None
    ) -> None:
        words = [self.option_strings[-1]] if self.nargs == 0 else _written(self.option_strings[-1], values)
        before = getattr(namespace, self.WORDS, [])
        setattr(namespace, self.WORDS, [*before, (self.dest, words)])


def _written(option: str, value: str | Sequence[str]) -> list[str]:
    """An option with its value or values.

    >>> _written("--shape", "2x3"), _written("--range", "-1:1"), _written("--pair", ["a", "b"])
    (['--shape', '2x3'], ['--range=-1:1'], ['--pair', 'a', 'b'])
    """
    if not isinstance(value, str):
        return [option, *value]
    return [f"{option}={value}"] if value.startswith("-") else [option, value]
