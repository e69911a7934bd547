"""An f that repeats a loop until something is small enough: what its own stopping leaves open.

Where such an f makes one step more, its values and slopes jump. The derivative of the steps that it made,
which is what jets and differences see, is then not the derivative of what it solves, which a right backward
gives. Both are as far apart as the slopes jump; a smaller error is not held against backward.

That f repeats a loop is seen from outside: beside the point it runs through the same lines of the user's
code, but another number of times.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np

from gradcheck import probes
from gradcheck.finding import Evidence
from gradcheck.judging.differenced import Differenced
from gradcheck.judging.scene import Scene
from gradcheck.oracles import jet
from gradcheck.ownership import users_own
from gradcheck.ulp import precision

LARGEST = 0.05  # errors beyond this part of the derivative are never excused
DOUBT = 4  # times what the steps that were not made would add; each further derivative of n steps brings n
REACH = [2.0**-k for k in range(9, -2, -1)]  # where another number of steps is sought, for the element's size
HALVINGS = 26
STEP = 2.0**-18  # of differences beside a jump, for the size of the element


def excused(scene: Scene, rows: Sequence[Evidence]) -> list[Evidence]:
    """The rows; those that fail by no more than f's stopping leaves open are inconclusive."""
    return [_excused(scene, row) or row for row in rows]


def _excused(scene: Scene, row: Evidence) -> Evidence | None:
    error, gap = row.error_rel, row.error_abs
    if row.verdict != "fail" or row.oracle not in ("jet", "finite_difference") or row.position is None:
        return None
    if error is None or gap is None or not 0 < error <= LARGEST or scene.at.device != "cpu":
        return None
    line = _Line(scene, row.position)
    jump = max(line.jumps(row.order), default=0.0)
    more = DOUBT * line.steps ** (row.order - 1) / (1 - _ratio(error, line.steps))
    if gap > more * jump:
        return None
    reason = (
        f"order {row.order}: f repeats a loop until it is satisfied, and its derivative jumps by "
        f"{jump * error / gap:.1g} of its size where it makes a step more, and by up to "
        f"{more * jump * error / gap:.1g} with all further steps; backward differs by {error:.1g}: a closer "
        "tolerance in f would tell"
    )
    return replace(row, verdict="inconclusive", certified=False, reason=reason)


def _ratio(error: float, steps: int) -> float:
    """By how much each step makes an error smaller that is so small after so many.

    >>> _ratio(0.25, 2), _ratio(1e-12, 4)
    (0.5, 0.001)
    """
    return float(error ** (1 / steps))


class _Line:
    """f as one element of an input moves, by parts of its size."""

    def __init__(self, scene: Scene, position: int) -> None:
        self._scene = scene
        self._at = Differenced(scene).at
        self._input, self._element = scene.location(position)
        self._size = abs(float(scene.value(position))) or 1.0
        self._here = self._path(0.0)

    @property
    def steps(self) -> int:
        """How often f repeats at most."""
        return max(self._here.values(), default=1)

    def jumps(self, order: int) -> list[float]:
        """How far the derivative of that order jumps where f next repeats a loop more or less often.

        On either side of the point, where there is such a place.
        """
        found = []
        for sign in (1.0, -1.0):
            beyond = next((t for t in REACH if self._another_number(sign * t)), None)
            if beyond is not None:
                near, far = self._edge(sign * beyond)
                before, after = (self._derivative(*side, order) for side in ((near, -sign), (far, sign)))
                found.append(abs(before - after))
        return [jump for jump in found if np.isfinite(jump)]

    def _another_number(self, t: float) -> bool:
        """Whether the same lines run there, some of them another number of times."""
        there = self._path(t)
        return there != self._here and there.keys() == self._here.keys()

    def _inputs(self, t: float) -> list[np.ndarray]:
        inputs = [x.copy() for x in self._at.inputs]
        inputs[self._input].reshape(-1)[self._element] += t * self._size
        return inputs

    def _path(self, t: float) -> Counter[Any]:
        """How often each line of the user's code runs."""
        with _counting() as lines:
            try:
                self._scene.subject.values(self._inputs(t))
            except Exception:  # outside of its domain f may raise anything
                return Counter()
        return lines

    def _edge(self, far: float) -> tuple[float, float]:
        """Two neighbours between which the number of repetitions changes from that at the point."""
        near = 0.0
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            near, far = (middle, far) if self._path(middle) == self._here else (near, middle)
        return near, far

    def _derivative(self, t: float, sign: float, order: int) -> float:
        """By jets where they apply; else by a difference of order 1, on the side that is told."""
        scene = self._scene
        if scene.truth is not None:
            return self._by_jets(t, order)
        if order > 1 or precision(self._at.dtype) < precision(np.float64):
            return np.nan
        near, far = (self._value(t + n * sign * STEP) for n in (1, 3))
        return (far - near) / (2 * sign * STEP * self._size)

    def _by_jets(self, t: float, order: int) -> float:
        scene = self._scene
        column = probes.unit(scene.at.inputs, self._input, self._element)
        try:
            truth = replace(scene, at=replace(scene.at, inputs=self._inputs(t))).ask([column])
        except jet.NotApplicableError:
            return np.nan
        return float(truth.columns[0][order - 1].mid())

    def _value(self, t: float) -> float:
        """All outputs, weighed by the cotangents."""
        outputs = self._scene.subject.values(self._inputs(t))
        pairs = zip(outputs, self._at.cotangents, strict=True)
        return float(sum((y * u).sum() for y, u in pairs if u is not None))


@contextmanager
def _counting() -> Iterator[Counter[Any]]:
    """The lines of the user's code that run within the block, each with its number of times."""
    lines: Counter[Any] = Counter()

    def inside(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            lines[frame.f_code, frame.f_lineno] += 1
        return inside

    def outside(frame: FrameType, _event: str, _: Any) -> Any:
        module = frame.f_globals
        return inside if users_own(module.get("__name__"), module.get("__file__")) else None

    before = sys.gettrace()
    sys.settrace(outside)
    try:
        yield lines
    finally:
        sys.settrace(before)
