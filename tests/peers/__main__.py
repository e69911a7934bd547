"""`python -m tests.peers` judges the zoo anew and writes gradcheck/studies/judgements.json."""

from __future__ import annotations

from gradcheck.studies import judgements
from tests.peers import measure


def main() -> None:
    for name in measure.missing():
        print(f"not installed, left out: {name}")
    measure.store(measure.measured(), judgements.FILE)
    print(judgements.as_text())


if __name__ == "__main__":
    main()
