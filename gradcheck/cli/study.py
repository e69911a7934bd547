"""`gradcheck study`: studies on their own."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradcheck import printed
from gradcheck.cli import arguments
from gradcheck.errors import InputError
from gradcheck.system import files
from gradcheck.system.texts import printable

HELP = "the studies of numerical differentiation on their own"
EXAMPLES = (
    "gradcheck study",
    "gradcheck study newton --out reports/newton",
    "gradcheck study newton differences --figures paper/figures --format pdf --format svg",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="which studies; a name that is none is answered with those there are (default: all)",
    )
    arguments.add_out(parser, "write records and pages there, too (default: nowhere)")
    parser.add_argument(
        "--figures",
        type=Path,
        metavar="DIR",
        help="write each figure as a file there, too, a column wide and with fonts embedded, for papers; "
        "needs the extra `plot` (default: nowhere)",
    )
    parser.add_argument(
        "--format",
        choices=printed.FORMATS,
        action="append",
        help="what --figures writes, once for each format (default: pdf)",
    )
    arguments.add_time_limit(parser, "one study")


def main(options: argparse.Namespace) -> int:
    from gradcheck.records import jsonl
    from gradcheck.report import console
    from gradcheck.running import session

    if options.figures is not None:
        printed.require_matplotlib()
        files.check_writable(options.figures / "figure")
    elif options.format:
        raise InputError("--format is the format of --figures DIR, which is missing")
    if options.out is not None:
        files.check_writable(options.out / jsonl.RECORDS)
    rows, page = session.study(
        options.names, options.out, command=options.command_line, time_limit=options.time_limit
    )
    print(console.studies(rows))
    if page is not None:
        print(printable(f"Report: {page}"))
    if options.figures is not None:
        for path in _write_figures(rows, options.figures, options.format or printed.FORMATS[:1]):
            print(printable(f"Figure: {path}"))
        drawn = {row["study"] for row in rows if row["kind"] == "figure"}
        for name in (row["study"] for row in rows if row["kind"] == "study" and row["study"] not in drawn):
            print(printable(f"No figure: {name} has tables alone"))
    lost = [row["message"] for row in rows if row["kind"] == "warning"]
    for message in lost:
        print(printable(f"LOST  {message}"))
    return int(bool(lost))


def _write_figures(rows: Sequence[Mapping[str, Any]], folder: Path, formats: Sequence[str]) -> Iterator[Path]:
    """Each figure in each format, named after its study, its place there and the heading above it."""
    from unicodedata import normalize

    from gradcheck.report.data import slug

    heading, taken = "", set[str]()  # a figure without a heading goes on under the one before
    for row in rows:
        heading = row.get("title") or heading
        if row["kind"] != "figure":
            continue
        spelled = normalize("NFKD", f"{row['study']} {row['place']} {heading}")  # x⁴ as x4
        name = slug(spelled, taken)
        plot = printed.draw(row)
        for kind in dict.fromkeys(formats):
            path = folder / f"{name}.{kind}"
            plot.write(path, kind)
            yield path
