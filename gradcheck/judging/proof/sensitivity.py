"""What the rounding of the numbers that backward is given must cause, whatever it does with them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

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

    Where each element of the gradient depends on what is given in its own place alone, as of an elementwise
    op, one call tells what moves of all elements of an array do.
    """
    with working(HIGH_BITS):
        try:
            here = _gradient(subject, in_balls(at), order)

            def change(moves: Iterable[_Move]) -> list[arb]:
                moved = _gradient(subject, _moved(at, moves), order)
                return [(a - b).mid() for a, b in zip(moved, here, strict=True)]

            moves = _moves(at, order)
            places = _places(at)
            if places is None or not _by_places(places, moves, change):
                return [change([move]) for move in moves]
            return list(_parted(places, moves, change))
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


@dataclass(frozen=True)
class _Move:
    """Elements of one array that are moved together: an input (`which` is 0), a cotangent, or a direction.

    Attributes:
        n: its number.
        size: how many elements the array has.
        positions, steps: those that move, and by how much.
    """

    which: int
    n: int
    size: int
    positions: Sequence[int]
    steps: Sequence[arb]


def _moves(at: Point, order: int) -> list[_Move]:
    """Those of everything given, by half an ULP; order 1 has no direction."""
    rng = np.random.default_rng(at.size)
    floating = [i for i, x in at.differentiated() if x.dtype.kind == "f"]
    found = []
    for which, arrays in enumerate((at.inputs, at.cotangents, at.direction)[: 2 if order == 1 else 3]):
        for n, x in enumerate(arrays):
            if x is None or not x.size or (which != 1 and n not in floating):
                continue
            halves = np.spacing(np.abs(x.astype(at.dtype))).ravel() / 2
            signs = rng.choice([-1.0, 1.0], x.size)
            for positions in np.array_split(np.arange(x.size), min(x.size, MOST_MOVES)):
                steps = [exact(halves[p]) * signs[p] for p in positions]
                found.append(_Move(which, n, x.size, positions.tolist(), steps))
    return found


def _moved(at: Point, moves: Iterable[_Move]) -> Point:
    """Everything given as balls, with some of its elements moved."""
    given = in_balls(at)
    for move in moves:
        x = (at.inputs, at.cotangents, at.direction)[move.which][move.n]
        flat = (given.inputs, given.cotangents, given.direction)[move.which][move.n].reshape(-1)
        for p, step in zip(move.positions, move.steps, strict=True):
            flat[p] = Ball(exact(x.flat[p]) + step)
    return given


# Elementwise ops ------------------------------------------------------------------------------------

_Change = Callable[[Iterable[_Move]], list[arb]]


def _places(at: Point) -> int | None:
    """How many elements each differentiated input has; None where they differ."""
    sizes = {x.size for _, x in at.differentiated()}
    return sizes.pop() if len(sizes) == 1 else None


def _by_places(places: int, moves: Sequence[_Move], change: _Change) -> bool:
    """Whether elements of the gradient stay exactly what they are where only other places are moved.

    Two places differ in a binary digit: for each digit, all places with a 1 there are moved, then all with
    a 0, by random amounts, of which no sum cancels.
    """
    rng = np.random.default_rng(places)
    single = [
        _Move(move.which, move.n, move.size, [p], [step * float(rng.uniform(0.5, 1.0))])
        for move in moves
        if move.size == places
        for p, step in zip(move.positions, move.steps, strict=True)
    ]
    for digit in range((places - 1).bit_length()):
        for value in (0, 1):
            changed = change(move for move in single if _digit(move.positions[0], digit) == value)
            if any(c != 0 for q, c in enumerate(changed) if _digit(q % places, digit) != value):
                return False
    return True


def _digit(place: int, digit: int) -> int:
    return place >> digit & 1


def _parted(places: int, moves: Sequence[_Move], change: _Change) -> Iterator[list[arb]]:
    """What each move does, where those of one array do nothing to one another's places."""
    for _, group in itertools.groupby(moves, key=lambda move: (move.which, move.n)):
        of_array = list(group)
        if of_array[0].size != places:
            yield from (change([move]) for move in of_array)
            continue
        changed = change(of_array)
        for move in of_array:
            own = set(move.positions)
            yield [c if q % places in own else arb(0) for q, c in enumerate(changed)]
