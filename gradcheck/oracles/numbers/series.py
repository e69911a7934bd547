"""Jets: truncated power series that NumPy computes with, as elements of object arrays.

A Jet is f(x + t d + s e): a power series in t (`flint.arb_series`), and another that multiplies s, with
s**2 = 0; where nothing depends on s it has none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np
from flint import arb, arb_series

from gradcheck.oracles.numbers import elementary, matrices
from gradcheck.oracles.numbers.conversion import (
    exact,
    filled,
    flint_operand,
    integer,
    is_nothing,
    is_one,
    mapped,
)
from gradcheck.oracles.numbers.number import Number
from gradcheck.oracles.numbers.several import Several, of_probe
from gradcheck.oracles.numbers.working import current


class Jet(Number):
    """A power series `v` in t, and `w` (or None) in t times s; of several probes that is `Several`."""

    __slots__ = ("v", "w")

    def __init__(self, v: Any, w: Any = None) -> None:
        self.v = v
        self.w = w

    @classmethod
    def of(cls, value: Any) -> Jet:
        return cls(arb_series([value]))

    def constant(self) -> arb:
        return self.v[0] if self.v.prec else arb("nan")

    def is_constant(self) -> bool:
        """Whether neither t nor s moves it: without a series it is constant along this path and probe."""
        return self.w is None and self.v.length() <= 1 and self.v.prec >= flint.ctx.cap

    def __repr__(self) -> str:
        return f"Jet({self.v})" if self.w is None else f"Jet({self.v}, s*({self.w}))"

    def sign(self) -> int | None:
        """That of the side that is followed, for small t and s; a zero constant term is noted as a tie."""
        first = self.constant()
        if first > 0:
            return 1
        if first < 0:
            return -1
        if first.is_nan():
            return None
        terms = list(enumerate(elementary.coefficients(self.v)))
        for w in self.w.of.values() if isinstance(self.w, Several) else () if self.w is None else (self.w,):
            terms += enumerate(elementary.coefficients(w), 1)
        if all(c.is_zero() for _, c in terms):
            return 0  # the same quantity on both sides, whatever t and s
        return _leading_sign(terms)

    def __add__(self, other: Any) -> Any:
        if type(other) is Jet:
            w = self.w if other.w is None else other.w if self.w is None else self.w + other.w
            return Jet(self.v + other.v, w)
        if is_nothing(other):
            return self
        other = flint_operand(other)
        return NotImplemented if other is None else Jet(self.v + other, self.w)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if type(other) is Jet:
            w = self.w if other.w is None else -other.w if self.w is None else self.w - other.w
            return Jet(self.v - other.v, w)
        if is_nothing(other):
            return self
        other = flint_operand(other)
        return NotImplemented if other is None else Jet(self.v - other, self.w)

    def __rsub__(self, other: Any) -> Any:
        return NotImplemented if flint_operand(other) is None else (-self).__add__(other)

    def __mul__(self, other: Any) -> Any:
        if type(other) is Jet:
            v = self.v * other.v
            if self.w is None:
                return Jet(v, None if other.w is None else self.v * other.w)
            w = self.w * other.v
            return Jet(v, w if other.w is None else w + self.v * other.w)
        if is_one(other):
            return self
        other = flint_operand(other)
        if other is None:
            return NotImplemented
        return Jet(self.v * other, None if self.w is None else self.w * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if type(other) is not Jet:
            other = flint_operand(other)
            if other is None:
                return NotImplemented
            other = Jet(arb_series([other]))
        quotient = elementary.divide(self.v, other.v)
        if other.w is None:
            return Jet(quotient, None if self.w is None else elementary.divide(self.w, other.v))
        change = -quotient * other.w if self.w is None else self.w - quotient * other.w
        return Jet(quotient, elementary.divide(change, other.v))

    def __rtruediv__(self, other: Any) -> Any:
        other = flint_operand(other)
        return NotImplemented if other is None else Jet(arb_series([other])) / self

    def __neg__(self) -> Jet:
        return Jet(-self.v, None if self.w is None else -self.w)

    def __pow__(self: Any, other: Any) -> Any:
        if type(other) is Jet:
            if not other.is_constant():
                return (self.log() * other).exp()
            other = other.v[0]  # a constant: self need not be positive
        exponent = flint_operand(other)
        if exponent is None:
            return NotImplemented
        n = integer(exponent)
        if n is None:
            return self.raised(exponent)
        if self.w is None:
            return Jet(elementary.power(self.v, n))
        if n == 0:
            return Jet(arb_series([1]))
        below = elementary.power(self.v, n - 1)
        return Jet(below * self.v, n * below * self.w)

    def __rpow__(self: Any, base: Any) -> Any:
        base = flint_operand(base)
        if base is None:
            return NotImplemented
        if base == 0 and self.constant() > 0:
            return self * 0
        return (self * arb(base).log()).exp()

    def raised(self, exponent: Any) -> Jet:
        """The derivative p x**(p - 1) as p / (x / x**p), so that powers of t cancel."""
        y = elementary.raised(self.v, exponent)
        if self.w is None:
            return Jet(y)
        over = y if exponent == 0.5 else elementary.divide(self.v, y)
        return Jet(y, elementary.divide(self.w * arb(exponent), over))

    def sqrt(self) -> Jet:
        return self.raised(0.5)

    @classmethod
    def product(cls, a: np.ndarray, b: np.ndarray) -> list[Any]:
        shape = a.shape[0], b.shape[1]
        left, right = _Factor(a), _Factor(b)
        v, other_v = left.values(), right.values()
        values = matrices.series_of(matrices.times(v, other_v), shape)
        changes: dict[int, list[Any]] = {}
        for n in sorted(left.probes() | right.probes()):
            w, other_w = left.changes(n), right.changes(n)
            terms = zip(matrices.times(w, other_v), matrices.times(v, other_w), strict=True)
            change = [matrices.added(p, q) for p, q in terms]
            if any(m is not None for m in change):
                changes[n] = matrices.series_of(change, shape)
        if not changes:
            return list(map(Jet, values))
        if list(changes) == [ALONE]:
            return list(map(Jet, values, changes[ALONE]))
        several = (Several(dict(zip(changes, w, strict=True))) for w in zip(*changes.values(), strict=True))
        return list(map(Jet, values, several))

    @classmethod
    def total(cls, x: np.ndarray, axis: Any, keepdims: bool) -> Any:
        elements = x.ravel().tolist()
        zero = Several({}) if any(isinstance(e.w, Several) for e in elements) else arb_series([0])
        parts = [e.v for e in elements], [zero if e.w is None else e.w for e in elements]
        sums = (filled(x.shape, part).sum(axis=axis, keepdims=keepdims) for part in parts)
        return mapped(Jet, *sums)


ALONE = -1  # the number of a probe that has an evaluation of its own


class _Factor:
    """A matrix of jets and plain numbers, as polynomials in t.

    A number that stands in several places, as in the columns of images, is looked at once.
    """

    def __init__(self, x: np.ndarray) -> None:
        elements = x.ravel().tolist()
        self._shape, self._places = x.shape, list(map(id, elements))
        self._elements = dict(zip(self._places, elements, strict=True))

    def probes(self) -> set[int]:
        """The numbers of the probes that move any of the elements."""
        changes = [e.w for e in self._elements.values() if type(e) is Jet and e.w is not None]
        return {n for w in changes for n in (w.of if isinstance(w, Several) else (ALONE,))}

    def values(self) -> matrices.Polynomial:
        """The coefficients of 1."""
        known = {p: e.v if type(e) is Jet else arb_series([exact(e)]) for p, e in self._elements.items()}
        return matrices.polynomial(known, self._places, self._shape)

    def changes(self, n: int) -> matrices.Polynomial:
        """The coefficients of s for one probe."""
        known = {p: of_probe(e.w, n) for p, e in self._elements.items() if type(e) is Jet}
        moving = {p: w for p, w in known.items() if w is not None}
        return matrices.polynomial(moving, self._places, self._shape)


Terms = list[tuple[int, arb]]  # (degree, coefficient)


def _leading_sign(terms: Terms) -> int:
    """The sign that the first term decides which is not zero; 0 if none does. Ties and guesses are noted."""
    now = current()
    now.ties += 1
    first = next((n for n, (_, c) in enumerate(terms) if c > 0 or c < 0), len(terms))
    proven = all(c.is_zero() for _, c in terms[:first])
    if not proven:
        now.note_guess(terms[0][1])
    return _on_side(*terms[first], now.side) if first < len(terms) else 0


def _on_side(degree: int, coefficient: arb, side: int) -> int:
    """The sign of a term on one side of t = 0."""
    return (1 if coefficient > 0 else -1) * (side if degree % 2 else 1)


# Elementary functions, under the names by which NumPy's ufuncs call them.


def _of_jets(
    flint_name: str, function: elementary.Series | None, derivative: Callable[[Any, Any], Any]
) -> Callable[[Jet], Jet]:
    def along(v: Any, change: bool) -> tuple[Any, Any]:
        """The function of a series, and where a `change` is to follow its derivative."""
        if function is None:
            slope = derivative(v, None)
            return elementary.integrated(flint_name, v, slope), slope
        y = function(v)
        return y, derivative(v, y) if change else None

    def method(self: Jet) -> Jet:
        try:
            y, slope = along(self.v, self.w is not None)
            return Jet(y, None if self.w is None else slope * self.w)
        except (ValueError, ZeroDivisionError):
            nothing = elementary.undefined(self.v)
            if isinstance(self.w, Several):
                return Jet(nothing, self.w.each(lambda w: nothing))
            return Jet(nothing, None if self.w is None else nothing)

    return method


for _name, (_flint_name, _function, _derivative) in elementary.TABLE.items():
    setattr(Jet, _name, _of_jets(_flint_name, _function, _derivative))
