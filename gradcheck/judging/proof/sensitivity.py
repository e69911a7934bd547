"""What the rounding of the numbers that backward is given must cause, whatever it does with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from flint import arb

from gradcheck.measuring.measure import HIGH_BITS, Point, as_balls, flat_balls, lifted_point
from gradcheck.oracles import jet
from gradcheck.oracles.numbers.ball import Ball
from gradcheck.oracles.numbers.conversion import exact
from gradcheck.oracles.numbers.working import working
from gradcheck.subjects.subject import Subject

ROUNDS = 100
MOSTLY = 0.5  # the part of an error that may stay unexplained
MOST_MOVES = 128  # elements of one array that are moved one by one; of more, several together


def input_effect(subject: Subject, at: Point, order: int) -> list[arb] | None:
    """How much half an ULP of everything given changes each element of the gradient of `order`.

    Each element of the inputs, the cotangents and the direction is moved by half an ULP in turn, in
    balls so narrow that nothing else changes, and the changes are summed. Backward's own cancellation
    has no part in it. Of large arrays several elements are moved together, up or down at random: that
    can only be less. None where backward does not run on object arrays.
    """
    found = changes(subject, at, order)
    if found is None:
        return None
    with working(HIGH_BITS):
        return [sum((abs(c) for c in column), arb(0)) for column in zip(*found, strict=True)]


def changes(subject: Subject, at: Point, order: int) -> list[list[arb]] | None:
    """For each of these moves the change of each element of the gradient; None as above."""
    with working(HIGH_BITS):
        try:
            here = _gradient(subject, at, order, lifted_point(at))
            return [
                [(a - b).mid() for a, b in zip(_gradient(subject, at, order, moved), here, strict=True)]
                for moved in _moves(at, order)
            ]
        except Exception:  # whatever an op does with objects, there is no excuse then
            return None


def explained(moves: np.ndarray, errors: np.ndarray, most: float) -> np.ndarray:
    """Which errors a combination of the moves explains, each taken `most` times at most, all at once.

    One by one they may: where a + b is 1 whatever the data are, no rounding of the data makes it 2.

    Args:
        moves: (m, n), what each of m moves does to n elements.
        errors: (n,), none zero.

    >>> explained(np.array([[0.5, -0.5]]), np.array([0.5, 0.5]), 4.0).tolist()
    [False, False]
    >>> explained(np.array([[0.5, 0.0], [0.0, 0.1]]), np.array([0.5, -0.3]), 4.0).tolist()
    [True, True]
    """
    known = np.isfinite(moves).all(axis=1)
    if not known.any():
        return np.zeros(errors.shape, dtype=bool)
    parts = (moves[known] / errors).T  # (n, m): parts @ amounts is to be 1
    amounts = np.clip(np.linalg.lstsq(parts, np.ones(len(errors)))[0], -most, most)
    step = 1 / max(float(np.linalg.norm(parts, 2)) ** 2, np.finfo(float).tiny)
    for _ in range(ROUNDS):  # projected gradients of the least squares
        amounts = np.clip(amounts - step * parts.T @ (parts @ amounts - 1), -most, most)
    return np.asarray(np.abs(parts @ amounts - 1) <= MOSTLY)


def _gradient(subject: Subject, at: Point, order: int, given: tuple[list[Any], ...]) -> list[arb]:
    inputs, us, ds = given
    found = jet.bearing(lambda xs: subject.gradients(xs, us, ds, order), inputs)[order - 1]
    return flat_balls([None if g is None else as_balls(g) for g in found], at)


def _moves(at: Point, order: int) -> Iterator[tuple[list[Any], ...]]:
    """Everything given as balls, with some of its elements moved; order 1 has no direction."""
    rng = np.random.default_rng(at.size)
    active = [on and x.dtype.kind == "f" for x, on in zip(at.inputs, at.active, strict=True)]
    for which, arrays in enumerate((at.inputs, at.cotangents, at.direction)[: 2 if order == 1 else 3]):
        for n, x in enumerate(arrays):
            if x is None or not x.size or (which != 1 and not active[n]):
                continue
            halves = np.spacing(np.abs(x.astype(at.dtype))).ravel() / 2
            signs = rng.choice([-1.0, 1.0], x.size)
            for positions in np.array_split(np.arange(x.size), min(x.size, MOST_MOVES)):
                given = lifted_point(at)
                flat = given[which][n].reshape(-1)
                for p in positions.tolist():
                    flat[p] = Ball(exact(x.flat[p]) + exact(halves[p]) * signs[p])
                yield given
