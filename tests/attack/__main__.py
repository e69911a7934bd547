"""`python -m tests.attack`: a campaign of attacks, for as long as you like."""

from __future__ import annotations

import argparse
import os
import secrets
import sys

from tests.attack.campaign import SEEDS, SHARES, Campaign


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    made.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(SHARES)}; all of them")
    made.add_argument("--minutes", type=float, help="for how long new trials are begun")
    made.add_argument("--trials", type=int, metavar="K", help="how many trials of each attack")
    made.add_argument("--seed", type=int, help="which campaign; a new one otherwise, whose number is printed")
    made.add_argument("--first", type=int, metavar="SEED", help="the seed of the first trial itself")
    made.add_argument("-n", dest="workers", type=int, default=os.cpu_count() or 1, help="processes")
    return made


def main() -> int:
    """Exit status 0: no faults; 1: faults; 2: the command line is wrong."""
    reader = parser()
    given = reader.parse_args()
    unknown = set(given.names) - SHARES.keys()
    if unknown:
        reader.error(f"no such attack: {', '.join(sorted(unknown))}; there are {', '.join(SHARES)}")
    if given.minutes is None and given.trials is None:
        reader.error("say --minutes or --trials")
    number = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    first = number * SEEDS if given.first is None else given.first
    campaign = Campaign(
        {name: share for name, share in SHARES.items() if not given.names or name in given.names},
        first,
        given.trials,
        None if given.minutes is None else given.minutes * 60,
    )
    try:
        if given.first is None:
            print(f"campaign {number} (--seed {number})", flush=True)
        campaign.run(given.workers)
    except KeyboardInterrupt:
        print("interrupted; so far:")
    print(campaign.table(), flush=True)
    return 1 if campaign.faults else 0


if __name__ == "__main__":
    sys.exit(main())
