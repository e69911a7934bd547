"""A short, bounded part of the attack: a few fixed trials of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attack.campaign import SHARES
from tests.attack.trials import attempt

# The seeds of the trials of each attack. One that found a fault which was mended is kept here.
SEEDS: dict[str, list[int]] = {
    "calls": list(range(30)), "graphs": [0, 1], "files": [0, 1], "rows": [0], "commands": [0], "kills": [0],
}  # fmt: skip


def test_every_attack_has_its_trials() -> None:
    assert SEEDS.keys() == SHARES.keys()


@pytest.mark.parametrize(("attack", "seed"), [(name, seed) for name in SEEDS for seed in SEEDS[name]])
def test_no_faults(attack: str, seed: int, tmp_path: Path) -> None:
    tried = attempt(attack, seed, tmp_path)
    assert not tried.faults, "\n\n".join(f"{fault.again}\n{fault.what}" for fault in tried.faults)
    assert tried.counts.total() > 0, "nothing was tried"
