"""What a bug changes visibly: everything that a caller of backward could notice, with and without it.

That is the gradients of every order (None counts as zeros, -0 as 0), the dtypes that backward returns and
what it writes to the arrays it was given, in every memory layout, and the gradients' derivatives by the
cotangents; all for two sets of cotangents and directions: the case's, and others that have all their digits
and the opposite sign.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from dezero import Function
from gradcheck.cases.case import Case
from gradcheck.experiments.mutation.mutants import Mutant
from gradcheck.experiments.mutation.planting import planted
from gradcheck.judging import verdict
from gradcheck.judging.contract.cotangents import all_digits
from gradcheck.measuring.balls import pairing_slack
from gradcheck.measuring.measure import measure, point_of
from gradcheck.measuring.point import Point
from gradcheck.oracles.numbers.conversion import exact
from gradcheck.subjects.dezero import DezeroSubject
from gradcheck.subjects.layouts import LAYOUTS
from gradcheck.subjects.subject import Trial


class Effect(NamedTuple):
    """Whether the bug had anything to change, and the lowest order at which it is visible (or None)."""

    acted: bool
    order: int | None


class Visible(NamedTuple):
    """One call.

    Attributes:
        gradients: of each order, for each input.
        paired: <G_{order - 1}, d> from its derivative by the cotangents, and a few ULPs of its terms.
        dtypes: of the gradients of each order, before a leaf casts them to its own.
        handed: the arrays that were passed, after the call.
        damage: what was written to inside the graph.
    """

    gradients: list[list[np.ndarray]]
    paired: tuple[float, float]
    dtypes: Sequence[Any]
    handed: list[np.ndarray]
    damage: Sequence[Any]


class Sound:
    """What backward shows at a case without a bug: asked once, whatever is planted."""

    def __init__(self, case: Case) -> None:
        self.subject = DezeroSubject(case.f, case.active)
        self.points = list(_points(case, self.subject))
        self.visible = cache(self._visible)

    def _visible(self, n: int, layout: str, order: int) -> Visible | None:
        """At point number n."""
        return _visible(self.subject, self.points[n], layout, order)


def effect(case: Case, cls: type[Function], mutant: Mutant, sound: Sound | None = None) -> Effect:
    """What the bug does at a case.

    Args:
        sound: what is known of the case without it.
    """
    sound = sound or Sound(case)
    acted, lowest = False, None
    for (n, at), layout in itertools.product(enumerate(sound.points), LAYOUTS):
        for k in range(1, lowest or at.order + 1):
            with planted(cls, mutant) as trace:
                wrong = _visible(sound.subject, at, layout, k)
            acted = acted or trace.acted
            if not _alike(sound.visible(n, layout, k), wrong):
                lowest = k
                break
        if acted and lowest == 1:
            break  # nothing that is seen elsewhere changes that
    return Effect(acted, lowest)


def _points(case: Case, subject: DezeroSubject) -> Iterator[Point]:
    at, _ = point_of(case, subject)
    yield at
    yield all_digits(at)


def _visible(subject: DezeroSubject, at: Point, layout: str, order: int) -> Visible | None:
    """All that a call of that order shows in one layout; None where backward raises."""
    inputs, us, ds = at.arguments(LAYOUTS[layout])
    try:
        with np.errstate(all="ignore"):
            trial = subject.trial(inputs, us, ds, order, watched=layout == "contiguous")
    except Exception:  # a bug may raise anything
        return None
    gradients = [
        [np.zeros_like(x) if g is None else np.asarray(g) for g, x in zip(found, at.inputs, strict=True)]
        for found in trial.gradients
    ]
    handed = [*inputs, *us, *ds]
    return Visible(gradients, _paired(at, trial), trial.returned, handed, trial.damage)


def _paired(at: Point, trial: Trial) -> tuple[float, float]:
    if not trial.pairings:
        return 0.0, 0.0
    _, magnitude, by_cotangent = trial.pairings[-1]
    return float(by_cotangent), float(verdict.SAFETY * np.finfo(at.dtype).eps * magnitude)


def _alike(sound: Visible | None, wrong: Visible | None) -> bool:
    if sound is None or wrong is None:
        return sound is wrong
    orders = zip(sound.gradients, wrong.gradients, strict=True)
    return all(itertools.starmap(_same, orders)) and _alike_but_for_gradients(sound, wrong)


def _alike_but_for_gradients(sound: Visible, wrong: Visible, slack: float = 0.0) -> bool:
    """The same but for gradients, and for `slack` of their derivative by the cotangents."""
    close = abs(sound.paired[0] - wrong.paired[0]) <= max(sound.paired[1], slack)
    noted = sound.dtypes == wrong.dtypes and sound.damage == wrong.damage
    return close and noted and _same(sound.handed, wrong.handed)


def _same(before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> bool:
    return all(
        a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
        for a, b in zip(before, after, strict=True)
    )


# Rounding -------------------------------------------------------------------------------------------


def within_rounding(case: Case, cls: type[Function], mutant: Mutant) -> bool:
    """Whether all that the bug changes are values, by no more than the right backward's own rounding."""
    subject = DezeroSubject(case.f, case.active)
    return all(_hidden(subject, at, cls, mutant) for at in _points(case, subject))


def _hidden(subject: DezeroSubject, at: Point, cls: type[Function], mutant: Mutant) -> bool:
    measured = measure(subject, at)
    low = measured.low(measured.reached)
    if measured.high is None or low is None:
        return False
    for layout, k in itertools.product(LAYOUTS, range(1, at.order + 1)):
        sound = _visible(subject, at, layout, k)
        with planted(cls, mutant):
            wrong = _visible(subject, at, layout, k)
        if _alike(sound, wrong):
            continue
        slack = pairing_slack(subject, at, k) if k > 1 else None
        apart = verdict.SAFETY * slack[-1] if slack else 0.0
        if sound is None or wrong is None or not _alike_but_for_gradients(sound, wrong, apart):
            return False
        orders = zip(wrong.gradients, measured.high, low, strict=False)
        if not all(_rounded(at, *order) for order in orders):
            return False
    return True


def _rounded(at: Point, got: Sequence[Any], high: Sequence[Any], low: Sequence[Any]) -> bool:
    """Whether each element is the exact one (`high`) up to the rounding that `low` bounds."""
    if any(g.shape != x.shape for g, x in zip(got, at.inputs, strict=True)):
        return False
    elements = zip(at.elements(got), at.elements(high), at.elements(low), strict=True)
    balls = ([v if isinstance(v, arb) else exact(v) for v in each] for each in elements)
    return all(abs(g - h) <= verdict.rounding(h, r, at.dtype) + h.rad() for g, h, r in balls)
