"""Finite differences along one line of a function with very many elements: what `slopes` gives, in less time.

Samples are looked at as differences from the value at the point, summed to pieces at once in float64; points
are placed in blocks that fit into a processor's cache; and a few steps must do, unless more are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from math import inf
from typing import Any

import numpy as np

from gradcheck.oracles.differences.directional import Slopes, enclosed, pieces_of, sums
from gradcheck.oracles.differences.ladder import NoRoomError, Range, Samples, differentiate
from gradcheck.oracles.differences.paths import Domain, Path
from gradcheck.oracles.differences.trust import LONG, Array

BLOCK = 2**15  # elements placed at a time
USUAL = 0.1  # of the elements have a shorter way to zero than the length on which functions may vary


def slopes_of_many(
    g: Callable[[list[Array]], Array],
    inputs: Sequence[Array],
    direction: Sequence[Any],
    weights: Array,
    domains: Sequence[Domain | None] | None = None,
    *,
    thorough: bool = False,
) -> Slopes:
    """The derivatives of weights * g(x + t direction) at t = 0, as `directional.slopes` gives them.

    Args:
        thorough: ask a full ladder of steps, where a few do not suffice.

    >>> x = np.linspace(1, 2, 50_000)
    >>> found = slopes_of_many(lambda xs: xs[0] ** 2, [x], [x], np.ones(x.size))
    >>> found.total().contains(float(2 * (x @ x))), found.value.size
    (True, 12500)
    """
    path = _Path(inputs, direction, [d or (-inf, inf) for d in domains or [None] * len(inputs)])
    pieces = pieces_of(weights.size)
    count = int(pieces[-1]) + 1 if pieces.size else 0
    if path.rests:
        return Slopes(np.zeros(count, LONG), np.zeros(count), np.zeros(count, dtype=bool), pieces, weights)
    line = _Line(g, path, weights, pieces)
    try:
        found = differentiate(line, path.usual, 1, thorough=thorough)
    except NoRoomError:
        nothing = np.zeros(count, LONG), np.full(count, inf), np.ones(count, dtype=bool)
        return Slopes(*nothing, pieces, weights)
    value, bound = enclosed(found)
    hidden = sums(np.abs(weights), pieces) * path.usual.eps / found.step
    rests = (line.here == 0) & (found.scale == 0)
    return Slopes(value, np.where(rests, bound + hidden, bound), line.moved, pieces, weights)


class _Line:
    """Weighed differences from the values at the point, summed to pieces, at offsets on a path."""

    def __init__(self, g: Callable[[list[Array]], Array], path: _Path, weights: Array, pieces: Array) -> None:
        self._g, self._path, self._weights, self._pieces = g, path, weights, pieces
        values = np.ravel(g(path.at(LONG(0))[0]))
        self._base = values.astype(np.float64)
        eps = max(np.finfo(values.dtype).eps, np.finfo(np.float64).eps)
        self._eps = 2 * eps  # half of it for what weighing and adding up rounds
        self._least = float(np.finfo(values.dtype).smallest_subnormal)
        self._weight = sums(np.abs(weights), pieces)
        self._size = sums(np.abs(weights * self._base), pieces)
        self.here = sums(weights * self._base, pieces)
        self.moved = np.zeros(self._weight.size, dtype=bool)

    def __call__(self, offsets: Array) -> Samples:
        values, rounding, misplaced = [], [], []
        for t in offsets:
            inputs, off = self._path.at(t)
            terms = np.ravel(self._g(inputs)).astype(np.float64, copy=False) - self._base
            terms *= self._weights
            values.append(sums(terms, self._pieces).astype(LONG))
            change = sums(np.abs(terms, out=terms), self._pieces)
            self.moved |= change != 0
            rounding.append(self._eps * (self._size + change) + self._least * self._weight)
            misplaced.append(off)
        return Samples(np.array(values), np.array(rounding), np.array(misplaced))


class _Path(Path):
    """A path whose float64s are placed quickly."""

    @cached_property
    def _velocities(self) -> list[Array | None]:
        return [None if m is None else m.velocity.astype(np.float64) for m in self.moving]

    def at(self, t: Any) -> tuple[list[Array], Any]:
        if any(m is not None and m.position.dtype != np.float64 for m in self.moving):
            return super().at(t)
        inputs, misplaced = [x.copy() for x in self.inputs], 0.0
        for x, moving, velocity in zip(inputs, self.moving, self._velocities, strict=True):
            if moving is not None and velocity is not None:
                points, off = _placed(moving.position, velocity, float(t), *moving.domain)
                np.put(x, moving.where, points)
                misplaced = max(misplaced, off)
        return inputs, LONG(misplaced + np.finfo(np.float64).eps * abs(float(t)))

    @cached_property
    def usual(self) -> Range:
        """How far and how finely one can move, with the length on which most elements vary."""
        found = self.range()
        ways = [np.abs(m.position / m.velocity).astype(np.float64) for m in self.moving if m is not None]
        known = np.concatenate([w[w > 0] for w in ways])
        if not known.size:
            return found
        usual = float(np.quantile(known, USUAL))
        nearest = min([usual, *(end for end in (-found.lower, found.upper) if end > 0)])
        scales = tuple(dict.fromkeys(s for s in (nearest, usual, *found.scales) if s < inf))
        return Range(found.lower, found.upper, scales, found.spacing, found.eps)


def _placed(x: Array, velocity: Array, t: float, lower: float, upper: float) -> tuple[Array, float]:
    """x + t velocity within the bounds, and how far in t the worst of these is off.

    What the sum rounds is recovered exactly (Knuth's TwoSum).
    """
    points, worst = np.empty_like(x), 0.0
    for start in range(0, x.size, BLOCK):
        here = slice(start, start + BLOCK)
        base, shift = x[here], t * velocity[here]
        total = np.add(base, shift, out=points[here])
        tail = total - base
        lost = (base - (total - tail)) + (shift - tail)
        if lower > -inf or upper < inf:
            inside = np.clip(total, lower, upper)
            lost += total - inside
            total[:] = inside
        worst = max(worst, float(np.max(np.abs(lost / velocity[here]))))
    return points, worst
