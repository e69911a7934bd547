"""A sample of an attack, whose trials go wrong in each way that a campaign must survive."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

from tests.attack.trials import Fault, Tried

DIES, HANGS, RAISES, FINDS = 1, 2, 3, (4, 5)


def trial(seed: int, folder: Path) -> Tried:
    """Nothing bad but at the seeds above."""
    (folder / "written").touch()
    if seed == DIES:
        os._exit(7)
    if seed == HANGS:
        time.sleep(600)
    if seed == RAISES:
        raise ValueError("an accident")
    faults = [Fault("samples", seed, f"something broke\nthe number {seed}")] if seed in FINDS else []
    return Tried(Counter({"samples": 10}), faults)
