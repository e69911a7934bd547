"""What judges look at, for tests of single judges."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.cases.calls import build_case
from gradcheck.judging.observing import observe
from gradcheck.judging.scene import Scene
from gradcheck.measuring.measure import point_of


def scene_of(f: Any, *inputs: Any, order: int = 1, seed: int = 0) -> Scene:
    """The scene of f at a point, as `check` sees it before anything is judged."""
    case = build_case(f, inputs, order, seed)
    subject = case.subject()
    with np.errstate(all="ignore"):
        at, outputs = point_of(case, subject)
        return observe(case, subject, at, outputs)
