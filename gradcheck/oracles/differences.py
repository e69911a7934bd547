"""Finite differences of contractions <w, g(x)> along one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

import numpy as np
from flint import arb

from gradcheck.oracles.arithmetic import exact
from gradcheck.oracles.ladder import LONG, Array, NoRoomError, Samples, differentiate
from gradcheck.oracles.paths import Domain, Path, ulps

Pairs = list[tuple[Array, Array]]  # (weights, values): each stands for the sum of their products


def along(
    g: Callable[[list[Array]], Pairs],
    inputs: Sequence[Array],
    direction: Sequence[Any],
    domains: Sequence[Domain | None] | None = None,
) -> list[arb]:
    """The derivatives of <w, g(x + t direction)> at t = 0, one ball for each pair of `g`.

    A ball's radius is the error model's bound (see `ladder`), infinite where that does not apply.

    >>> x, w = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    >>> [slope] = along(lambda xs: [(w, xs[0] ** 3)], [x], [np.array([1.0, 1.0])])
    >>> slope.contains(3 - 12), float(slope.rad()) < 1e-9
    (True, True)
    """
    limits = [d or (-inf, inf) for d in domains or [None] * len(inputs)]
    moving = [np.zeros(np.shape(x)) if d is None else d for d, x in zip(direction, inputs, strict=True)]
    path = Path(inputs, moving, limits)
    count = len(g(path.at(0)[0]))
    if path.rests:
        return [arb(0)] * count

    def line(offsets: Array) -> Samples:
        moved = [path.at(t) for t in offsets]
        sampled = [_contracted(g(xs), xs) for xs, _ in moved]
        return Samples(
            values=np.array([values for values, _ in sampled]),
            rounding=np.array([rounding for _, rounding in sampled]),
            misplaced=np.array([off for _, off in moved]),
        )

    try:
        found = differentiate(line, path.range(), 1)
    except NoRoomError:
        return [arb(0, inf)] * count
    return [
        arb(exact(value), float(bound)) if np.isfinite(value) and np.isfinite(bound) else arb(0, inf)
        for value, bound in zip(found.value, found.bound, strict=True)
    ]


def _contracted(pairs: Pairs, inputs: Sequence[Array]) -> tuple[Array, Array]:
    """The sums of products in float64, and the rounding of the values and of the sums."""
    sums, errors = [], []
    for weights, values in pairs:
        products = np.ravel(weights) * np.ravel(values)
        magnitude = np.abs(products).sum()
        own = (np.abs(np.ravel(weights)) * ulps(np.ravel(values), values.dtype)).sum()
        sums.append(LONG(products.astype(LONG).sum()))
        errors.append(LONG(own) + LONG(magnitude) * LONG(np.finfo(products.dtype).eps))
    return np.array(sums), np.array(errors)
