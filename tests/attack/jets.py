"""The attack's own derivatives: values in long double with their tangents, forward, to second order.

A jet is one array `t` with a leading axis. Order 0 has the row [value]; order 1 of P parameters the rows
[value, d/dp for each p]; order 2 with a direction v the rows [value, d/dv, d/dp ..., d2/(dp dv) ...].
All but the value obey linear rules, so a linear map is one call of NumPy for all rows. None of it is
shared with dezero, which goes backward.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Rule = tuple[Callable[[Array], Array], ...]  # a function of one number, its first and second derivative


class Jet:
    """An array with its tangents; `count` is how many parameters there are, `order` 0, 1 or 2."""

    __slots__ = ("count", "order", "t")

    def __init__(self, t: Array, count: int, order: int) -> None:
        self.t, self.count, self.order = t, count, order

    @property
    def v(self) -> Array:
        return self.t[0]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.t.shape[1:]

    @property
    def ndim(self) -> int:
        return self.t.ndim - 1

    @property
    def along(self) -> Array:
        """The derivative along the direction."""
        return self.t[1]

    @property
    def by(self) -> Array:
        """The derivative by each parameter."""
        return self.t[2 : 2 + self.count] if self.order == 2 else self.t[1:]

    @property
    def by_twice(self) -> Array:
        """The derivative by each parameter of that along the direction."""
        return self.t[2 + self.count :]

    def like(self, t: Array) -> Jet:
        return Jet(t, self.count, self.order)

    def linear(self, map_: Callable[[Array], Array]) -> Jet:
        """A linear map of arrays that have a leading axis, which it keeps."""
        return self.like(map_(self.t))

    def constant(self, value: Any) -> Jet:
        """A number or an array as a jet like this one."""
        value = np.asarray(value, self.t.dtype)
        t = np.zeros((len(self.t), *value.shape), self.t.dtype)
        t[0] = value
        return self.like(t)

    def __neg__(self) -> Jet:
        return self.like(-self.t)

    def __add__(self, other: Any) -> Jet:
        a, b = self.aligned(other)
        return self.like(a.t + b.t)

    def __sub__(self, other: Any) -> Jet:
        a, b = self.aligned(other)
        return self.like(a.t - b.t)

    def __mul__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return self.like(self.t * other)
        a, b = self.aligned(other)
        y = bilinear(a, b, _times)
        y.t[0] = a.v * b.v
        return y

    def aligned(self, other: Any) -> tuple[Jet, Jet]:
        """Both with axes enough to be broadcast: those of size 1 come after the leading axis."""
        other = other if isinstance(other, Jet) else self.constant(other)
        ndim = max(self.ndim, other.ndim)
        return self._widened(ndim), other._widened(ndim)

    def _widened(self, ndim: int) -> Jet:
        if self.ndim == ndim:
            return self
        return self.like(self.t.reshape(len(self.t), *(1,) * (ndim - self.ndim), *self.shape))


def parameters(arrays: Sequence[Array], order: int, directions: Sequence[Array] | None = None) -> list[Jet]:
    """Arrays as jets whose parameters are all their elements, one array after the other.

    Args:
        directions: for order 2, the direction: an array for each.
    """
    count, at, jets = sum(a.size for a in arrays) if order else 0, 0, []
    for k, array in enumerate(arrays):
        t = np.zeros(((1, 1 + count, 2 + 2 * count)[order], array.size), array.dtype)
        t[0] = array.reshape(-1)
        if order:
            rows = np.arange(array.size)
            t[order + at + rows, rows] = 1
            at += array.size
        if order == 2 and directions is not None:
            t[1] = directions[k].reshape(-1)
        jets.append(Jet(t.reshape(len(t), *array.shape), count, order))
    return jets


def apply(x: Jet, rule: Rule) -> Jet:
    """A function of each element; what does not depend on a parameter still does not, at poles too."""
    f, first, *second = rule
    t = _times(x.t, first(x.v)) if x.order else np.empty_like(x.t)
    t[0] = f(x.v)
    y = x.like(t)
    if x.order == 2:
        y.by_twice[...] += _times(_times(x.by, x.along), second[0](x.v))
    return y


def bilinear(a: Jet, b: Jet, map_: Callable[[Array, Array], Array]) -> Jet:
    """A bilinear map of arrays that have a leading axis of equal size, or of size 1."""
    t = map_(a.t, b.t[:1])
    if a.order:
        value = t[0].copy()
        t = t + map_(a.t[:1], b.t)
        t[0] = value
    y = a.like(t)
    if a.order == 2:
        y.by_twice[...] += map_(a.by, b.t[1:2]) + map_(a.t[1:2], b.by)
    return y


def joined(jets: Sequence[Jet], axis: int) -> Jet:
    """Concatenated along an axis, counted from 0 without the leading one."""
    return jets[0].like(np.concatenate([x.t for x in jets], axis + 1))


def total(weights: Array, rows: Array) -> Array:
    """For each row the sum of the elements times their weights, where 0 in a row absorbs any weight."""
    product: Array = _times(rows, weights)
    return product.sum(axis=tuple(range(1, product.ndim)))


def _times(a: Array, b: Any) -> Array:
    """a * b, where 0 absorbs even what is not finite: in tangents it says that nothing depends."""
    product = a * b
    if np.isfinite(product).all():
        return product
    return np.where((a == 0) | (np.asarray(b) == 0), 0, product)
