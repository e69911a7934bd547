"""Judgement by finite differences, where forward does not run on object arrays.

Order 1 is judged along lines: the axis of each element where there are few, else random lines, one for
each band of magnitudes that backward claims, so that nothing hides behind what is larger. Order k is
judged element by element: all of them come from differences of the gradient below along one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from flint import arb

from gradcheck.judging import comparison
from gradcheck.judging.differenced import BAND, MANY, MOST_BANDS, Differenced
from gradcheck.judging.estimate import at_large, staircases
from gradcheck.judging.finding import Evidence
from gradcheck.judging.kinks import claims_by_differences
from gradcheck.judging.kinks.slopes import is_far_from_all
from gradcheck.judging.proof import locate
from gradcheck.judging.proof.reach import not_finite
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring import probes
from gradcheck.measuring.measure import gradients
from gradcheck.oracles.differences.directional import Slopes
from gradcheck.oracles.numbers.conversion import exact
from gradcheck.subjects.exactness import small_integers
from gradcheck.system import progress

ORACLE = "finite_difference"
EACH = 32  # up to so many elements each has a line of its own
SUSPECTS = 4  # of more, so many are tested for a kink
COMPANY = 2  # right elements that are looked at with a wrong one, for the diagnosis


@dataclass(frozen=True)
class _Line:
    """The differences of forward along a column."""

    column: Probe
    weights: list[tuple[int, float]]
    slopes: Slopes

    @property
    def truth(self) -> arb:
        return self.slopes.total()


def applies(scene: Scene) -> bool:
    return scene.fitting > 0


def judge(scene: Scene) -> list[Evidence]:
    """One row for each order whose gradients fit their inputs, up to the first that fails."""
    reason = _without_value(scene)
    if reason is not None:
        return [Evidence(1, ORACLE, "inconclusive", reason)]
    if scene.large or scene.at.size > MANY:
        return at_large.judge(scene)
    op = Differenced(scene)
    progress.tell("order 1: differences")
    rows = [_first(scene, op)]
    for k in range(2, op.order + 1):
        if rows[-1].verdict == "fail":
            break
        progress.tell(f"order {k}: differences")
        rows.append(_judge_order(scene, op, k))
    return rows


def _without_value(scene: Scene) -> str | None:
    """Where f itself is infinite or NaN, or that it has no floating output; None where it has values."""
    if all(u is None for u in scene.at.cotangents):
        return "f has no floating output here"
    return not_finite(scene)


# Order 1 ----------------------------------------------------------------------------------------------


def _first(scene: Scene, op: Differenced) -> Evidence:
    lines = [_line(scene, op, column) for column in _columns(scene)]
    rows = [_judge_line(scene, op, line, _expected(scene, line, lines)) for line in lines]
    if scene.at.size <= EACH:
        _excuse(scene, op, rows)
    worst = max(range(len(lines)), key=lambda n: comparison.rank(rows[n]))
    row = rows[worst]
    if scene.at.size <= EACH:
        scene.answers.estimates[1] = {line.weights[0][0]: line.truth for line in lines}
    else:
        row = _of_many(scene, op, lines[worst], row)
    if row.verdict == "inconclusive":
        row = claims_by_differences.judge(scene, _unclear(scene, lines, rows)) or row
    elif row.verdict == "pass":
        row = claims_by_differences.judge(scene, _branch_candidates(scene)) or row
    if row.verdict == "pass" and not any(line.slopes.moved.any() for line in lines):
        reason = "f does not change in its last digit nearby; smaller derivatives would not show"
        return replace(row, reason=f"order 1: {reason}")
    return row


def _of_many(scene: Scene, op: Differenced, line: _Line, row: Evidence) -> Evidence:
    """Of a line that fails, a wrong element; those that only have a kink are skipped."""
    kinked = None
    for _ in range(SUSPECTS):
        located = _located(scene, op, line) if row.verdict == "fail" else None
        around = _seen_around(scene, op, located) if located else None
        if located is None or around is None or around.verdict == "fail":
            return around or located or kinked or row
        kinked = kinked or around
        rest = {p: w for p, w in line.weights if p != located.position}
        line = _line(scene, op, locate.weighed(scene.at, line.column, rest))
        row = _judge_line(scene, op, line, arb(0))
    return kinked or row


def _excuse(scene: Scene, op: Differenced, rows: list[Evidence]) -> None:
    """Replace rows that fail at a kink by what may be claimed there, up to one that is wrong.

    Along both axes of its kink max(0, min(x, y)) rests; its gradients nearby are not zero.
    """
    for n in sorted(range(len(rows)), key=lambda n: comparison.rank(rows[n]), reverse=True):
        row = _seen_around(scene, op, rows[n])
        if row is None:
            return
        rows[n] = row
        if row.verdict == "fail":
            return


def _seen_around(scene: Scene, op: Differenced, failing: Evidence) -> Evidence | None:
    """The row that replaces a failing one, where slopes around the point differ, or f is a staircase."""
    if failing.verdict != "fail" or failing.position is None:
        return None
    axis, claim = scene.at.unit(failing.position), float(scene.got(1)[failing.position])
    smooth = is_far_from_all(op, axis, scene.case.seed, claim)
    kink = None if smooth else claims_by_differences.judge(scene, [failing.position])
    return kink or staircases.judge(scene, op, failing, axis)


def _unclear(scene: Scene, lines: Sequence[_Line], rows: Sequence[Evidence]) -> list[int]:
    """Elements that may be on a kink; of many, those that a branch may hang on."""
    if scene.at.size > EACH:
        return _branch_candidates(scene)
    pairs = zip(lines, rows, strict=True)
    return [line.weights[0][0] for line, row in pairs if row.verdict == "inconclusive"]


def _branch_candidates(scene: Scene) -> list[int]:
    """Some elements that a branch may hang on: zeros, those that are equal to another, then whole numbers."""
    everything = scene.at.floats(scene.at.inputs)
    _, where, counts = np.unique(everything, return_inverse=True, return_counts=True)
    equal = np.flatnonzero((counts[where] > 1) | (everything == 0))
    return [*equal.tolist(), *np.flatnonzero(small_integers(everything)).tolist()][:SUSPECTS]


def _columns(scene: Scene) -> list[Probe]:
    at = scene.at
    if at.size <= EACH:
        return at.units()
    rng = np.random.default_rng([2, scene.case.seed])
    return list(probes.banded(rng, at.inputs, at.active, scene.measured.got[0], BAND, MOST_BANDS))


def _line(scene: Scene, op: Differenced, column: Probe) -> _Line:
    return _Line(column, scene.weights(column), op.along(column))


def _at_a_glance(scene: Scene, op: Differenced, column: Probe) -> _Line:
    """The same, to search by."""
    return _Line(column, scene.weights(column), op.settled(column) or op.along(column))


def _expected(scene: Scene, line: _Line, lines: Sequence[_Line]) -> arb:
    """The size of derivatives along the other lines: with few elements, those through the same input."""
    if scene.at.size > EACH:
        return comparison.largest([other.truth for other in lines])
    here = scene.at.location(line.weights[0][0])[0]
    return comparison.largest(
        [other.truth for other in lines if scene.at.location(other.weights[0][0])[0] == here]
    )


def _judge_line(scene: Scene, op: Differenced, line: _Line, expected: arb) -> Evidence:
    """The contraction with a column; what that leaves open is judged in parts, or by how much f varies."""
    row = comparison.contraction(scene, 1, ORACLE, line.weights, line.truth)
    if row.verdict != "inconclusive":
        return row
    apart = _judge_outputs_alone(scene, line)
    if apart is not None:
        return apart

    def size() -> arb:
        varied = op.variation(line.column)
        claimed = any(scene.got(1)[p] for p, _ in line.weights)
        hidden = claimed and not varied.is_finite()  # the claim is below the last digit of f
        return expected if hidden else max(expected, varied, key=comparison.magnitude)

    return comparison.contraction(scene, 1, ORACLE, line.weights, line.truth, size)


def _judge_outputs_alone(scene: Scene, line: _Line) -> Evidence | None:
    """The outputs that change along the line by themselves: among large ones that do not, they may be lost.

    None where that does not help: it takes a backward that gives nothing for those that rest.
    """
    known = np.isfinite(line.slopes.bound)
    moved = line.slopes.moved & known
    if not moved.any() or moved.all():
        return None
    row = comparison.contraction(
        scene, 1, ORACLE, line.weights, line.slopes.total(moved), gots=_floats_of(scene, line, moved)
    )
    if row.verdict == "fail":
        return row
    rest = _floats_of(scene, line, ~moved)
    nothing = all(rest[p] == 0 for p, _ in line.weights)
    return row if row.verdict == "pass" and nothing and known.all() else None


def _floats_of(scene: Scene, line: _Line, where: np.ndarray) -> np.ndarray:
    """Backward's floats of order 1 for the cotangents of some pieces of the outputs."""
    at = scene.at.of_outputs(where[line.slopes.pieces])
    return at.floats(gradients(scene.subject, at, 1)[0])


