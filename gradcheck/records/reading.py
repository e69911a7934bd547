"""Records as they come from a file, which may come from anybody: line by line, each checked.

Whatever is wrong is a RecordError that names the file, the line and what was expected. Memory is bounded by
what the rows say: lines, and what a `.gz` unpacks to, have a largest size.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gradcheck.errors import RecordError
from gradcheck.records.rows import Row, checked, row
from gradcheck.records.upgrade import upgraded
from gradcheck.system import texts

#: Bytes of a line, and of all that a `.gz` file unpacks to.
LONGEST_LINE = 64 << 20
UNPACKED = 4 << 30
EMPTY = 10_000  # lines with nothing in them, of which a few do no harm
_MARK = b"\xef\xbb\xbf"  # of UTF-8, as some editors put it before the first line


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a file, in its order; of what the row before says as well, it shares the text.

    Raises:
        RecordError: a line is not a row, or two runs have one id.
        OSError: the file cannot be read.
    """
    before: Row = {}
    runs: dict[str, Row] = {}
    for number, line in lines_of(path):
        found = _row(line, path, number)
        share_texts(found, before)
        if found["kind"] == "run" and runs.setdefault(found["run"], found) != found:
            raise RecordError(f"{path}: line {number}: another run has the id {found['run']!r}")
        yield found
        before = found


def _row(line: bytes, path: Path, number: int) -> Row:
    try:
        return checked(upgraded(parsed(line)))
    except RecordError as error:
        if path.suffix == ".part" and not line.endswith(b"\n"):
            message = f"{path.name}: line {number} was cut short, and left out"
            return row("warning", {"message": texts.storable(message)})
        raise RecordError(f"{path}: line {number}: {error}") from None


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, and their numbers from 1."""
    packed = path.suffix == ".gz"
    with gzip.open(path, "rb") if packed else path.open("rb") as file:
        number = empty = size = 0
        while line := _next(file, path, number + 1):
            number += 1
            size += len(line)
            if packed and size > UNPACKED:
                reason = f"it unpacks to more than {UNPACKED >> 30} GiB; unpack it yourself if you trust it"
                raise RecordError(f"{path}: {reason}")
            line = line.removeprefix(_MARK) if number == 1 else line
            if line.strip():
                yield number, line
                continue
            empty += 1
            if empty > EMPTY:
                raise RecordError(f"{path}: line {number}: more than {EMPTY} lines are empty")


def _next(file: io.BufferedIOBase, path: Path, number: int) -> bytes:
    try:
        line = file.readline(LONGEST_LINE + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RecordError(f"{path}: line {number}: cannot be unpacked: {error}") from None
    if len(line) > LONGEST_LINE:
        raise RecordError(f"{path}: line {number}: it is longer than {LONGEST_LINE >> 20} MiB")
    return line


def parsed(line: bytes) -> Any:
    """The JSON of a line; RecordError where it is none, or has what rows do not have."""
    try:
        return json.loads(line.decode(), parse_constant=_refuse_constant, object_pairs_hook=_object)
    except RecordError:
        raise
    except UnicodeDecodeError as error:
        raise RecordError(f"it is not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise RecordError(f"{error.msg} at character {error.pos + 1}") from None
    except ValueError:  # int() takes so many digits and no more
        raise RecordError(f"a number has more than {sys.get_int_max_str_digits()} digits") from None
    except RecursionError:
        raise RecordError("it is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> Row:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RecordError(f"field {twice[:60]!r} is there twice")
    return found


def _refuse_constant(name: str) -> None:
    raise RecordError(f"{name} is not JSON; expected the string form of the float")


def share_texts(found: Row, before: Row) -> None:
    """Rows of a case lie together and say much that is the same: a million of them fit memory so."""
    for name, value in found.items():
        kind = type(value)
        if kind is str or kind is list:
            same = before.get(name)
            if same == value and type(same) is kind:
                found[name] = same
