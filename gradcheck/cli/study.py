"""`gradcheck study`: studies on their own."""

from __future__ import annotations

import argparse

from gradcheck.cli import arguments
from gradcheck.system import files
from gradcheck.system.texts import printable

HELP = "the studies of numerical differentiation on their own"
EXAMPLES = ("gradcheck study", "gradcheck study newton --out reports/newton")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="which studies; a name that is none is answered with those there are (default: all)",
    )
    arguments.add_out(parser, "write records and pages there, too (default: nowhere)")
    arguments.add_time_limit(parser, "one study")


def main(options: argparse.Namespace) -> int:
    from gradcheck.records import jsonl
    from gradcheck.report import console
    from gradcheck.running import session

    if options.out is not None:
        files.check_writable(options.out / jsonl.RECORDS)
    rows, page = session.study(
        options.names, options.out, command=options.command_line, time_limit=options.time_limit
    )
    print(console.studies(rows))
    if page is not None:
        print(printable(f"Report: {page}"))
    lost = [row["message"] for row in rows if row["kind"] == "warning"]
    for message in lost:
        print(printable(f"LOST  {message}"))
    return int(bool(lost))
