"""Products of matrices and sums of arrays of balls and jets, many times quicker than by their operators.

A product is one of FLINT's matrices. A matrix of jets is a polynomial in t (and s) whose coefficients are
matrices of balls, and a product of such polynomials is made of products of their coefficients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import numpy as np
from flint import arb, arb_mat, arb_series

from gradcheck.oracles.numbers.arithmetic import Ball, Jet
from gradcheck.oracles.numbers.elementary import coefficients
from gradcheck.oracles.numbers.number import exact, state

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


def dot(a: Sequence[arb], b: Sequence[Any]) -> arb:
    """The sum of the products of balls with balls or floats.

    >>> dot([arb(1), arb(2)], [3.0, 0.5])
    4.00000000000000
    """
    return (arb_mat(1, len(a), a) * arb_mat(len(b), 1, b))[0, 0] if a else arb(0)


def total(x: np.ndarray, axis: Any = None, keepdims: bool = False) -> Any:
    """np.add.reduce of an array of balls or of jets; None where it holds anything else.

    >>> from gradcheck.oracles.jet import lift
    >>> total(lift(np.array([3.0, 4.0])))
    Ball(7.00000000000000)
    """
    elements = x.ravel().tolist()
    kinds = set(map(type, elements))
    if kinds == {Ball}:
        values = _of_shape(x.shape, [e.v for e in elements])
        found = values.sum(axis=axis, keepdims=keepdims)
        if _any_order():
            sizes = _floats(x).sum(axis=axis, keepdims=keepdims)
            found = found + _balls_of(_reordered(sizes, x.size // max(sizes.size, 1) - 1))
        return _mapped(Ball, found)
    if kinds != {Jet}:
        return None
    zero = arb_series([0])
    parts = [e.v for e in elements], [zero if e.w is None else e.w for e in elements]
    sums = (_of_shape(x.shape, part).sum(axis=axis, keepdims=keepdims) for part in parts)
    return _mapped(Jet, *sums)


def blur(x: np.ndarray, indices: Any, terms: Any) -> None:
    """Widen the balls of `x` to which np.add.at(x, indices, terms) adds next, by what any order can do."""
    if not _any_order() or x.dtype != object:
        return
    before = _floats(x)
    sizes, counts = before.copy(), np.where(before == 0, -1, 0)
    np.add.at(sizes, indices, _floats(np.asarray(terms)))
    np.add.at(counts, indices, 1)
    radii = _reordered(sizes, np.maximum(counts, 0))
    for n in np.flatnonzero(radii).tolist():
        x.flat[n] = x.flat[n] + Ball(arb(0, float(radii.flat[n])))


def _any_order() -> bool:
    now = state.get()
    return now is not None and now.unordered


def _reordered(sizes: Any, additions: Any) -> np.ndarray:
    """What so many additions can round in any order, of terms whose sizes add up to `sizes`."""
    return np.asarray(additions * sizes * 2.0**-flint.ctx.prec)


def _floats(x: np.ndarray) -> np.ndarray:
    """The sizes of balls and plain numbers."""
    sizes = [abs(float(v.v if type(v) is Ball else v)) for v in x.ravel().tolist()]
    return np.array(sizes, dtype=float).reshape(x.shape)


def _balls_of(radii: np.ndarray) -> Any:
    """Balls around 0, as an array or an element."""
    found = _of_shape(radii.shape, [arb(0, r) for r in radii.ravel().tolist()])
    return found if radii.ndim else found.item()


def _of_shape(shape: tuple[int, ...], elements: list[Any]) -> np.ndarray:
    """An object array of these elements."""
    result = np.empty(shape, dtype=object)
    result.reshape(-1)[:] = elements
    return result


def _mapped(kind: type, *parts: Any) -> Any:
    """`kind` of each element of the parts: arrays of one shape, or an element each."""
    if not isinstance(parts[0], np.ndarray):
        return kind(*parts)
    return _of_shape(parts[0].shape, list(map(kind, *(p.ravel().tolist() for p in parts))))


def _multiplication(kinds: set[type]) -> Callable[[np.ndarray, np.ndarray], list[Any] | None] | None:
    """How matrices whose elements are of these types are multiplied."""
    plain = kinds - {Ball, Jet}
    if not plain <= {int, float, bool} or plain == kinds or {Ball, Jet} <= kinds:
        return None
    return _jets if Jet in kinds else _balls


def _balls(a: np.ndarray, b: np.ndarray) -> list[Ball] | None:
    left, right = ([v.v if type(v) is Ball else exact(v) for v in x.ravel().tolist()] for x in (a, b))
    product = _matrix(left, a.shape) * _matrix(right, b.shape)
    current = state.get()
    if current is not None and current.rounds:
        radii = _rounding(_midpoints(left, a.shape), _midpoints(right, b.shape))
        if radii is None:
            return None
        product += _matrix(radii.ravel().tolist(), radii.shape) * arb(0, 1)
    return list(map(Ball, product.entries()))


def _matrix(elements: list[Any], shape: tuple[int, ...]) -> arb_mat:
    rows, columns = shape
    return arb_mat(rows, columns, elements)


def _rounding(left: np.ndarray | None, right: np.ndarray | None) -> np.ndarray | None:
    """What the roundings of a product add up to that is made term by term, at the working precision.

    FLINT rounds only once. None where the terms or sums leave the range of float64.
    """
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
    if _any_order():
        radii += _reordered(np.abs(left) @ np.abs(right), len(right) - 1)
    return radii if np.isfinite(radii).all() else None


def _midpoints(balls: list[arb], shape: tuple[int, ...]) -> np.ndarray | None:
    """The midpoints; None unless products of them are normal numbers."""
    values = np.array(list(map(float, balls))).reshape(shape)
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
    return _coefficients(values, x.shape), _coefficients(changes, x.shape)


def _coefficients(series: Sequence[Any], shape: tuple[int, ...]) -> Polynomial:
    cap, zero = flint.ctx.cap, arb(0)
    if any(s is not None and s.prec < cap for s in series):
        series = [None if s is None else arb_series(coefficients(s)) for s in series]
    length = max((s.length() for s in series if s is not None), default=0)
    known: Polynomial = [
        _matrix([zero if s is None else s[k] for s in series], shape) for k in range(min(length, cap))
    ]
    return known + [None] * (cap - len(known))


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
