"""What can be seen of a bug: everything that a caller of backward could notice, with and without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from dezero import Function
from gradcheck import verdict
from gradcheck.cases import Case
from gradcheck.measure import Point, flat, measure, point
from gradcheck.mutation.mutants import Mutant
from gradcheck.mutation.planting import planted
from gradcheck.oracles.arithmetic import exact
from gradcheck.sampling import LAYOUTS
from gradcheck.subject import DezeroSubject

Arrange = Callable[[np.ndarray], np.ndarray]  # into a memory layout


class Behaviour(NamedTuple):
    """For orders 1, 2, ... up to one that raises: the gradients, and what is left in the arrays handed over."""

    gradients: list[list[np.ndarray]]
    handed: list[list[np.ndarray]]


@dataclass(frozen=True)
class Effect:
    """What a bug does at a case.

    Attributes:
        acted: it had something to change.
        order: the lowest order at which anything observable changed, or None.
        within_rounding: gradients alone changed, and by no more than the rounding that the sound backward
            can itself produce there: nobody could tell.
    """

    acted: bool
    order: int | None
    within_rounding: bool = False


def effect(case: Case, cls: type[Function], mutant: Mutant) -> Effect:
    """The bug's effect in every memory layout, for the case's cotangents and for others.

    The others have all their digits and the opposite sign.
    """
    subject = DezeroSubject(case.f, case.active)
    at, _ = point(subject, case.inputs, case.active, case.order, case.seed, case.dtype, case.device)
    others = [np.asarray(u / u.dtype.type(-3)) for u in at.cotangents]
    situations = [
        (replace(at, cotangents=cotangents), arrange)
        for cotangents in (at.cotangents, others)
        for arrange in LAYOUTS.values()
    ]
    sound = [_behaviour(subject, *each) for each in situations]
    with planted(cls, mutant) as trace:
        wrong = [_behaviour(subject, *each) for each in situations]
    orders = [_differ(a, b) for a, b in zip(sound, wrong, strict=True)]
    changed = {n: k for n, k in enumerate(orders) if k is not None}
    hidden = bool(changed) and all(_hidden(subject, situations[n][0], sound[n], wrong[n]) for n in changed)
    return Effect(trace.acted, min(changed.values(), default=None), hidden)


def _behaviour(subject: DezeroSubject, at: Point, arrange: Arrange) -> Behaviour:
    gradients: list[Any] = []
    handed = []
    for order in range(1, at.order + 1):
        inputs, cotangents, direction = (
            [arrange(x) for x in arrays] for arrays in (at.inputs, at.cotangents, at.direction)
        )
        try:
            gradients = subject.gradients(inputs, cotangents, direction, order)
        except Exception:  # a bug may raise anything: its order is one that differs
            break
        handed.append([*inputs, *cotangents, *direction])
    arrays = [[_array(g, x) for g, x in zip(gs, at.inputs, strict=True)] for gs in gradients]
    return Behaviour(arrays, handed)


def _array(gradient: Any, x: np.ndarray) -> np.ndarray:
    return np.zeros_like(x) if gradient is None else np.asarray(gradient)


def _differ(sound: Behaviour, wrong: Behaviour) -> int | None:
    """The lowest order that differs."""
    orders = zip(sound.gradients, wrong.gradients, sound.handed, wrong.handed, strict=False)
    for k, (before, after, left, found) in enumerate(orders, 1):
        if not all(map(_same, [*before, *left], [*after, *found])):
            return k
    reached = len(wrong.handed)
    return reached + 1 if reached < len(sound.handed) else None


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)


# Rounding -------------------------------------------------------------------------------------------


def _hidden(subject: DezeroSubject, at: Point, sound: Behaviour, wrong: Behaviour) -> bool:
    """Whether rounding could have made of the sound gradients what the bug made of them."""
    if len(sound.handed) != len(wrong.handed):
        return False
    pairs = zip(sound.handed, wrong.handed, strict=True)
    if not all(all(map(_same, left, found)) for left, found in pairs):
        return False
    measured = measure(subject, at)
    if measured.high is None or measured.low is None:
        return False
    return all(
        _rounded(at, *of_order)
        for of_order in zip(wrong.gradients, measured.high, measured.low, strict=True)
    )


def _rounded(at: Point, got: Sequence[Any], high: Sequence[Any], low: Sequence[Any]) -> bool:
    """Whether each element is the exact one (`high`) up to the rounding that `low` bounds."""
    if any(g.shape != x.shape for g, x in zip(got, at.inputs, strict=True)):
        return False
    elements = zip(flat(got, at), flat(high, at), flat(low, at), strict=True)
    for g, h, r in elements:
        h, r = _ball(h), _ball(r)
        if not abs(_ball(g) - h) <= verdict.rounding(h, r, at.dtype) + h.rad():
            return False
    return True


def _ball(value: Any) -> arb:
    return value if isinstance(value, arb) else exact(value)
