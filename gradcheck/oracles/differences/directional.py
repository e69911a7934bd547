"""Finite differences along one line, of each element of a function by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np
from flint import arb

from gradcheck.oracles.differences.ladder import NoRoomError, Samples, differentiate
from gradcheck.oracles.differences.paths import Domain, Path
from gradcheck.oracles.differences.trust import LONG, Array, LineDerivatives

MOST = 2**14  # pieces; of more elements several are summed to one piece
BLOCK = 2**16  # numbers that are placed and weighed at a time


@dataclass(frozen=True)
class Slopes:
    """Derivatives of weighed elements, or of sums of some neighbours where there are many.

    Attributes:
        value, bound: (m,); where smooth steps contradict each other they enclose what all of them say; the
            bound is infinite where no step is smooth.
        moved: (m,), whether a piece differed at any sample from its value at the point.
        pieces: (n,), the number of the piece that each of the n elements belongs to.
        weights: (n,), those of the elements.
    """

    value: Array
    bound: Array
    moved: Array
    pieces: Array
    weights: Array

    def total(self, where: Any = True) -> arb:
        """The sum over the pieces, or some of them, as a ball; of infinite radius if one is unknown."""
        value, size = np.sum(self.value, where=where), np.sum(np.abs(self.value), where=where)
        bound = np.sum(self.bound, where=where) + np.finfo(LONG).eps * size
        return _balls(np.atleast_1d(value), np.atleast_1d(bound))[0]

    def balls(self) -> list[arb]:
        """Each piece as a ball."""
        return _balls(self.value, self.bound)


def added(parts: Sequence[Slopes]) -> Slopes:
    """The derivatives along the sum of the directions of the parts."""
    values = np.array([part.value for part in parts])
    bound = np.sum([part.bound for part in parts], axis=0)
    bound = bound + np.finfo(LONG).eps * np.sum(np.abs(values), axis=0)
    moved = np.any([part.moved for part in parts], axis=0)
    return replace(parts[0], value=np.sum(values, axis=0), bound=bound, moved=moved)


def _balls(value: Array, bound: Array) -> list[arb]:
    """Balls around float64s; what the conversion rounds is added to its bound."""
    with np.errstate(all="ignore"):
        middle = value.astype(np.float64)
        radius = (bound + np.abs(value - middle)).astype(np.float64) * (1 + 2**-50)
    known = np.isfinite(middle) & np.isfinite(radius)
    return [
        arb(m, r) if good else arb(0, inf)
        for m, r, good in zip(middle.tolist(), radius.tolist(), known.tolist(), strict=True)
    ]


def slopes(
    g: Callable[[list[Array]], Array],
    inputs: Sequence[Array],
    direction: Sequence[Any],
    weights: Array,
    domains: Sequence[Domain | None] | None = None,
) -> Slopes:
    """The derivatives of weights * g(x + t direction), element by element, at t = 0.

    Each element has a step of its own: one that is much larger than another, or that has a kink nearby,
    does not blur the other. A bound is that of the error model (see `ladder`). An element that rests
    at 0 may be a difference of results of size 1, as 1 - tanh(x)**2 is: it does so within their rounding.

    >>> x = [np.array([1e8, 2.0])]
    >>> found = slopes(lambda xs: xs[0] ** 3, x, [np.array([0.0, 1.0])], np.array([1.0, 0.5]))
    >>> found.total().contains(6), found.moved
    (True, array([False,  True]))
    """
    limits = [d or (-inf, inf) for d in domains or [None] * len(inputs)]
    moving = [np.zeros(np.shape(x)) if d is None else d for d, x in zip(direction, inputs, strict=True)]
    path = Path(inputs, moving, limits)
    pieces = pieces_of(weights.size)
    count = int(pieces[-1]) + 1 if pieces.size else 0
    if path.rests:
        return Slopes(np.zeros(count, LONG), np.zeros(count), np.zeros(count, dtype=bool), pieces, weights)
    [here], _ = _weighed([g(path.at(0)[0])], weights, pieces)
    moved = np.zeros(count, dtype=bool)
    at_once = max(1, BLOCK // max(1, weights.size, *(x.size for x in inputs)))

    def line(offsets: Array) -> Samples:
        blocks = [sampled(offsets[n : n + at_once]) for n in range(0, len(offsets), at_once)]
        samples = Samples(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))
        np.logical_or(moved, (samples.values != here).any(axis=0), out=moved)
        return samples

    def sampled(offsets: Array) -> Samples:
        points, misplaced = path.places(offsets)
        return Samples(*_weighed([g(xs) for xs in points], weights, pieces), misplaced)

    try:
        found = differentiate(line, path.range(), 1)
    except NoRoomError:
        nothing = np.zeros(count, LONG), np.full(count, inf), np.ones(count, dtype=bool)
        return Slopes(*nothing, pieces, weights)
    value, bound = enclosed(found)
    hidden = sums(np.abs(weights), pieces) * path.range().eps / found.step
    rests = (here == 0) & (found.scale == 0)
    return Slopes(value, np.where(rests, bound + hidden, bound), moved, pieces, weights)


def pieces_of(count: int) -> Array:
    """The number of the piece that each of so many elements belongs to.

    >>> pieces_of(3).tolist(), int(pieces_of(10**6)[-1])
    ([0, 1, 2], 16129)
    """
    return np.arange(count) // max(1, -(-count // MOST))


def enclosed(found: LineDerivatives) -> tuple[Array, Array]:
    """Values and bounds; where smooth steps contradict each other, around all that they say."""
    with np.errstate(all="ignore"):
        middle, half = (found.lowest + found.highest) / 2, (found.highest - found.lowest) / 2
    contradicted = np.isinf(found.bound) & np.isfinite(half)
    return np.where(contradicted, middle, found.value), np.where(contradicted, half, found.bound)


def _weighed(sampled: Sequence[Array], weights: Array, pieces: Array) -> tuple[Array, Array]:
    """The weighed values of each sample and their rounding, summed to pieces."""
    values = np.array([np.ravel(each) for each in sampled], LONG)
    precisions = [np.finfo(each.dtype) for each in sampled]
    eps = np.array([[LONG(p.eps)] for p in precisions])
    least = np.array([[LONG(p.smallest_subnormal)] for p in precisions])
    rounding = np.abs(weights) * (eps * np.abs(values) + least)
    return sums(weights * values, pieces), sums(rounding, pieces)


def sums(terms: Array, pieces: Array) -> Array:
    """The terms of each piece, of the last axis, added up."""
    if not pieces.size or pieces[-1] + 1 == pieces.size:
        return terms
    return np.asarray(np.add.reduceat(terms, starts(pieces), axis=-1))


def starts(pieces: Array) -> Array:
    """The first element of each piece: all are of one length, but for the last.

    >>> starts(np.array([0, 0, 0, 1, 1, 1, 2])).tolist(), starts(np.array([0, 0])).tolist()
    ([0, 3, 6], [0])
    """
    length = int(np.searchsorted(pieces, 1))
    return np.arange(0, pieces.size, max(length, 1))
