"""Judges the zoos' operations by the checkers of others, and writes judgements.json (experiments/studies).

    python -m tests.peers          all of them: some minutes
    python -m tests.peers --new    those that the file does not have; operations that are gone leave it

Needs the extra `peers`; a checker that is not installed is left out, and said to be.
"""

from __future__ import annotations

import json
import sys

from gradcheck.experiments.studies import catalogue, judgements
from gradcheck.report import console
from tests.peers import measure


def main(arguments: list[str]) -> None:
    if arguments not in ([], ["--new"]):
        raise SystemExit(__doc__)
    for name in measure.missing():
        print(f"not installed, left out: {name}")
    if arguments:
        stored = json.loads(judgements.FILE.read_text(encoding="utf-8"))
        found = measure.brought_up_to_date(stored)
    else:
        found = measure.measured()
    measure.store(found, judgements.FILE)
    print(console.studies(catalogue.run("judgements")))


if __name__ == "__main__":
    main(sys.argv[1:])
