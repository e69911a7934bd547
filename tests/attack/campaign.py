"""A campaign: each attack has its share of the time, and what was tried and found is reported."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.attack.trials import Fault, Tried
from tests.attack.workers import Task, perform

# The attacks, and how many parts of the time each has.
SHARES: dict[str, float] = {
    "calls": 0.3, "graphs": 0.1, "files": 0.05, "rows": 0.05, "commands": 0.3, "kills": 0.2,
}  # fmt: skip
EVERY = 30.0  # seconds from one line of progress to the next
SEEDS = 10_000_000  # from the first trial of a campaign to that of the campaign with the next number


class Campaign:
    """Trials of several attacks, and what they gave so far.

    Args:
        shares: the attacks, each with its part of the time.
        first: the seed of the first trial of each.
        trials: how many of each, or None: as many as the time allows.
        seconds: for how long new trials are begun, or None: without limit.
    """

    def __init__(
        self, shares: Mapping[str, float], first: int, trials: int | None, seconds: float | None
    ) -> None:
        self.shares, self.first, self.trials, self.seconds = shares, first, trials, seconds
        self.tried = {name: Tried() for name in shares}
        self.spent: defaultdict[str, float] = defaultdict(float)  # seconds that ended trials took
        self.begun: Counter[str] = Counter()  # trials
        self.started = time.monotonic()

    def run(self, workers: int) -> None:
        """Do the trials; a line of progress every now and then, and each new kind of fault at once."""
        reported = time.monotonic()
        with (
            tempfile.TemporaryDirectory(prefix="attack-", ignore_cleanup_errors=True) as folder,
            contextlib.closing(perform(self._tasks(), workers, Path(folder))) as outcomes,
        ):
            for (name, _), tried, seconds in outcomes:
                known = {fault.kind for fault in self.faults}
                self.spent[name] += seconds
                self.tried[name].add(Tried(Counter({"trials": 1, **tried.counts}), tried.faults))
                for fault in tried.faults:
                    if fault.kind not in known:
                        known.add(fault.kind)
                        print(f"{fault.again}\n{fault.what}\n", flush=True)
                if time.monotonic() - reported > EVERY:
                    reported = time.monotonic()
                    print(self.line(), flush=True)

    def _tasks(self) -> Iterator[Task]:
        """The next trial of the attack that has had the least of its share."""
        while self.seconds is None or time.monotonic() - self.started < self.seconds:
            left = [name for name in self.shares if self.trials is None or self.begun[name] < self.trials]
            if not left:
                return
            name = min(left, key=self._had)
            self.begun[name] += 1
            yield name, self.first + self.begun[name] - 1

    def _had(self, name: str) -> float:
        """The time for an attack's trials, those that have not ended included, per part of its share."""
        ended = self.tried[name].counts["trials"]
        mean = self.spent[name] / ended if ended else 1.0
        return self.begun[name] * mean / self.shares[name]

    @property
    def faults(self) -> list[Fault]:
        return [fault for tried in self.tried.values() for fault in tried.faults]

    def line(self) -> str:
        """What was tried so far, in a line."""
        counts = "; ".join(
            f"{name}: {tried.counts['trials']:,} trials, {tried.counts[name]:,} {name}"
            for name, tried in self.tried.items()
        )
        minutes = (time.monotonic() - self.started) / 60
        return f"{minutes:.1f} min; {counts}; {len(self.faults)} faults"

    def table(self) -> str:
        """What was tried by kind, and what was found, each kind with its number and the line to repeat it."""
        rows = [f"tried in {(time.monotonic() - self.started) / 60:.1f} min:"]
        for name, tried in self.tried.items():
            rows.append(f"  {name} ({self.spent[name]:.0f} s)")
            rows.extend(f"    {number:>12,}  {what}" for what, number in sorted(tried.counts.items()))
        kinds = Counter(fault.kind for fault in self.faults)
        rows.append(f"found: {len(self.faults)} faults of {len(kinds)} kinds")
        for kind, number in kinds.most_common():
            first = next(fault for fault in self.faults if fault.kind == kind)
            rows.append(f"  {number:>6,}  {kind}\n          {first.again}")
        return "\n".join(rows)
