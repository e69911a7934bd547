"""`gradcheck list`: the table."""

from __future__ import annotations

import argparse

from gradcheck.cli import arguments

HELP = "every spec: what it covers, what is exempt and why"
EXAMPLES = ("gradcheck list", "gradcheck list --op 'soft*'")


def add_options(parser: argparse.ArgumentParser) -> None:
    arguments.add_pattern(parser)


def main(options: argparse.Namespace) -> int:
    from gradcheck import coverage, laboratory
    from gradcheck.specs import exemptions

    for spec in laboratory.select(options.op):
        variants = len(spec.variants)
        print(
            f"{spec.name:30} {spec.topic:16} orders 1-{spec.order}  "
            f"{variants} variant{'s' if variants > 1 else ' '}  covers {', '.join(spec.covers) or spec.name}"
        )
        if spec.note:
            print(f"{'':30} {spec.note}")
    if options.op == "*":
        for row in exemptions():
            print(f"exempt: {row.name:22} {row.reason}")
        for name in coverage.missing():
            print(f"NO SPEC: {name}")
    return 0
