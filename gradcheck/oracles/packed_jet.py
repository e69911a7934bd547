"""Truth by the series of `jet` in packed arrays: where forward only adds and multiplies, in less time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import arb

from gradcheck.oracles.expansion import Arrays, Forward
from gradcheck.oracles.numbers.algebras import Series
from gradcheck.oracles.numbers.double_double import Balls, OutOfRange, matmul
from gradcheck.oracles.numbers.packed import NotPacked, arbs, fields_of, narrow, packed

Columns = list[list[arb]]

MOST_PROBES = 4


def columns(
    f: Forward,
    inputs: Arrays,
    active: Sequence[bool],
    cotangents: Arrays,
    path: Arrays | None,
    probes: Sequence[Arrays],
    order: int,
) -> tuple[Columns, list[np.ndarray]] | None:
    """The coefficients of s in <u, f(x + t path + s e)> for each probe e, and the values at x, as balls.

    None where forward does anything else than to add and to multiply, or numbers are out of range.
    """
    if len(probes) > MOST_PROBES:
        return None
    algebra = Series(order, len(probes))
    try:
        moved = [
            _series(x, algebra, None if path is None else path[i], [e[i] for e in probes]) if on else x
            for i, (x, on) in enumerate(zip(inputs, active, strict=True))
        ]
        outputs = [fields_of(y, algebra) for y in f(moved)]
        values = [Balls(*(part[..., 0] for part in y)) for y in outputs]
        pairs = [(y, u) for y, u in zip(outputs, cotangents, strict=True) if u is not None]
        fitting = all(y.hi.shape[:-1] == u.shape for y, u in pairs)
        if not fitting or not all(narrow(y) for y in values):
            return None
        changes = _contracted([y for y, _ in pairs], [u for _, u in pairs])[order:]
        return [changes[n : n + order] for n in range(0, len(changes), order)], [arbs(y) for y in values]
    except (NotPacked, OutOfRange, Exception):
        return None


def _series(x: np.ndarray, algebra: Series, step: np.ndarray | None, probes: Sequence[np.ndarray]) -> Any:
    """x + t step + s e, with coefficients that are zero left out."""
    rest: list[np.ndarray | None] = [None] * (algebra.length - 1)
    along = rest if step is None else [step, *rest[1:]]
    return packed(algebra, x, *along, *(c for e in probes for c in (e, *rest)))


def _contracted(outputs: Sequence[Balls], cotangents: Arrays) -> list[arb]:
    """<u, y> of each coefficient."""
    every = (np.concatenate(parts) for parts in zip(*map(_rows, outputs), strict=True))
    weights = np.concatenate([np.ravel(u).astype(np.float64) for u in cotangents])[:, None]
    nothing = np.zeros_like(weights)
    coefficients = Balls(*(part.T for part in every))
    return list(arbs(matmul(coefficients, Balls(weights, nothing, nothing))).ravel())


def _rows(y: Balls) -> Balls:
    """A row for each element of an output."""
    return Balls(*(part.reshape(-1, part.shape[-1]) for part in y))
