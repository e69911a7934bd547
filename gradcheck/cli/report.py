"""`gradcheck report`: records to pages."""

from __future__ import annotations

import argparse
from pathlib import Path

from gradcheck.cli import arguments

HELP = "render records, of several machines together"
EXAMPLES = (
    "gradcheck report reports/latest/records.jsonl --out reports/again",
    "gradcheck report cpu/records.jsonl gpu/records.jsonl --out reports/both",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "records",
        nargs="+",
        type=Path,
        metavar="RECORDS",
        help="records.jsonl files; the records.jsonl.part of a run that was killed, too",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of index.html and records.jsonl"
    )
    arguments.add_baseline(parser)


def main(options: argparse.Namespace) -> int:
    from gradcheck import records
    from gradcheck.report import console, html

    rows = records.merge([records.read(path) for path in options.records])
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / "records.jsonl"
    with records.Writer(target) as writer:
        for each in rows:
            writer.write(each)
    page = html.write(
        rows, options.out, records_name=target.name, baseline=arguments.baseline(options)
    )
    print(console.summary(rows, report=page))
    return 0
