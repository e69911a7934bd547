"""The equations of a formula row: the value, the first derivatives, the second ones."""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple

from gradcheck.records.jsonl import Row

_PARTS = (("value", "Value"), ("first", "First derivative"), ("second", "Second derivative"))


class Equation(NamedTuple):
    """One equation in both notations; either may be empty."""

    mathml: str
    text: str

    @property
    def length(self) -> int:
        return len(self.text)


def equations(row: Row) -> list[tuple[str, list[Equation]]]:
    """(name, equations) of each part that the row has."""
    found = [(name, _equations(row, part)) for part, name in _PARTS]
    return [(f"{name}s" if len(each) > 1 else name, each) for name, each in found if each]


def _equations(row: Row, part: str) -> list[Equation]:
    mathml, text = (
        [row[notation][part], *row[notation].get(f"{part}s", [])] for notation in ("mathml", "text")
    )
    pairs = zip_longest(mathml, text, fillvalue="")
    return [Equation(*pair) for pair in pairs if any(pair)]
