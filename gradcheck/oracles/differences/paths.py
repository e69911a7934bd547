"""Straight lines through the inputs of a function, on the points that their dtypes have."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from typing import Any, NamedTuple

import numpy as np

from gradcheck.oracles.differences.ladder import Range
from gradcheck.oracles.differences.trust import LONG, Array

Domain = tuple[float, float]


class Moving(NamedTuple):
    """The elements of one input that move: flat indices, position, velocity and domain."""

    where: Array
    position: Array
    velocity: Array
    domain: Domain


class Path:
    """The inputs moved by t * direction, for any t, within one (lower, upper) for each input.

    >>> path = Path([np.array([1.0, 2.0])], [np.array([0.5, 0.0])], [(-inf, inf)])
    >>> path.at(np.longdouble(0.25))
    ([array([1.125, 2.   ])], np.longdouble('0.0'))
    """

    def __init__(
        self, inputs: Sequence[Array], direction: Sequence[Array], domains: Sequence[Domain]
    ) -> None:
        self.inputs = list(inputs)
        self.moving: list[Moving | None] = []
        for x, d, domain in zip(inputs, direction, domains, strict=True):
            where = np.flatnonzero(d)
            velocity = np.ravel(d)[where].astype(LONG)
            moving = Moving(where, np.ravel(x)[where], velocity, domain)
            self.moving.append(moving if where.size else None)

    @property
    def rests(self) -> bool:
        """Whether the direction is zero."""
        return not any(self.moving)

    def at(self, t: Any) -> tuple[list[Array], Any]:
        """Fresh inputs at offset t, and by how much of t they are misplaced."""
        [inputs], [misplaced] = self.places([t])
        return inputs, misplaced

    def places(self, offsets: Any) -> tuple[list[list[Array]], Array]:
        """Fresh inputs at each of these offsets, and by how much of it they are misplaced."""
        offsets = np.asarray(offsets, LONG)
        found, misplaced = [[x.copy() for x in self.inputs] for _ in offsets], np.zeros(offsets.size, LONG)
        for i, moving in enumerate(self.moving):
            if moving:
                shifts = np.multiply.outer(offsets, moving.velocity)
                points, off = placed(moving.position, shifts, *moving.domain)
                for inputs, point in zip(found, points, strict=True):
                    np.put(inputs[i], moving.where, point)
                misplaced = np.maximum(misplaced, np.max(off / np.abs(moving.velocity), axis=1))
        return found, misplaced

    def range(self) -> Range:
        """How far and how finely one can move."""
        parts = [_range(moving) for moving in self.moving if moving]
        lower, upper = max(p.lower for p in parts), min(p.upper for p in parts)
        own, unit = (min(p.scales[i] for p in parts) for i in (0, 1))
        nearest = min([own, *(end for end in (-lower, upper) if end > 0)])
        return Range(
            lower=lower,
            upper=upper,
            scales=tuple(s for s in dict.fromkeys((nearest, own, unit)) if s < inf),
            spacing=max(p.spacing for p in parts),
            eps=max(p.eps for p in parts),
        )


def _range(moving: Moving) -> Range:
    """That of one input; its scales are the smallest position (inf if all are 0) and 1."""
    position, velocity = moving.position.astype(LONG), moving.velocity
    ends = np.sort([(end - position) / velocity for end in moving.domain], axis=0)
    distances = np.abs(position / velocity)
    finest = np.max(np.abs(np.spacing(moving.position) / velocity))
    return Range(
        lower=float(ends[0].max()),
        upper=float(ends[1].min()),
        scales=(
            float(np.min(distances[distances > 0], initial=inf)),
            float(1 / np.max(np.abs(velocity))),
        ),
        spacing=2.0 ** max(ceil(np.log2(finest)), -1074),
        eps=float(np.finfo(moving.position.dtype).eps),
    )


def placed(x: Array, shift: Any, lower: float, upper: float) -> tuple[Array, Array]:
    """x + shift, rounded to x's dtype and kept within the bounds, and what that is off.

    The sum's own rounding is recovered exactly (Knuth's TwoSum), which matters for longdouble.
    """
    base = x.astype(LONG)
    total = base + shift
    tail = total - base
    lost = (base - (total - tail)) + (shift - tail)
    point = np.clip(total.astype(x.dtype), x.dtype.type(lower), x.dtype.type(upper))
    return point, np.abs((point.astype(LONG) - total) - lost)


def ulps(values: Array, dtype: np.dtype[Any]) -> Array:
    """One unit in the last place of each value, in its dtype or the other if that is coarser."""
    precisions = [np.finfo(dtype), np.finfo(values.dtype if values.dtype.kind == "f" else dtype)]
    eps = max(LONG(p.eps) for p in precisions)
    return eps * np.abs(values.astype(LONG)) + max(LONG(p.smallest_subnormal) for p in precisions)
