"""Where the values of one input come from: given, or drawn from a range or a domain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, inf, isfinite
from typing import Any

import numpy as np

import dezero.functions as F
from gradcheck.cases.sampling import uniform
from gradcheck.trying.domain import (
    BINARY,
    DEFINITE,
    EVERYWHERE,
    ONE_HOT,
    SIGNS,
    SIMPLEX,
    SYMMETRIC,
    Domain,
    Interval,
)
from gradcheck.trying.wanted import Input

WIDE = Interval(-2.0, 2.0)
MARGIN = 0.125  # how far ordinary values keep from the edges of a domain, at most
PARTS = 1024  # into which 1 is divided where elements sum to 1: exact in every dtype of that precision


@dataclass(frozen=True)
class Source:
    """Where the values of one input come from.

    Attributes:
        input: its shape and kind.
        number: its position.
        domain: where it is defined, given or found; None where nothing is known.
        range: where to draw, instead of the part of the domain that would be chosen.
        values: those that were given.
        declared: whether the user said the domain; then it is not looked for.
        ranged: whether the user said the range.
    """

    input: Input
    number: int
    domain: Domain | None = None
    range: Interval | None = None
    values: np.ndarray | None = None
    declared: bool = False
    ranged: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.input.shape

    @property
    def floating(self) -> bool:
        return self.input.kind == "float"

    @property
    def active(self) -> bool:
        """Whether it is differentiated."""
        return self.floating and not self.where.discrete

    @property
    def where(self) -> Domain:
        """The domain as far as it is known."""
        return EVERYWHERE if self.domain is None else self.domain

    @property
    def interval(self) -> Interval:
        """Where ordinary values lie."""
        return self.range or inner(self.where.interval)

    @property
    def integers(self) -> tuple[int, int]:
        """The smallest and the largest that are drawn: of an open interval those inside."""
        if self.range is not None:
            return int(self.range.low), int(self.range.high)
        low, high = self.where.interval
        if isfinite(low):
            return floor(low) + 1, ceil(high) - 1 if isfinite(high) else floor(low) + 2
        return (ceil(high) - 2, ceil(high) - 1) if isfinite(high) else (0, 1)

    def allows(self, value: float) -> bool:
        """Whether an element may have this value: it lies in the domain, and where values are drawn."""
        return value in self.where and (self.range is None or self.range.low <= value <= self.range.high)

    def options(self, name: str) -> list[str]:
        """What says its domain and range on the command line; the name may be empty."""
        named = f"{name}=" if name else ""
        found = [] if self.domain in (None, EVERYWHERE) else [f"--domain {named}{self.domain}"]
        return found + ([] if self.range is None else [f"--range {named}{self.range}"])

    def draw(self, seed: int, dtype: Any) -> np.ndarray:
        """Its values; floats are of that dtype."""
        if self.values is not None:
            return self.values.astype(dtype if self.floating else self.values.dtype)
        values = self._drawn(np.random.default_rng([seed, self.number]))
        return np.asarray(values.astype(dtype if self.floating else self.input.kind))

    def _drawn(self, rng: np.random.Generator) -> np.ndarray:
        words = self.where.words
        if self.where.sums_to_1:
            return _shares(rng, self.shape)
        if ONE_HOT in words:
            return np.eye(self.shape[-1])[rng.integers(0, self.shape[-1], self.shape[:-1])]
        if DEFINITE in words or SYMMETRIC in words:
            return _symmetric(rng, self.shape, self.interval, definite=DEFINITE in words)
        if SIGNS in words:
            return 2 * rng.integers(0, 2, self.shape) - 1
        if BINARY in words or self.input.kind == "bool":
            return rng.integers(0, 2, self.shape)
        if not self.floating:
            return rng.integers(self.integers[0], self.integers[1] + 1, self.shape)
        low, high = self.interval
        gap = min(1 / 16, (high - low) / 32)
        return uniform(rng, self.shape, low, high, avoid=(0.0,), gap=gap, distinct=True)

    @property
    def fits(self) -> bool:
        """Whether its shape suits its domain."""
        if self.where.of_matrices:
            return square(self.shape)
        several = bool(self.shape) and self.shape[-1] > 1
        return several or not (self.where.sums_to_1 or ONE_HOT in self.where.words)

    def onto(self) -> Callable[[Any], Any] | None:
        """What brings moved values back to the domain, where they cannot be moved one by one."""
        if self.where.of_matrices:
            return symmetrized
        return normalized if SIMPLEX in self.where.words else None

    @property
    def limits(self) -> tuple[float, float]:
        """What no step of a difference leaves."""
        low, high = self.where.interval
        return (max(low, 0.0), high) if self.where.sums_to_1 else (low, high)

    def within(self, domain: Domain) -> Source:
        return replace(self, domain=domain, range=self.range if self.ranged else None)


def inputs_of(sources: Sequence[Source]) -> tuple[Input, ...]:
    """The shapes and kinds of several."""
    return tuple(source.input for source in sources)


def has_several(sources: Sequence[Source]) -> bool:
    """Whether a floating input has more than one element."""
    return any(source.floating and int(np.prod(source.shape)) > 1 for source in sources)


def square(shape: Sequence[int]) -> bool:
    """Whether the last two axes are those of a square matrix."""
    return len(shape) >= 2 and shape[-1] == shape[-2]


def symmetrized(x: Any) -> Any:
    """(x + x^T) / 2 of the last two axes."""
    axes = list(range(x.ndim))
    return (x + F.transpose(x, (*axes[:-2], axes[-1], axes[-2]))) / 2


def normalized(x: Any) -> Any:
    """x divided by its sum along the last axis."""
    return x / F.sum(x, axis=-1, keepdims=True)


def inner(domain: Interval) -> Interval:
    """The part of an open interval where ordinary values are drawn: near 0 if that is inside, off the edges.

    >>> str(inner(Interval(0, 1))), str(inner(Interval(1, inf))), str(inner(Interval(-9, 9)))
    ('0.0625:0.9375', '1.125:3.125', '-2:2')
    """
    margin = min((domain.high - domain.low) / 16, MARGIN)
    low, high = domain.low + margin, domain.high - margin
    near = Interval(max(low, WIDE.low), min(high, WIDE.high))
    if near.high - near.low >= min(high - low, 1):
        return near
    return (
        Interval(low, min(high, low + 2)) if low > -inf and low > -2 else Interval(max(low, high - 2), high)
    )


def _shares(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Positive multiples of 1 / PARTS whose sum along the last axis is exactly 1."""
    weights = rng.uniform(0.125, 1, shape)
    parts = np.floor(weights / weights.sum(axis=-1, keepdims=True) * PARTS)
    parts[..., 0] += PARTS - parts.sum(axis=-1)
    return parts / PARTS


def _symmetric(
    rng: np.random.Generator, shape: tuple[int, ...], interval: Interval, *, definite: bool
) -> np.ndarray:
    """Symmetric matrices of short numbers; positive definite ones have eigenvalues of at least 1/2."""
    low, high = interval
    x = np.round(rng.uniform(low, high, shape) * 64) / 64
    lower = np.tril(x)
    x = lower + np.swapaxes(np.tril(x, -1), -1, -2)
    if not definite:
        return x
    x = lower @ np.swapaxes(lower, -1, -2)
    return x + np.eye(shape[-1]) / 2
