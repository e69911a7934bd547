"""An f that repeats a loop until something is small enough: the uncertainty that its stopping causes.

Where such an f makes one step more, its values and slopes jump. The derivative of the steps that it made,
which is what jets and differences see, is then not the derivative of what it solves, which a right backward
gives. Both are as far apart as the slopes jump; a smaller error is not held against backward.

Whether f repeats a loop is observed from outside: near the point it runs through the same lines of the user's
code, but another number of times.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np

from gradcheck.judging.differenced import Differenced
from gradcheck.judging.finding import Evidence
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring import probes
from gradcheck.oracles import jet
from gradcheck.subjects.ownership import users_own
from gradcheck.system.floats import precision

LARGEST = 0.25  # errors beyond this part of the derivative are never excused
DOUBT = 4  # times what the steps that were not made would add; each further derivative of n steps brings n
REACH = [2.0**-k for k in range(9, -2, -1)]  # where another number is sought, for the size of what moves
HALVINGS = 26
MOST_OTHERS = 8  # single elements that are moved in its place
GLANCES = [
    2.0**-k for k in (1, 3, 0, 6, 2, -1)
]  # where a number that is not fixed shows, all moved at random
STEP = 2.0**-18  # of differences, for the size of the element
APART = (2.0**-17, 2.0**-12)  # how far from a jump derivatives are compared, for the size of what moves


def excused(scene: Scene, rows: Sequence[Evidence]) -> list[Evidence]:
    """The rows; those that fail by no more than the uncertainty of f's stopping are inconclusive."""
    return [_excused(scene, row) or row for row in rows]


def _excused(scene: Scene, row: Evidence) -> Evidence | None:
    error, gap = row.error_rel, row.error_abs
    if row.verdict != "fail" or row.oracle not in ("jet", "finite_difference") or row.position is None:
        return None
    if error is None or gap is None or not 0 < error <= LARGEST:
        return None
    stopping = _Stopping(scene, row.position)
    jump = max(stopping.jumps(row.order), default=0.0)
    more = DOUBT * stopping.steps ** (row.order - 1) / (1 - _ratio(error, stopping.steps))
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
    """The factor by which each step reduces an error that has this size after that many steps.

    >>> _ratio(0.25, 2), _ratio(1e-12, 4)
    (0.5, 0.001)
    """
    return float(error ** (1 / steps))


class _Stopping:
    """How the derivative by one element jumps where f repeats a loop once more or less."""

    def __init__(self, scene: Scene, position: int) -> None:
        self._scene = scene
        self._op = Differenced(scene)
        self._position = position
        self._size = abs(float(scene.at.value(position))) or 1.0
        self._here = self._path(self._op.at.inputs)

    @property
    def steps(self) -> int:
        """How often f repeats at most."""
        return max(self._here.values(), default=1)

    def jumps(self, order: int) -> list[float]:
        """Along the first direction along which f repeats more or less often, to either side of the point."""
        if self.steps == 1 or not self._varies():
            return []
        for direction in self._directions():
            found = [self._jump(direction, sign, order) for sign in (1.0, -1.0)]
            known = [jump for jump in found if np.isfinite(jump)]
            if known:
                return known
        return []

    def _varies(self) -> bool:
        """Whether it is another number at some of a few points: how often a plain loop repeats is fixed."""
        at, rng = self._op.at, np.random.default_rng([10, self._scene.case.seed])
        sizes = [np.where(x == 0, 1.0, np.abs(x)) for x in at.inputs]
        for t in GLANCES:
            drawn = at.moving(probes.like(rng, at.inputs))
            moves = [w * size for w, size in zip(drawn, sizes, strict=True)]
            if self._another_number(self._moved(moves, t)):
                return True
        return False

    def _directions(self) -> Iterator[Probe]:
        """Moves by the size of what moves: the element, all of them, single others (the slowest decides)."""
        at = self._op.at
        yield [self._size * d for d in at.unit(self._position)]
        every = at.moving([np.where(x == 0, 1.0, np.abs(x)) for x in at.inputs])
        yield every
        units = (unit for _, _, unit in probes.units(at.inputs, at.active))
        for unit in itertools.islice(units, MOST_OTHERS):
            yield [d * e for d, e in zip(unit, every, strict=True)]

    def _jump(self, direction: Probe, sign: float, order: int) -> float:
        """NaN where there is no such place on that side."""
        beyond = next((t for t in REACH if self._another_number(self._moved(direction, sign * t))), None)
        if beyond is None:
            return np.nan
        near, far = self._edge(direction, sign * beyond)
        return max(self._third_difference(direction, near, far, sign * apart, order) for apart in APART)

    def _third_difference(self, direction: Probe, near: float, far: float, apart: float, order: int) -> float:
        """Of derivatives across the edge: what is smooth drops out.

        Jets round nothing, so their edge is not quite where that of floats is.
        """
        places = (near - 5 * apart, near - 3 * apart, near - apart, far + apart)
        found = [self._derivatives(self._moved(direction, t), order) for t in places]
        return float(np.abs(np.diff(found, 3, axis=0)).sum())

    def _another_number(self, inputs: list[np.ndarray]) -> bool:
        """Whether the same lines run there, some of them another number of times."""
        there = self._path(inputs)
        return there != self._here and there.keys() == self._here.keys()

    def _moved(self, direction: Probe, t: float) -> list[np.ndarray]:
        pairs = zip(self._op.at.inputs, direction, strict=True)
        return [x if not np.any(d) else np.asarray(x + t * d, dtype=x.dtype) for x, d in pairs]

    def _path(self, inputs: list[np.ndarray]) -> Counter[Any]:
        """How often each line of the user's code runs."""
        with _counting() as lines:
            try:
                self._scene.subject.values([x.copy() for x in inputs])
            except Exception:  # outside of its domain f may raise anything
                return Counter()
        return lines

    def _edge(self, direction: Probe, far: float) -> tuple[float, float]:
        """Two neighbours between which the number of repetitions changes from that at the point."""
        near = 0.0
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            alike = self._path(self._moved(direction, middle)) == self._here
            near, far = (middle, far) if alike else (near, middle)
        return near, far

    def _derivatives(self, inputs: list[np.ndarray], order: int) -> np.ndarray:
        """By jets where they apply; else by a difference of order 1, of each output.

        The jumps of several outputs may cancel where the uncertainty does not.
        """
        if self._scene.truth is not None:
            return np.array([self._by_jets(inputs, order)])
        if order > 1 or precision(self._op.at.dtype) < precision(np.float64):
            return np.array([np.nan])
        axis = self._op.at.unit(self._position)
        ends = [[x + t * self._size * d for x, d in zip(inputs, axis, strict=True)] for t in (-STEP, STEP)]
        back, ahead = map(self._op.values, ends)
        return np.asarray(self._op.weights * (ahead - back) / (2 * STEP * self._size))

    def _by_jets(self, inputs: list[np.ndarray], order: int) -> float:
        scene = self._scene
        column = scene.at.unit(self._position)
        try:
            truth = replace(scene, at=replace(scene.at, inputs=inputs)).ask([column])
        except jet.NotApplicableError:
            return np.nan
        return float(truth.columns[0][order - 1].mid())


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
