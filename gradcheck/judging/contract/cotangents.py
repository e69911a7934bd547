"""Points with other cotangents: multiplied by a factor, or with a term added."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradcheck.judging.contract.further import Arrays
from gradcheck.judging.scene import Scene
from gradcheck.measuring import probes
from gradcheck.measuring.point import Point

# Negative, and without zeros at the end: what is multiplied by it has all its digits. No formula has it: the
# pi of a backward would take the digits of 1/pi away again.
ALL_DIGITS = -float(np.exp(-1.13))


def scaled(at: Point, factor: float) -> Point:
    """`at` with cotangents multiplied by `factor`."""
    return at.with_cotangents(lambda u: np.asarray(u * u.dtype.type(factor)))


def all_digits(at: Point) -> Point:
    """`at` with cotangents and direction multiplied by ALL_DIGITS."""
    return scaled(at, ALL_DIGITS).with_direction(lambda d: np.asarray(d * d.dtype.type(ALL_DIGITS)))


def plus(at: Point, term: Point) -> Point:
    """`at` with the cotangents of both."""
    pairs = zip(at.cotangents, term.cotangents, strict=True)
    return replace(at, cotangents=[None if u is None else np.asarray(u + r) for u, r in pairs])


def broadcast_term(scene: Scene) -> tuple[Point, Arrays | None]:
    """A point with cotangents that are one row for all rows, and those as views with a stride of 0."""
    rng = np.random.default_rng([1, scene.case.seed])
    at = scene.at
    views = [None if u is None else np.broadcast_to(_row(rng, u), u.shape) for u in at.cotangents]
    term = replace(at, cotangents=[None if v is None else v.copy() for v in views])
    return term, (views if at.device == "cpu" else None)


def _row(rng: np.random.Generator, u: np.ndarray) -> np.ndarray:
    """A row of the shape of one of u's, with all digits; large enough to turn signs of u."""
    row = probes.weights(rng, u.shape[1:]).astype(u.dtype)
    if row.size == 1 and u.size:
        row = np.copysign(row, -u.ravel()[0])
    return np.asarray(row * u.dtype.type(4 / 3))