def _located(scene: Scene, op: Differenced, line: _Line) -> Evidence | None:
    """The row of a wrong element of a line that fails; None where no single one shows."""
    gots = scene.got(1)

    @cache
    def alone(position: int) -> _Line:
        return _line(scene, op, scene.at.unit(position))

    def error(weights: dict[int, float]) -> arb:
        found = _at_a_glance(scene, op, locate.weighed(scene.at, line.column, weights))
        return sum((exact(gots[p]) * w for p, w in found.weights), arb(0)) - found.truth

    def fails(weights: dict[int, float]) -> bool:
        [first, *others] = weights
        if not others:
            return _judge_line(scene, op, alone(first), arb(0)).verdict == "fail"
        part = _at_a_glance(scene, op, locate.weighed(scene.at, line.column, weights))
        row = comparison.contraction(scene, 1, ORACLE, part.weights, part.truth)
        if row.verdict == "inconclusive":
            row = _judge_line(scene, op, _line(scene, op, part.column), arb(0))
        return row.verdict == "fail"

    position = locate.search([p for p, _ in line.weights], error, fails)
    unit = alone(position)
    row = _judge_line(scene, op, unit, arb(0))
    if row.verdict != "fail":
        return None
    others = np.random.default_rng([7, scene.case.seed]).integers(0, scene.at.size, COMPANY).tolist()
    known = {p: _at_a_glance(scene, op, scene.at.unit(p)).truth for p in others}
    scene.answers.estimates[1] = {**known, position: unit.truth}
    return row


