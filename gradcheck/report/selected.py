"""What runs set out to measure: as their rows say it, or in older records their command."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from gradcheck.records.jsonl import Row

WHOLE = "*"


class Selection(NamedTuple):
    """Shell patterns of ops, separated by commas, and the highest order; None for that of each op."""

    ops: str = WHOLE
    order: int | None = None

    @property
    def is_whole(self) -> bool:
        return self == Selection()

    @property
    def words(self) -> str:
        """
        >>> Selection().words, Selection("tanh", 2).words
        ('all functions', 'tanh, up to order 2')
        """
        ops = "all functions" if self.ops == WHOLE else self.ops
        return ops if self.order is None else f"{ops}, up to order {self.order}"

    def takes(self, op: str, order: int) -> bool:
        """Whether that order of an op is among what is measured.

        >>> Selection("tanh,soft*", 2).takes("softmax", 2), Selection("tanh", 2).takes("tanh", 3)
        (True, False)
        """
        if self.order is not None and order > self.order:
            return False
        names = (op, op.partition(".")[2])  # an op of another package may be asked for without its package
        return any(fnmatchcase(name, part.strip()) for part in self.ops.split(",") for name in names)


def of(run: Row) -> Selection | None:
    """That of a run's row; None where it does not say, as those of tests and of `check`.

    >>> of({"command": "gradcheck run --op 'tanh,soft*' --order=2"})
    Selection(ops='tanh,soft*', order=2)
    """
    if "selection" in run:
        return Selection(run["selection"]["ops"], run["selection"]["order"])
    try:
        words = shlex.split(run["command"])
    except ValueError:
        return None
    if words[:2] != ["gradcheck", "run"]:
        return None
    order = _option(words, "--order")
    return Selection(_option(words, "--op") or WHOLE, int(order) if order.isdecimal() else None)


def _option(words: Sequence[str], name: str) -> str:
    """The last value that a command line gives an option; empty where it gives none."""
    for n in range(len(words) - 1, 0, -1):
        if words[n].startswith(f"{name}="):
            return words[n].partition("=")[2]
        if words[n - 1] == name:
            return words[n]
    return ""


def together(runs: Iterable[Row]) -> list[Selection]:
    """Those of several runs; empty where one of them does not say, so that all is taken for selected."""
    found = [of(run) for run in runs]
    return [] if None in found else [each for each in found if each is not None]
