"""A history of runs: a JSON line for each, in a file that grows for years (`run --history FILE`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from gradcheck.errors import RecordError
from gradcheck.records import conform
from gradcheck.records.history_line import HISTORY_VERSION, HistoryLine
from gradcheck.records.reading import lines_of, parsed
from gradcheck.records.rows import json_values
from gradcheck.records.schema import history_schema
from gradcheck.system import files
from gradcheck.system.growing import append_line


class History(NamedTuple):
    """The lines of a file, the oldest first, and the numbers of those that were cut short in writing."""

    lines: list[HistoryLine]
    cut_short: list[int]


def append(path: Path, line: HistoryLine) -> None:
    """Add a line in one write; after one that was cut short, on a line of its own.

    Raises:
        OSError: the file cannot be written.
        RecordError: the line is not what the schema says.
    """
    row = {"history_version": HISTORY_VERSION, **json_values(line)}
    _checked(row)
    append_line(path, json.dumps(row, ensure_ascii=True, allow_nan=False).encode())


def read(path: Path) -> History:
    """The lines of a file. What is no JSON was cut short by a full disk or the end of a job, and left out.

    Raises:
        OSError: the file cannot be read.
        RecordError: a line is whole, and not what the schema says.
    """
    files.check_readable(path)
    lines: list[HistoryLine] = []
    cut_short: list[int] = []
    for number, text in lines_of(path):
        try:
            value = parsed(text)
        except RecordError:
            cut_short.append(number)
            continue
        try:
            lines.append(_checked(value))
        except RecordError as error:
            raise RecordError(f"{path}: line {number}: {error}") from None
    return History(lines, cut_short)


def _checked(value: Any) -> HistoryLine:
    version = value.get("history_version") if isinstance(value, Mapping) else None
    if type(version) is int and version > HISTORY_VERSION:
        raise RecordError(
            f"history_version {version} is newer than this gradcheck reads ({HISTORY_VERSION}); "
            "install a newer gradcheck"
        )
    try:
        found: HistoryLine = _check()(value)
    except conform.Mismatch as error:
        raise RecordError(f"line of a history{''.join(reversed(error.path))}: {error}") from None
    return found


@cache
def _check() -> conform.Check:
    schema = history_schema()
    return conform.compiled(schema, schema["$defs"])