# Order k ----------------------------------------------------------------------------------------------


def _judge_order(scene: Scene, op: Differenced, k: int) -> Evidence:
    """Along d at once; what that leaves open is judged band by band, where the inputs' sizes differ."""
    row = _directed(scene, op, k, op.directed(k))
    bands = op.in_bands(k) if row.verdict == "inconclusive" else None
    return row if bands is None else _directed(scene, op, k, bands)


def _directed(scene: Scene, op: Differenced, k: int, found: Slopes) -> Evidence:
    if found.value.size == scene.at.size:
        truths = found.balls()
        scene.answers.estimates[k] = dict(enumerate(truths))
        row = comparison.elements(scene, k, ORACLE, truths, lambda: op.variations(k))
        if row is not None and row.verdict == "fail":
            row = staircases.judge(scene, op, row, scene.at.direction) or row
        return row or Evidence(k, ORACLE, "inconclusive", f"order {k}: beyond the range of the dtype")
    return _pieces(scene, op, k, found)


def _pieces(scene: Scene, op: Differenced, k: int, found: Slopes) -> Evidence:
    """Sums of some neighbours where there are many elements; those of one that fails are looked at."""
    members = np.split(np.arange(scene.at.size), np.flatnonzero(np.diff(found.pieces)) + 1)
    truths = found.balls()
    largest = comparison.largest(truths)

    def judged(n: int) -> Evidence:
        weights = [(p, float(found.weights[p])) for p in members[n].tolist()]

        def size() -> arb:
            varied = sum((abs(w) * op.variations(k)[p] for p, w in weights), arb(0))
            return max(largest, varied, key=comparison.magnitude)

        return comparison.contraction(scene, k, ORACLE, weights, truths[n], size)

    rows = [judged(n) for n in range(len(members))]
    worst = max(range(len(rows)), key=lambda n: comparison.rank(rows[n]))
    positions = members[worst].tolist() if rows[worst].verdict == "fail" else []
    known = dict(zip(positions, op.elements(k, positions), strict=True)) if positions else {}
    scene.answers.estimates[k] = known
    alone = [comparison.contraction(scene, k, ORACLE, [(p, 1.0)], truth) for p, truth in known.items()]
    return max([row for row in alone if row.verdict == "fail"], key=comparison.rank, default=rows[worst])
