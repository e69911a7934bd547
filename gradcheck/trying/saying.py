"""What was found and what was refused, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradcheck.trying import shapes
from gradcheck.trying.domain import SHARES
from gradcheck.trying.op import LeftOut
from gradcheck.trying.source import Source

Refusal = tuple[shapes.Inputs, str, str]  # the inputs, further words for them, and what the op said

ROWS = 8  # of what was refused, each with another reason, that are told
_NUMBERS = re.compile(r"\d+(, ?\d+)*")
SHAPES = 6  # with the same reason that are named


def options(sources: Sequence[Source], names: Sequence[str]) -> list[str]:
    """The domains and ranges of inputs, as options."""
    pairs = zip(sources, names, strict=True)
    return [option for source, name in pairs for option in source.options("" if len(sources) == 1 else name)]


def found_out(sources: Sequence[Source], names: Sequence[str]) -> Iterator[str]:
    """What was found and not given, as options, with what they mean for the check."""
    for source, name in zip(sources, names, strict=True):
        given = {"--domain": source.declared, "--range": source.ranged}
        for option in source.options("" if len(sources) == 1 else name):
            if not given[option.split()[0]]:
                yield f"{option}{_meaning(source, name)}"


def _meaning(source: Source, name: str) -> str:
    """What a domain means for the check, where that is more than where values are drawn."""
    if source.where.of_matrices:
        return f"  (checked as a function of symmetric matrices: of ({name} + {name}^T) / 2)"
    if SHARES in source.where.words:
        return "  (moved one by one; --domain simplex: checked as a function of rows that sum to 1)"
    if source.onto() is not None:
        return f"  (checked as a function of {name} / sum of {name} along the last axis)"
    return f"  ({name} is not differentiated)" if source.floating and source.where.discrete else ""


def folded(refused: Sequence[Refusal]) -> list[LeftOut]:
    """What was refused, with the same reason in one row; numbers in reasons make no difference."""
    rows: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for inputs, further, why in refused:
        rows.setdefault((further, _NUMBERS.sub("n", why)), []).append((shapes.named(inputs), why))
    found = [
        LeftOut(f"{_several([what for what, _ in row])}{further}", row[0][1])
        for (further, _), row in rows.items()
    ]
    more = len(found) - ROWS
    return found[:ROWS] + ([LeftOut(f"{more} more", "for other reasons")] if more > 0 else [])


def _several(texts: Sequence[str]) -> str:
    """
    >>> _several(["2x3", "4", "2x3"]), _several([str(n) for n in range(9)])
    ('2x3, 4', '0, 1, 2, 3, 4, 5 and 3 more')
    """
    different = list(dict.fromkeys(texts))
    more = len(different) - SHAPES
    return ", ".join(different[:SHAPES]) + (f" and {more} more" if more > 0 else "")
