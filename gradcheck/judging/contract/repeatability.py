"""Whether f is a function of its inputs alone: asked before backward is judged.

f is called again at its inputs, near them, and at them once more, as a program would, and its backward in
between. Where its values change, it is called again with its state restored: if they change then as
well, they are noise; if not, f keeps what it computes with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from gradcheck.judging import verdict
from gradcheck.measuring.balls import rounded_values
from gradcheck.measuring.point import Point
from gradcheck.subjects.subject import Arrays, Subject, Trial
from gradcheck.subjects.traceless import Traceless, listed, note_state_matters

FEW = 64  # outputs
MANY_CALLS = 8  # where so few outputs may be the same by chance
FIRST_CALLS = 3  # of these, where nothing that f reaches has changed: the contract calls it as often again
REPEATS = 3  # calls with the state of f restored
MANY = 2**18  # outputs that are no longer computed in balls
SMALL = 2**14  # bytes of an array
SHIFT = 2.0**-7  # how far the other inputs lie, for the size of each element

Values = list[np.ndarray] | None  # None where f raises
Handed = tuple[Arrays, Arrays, Arrays]  # the arrays of a call: inputs, cotangents, directions
Backward = tuple[Handed, Trial]


class Repeated(NamedTuple):
    """What further calls of f show.

    Attributes:
        blame: in which way f is no function of its inputs; None if it is.
        backward: the arrays of a call of order 1 at the point, and what came of it; None where it raised, and
            on a device.
    """

    blame: str | None
    backward: Backward | None


def again(subject: Traceless, at: Point, outputs: Sequence[np.ndarray]) -> Repeated:
    """Call f, which gave `outputs` when first called, a few times more."""
    with subject.flowing() as free:
        f = _Forward(subject, free, at)
        found = f.in_a_row(few=are_few(outputs))
        blame = _blame(f, outputs, found)
    if blame:
        note_state_matters(subject)
    return Repeated(blame, found.backward)


def drifted(subject: Traceless, at: Point, outputs: Sequence[np.ndarray]) -> str | None:
    """That f gives other values than `outputs` by now, as where it looks at a clock; None if it does not."""
    f = _Forward(subject, subject, at)
    for _ in range(MANY_CALLS if are_few(outputs) else 1):
        values = f.values()
        if not f.alike(outputs, values):
            note_state_matters(subject)
            return f"f gives other values from call to call{_size(outputs, [values])}"
    return None


def are_few(outputs: Sequence[np.ndarray]) -> bool:
    """Whether the values are so few that another call may give the same by chance."""
    return sum(y.size for y in outputs) <= FEW


class _InARow(NamedTuple):
    """What a program would see: the values near the point, at it before and after these, and a backward."""

    nearby: Values
    again: list[Values]
    backward: Backward | None


def _blame(f: _Forward, outputs: Sequence[np.ndarray], found: _InARow) -> str | None:
    given = f.subject.given
    changed = [values for values in found.again if not f.alike(outputs, values)]
    if not changed and given.intact():
        return None
    names, drawn = f.subject.keeping(), given.drawn()
    afresh = [f.afresh() for _ in range(REPEATS)]
    steady = all(f.alike(outputs, values) for values in afresh)
    if not changed and (not steady or f.alike(found.nearby, f.afresh(SHIFT), SHIFT)):
        return None  # what the first call initializes, perhaps at random, is no state
    if steady and names and (not drawn or f.alike_whatever_is_drawn()):
        return f"f keeps state between calls: {listed(names)}; its values depend on an earlier call"
    why = f": it draws random numbers ({listed(drawn)}); fix its seed" if steady and drawn else ""
    return f"f gives other values from call to call{_size(outputs, [*changed, *afresh])}{why}"


@dataclass(frozen=True)
class _Forward:
    """Calls of f at a point and near it.

    Attributes:
        free: the subject itself; the state of f persists from call to call.
    """

    subject: Traceless
    free: Subject
    at: Point

    def values(self, shift: float = 0.0) -> Values:
        try:
            return [np.asarray(y).copy() for y in self.free.values(self._inputs(shift))]
        except Exception:  # f may raise anything; near the point it may be outside of its domain
            return None

    def in_a_row(self, *, few: bool) -> _InARow:
        """Call f at the point, near it, and at it once more.

        Args:
            few: the values are so few that they may be the same by chance.
        """
        given = self.subject.given
        before = [self.values() for _ in range(FIRST_CALLS if few else 1)]
        if few and (given.drawn() or not given.intact()):
            before += [self.values() for _ in range(MANY_CALLS - FIRST_CALLS)]
        nearby = self.values(SHIFT)
        backward = self.backward()
        after = [self.values()]
        if few and given.drawn():
            after += [self.values() for _ in range(MANY_CALLS)]
        return _InARow(nearby, [*before, *after], backward)

    def afresh(self, shift: float = 0.0) -> Values:
        """The values with all that f holds as it was before its first call."""
        self.subject.given.restore()
        return self.values(shift)

    def alike_whatever_is_drawn(self) -> bool:
        """Whether random numbers affect only what the first call initialized, such as weights."""
        found = []
        for _ in range(REPEATS):
            self.subject.settle(drawing=True)
            found.append(self.values())
        return found[0] is not None and all(self.alike(found[0], values) for values in found[1:])

    def backward(self) -> Backward | None:
        handed = self.at.copies()
        try:
            trial = self.subject.trial(*handed, 1)
        except Exception:  # a wrong backward may raise anything; a later check reports it
            return None
        return (handed, trial) if self.at.device == "cpu" else None  # a device has computed with copies

    def alike(self, before: Sequence[np.ndarray] | None, after: Values, shift: float = 0.0) -> bool:
        if before is None or after is None:
            return before is after
        return repeated(self.subject, self._moved(shift), before, after)

    def _inputs(self, shift: float) -> list[Any]:
        return [x.copy() for x in self._moved(shift).inputs]

    def _moved(self, shift: float) -> Point:
        def moved(x: np.ndarray) -> np.ndarray:
            return np.asarray(x + x.dtype.type(shift) * np.where(x == 0, 1, np.abs(x)), dtype=x.dtype)

        return self.at.with_inputs(moved) if shift else self.at


def repeated(subject: Subject, at: Point, before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> bool:
    """Whether f, which gave `before` at a point, gave `after` as a program gives it again.

    On the host that is to the last bit. A device may add in another order each time: up to the rounding
    that this forward can produce.
    """
    if len(before) != len(after):
        return False
    if all(map(same, before, after)):
        return True
    return at.device != "cpu" and all(map(within, before, after, _roundings(subject, at, before)))


def within(a: np.ndarray, b: np.ndarray, rounding: np.ndarray) -> bool:
    """Whether two runs of one program differ by no more than the rounding of each element.

    Of the largest element's digits the last eighth may always differ. A rounding that is not finite
    is not known.
    """
    if same(a, b) or a.shape != b.shape or a.dtype != b.dtype or a.dtype.kind != "f":
        return same(a, b)
    largest = np.abs(a[np.isfinite(a)]).max(initial=0.0)
    known = np.where(np.isfinite(rounding), rounding, 0)
    allowed = np.maximum(known, verdict.negligible(a.dtype) * np.spacing(largest))
    with np.errstate(all="ignore"):
        alike = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= allowed)
    return bool(alike.all())


def _roundings(subject: Subject, at: Point, values: Sequence[np.ndarray]) -> list[np.ndarray]:
    """For each output what rounding may do to its elements; zeros where balls fail or cost too much."""
    try:
        if sum(y.size for y in values) > MANY:
            raise OverflowError
        balls = rounded_values(subject, at)
    except Exception:  # f may do anything with objects
        return [np.zeros(y.shape) for y in values]
    return [
        np.array([float(verdict.SAFETY * b.rad()) for b in of_output.flat]).reshape(of_output.shape)
        for of_output in balls
    ]


def same(a: Any, b: Any) -> bool:
    """Equal to the last bit, but for the signs of zeros."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.nbytes <= SMALL and a.tobytes() == b.tobytes():  # a tenth of the time of calls of NumPy
        return True
    equal = a == b
    return bool(equal.all() or (equal | ((a != a) & (b != b))).all())


def _size(outputs: Sequence[np.ndarray], others: Sequence[Values]) -> str:
    """The largest change, relative to the largest value of the same output."""
    known = [(a, b) for other in others if other is not None for a, b in zip(outputs, other, strict=False)]
    parts = [_change(a, b) for a, b in known if a.shape == b.shape and a.dtype.kind == "f"]
    largest = max(parts, default=0.0)
    return f" (by {largest:.1g} of their size)" if largest > 0 else ""


def _change(a: np.ndarray, b: np.ndarray) -> float:
    with np.errstate(all="ignore"):
        gap = np.abs(a.astype(float) - b)
        size = np.abs(a[np.isfinite(a)]).max(initial=0.0)
        return float(np.nanmax(gap, initial=0.0) / size) if size else 0.0
