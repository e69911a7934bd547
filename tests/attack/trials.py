"""What an attack is: trials by seed, each of which says what it tried and what it found."""

from __future__ import annotations

import importlib
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """Something that must not happen.

    Args:
        what: one readable paragraph. Its first line names the kind of fault, without what was drawn, and
            faults with the same first line are counted together; the rest has the minimal call.
    """

    attack: str
    seed: int
    what: str

    @property
    def kind(self) -> str:
        return self.what.partition("\n")[0]

    @property
    def again(self) -> str:
        """The line that repeats the trial."""
        return f"python -m tests.attack {self.attack} --first {self.seed} --trials 1"


@dataclass
class Tried:
    """What trials did: how many of what, and the faults they found."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    def add(self, other: Tried) -> None:
        self.counts.update(other.counts)
        self.faults.extend(other.faults)


Trial = Callable[[int, Path], Tried]


def trial_of(attack: str) -> Trial:
    """The function `trial` of an attack's module."""
    trial: Trial = importlib.import_module(f"tests.attack.{attack}").trial
    return trial


def attempt(attack: str, seed: int, folder: Path) -> Tried:
    """One trial; an exception that leaves it is a fault itself."""
    try:
        return trial_of(attack)(seed, folder)
    except Exception:
        return Tried(faults=[Fault(attack, seed, f"the trial itself raised\n{traceback.format_exc()}")])
