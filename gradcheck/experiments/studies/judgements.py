"""How often other gradient checkers judge rightly, on the operations of this project's zoos.

The judging needs the peers, and minutes; `python -m tests.peers` does it and writes the file near this
one, which is shown here with its provenance.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gradcheck.experiments.studies.study import Study, Table
from gradcheck.records.jsonl import Row

FILE = Path(__file__).with_name("judgements.json")

#: Group of operations -> what is a right judgement, as the head of a column.
GROUPS = {
    "wrong": "Wrong, rejected",
    "right": "Right, accepted",
    "narrow": "Right in float32 or float16, accepted",
    "open": "Kinks and lost digits, not rejected",
}


def study() -> Study:
    """Each checker's count of right judgements, in all and by kind of mistake."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    return Study("Judgements of peers", _lead(found), [_totals(found), *_by_phrase(found)])


def is_right(group: str, said: str) -> bool:
    """Whether a judgement is right.

    >>> is_right("wrong", "rejected"), is_right("right", "inconclusive"), is_right("open", "inconclusive")
    (True, False, True)
    """
    if group == "wrong":
        return said == "rejected"
    return said == "accepted" or (group == "open" and said in ("inconclusive", "not-tested"))


def _lead(found: dict[str, Any]) -> str:
    rows = found["rows"]
    wrong = [row for row in rows if row["group"] == "wrong"]
    peers = [name for name in _checkers(rows) if name != "gradcheck"]
    shares = [_count(rows, name) for name in peers]
    return (
        f"{len(wrong)} operations with a wrong backward and {len(rows) - len(wrong)} right ones at awkward "
        f"points, judged by {len(peers)} other checkers and by this one. gradcheck judges "
        f"{_count(rows, 'gradcheck')} of {len(rows)} rightly, the others {min(shares)} to {max(shares)}. "
        "The operations were collected for this project's own tests, so they ask what it was built to answer."
    )


def _checkers(rows: Sequence[Row]) -> list[str]:
    return list(rows[0]["said"])


def _rows_with(rows: Iterable[Row], key: str, value: str) -> list[Row]:
    return [row for row in rows if row[key] == value]


def _count(rows: Iterable[Row], checker: str) -> int:
    return sum(is_right(row["group"], row["said"][checker][0]) for row in rows)


def _count_said(rows: Iterable[Row], checker: str, what: str) -> int:
    return sum(row["said"][checker][0] == what for row in rows)


def _totals(found: dict[str, Any]) -> Table:
    rows = found["rows"]
    groups = {group: _rows_with(rows, "group", group) for group in GROUPS}
    columns = [f"{head} (of {len(groups[group])})" for group, head in GROUPS.items()]
    cells: list[list[str | float | None]] = []
    for name in _checkers(rows):
        counts = [_count(of_group, name) for of_group in groups.values()]
        others = [_count_said(rows, name, what) for what in ("not expressible", "gave up")]
        cells.append([name, *counts, sum(counts), *others])
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return Table(
        "Right judgements",
        "Each operation was wrapped as a custom operation of each framework, with the very same forward "
        "and backward, and checked by the framework's own checker with its own steps and tolerances, up to "
        "the order that the zoo asks for (torch to the second, gradient_check to the first). An exception "
        "counts as a rejection. A kink is a point where a function has no derivative. Torch asks for "
        "inputs in float64; those in float32 and float16 are counted apart. An operation that a peer "
        f"cannot express, or was not done with in {found['seconds']} s and {found['gibibytes']} GiB, "
        "counts as not judged rightly; the last columns say how many these are. "
        "dezero.utils.gradient_check is this project's form of the book's.\n\nMeasured on "
        f"{found['machine']} with {versions}.",
        "Right judgements by checker; operations of this project's zoos",
        ["Checker", *columns, f"All (of {len(rows)})", "Not expressible", "Gave up"],
        cells,
    )


def _by_phrase(found: dict[str, Any]) -> list[Table]:
    """The kinds that are hardest for the others, and all."""
    rows = found["rows"]
    names = _checkers(rows)
    kinds = _kinds(rows)
    cells: list[list[str | float | None]] = [
        [_kind_name(kind), len(of_kind), *(_count(of_kind, name) for name in names)]
        for kind, of_kind in kinds.items()
    ]
    others = [n for n, name in enumerate(names, 2) if name != "gradcheck"]
    unseen = [row for row in cells if not any(row[n] for n in others)]
    columns = ["Operations", "How many", *names]
    caption = "Right judgements by kind of operation and checker"
    return [
        Table(
            "By kind",
            "By what is wrong with an operation, or awkward about a right one. A layout is how an array "
            "lies in memory. First the kinds of which no other checker "
            "judges a single operation rightly.",
            f"{caption}: those that no other checker judges rightly",
            columns,
            unseen,
        ),
        Table("", "", caption, columns, cells, f"All {len(cells)} kinds"),
    ]


def _kinds(rows: Iterable[Row]) -> dict[tuple[bool, str], list[Row]]:
    found: dict[tuple[bool, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["group"] == "wrong", row["phrase"]), []).append(row)
    return found


def _kind_name(kind: tuple[bool, str]) -> str:
    return f"{'wrong' if kind[0] else 'right'}: {kind[1]}"
