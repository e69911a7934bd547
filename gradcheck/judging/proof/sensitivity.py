"""What the rounding of the numbers that backward is given must cause, whatever it does with them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from flint import arb

from gradcheck.judging.scene import Scene
from gradcheck.measuring.balls import HIGH_BITS, ball_gradients, in_balls
from gradcheck.measuring.point import Point
from gradcheck.oracles.numbers.ball import Ball
from gradcheck.oracles.numbers.conversion import exact
from gradcheck.oracles.numbers.working import working
from gradcheck.subjects.subject import Subject

ROUNDS = 100
MOSTLY = 0.5  # the part of an error that may stay unexplained
MOST_MOVES = 128  # elements of one array that are moved one by one; of more, several together


def changes_of(scene: Scene, order: int) -> list[list[arb]] | None:
    """`changes` at the scene's point, asked for once: they take a gradient for each element given."""
    question = f"changes of order {order}"
    return scene.answers.once(question, lambda: changes(scene.subject, scene.at, order))


def input_effect(found: list[list[arb]] | None) -> list[arb] | None:
    """How much half an ULP of everything given changes each element of a gradient, by `changes` of its order.

    The changes are summed. None where these are.
    """
    if found is None:
        return None
    with working(HIGH_BITS):
        return [sum((abs(c) for c in column), arb(0)) for column in zip(*found, strict=True)]


def changes(subject: Subject, at: Point, order: int) -> list[list[arb]] | None:
    """What moves of everything given do to each element of the gradient of `order`, a row for each move.

    Each element of the inputs, the cotangents and the direction is moved by half an ULP in turn, in
    balls so narrow that nothing else changes. Backward's own cancellation has no part in it. Of large arrays
    several elements are moved together, up or down at random: that can only be less. None where backward
    does not run on object arrays.
    """
    with working(HIGH_BITS):
        try:
            here = _gradient(subject, in_balls(at), order)
            return [
                [(a - b).mid() for a, b in zip(_gradient(subject, moved, order), here, strict=True)]
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


def _gradient(subject: Subject, given: Point, order: int) -> list[arb]:
    return given.balls(ball_gradients(subject, given, order)[order - 1])


def _moves(at: Point, order: int) -> Iterator[Point]:
    """Everything given as balls, with some of its elements moved; order 1 has no direction."""
    rng = np.random.default_rng(at.size)
    floating = [i for i, x in at.differentiated() if x.dtype.kind == "f"]
    for which, arrays in enumerate((at.inputs, at.cotangents, at.direction)[: 2 if order == 1 else 3]):
        for n, x in enumerate(arrays):
            if x is None or not x.size or (which != 1 and n not in floating):
                continue
            halves = np.spacing(np.abs(x.astype(at.dtype))).ravel() / 2
            signs = rng.choice([-1.0, 1.0], x.size)
            for positions in np.array_split(np.arange(x.size), min(x.size, MOST_MOVES)):
                given = in_balls(at)
                flat = (given.inputs, given.cotangents, given.direction)[which][n].reshape(-1)
                for p in positions.tolist():
                    flat[p] = Ball(exact(x.flat[p]) + exact(halves[p]) * signs[p])
                yield given
