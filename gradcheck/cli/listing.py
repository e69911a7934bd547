"""`gradcheck list`: the table."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gradcheck.cli import arguments
from gradcheck.system.texts import printable

if TYPE_CHECKING:
    from gradcheck.specs import Spec

HELP = "every spec: what it covers, what is exempt and why"
EXAMPLES = ("gradcheck list", "gradcheck list --op 'soft*'")


def add_options(parser: argparse.ArgumentParser) -> None:
    arguments.add_pattern(parser)


def main(options: argparse.Namespace) -> int:
    from gradcheck.cases import coverage, laboratory
    from gradcheck.cases.key import DEVICES_OMIT, what
    from gradcheck.cases.table import broken, matching
    from gradcheck.specs import exemptions

    for spec in matching(options.op):
        variants = f"{len(spec.variants)} variant{'s' if len(spec.variants) > 1 else ''}"
        drawn = f" and {laboratory.DRAWN} drawn" if spec.recipe is not None else ""
        start = f"{spec.name:30} {spec.topic:16} orders 1-{spec.order}  {variants + drawn:24} "
        print(printable(f"{start}covers {', '.join(spec.covers) or spec.name}"))
        print(*(printable(f"{'':30} {line}") for line in _details(spec)), sep="\n")
    for guest in broken(options.op):
        print(printable(f"BROKEN: {guest}"))
    for each in DEVICES_OMIT:
        print(printable(f"not on a {each.device}: {what(each)}: {each.reason}"))
    if options.op == "*":
        for row in exemptions():
            print(printable(f"exempt: {row.name:22} {row.reason}"))
        for name in coverage.missing():
            print(printable(f"NO SPEC: {name}"))
    return 0


def _details(spec: Spec) -> Iterator[str]:
    """The layouts and forms that are measured, the order from which derivatives vanish, and omissions."""
    from gradcheck.cases import laboratory
    from gradcheck.cases.key import what

    quick = laboratory.keys(laboratory.Selection(spec.name))
    if spec.package:
        yield f"contributed by {spec.package}"
    yield f"layouts: {' '.join(laboratory.seen(spec, quick))}"
    if spec.vanishes is not None:
        yield f"derivatives vanish from order {spec.vanishes} on"
    for gap in spec.gaps:
        yield f"gap ({what(gap)}): {gap.reason}"
    for omission in spec.omits:
        yield f"not {what(omission)}: {omission.reason}"
    if spec.note:
        yield spec.note
