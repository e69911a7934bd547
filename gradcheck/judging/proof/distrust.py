"""Where jets are not the truth of f: forward on jets is another function, or constant.

A bisection, a table, a CORDIC step give constants to the numbers: the derivative of each branch is 0 while
the values move. So first forward's floats are moved a little; where they move differently
than jets say, differences decide. Where the floats only lose their digits, the values of the jets move as
these say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from flint import arb

from gradcheck.judging.differenced import Differenced, joined
from gradcheck.judging.proof.reach import first_inaccurate, out_of_reach
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring import probes
from gradcheck.oracles import jet
from gradcheck.oracles.numbers.conversion import exacts

STEP = 2.0**-10  # for the size of the elements: past rounding, within most kinks
FINER = 2.0**-4
ALIKE = 2.0**-12  # a slope that differs by no more is not looked at again
STEADY = 0.1  # secants that differ by no more show a slope


def obstacle(scene: Scene) -> str | None:
    """Why jets are not the truth of f, or None."""
    if scene.truth is None:
        return None
    reason = out_of_reach(scene)
    if reason is not None:  # floats may have left the range of their dtype, which balls never do
        left = scene.beyond
        return None if left else f"forward on object arrays is another function: {reason}"
    if scene.truth.smooth >= 1 and _moves_otherwise(scene):
        return "forward's values move otherwise than its jets (steps that are constants, as of a bisection)"
    return None


def _moves_otherwise(scene: Scene) -> bool:
    """Whether secants over several steps agree on another slope, and finer differences do not contradict."""
    line, slope = _slope(scene)
    if slope is None:
        return False
    op = Differenced(scene)
    secant, size = op.secant(line, STEP)
    if not np.isfinite(secant) or abs(secant - slope) <= ALIKE * max(abs(slope), size):
        return False
    secants = np.array([secant, *(op.secant(line, STEP * FINER**n)[0] for n in (1, 2))])
    if not np.ptp(secants) <= STEADY * np.abs(secants).max() or _jets_tell(scene, op, line, secant):
        return False
    found = op.along(line).total()
    return not found.is_finite() or bool(abs(found - slope) > found.rad() + ALIKE * abs(slope))


def _jets_tell(scene: Scene, op: Differenced, line: Probe, secant: float) -> bool:
    """Whether jets a step away explain a secant: by a kink nearby, or by digits that floats lose."""
    at, ends = op.at, op.ends(line, STEP)
    try:
        back, ahead = (
            replace(at, inputs=xs, direction=line).truth(scene.subject.values, [line], 1) for xs in ends
        )
    except jet.NotApplicableError:
        return True
    slopes = [float(each.columns[0][0]) for each in (back, ahead)]
    if _between(secant, slopes):
        return True
    if not _between(_secant(op, back, ahead), slopes):
        return False
    return all(_is_rounding(scene, op, xs, truth) for xs, truth in zip(ends, (back, ahead), strict=True))


def _is_rounding(scene: Scene, op: Differenced, inputs: list[np.ndarray], truth: jet.Truth) -> bool:
    """Whether forward's floats there agree with jets, up to rounding."""
    there = replace(op.at, inputs=inputs)
    return first_inaccurate(scene.subject, there, scene.subject.values(inputs), truth.values) is None


def _between(secant: float, slopes: Sequence[float]) -> bool:
    """Whether slopes at both ends explain a mean slope: it lies between them, as at a kink."""
    room = ALIKE * abs(secant)
    return bool(min(slopes) - room <= secant <= max(slopes) + room)


def _secant(op: Differenced, back: jet.Truth, ahead: jet.Truth) -> float:
    """The mean slope of <u, f> over the step, of values without rounding."""
    before, after = (joined(truth.values, op.at.cotangents) for truth in (back, ahead))
    terms = zip(exacts(op.weights), before, after, strict=True)
    return float(sum((u * (b - a) for u, a, b in terms), arb(0)).mid()) / (2 * STEP)


def _slope(scene: Scene) -> tuple[Probe, float | None]:
    """A line on which all elements move, and the derivative of <u, f> on it by jets."""
    assert scene.truth is not None
    found = [column[0] for column in scene.truth.columns]
    if not all(ball.is_finite() for ball in found):
        return [], None
    at = scene.at
    if len(found) < at.size:
        return scene.columns[0], float(found[0].mid())
    rng = np.random.default_rng([10, scene.case.seed])
    line = at.moving(probes.scaled_like(probes.like(rng, at.inputs), at.inputs))
    moves = exacts(at.floats(line))
    return line, float(sum((ball.mid() * w for ball, w in zip(found, moves, strict=True)), arb(0)))
