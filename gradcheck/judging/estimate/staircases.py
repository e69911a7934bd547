"""Where differences rest on one tread of a staircase: a bisection to 1e-2, a coarse table.

Its own slope is 0. That of what it approximates, which a backward may give, shows at wider steps only, and
there nothing is smooth.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradcheck.judging.differenced import Differenced
from gradcheck.judging.finding import Evidence
from gradcheck.judging.scene import Probe, Scene
from gradcheck.oracles.differences.paths import Path
from gradcheck.oracles.differences.trust import LONG
from gradcheck.system.floats import precision

PLACES = 12  # at which it is looked at,
FEWEST = 4  # of how many different heights
RESTING = 2.0**10  # times the slope that differences see: a claim of another slope


def judge(scene: Scene, op: Differenced, failing: Evidence, line: Probe) -> Evidence | None:
    """The row that replaces a failing one, where what is differenced along the line moves in jumps.

    None where it does not, or where differences have seen a slope.
    """
    k, position, error = failing.order, failing.position, failing.error_rel
    seen = error is not None and error < RESTING
    if seen or position is None or not _is_one(op, k, line, position):
        return None
    what = "f" if k == 1 else f"the gradient of order {k - 1}"
    reason = (
        f"order {k}: {what} is a staircase at {scene.named([position])}: it rests almost everywhere and "
        f"moves in jumps; backward claims {float(failing.got):.4g}, which may be the slope of what it "
        "approximates"
    )
    return replace(failing, verdict="inconclusive", formula="unknown", digits=None, reason=reason)


def _is_one(op: Differenced, order: int, line: Probe, position: int) -> bool:
    """Whether f (from order 2 an element of the gradient below) rests at many places, at several heights."""
    path = Path(op.at.inputs, line, op.limits)
    if path.rests:
        return False
    scale = path.range().scales[0]
    places = scale * np.random.default_rng(9).uniform(-0.5, 0.5, PLACES)
    step = scale * 2.0 ** -(precision(op.at.dtype) // 2)

    def seen(t: float) -> bytes:
        inputs = path.at(LONG(t))[0]
        found = op.values(inputs) if order == 1 else op.gradient(inputs, order - 1)[[position]]
        return found.tobytes()

    heights = [seen(t) for t in places]
    resting = sum(height == seen(t + step) for height, t in zip(heights, places, strict=True))
    return resting >= PLACES - 1 and len(set(heights)) >= FEWEST
