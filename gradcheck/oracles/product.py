"""Products of matrices of balls and jets by FLINT's matrices, many times quicker than element by element.

A matrix of jets is a polynomial in t (and s) whose coefficients are matrices of balls, and a product of such
polynomials is made of products of their coefficients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import numpy as np
from flint import arb, arb_mat, arb_series

from gradcheck.oracles.arithmetic import Ball, Jet
from gradcheck.oracles.number import exact, state

AT_ONCE = 1 << 17  # terms of a product that are looked at in one array
Polynomial = list[arb_mat | None]  # the coefficients of 1, t, t^2, ...; None for a matrix of zeros


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray | None:
    """np.matmul of arrays of balls or jets (and plain numbers); None where they hold anything else.

    >>> from gradcheck.oracles.jet import lift
    >>> matmul(lift(np.array([[1.0, 2.0]])), lift(np.array([3.0, 4.0])))[0]
    Ball(11.0000000000000)
    """
    multiply = _multiplication({type(v) for x in (a, b) for v in x.ravel().tolist()})
    if multiply is None or min(a.ndim, b.ndim) == 0 or not a.size or not b.size:
        return None
    rows, columns = (a if a.ndim > 1 else a[None]), (b if b.ndim > 1 else b[:, None])
    if rows.shape[-1] != columns.shape[-2]:
        return None  # NumPy says what is wrong
    lead = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    rows = np.broadcast_to(rows, lead + rows.shape[-2:])
    columns = np.broadcast_to(columns, lead + columns.shape[-2:])
    result = np.empty((*lead, rows.shape[-2], columns.shape[-1]), dtype=object)
    for index in np.ndindex(lead):
        product = multiply(rows[index], columns[index])
        if product is None:
            return None
        result[index].reshape(-1)[:] = product
    shape = (*lead, *(rows.shape[-2:-1] if a.ndim > 1 else ()), *(columns.shape[-1:] if b.ndim > 1 else ()))
    return result.reshape(shape)


def _multiplication(kinds: set[type]) -> Callable[[np.ndarray, np.ndarray], list[Any] | None] | None:
    """How matrices whose elements are of these types are multiplied."""
    plain = kinds - {Ball, Jet}
    if not plain <= {int, float, bool} or plain == kinds or {Ball, Jet} <= kinds:
        return None
    return _jets if Jet in kinds else _balls


def _balls(a: np.ndarray, b: np.ndarray) -> list[Ball] | None:
    factors = _matrix(a, _value), _matrix(b, _value)
    product = (factors[0] * factors[1]).entries()
    current = state.get()
    if current is None or not current.rounds:
        return [Ball(v) for v in product]
    radii = _rounding(*factors)
    if radii is None:
        return None
    return [Ball(v + arb(0, r)) for v, r in zip(product, radii.ravel().tolist(), strict=True)]


def _matrix(x: np.ndarray, value: Callable[[Any], arb]) -> arb_mat:
    return arb_mat(x.shape[0], x.shape[1], [value(v) for v in x.ravel().tolist()])


def _value(x: Any) -> arb:
    return x.v if type(x) is Ball else exact(x)


def _rounding(a: arb_mat, b: arb_mat) -> np.ndarray | None:
    """What the roundings of a product add up to that is made term by term, at the working precision.

    FLINT rounds only once. None where the terms or sums leave the range of float64.
    """
    left, right = (_floats(m) for m in (a, b))
    if left is None or right is None:
        return None
    sums = np.zeros((left.shape[0], right.shape[1]))
    radii = sums.copy()
    step = max(1, AT_ONCE // sums.size)
    for start in range(0, len(right), step):
        part = slice(start, start + step)
        terms = left[:, part, None] * right[part]
        partial = sums[:, None] + np.cumsum(terms, axis=1)
        radii += (_unit(terms) + _unit(partial)).sum(axis=1)
        sums = partial[:, -1]
    return radii if np.isfinite(radii).all() else None


def _floats(m: arb_mat) -> np.ndarray | None:
    """The midpoints; None unless products of them are normal numbers."""
    values = np.array([float(v.mid()) for v in m.entries()]).reshape(m.nrows(), m.ncols())
    sizes = np.abs(values[values != 0])
    if not np.isfinite(values).all() or (sizes.size and not 1e-140 < sizes.min() <= sizes.max() < 1e140):
        return None
    return values


def _unit(x: np.ndarray) -> np.ndarray:
    """One unit in the last place at the working precision; 0 where x is 0."""
    return np.where(x == 0, 0.0, np.ldexp(1.0, np.frexp(x)[1] - flint.ctx.prec))


def _jets(a: np.ndarray, b: np.ndarray) -> list[Jet]:
    (v, w), (other_v, other_w) = _polynomials(a), _polynomials(b)
    shape = a.shape[0], b.shape[1]
    values = _series(_times(v, other_v), shape)
    change = [_sum(p, q) for p, q in zip(_times(w, other_v), _times(v, other_w), strict=True)]
    if all(m is None for m in change):
        return [Jet(x) for x in values]
    return [Jet(x, y) for x, y in zip(values, _series(change, shape), strict=True)]


def _polynomials(x: np.ndarray) -> tuple[Polynomial, Polynomial]:
    """The coefficients of 1 and of s, each a polynomial in t."""
    elements = x.ravel().tolist()
    values = [e.v if type(e) is Jet else arb_series([exact(e)]) for e in elements]
    changes = [e.w if type(e) is Jet else None for e in elements]
    return _coefficients(values, *x.shape), _coefficients(changes, *x.shape)


def _coefficients(series: Sequence[Any], rows: int, columns: int) -> Polynomial:
    zero = arb(0)
    length = max((s.length() for s in series if s is not None), default=0)
    known: Polynomial = [
        arb_mat(rows, columns, [zero if s is None else s[k] for s in series])
        for k in range(min(length, flint.ctx.cap))
    ]
    return known + [None] * (flint.ctx.cap - len(known))


def _times(p: Polynomial, q: Polynomial) -> Polynomial:
    product: Polynomial = [None] * flint.ctx.cap
    for k in range(flint.ctx.cap):
        for a, b in zip(p[: k + 1], q[k::-1], strict=True):
            if a is not None and b is not None:
                product[k] = _sum(product[k], a * b)
    return product


def _sum(a: arb_mat | None, b: arb_mat | None) -> arb_mat | None:
    return b if a is None else a if b is None else a + b


def _series(polynomial: Polynomial, shape: tuple[int, int]) -> list[Any]:
    """A series for each element."""
    while polynomial and polynomial[-1] is None:
        polynomial = polynomial[:-1]
    zeros = [arb(0)] * (shape[0] * shape[1])
    columns = [zeros if m is None else m.entries() for m in polynomial] or [zeros]
    return [arb_series(list(c)) for c in zip(*columns, strict=True)]
