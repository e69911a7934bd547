"""What the rounding of the numbers that backward is given must cause, whatever it does with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from flint import arb

from gradcheck.measure import HIGH_BITS, Point, as_balls, flat_balls, lifted_point
from gradcheck.oracles import jet
from gradcheck.oracles.arithmetic import Ball, exact, working
from gradcheck.subject import Subject

MOST_MOVES = 128  # elements of one array that are moved one by one; of more, several together


def input_effect(subject: Subject, at: Point, order: int) -> list[arb] | None:
    """How much half an ULP of everything given changes each element of the gradient of `order`.

    Each element of the inputs, the cotangents and the direction is moved by half an ULP in turn, in
    balls so narrow that nothing else changes, and the changes are summed. Backward's own cancellation
    has no part in it. Of large arrays several elements are moved together, up or down at random: that
    can only be less. None where backward does not run on object arrays.
    """
    with working(HIGH_BITS):
        try:
            here = _gradient(subject, at, order, lifted_point(at))
            total = [arb(0)] * len(here)
            for moved in _moves(at, order):
                there = _gradient(subject, at, order, moved)
                pairs = zip(total, there, here, strict=True)
                total = [t + abs((a - b).mid()) for t, a, b in pairs]
        except Exception:  # whatever an op does with objects, there is no excuse then
            return None
    return total


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
