"""What was measured, as JSON lines: written while a run goes on, read back, merged.

Each line is one row (see ``rows``): an object with ``schema_version`` and ``kind``. NaN and
infinities, which JSON does not have, are the strings ``"nan"``, ``"inf"`` and ``"-inf"``. Rows of older
versions are brought to the present one as they are read. Several files become one by `merging.merge`.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gradcheck.errors import RecordError
from gradcheck.judging import verdict
from gradcheck.judging.verdict import worst
from gradcheck.oracles.registry import ORACLES, SOURCES
from gradcheck.records import reading
from gradcheck.records.fields import VERDICTS, Verdict
from gradcheck.records.judged_rows import EndRow
from gradcheck.records.merging import merge
from gradcheck.records.rows import Row, checked, json_values, row, validate
from gradcheck.records.schema import SCHEMA_VERSION
from gradcheck.system import files, signals
from gradcheck.system.closing import Closing
from gradcheck.system.growing import Growing

RECORDS = "records.jsonl"  # the name of the file in a report's folder

__all__ = [
    "ORACLES",
    "SCHEMA_VERSION",
    "SOURCES",
    "VERDICTS",
    "RecordError",
    "Row",
    "Verdict",
    "Writer",
    "case_verdict",
    "case_verdicts",
    "end_row",
    "merge",
    "outcome",
    "part_of",
    "read",
    "row",
    "validate",
    "worst",
    "write",
]


def outcome(rows: Iterable[Mapping[str, Any]]) -> Verdict:
    """The verdict of one case at one order, from its rows (the rule is `verdict.outcome`)."""
    return verdict.outcome((row["oracle"], row["verdict"]) for row in rows)


def case_verdict(rows: Iterable[Mapping[str, Any]]) -> Verdict:
    """The verdict of one case, from its rows of all orders (the rule is `verdict.overall`).

    >>> case_verdict([{"order": 0, "oracle": "formula", "verdict": "inconclusive"},
    ...               {"order": 1, "oracle": "jet", "verdict": "pass"}])
    'pass'
    """
    return verdict.overall((row["order"], row["oracle"], row["verdict"]) for row in rows)


def case_verdicts(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Verdict]:
    """(run, case) -> verdict, in the order in which cases came; other kinds are left out."""
    cases: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for each in rows:
        if each["kind"] == "case":
            cases.setdefault((each["run"], each["case"]), []).append(each)
    return {key: case_verdict(said) for key, said in cases.items()}


def end_row(rows: Iterable[Mapping[str, Any]], run: str, *, interrupted: bool = False) -> Row:
    """The end row, as of now, of the run with that id: ``rows`` holds its run and case rows."""
    rows = [row for row in rows if row.get("run") == run]
    start = next(row for row in rows if row["kind"] == "run")
    now = datetime.now(UTC)
    verdicts = Counter(case_verdicts(rows).values())
    end: EndRow = {
        "run": run,
        "finished": now.isoformat(timespec="seconds"),
        "seconds": max(0.0, (now - datetime.fromisoformat(start["started"])).total_seconds()),
        "declared": start["declared"],
        "executed": verdicts.total(),
        "interrupted": interrupted,
        "counts": {each: verdicts[each] for each in VERDICTS},
    }
    return row("end", end)


class Writer(Closing):
    """Writes rows as they come; a context manager.

    Rows go to ``path`` + ``.part`` one by one, so a run that is killed leaves all it measured; on close
    the file takes its name. A run whose end row was not written by then (an exception, Ctrl-C) gets one
    that says interrupted. Where a row cannot be written (a full disk) the rows before it stay in the part.

    Raises:
        OSError: the file cannot be written, or another process is writing it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Writer(Path(folder) / "records.jsonl") as records:
    ...         written = records.write(row("warning", {"message": "a GPU was not found"}))
    ...     read(Path(folder) / "records.jsonl") == [written]
    True
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._open_runs: dict[str, list[Row]] = {}
        self._before: Row = {}
        with signals.held():
            self._file = Growing(self.path, part_of(self.path))

    def write(self, row: Mapping[str, Any]) -> Row:
        """Check one row and append it; it is returned as `read` will give it.

        Raises:
            RecordError: it is not what the schema says.
        """
        found, line = _checked_line(row)
        with signals.held():
            self._file.append(line)
            self._follow(found)
        reading.share_texts(found, self._before)
        self._before = found
        return found

    def end(self, run: str, *, interrupted: bool = False) -> Row:
        """Write the end row of a run of which this file has the rows; it is returned."""
        return self.write(end_row(self._open_runs[run], run, interrupted=interrupted))

    def _follow(self, row: Row) -> None:
        """Keep what the end row of an interrupted run needs."""
        kind, run = row["kind"], row.get("run", "")
        if kind == "run":
            self._open_runs[run] = [row]
        elif kind == "end":
            self._open_runs.pop(run, None)
        elif kind == "case" and run in self._open_runs:
            self._open_runs[run].append(row)

    def close(self) -> None:
        """End what is not ended, and give the file its name."""
        with signals.held():
            if self._file.is_open and self._file.is_sound:
                for run in list(self._open_runs):
                    self.end(run, interrupted=True)
            self._file.finish()


def write(path: str | os.PathLike[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows that are all there, as they are: a run among them that did not end stays one.

    Raises:
        RecordError: a row is not what the schema says.
        OSError: the file cannot be written. In both cases there is no file, or that which was there.
    """
    with files.atomic(path) as stream:
        for each in rows:
            stream.write(_checked_line(each)[1])


def _checked_line(row: Mapping[str, Any]) -> tuple[Row, bytes]:
    """The row as it is read back, and its line."""
    stored = json_values(row)
    return checked(stored), (json.dumps(stored, ensure_ascii=False, allow_nan=False) + "\n").encode()


def part_of(path: str | os.PathLike[str]) -> Path:
    """Where the rows of a run that is not yet over are.

    >>> part_of("records.jsonl").name
    'records.jsonl.part'
    """
    path = Path(path)
    return path.parent / f"{path.name}.part"


def read(path: str | os.PathLike[str]) -> list[Row]:
    """All rows of a file, with floats as floats again; a file whose name ends in `.gz` is unpacked.

    A last line cut short is expected in a ``.part`` file, whose run was killed: a warning row takes
    its place. Raises RecordError, which names the file, the line and what is wrong, for anything
    else that is not a row, and OSError where the file cannot be read.
    """
    path = Path(path)
    try:
        return list(reading.rows_of(path))
    except FileNotFoundError:
        if part_of(path).exists():
            hint = f"{path}: no such file; its run did not finish: read {part_of(path).name}"
            raise RecordError(hint) from None
        raise
