"""What a subject gives at a point in balls, whose radius bounds the rounding at a precision."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from flint import arb

from gradcheck.cases.case import Case
from gradcheck.measuring.point import Point
from gradcheck.oracles import jet
from gradcheck.oracles.numbers.algebras import Rounding
from gradcheck.oracles.numbers.ball import Ball
from gradcheck.oracles.numbers.conversion import exact, exacts, filled
from gradcheck.oracles.numbers.double_double import OutOfRange
from gradcheck.oracles.numbers.lifting import lifted
from gradcheck.oracles.numbers.packed import (
    MOST_BITS,
    NotPacked,
    arbs,
    arbs_within,
    fields_of,
    narrow,
    packed,
)
from gradcheck.oracles.numbers.working import working
from gradcheck.subjects.subject import Subject
from gradcheck.system.floats import precision

Gradients = list[list[Any]]  # for each order, for each input: an array or None

HIGH_BITS = 192


def rounding_as(at: Point | Case) -> AbstractContextManager[Any]:
    """Within it balls are as wide as rounding in the dtype may make them; on a device, sums in any order."""
    return working(precision(at.dtype), rounds=True, unordered=at.device != "cpu")


def in_balls(at: Point, *, spread: bool = False) -> Point:
    """The point in balls; cotangents and direction of half an ULP, if they are to be spread."""
    if not spread:
        return at.changed(jet.lift)

    def weights(x: np.ndarray) -> Any:
        return _widened(x, at.dtype)

    return at.with_inputs(jet.lift).with_cotangents(weights).with_direction(weights)


def _widened(x: np.ndarray, dtype: Any) -> np.ndarray:
    """Each element as a ball of half an ULP around it."""
    half = np.spacing(np.abs(x.astype(dtype))) / 2
    balls = [Ball(arb(v, h)) for v, h in zip(exacts(x), exacts(half), strict=True)]
    return lifted(filled(x.shape, balls))


def asked(question: Callable[..., Any], given: Point, order: int, **settings: Any) -> Any:
    """What a subject answers, `gradients` or `trial`, at a point in balls."""
    us, ds = given.cotangents, given.direction
    return jet.bearing(lambda xs: question(xs, us, ds, order, **settings), given.inputs)


def ball_gradients(subject: Subject, given: Point, order: int) -> Gradients:
    """The subject's gradients of orders 1 .. `order` at a point in balls.

    Raises:
        Exception: whatever backward does with objects, or where wide balls leave a comparison undecided.
    """
    return _each(as_balls, asked(subject.gradients, given, order))


def packed_gradients(subject: Subject, at: Point, order: int) -> Gradients | None:
    """Narrow balls, and what rounding in the dtype may do, from one run on packed arrays; None if it fails.

    It does where backward does anything else than to add and to multiply, where numbers are out of range,
    and where many digits cancel.
    """
    algebra = Rounding(precision(at.dtype))
    if at.device != "cpu" or algebra.bits > MOST_BITS:
        return None
    try:
        given = at.changed(lambda x: packed(algebra, x))
        found = _each(
            lambda g: fields_of(g, algebra),
            subject.gradients(given.inputs, given.cotangents, given.direction, order),
        )
    except (NotPacked, OutOfRange, Exception):
        return None
    return found if all(narrow(g) for gs in found for g in gs if g is not None) else None


def unpacked(found: Gradients) -> Gradients:
    """The narrow balls among packed gradients."""
    return _each(arbs, found)


def unpacked_rounding(found: Gradients) -> Gradients:
    """The balls whose radii are what rounding in the dtype may do."""
    return _each(lambda g: arbs_within(g.hi, g.rounding), found)


def _each(convert: Callable[[Any], Any], found: Gradients) -> Gradients:
    return [[None if g is None else convert(g) for g in of_order] for of_order in found]


def rounded_values(subject: Subject, at: Point | Case) -> list[np.ndarray]:
    """The outputs in balls whose radius is the rounding that this forward can produce.

    Raises:
        Exception: whatever f does with objects, or where wide balls leave a comparison undecided.
    """
    with rounding_as(at):
        return [as_balls(y) for y in jet.bearing(subject.values, at.changed_inputs(jet.lift))]


def pairing_slack(subject: Subject, at: Point, order: int) -> list[float] | None:
    """How far rounding may carry the two sides of each pairing (see `trial`) apart; None if unknown."""
    try:
        with rounding_as(at):
            trial = asked(subject.trial, in_balls(at), order, watched=True)
            sides = [[as_balls(side).item() for side in (a, b)] for a, _, b in trial.pairings]
    except Exception:  # backward does not run on object arrays, or wide balls leave a comparison undecided
        return None
    return [float(a.rad() + b.rad()) for a, b in sides]


def weight_effect(subject: Subject, at: Point, order: int) -> Gradients | None:
    """What half an ULP of every cotangent and direction can change; None if unknown."""
    try:
        with working(HIGH_BITS):
            return ball_gradients(subject, in_balls(at, spread=True), order)
    except Exception:  # a wide ball may meet what a point does not
        return None


def as_balls(array: Any) -> np.ndarray:
    """An array of Balls, or of plain reals, as an object array of `arb`."""
    array = np.asarray(array)
    return filled(array.shape, [v.v if type(v) is Ball else exact(v) for v in array.ravel().tolist()])
