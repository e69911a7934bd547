"""Records of several machines as one list of rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from gradcheck.errors import RecordError
from gradcheck.records.rows import Row, json_values

#: Kinds of rows that say nothing of their run, and what each of them is about.
_ABOUT = {
    **dict.fromkeys(("formula", "curve", "range", "section", "graph", "source"), "op"),
    **dict.fromkeys(("study", "figure", "table"), "study"),
}


def merge(records: Iterable[Iterable[Mapping[str, Any]]]) -> list[Row]:
    """The rows of several machines' records as one list; a row found twice is kept once.

    Case, network and end rows keep the id of the run they came from. What each machine makes again for a
    function or a study (its formula, its curves, its graph) is that of the first that has it. Cases that runs
    left out for one reason are counted together.

    Raises:
        RecordError: two different runs have the same id.
    """
    merged = _Merged()
    for rows in records:
        merged.add([each if isinstance(each, dict) else dict(each) for each in rows])
    return list(merged.rows.values())


class _Merged:
    """What was added so far: rows by a digest of their text, runs by their id."""

    def __init__(self) -> None:
        self.rows: dict[bytes, Row] = {}
        self._runs: dict[str, bytes] = {}
        self._known: set[tuple[str, str]] = set()

    def add(self, rows: Sequence[Row]) -> None:
        others = self._add_runs(rows)
        for each in rows:
            if _about(each) in self._known:
                continue
            if each["kind"] == "exempt":
                self._count(each, others)
            else:
                self.rows.setdefault(_digest(each), each)
        self._known |= {about for each in rows if (about := _about(each))}

    def _add_runs(self, rows: Sequence[Row]) -> bool:
        """Whether these are rows of other runs than all that was added before."""
        before = set(self._runs)
        runs = [each for each in rows if each["kind"] == "run"]
        for each in runs:
            if self._runs.setdefault(each["run"], _digest(each)) != _digest(each):
                raise RecordError(f"merge: two different runs have the id {each['run']!r}")
        return bool(runs) and before.isdisjoint(each["run"] for each in runs)

    def _count(self, row: Row, others: bool) -> None:
        """The cases left out for one reason: those of other runs are further ones."""
        same = _digest({**row, "count": 0})
        counts = [self.rows[same]["count"] if same in self.rows else 0, row["count"]]
        self.rows[same] = {**row, "count": sum(counts) if others else max(counts)}


def _about(row: Row) -> tuple[str, str] | None:
    """Kind and subject of a row that says nothing of its run."""
    field = _ABOUT.get(row["kind"])
    return (row["kind"], row[field]) if field else None


def _digest(row: Row) -> bytes:
    """16 bytes for each of a million rows are few; no two texts that anybody can make have the same."""
    text = json.dumps(row, sort_keys=True, default=json_values)
    return blake2b(text.encode(), digest_size=16).digest()
