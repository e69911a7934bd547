"""`gradcheck compare`: two records."""

from __future__ import annotations

import argparse
from pathlib import Path

from gradcheck.cli import arguments
from gradcheck.report.margin import FACTOR, MARGIN
from gradcheck.system import files
from gradcheck.system.texts import printable

HELP = "what got less accurate, slower, lost or new"
EXAMPLES = (
    "gradcheck compare reports/baseline.jsonl reports/latest/records.jsonl",
    "gradcheck compare old.jsonl new.jsonl --margin 4 --html changes.html",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", type=Path, metavar="OLD", help="a records.jsonl file")
    parser.add_argument("new", type=Path, metavar="NEW", help="another, measured later")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page, too (default: none)")
    parser.add_argument(
        "--margin",
        type=arguments.ulps,
        default=MARGIN,
        metavar="ULP",
        help="an error is larger only where it is so by more than this (default: %(default)g) "
        f"and more than {FACTOR:g} times, than in every run of OLD",
    )


def main(options: argparse.Namespace) -> int:
    from gradcheck.report import changed, changed_page

    with files.keeping([options.old, options.new]):
        if options.html:
            files.check_writable(options.html)
        found = changed.compare(
            arguments.read(options.old), arguments.read(options.new), margin=options.margin
        )
        page = options.html and changed_page.write(found, options.html)
    print(changed_page.text(found))
    if page:
        print(printable(f"Page: {page}"))
    return int(found.regressed)
