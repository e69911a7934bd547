"""`gradcheck report`: records to pages."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck.cli import arguments
from gradcheck.texts import shown

if TYPE_CHECKING:
    from gradcheck.records import Row

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


def main(options: argparse.Namespace) -> int:
    from gradcheck import records
    from gradcheck.report import console, html, summary

    rows = records.merge([_read(path) for path in options.records])
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / "records.jsonl"
    with records.Writer(target, copying=True) as writer:
        for each in rows:
            writer.write(each)
    found = summary.summarize(rows)
    page = html.write(
        rows, options.out, records_name=target.name, baseline=arguments.baseline(options), found=found
    )
    print(console.summary(rows, report=page, found=found))
    return 0


def _read(path: Path) -> list[Row]:
    """The rows of a file; those of a run that was killed are still in its .part."""
    from gradcheck import records

    part = records.part_of(path)
    if not part.is_file():
        return records.read(path)
    if not path.is_file():
        print(shown(f"gradcheck: the run of {path} did not end: reading {part.name}"), file=sys.stderr)
        return records.read(part)
    if part.stat().st_mtime > path.stat().st_mtime:
        print(shown(f"gradcheck: {part} is newer than {path}: a run that has not ended"), file=sys.stderr)
    return records.read(path)
