"""What elements of packed arrays are: balls with what rounding may do to them, or truncated series of balls.

An algebra says which floats an element has, makes them of plain numbers, and adds and multiplies them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np

from gradcheck.oracles.numbers import double_double
from gradcheck.oracles.numbers.double_double import (
    GROWN,
    Balls,
    carried,
    left,
    right,
    split,
    two_product,
    two_sum,
)

TERMS = 1 << 15  # of a product of matrices that are looked at together: they stay in the cache
EXPONENT = np.float64("inf").view(np.uint64)  # the bits of the exponent of a float


class NotPacked(BaseException):
    """Something is asked that packed arrays do not know. No Exception: no op takes it for its own."""


class Algebra(Protocol):
    """Sums and products of arrays whose floats are the fields of `dtype`."""

    def __hash__(self) -> int: ...

    @property
    def dtype(self) -> np.dtype: ...
    @property
    def kind(self) -> Any: ...
    def exact(self, x: Any, *coefficients: Any) -> Any: ...
    def negative(self, a: Any) -> Any: ...
    def add(self, a: Any, b: Any) -> Any: ...
    def multiply(self, a: Any, b: Any) -> Any: ...
    def matmul(self, a: Any, b: Any) -> Any: ...


# Rounding ---------------------------------------------------------------------------------------------


class Rounded(NamedTuple):
    """hi + lo, within `radius`; and how far floats may be off that are rounded after each operation."""

    hi: Any
    lo: Any
    radius: Any
    rounding: Any

    @property
    def balls(self) -> Balls:
        return Balls(*self[:3])


@dataclass(frozen=True)
class Rounding:
    """Balls, and what rounding each operation to so many bits may do to them.

    A result that has so many bits is exact. Of a product of matrices each product is rounded, each sum on
    the way, and the result. Whether a single sum or product of rounded numbers is exact depends on their last
    bits, which are not kept here: that is refused.
    """

    bits: int
    kind = Rounded
    dtype = np.dtype([(name, np.float64) for name in Rounded._fields])

    def exact(self, x: Any) -> Rounded:
        nothing = np.zeros_like(x)
        return Rounded(x, nothing, nothing, nothing)

    def negative(self, a: Rounded) -> Rounded:
        return a._replace(hi=-a.hi, lo=-a.lo)

    def add(self, a: Rounded, b: Rounded) -> Rounded:
        _refuse(((a.rounding > 0) & (b.hi != 0)) | ((b.rounding > 0) & (a.hi != 0)))
        found = double_double.add(a.balls, b.balls)
        rounded, error = two_sum(self._cut(a.hi), self._cut(b.hi))
        return Rounded(*found, (a.rounding + b.rounding + self._inexact(rounded, error)) * GROWN)

    def multiply(self, a: Rounded, b: Rounded) -> Rounded:
        _refuse((a.rounding > 0) | (b.rounding > 0))
        rounded, error = two_product(self._cut(a.hi), self._cut(b.hi))
        return Rounded(*double_double.multiply(a.balls, b.balls), self._inexact(rounded, error))

    def matmul(self, a: Rounded, b: Rounded) -> Rounded:
        found = double_double.matmul(a.balls, b.balls)
        step = max(1, TERMS // max(b.hi.size, 1))
        parts = [self._units(a.hi[i : i + step], b.hi) for i in range(0, len(a.hi), step)]
        units = parts[0] if len(parts) == 1 else np.concatenate(parts)
        before = carried(np.abs(a.hi), np.abs(b.hi), a.rounding, b.rounding, np.matmul)
        return Rounded(*found, (before + units + self._inexact(found.hi, found.lo)) * GROWN)

    def _units(self, a: Any, b: Any) -> Any:
        terms = a[:, :, None] * b
        powers = _power_below(terms) + _power_below(np.cumsum(terms, axis=1))
        return powers.sum(axis=1) * 2.0 ** (1 - self.bits)

    def _inexact(self, x: Any, error: Any) -> Any:
        """The unit in the last place of x, where it has more bits, or x + error is not x."""
        return np.where((error != 0) | (self._cut(x) != x), _power_below(x) * 2.0 ** (1 - self.bits), 0.0)

    def _cut(self, x: Any) -> Any:
        return x if self.bits == 53 else split(x, self.bits)[0]


def _refuse(rounded: Any) -> None:
    if rounded.any():
        raise NotPacked("a sum or product of single rounded numbers")


def _power_below(x: Any) -> Any:
    """The power of two below |x|, which the bits of its exponent alone are; 0 where x is 0."""
    return (x.view(np.uint64) & EXPONENT).view(np.float64)


# Series -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Series:
    """Truncated series in t of balls, and for each probe another that multiplies its s, with s^2 = 0.

    The last axis of the floats are the coefficients: so many of 1, and as many of each s.
    """

    length: int
    probes: int
    kind = Balls

    @cached_property
    def dtype(self) -> np.dtype:
        shape = (self.length * (1 + self.probes),)
        return np.dtype([(name, np.float64, shape) for name in Balls._fields])

    @cached_property
    def _terms(self) -> list[list[tuple[int, int]]]:
        """For each coefficient of a product, which of the factors' are multiplied."""
        n, found = self.length, []
        for series in range(1 + self.probes):
            for k in range(n):
                pairs = [(i, series * n + k - i) for i in range(k + 1)]
                found.append(pairs + ([(j, i) for i, j in pairs] if series else []))
        return found

    def exact(self, x: Any, *coefficients: Any) -> Balls:
        hi = np.zeros((*x.shape, *self.dtype["hi"].shape))
        for n, c in enumerate((x, *coefficients)):
            if c is not None:
                hi[..., n] = c
        nothing = np.zeros_like(hi)
        return Balls(hi, nothing, nothing)

    def negative(self, a: Balls) -> Balls:
        return Balls(-a.hi, -a.lo, a.radius)

    def add(self, a: Balls, b: Balls) -> Balls:
        return double_double.add(a, b)

    def multiply(self, a: Balls, b: Balls) -> Balls:
        return self._product(double_double.multiply, self._coefficients(a), self._coefficients(b))

    def matmul(self, a: Balls, b: Balls) -> Balls:
        rows = [a_n and left(a_n) for a_n in self._coefficients(a)]
        columns = [b_n and right(b_n) for b_n in self._coefficients(b)]
        return self._product(double_double.product, rows, columns)

    def _coefficients(self, a: Balls) -> list[Balls | None]:
        """Each; None where it is zero, but for the first."""
        every = (Balls(*(part[..., n] for part in a)) for n in range(a.hi.shape[-1]))
        return [c if n == 0 or c.hi.any() or c.radius.any() else None for n, c in enumerate(every)]

    def _product(self, times: Callable[..., Balls], a: list[Any], b: list[Any]) -> Balls:
        found = [self._sum([times(a[i], b[j]) for i, j in pairs if a[i] and b[j]]) for pairs in self._terms]
        assert found[0] is not None
        nothing = np.zeros_like(found[0].hi)
        every = [c or Balls(nothing, nothing, nothing) for c in found]
        return Balls(*(np.stack(parts, axis=-1) for parts in zip(*every, strict=True)))

    def _sum(self, terms: list[Balls]) -> Balls | None:
        return functools.reduce(double_double.add, terms) if terms else None
