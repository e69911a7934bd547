"""`gradcheck report`: records to pages."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck.cli import arguments
from gradcheck.errors import RecordError
from gradcheck.system import files, streams

if TYPE_CHECKING:
    from gradcheck.records.jsonl import Row

HELP = "render records, of several machines together"
EXAMPLES = (
    "gradcheck report reports/latest/records.jsonl --out reports/again",
    "gradcheck report cpu/records.jsonl gpu/records.jsonl.gz --out reports/both",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "records",
        nargs="+",
        type=Path,
        metavar="RECORDS",
        help="records.jsonl files, or .jsonl.gz; of a run that was killed, what it had measured",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of index.html and records.jsonl"
    )
    arguments.add_baseline(parser)
    arguments.add_history(
        parser, "draw the runs in this file, which `gradcheck run --history` wrote (default: none)"
    )


def main(options: argparse.Namespace) -> int:
    from gradcheck.records import history, jsonl
    from gradcheck.report import console, html, summary

    sources = _sources(options.records)
    target = options.out / jsonl.RECORDS
    too = [*arguments.read_too(options), *([options.history] if options.history else [])]
    with files.keeping([*sources, *too]):
        files.check_writable(target)
        rows = jsonl.merge([_read(path) for path in sources])
        baseline = arguments.baseline(options)
        past = None if options.history is None else history.read(options.history)
        jsonl.write(target, rows)
        found = summary.summarize(rows)
        page = html.write(
            rows, options.out, records_name=target.name, baseline=baseline, history=past, found=found
        )
    print(console.summary(rows, report=page, found=found))
    return 0


def _sources(paths: Sequence[Path]) -> list[Path]:
    """The files to read, each once; of a run that was killed, its .part."""
    found: list[Path] = []
    for path in map(_source, paths):
        files.check_readable(path)
        if any(path.samefile(other) for other in found):
            streams.note(f"gradcheck: {path} is given twice, and read once")
        else:
            found.append(path)
    return found


def _source(path: Path) -> Path:
    from gradcheck.records import jsonl

    part = jsonl.part_of(path)
    if not part.is_file():
        return path
    if not path.exists():
        streams.note(f"gradcheck: the run of {path} did not end: reading {part.name}")
        return part
    if part.stat().st_mtime > path.stat().st_mtime:
        streams.note(f"gradcheck: {part} is newer than {path}: a run that has not ended")
    return path


def _read(path: Path) -> list[Row]:
    rows = arguments.read(path)
    if not rows:
        raise RecordError(f"{path}: holds no records")
    return rows
