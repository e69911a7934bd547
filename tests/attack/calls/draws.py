"""What a call is, and what it is drawn from: shapes, dtypes, values, and how arrays lie in memory."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.attack.jets import Array, Jet

NAMES = "abcdefghijklmnop"  # of the operands in the source of a call

SHAPES: list[tuple[int, ...]] = [
    (), (), (1,), (2,), (3,), (5,), (0,), (2, 3), (3, 2), (1, 3), (3, 1), (1, 1), (4, 2), (0, 3), (2, 0),
    (2, 3, 2), (1, 2, 3), (2, 1, 2), (3, 0, 2), (2, 1, 3, 1), (1, 2, 2, 2), (2, 2, 1, 3),
]  # fmt: skip

FLOATS = ["float32"] * 8 + ["float64"] * 8 + ["float16"] * 2 + ["longdouble"]
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint32"]
COMPLEX = ["complex64", "complex128"]


@dataclass
class Call:
    """A call of a public function, and what it should give.

    Args:
        name: what the caller calls the function, which an error names.
        source: the call in Python, with the operands' names.
        inputs: the operands, arrays.
        reference: the same of jets.
        fixed: the numbers of those operands that are no Variables.
        views: the result may lie in the memory of an operand.
        masks: elements that take no part have a gradient of 0, whatever the cotangent.
        leaf: the function is not differentiable.
        highest: the order up to which the reference is at hand.
        size: the size of the terms that the result is the sum of, where that can cancel; of the values of
            the operands.
        whole: the order (0 the value, 1 the gradient, 2 the second) from which on errors are judged by the
            largest element, as the function mixes all elements.
        stretch: by how much an error of the operands grows in the result.
        tame: the cotangent has no special values: in sums of products they leave nothing to compare.
    """

    name: str
    source: str
    inputs: list[Array]
    reference: Callable[..., Jet]
    fixed: frozenset[int] = frozenset()
    views: bool = False
    masks: bool = False
    leaf: bool = False
    highest: int = 2
    size: Callable[..., Array] | None = None
    whole: int = 3
    stretch: float = 1.0
    tame: bool = False
    notes: set[str] = field(default_factory=set)


class Draw:
    """Draws from one seed. `special` says whether values may be extreme, for one call."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.special = False
        self.finite = False  # special values are finite
        self.dtype = "float64"

    def chance(self, p: float) -> bool:
        return self.r.random() < p

    def shape(self) -> tuple[int, ...]:
        return self.r.choice(SHAPES)

    def begin(self, kinds: str = "fic") -> None:
        """Draw the dtype of the next call (f: floats, i: integers, c: complex), and how wild it is."""
        roll = self.r.random()
        self.special = self.finite = False
        if "c" in kinds and roll > 0.95:
            self.dtype = self.r.choice(COMPLEX)
        elif "i" in kinds and roll > 0.9:
            self.dtype = self.r.choice(INTEGERS)
        else:
            self.dtype = self.r.choice(FLOATS)
            self.special = self.chance(0.15) and self.dtype != "longdouble"  # the reference has no more range

    def array(self, shape: Sequence[int], domain: str = "any", dtype: str | None = None) -> Array:
        """An array of values of a domain: any, positive, unit (between 0 and 1) or over (above -1)."""
        dtype = dtype or self.dtype
        kind = np.dtype(dtype).kind
        shape = tuple(shape)
        if kind in "iu":
            low = 0 if kind == "u" or domain != "any" else -5
            return self._laid(self.numbers.integers(low + (domain == "positive"), 6, shape).astype(dtype))
        x = self.numbers.standard_normal(shape)
        if kind == "c":
            return self._laid(np.asarray(x + 1j * self.numbers.standard_normal(shape), dtype))
        x = np.asarray(x)
        roll = self.r.random()
        if roll < 0.15:
            x = np.asarray(np.round(x))  # ties, zeros
        elif roll < 0.3:
            x = x * self.r.choice([0.01, 4.0, 20.0])
        x = np.asarray(_within(x, domain)).astype(dtype)
        if self.special and x.size:
            some = self.numbers.random(shape) < 0.4
            x = np.where(some, self.numbers.choice(specials(dtype)[: 10 if self.finite else 13], shape), x)
        return self._laid(x)

    def like(self, shape: Sequence[int], dtype: Any) -> Array:
        """Plain values of a dtype, for cotangents and directions."""
        x = np.asarray(self.numbers.standard_normal(tuple(shape)))
        if np.dtype(dtype).kind == "c":
            x = x + 1j * self.numbers.standard_normal(tuple(shape))
        return np.asarray(x).astype(dtype)

    def wild(self, shape: Sequence[int], dtype: Any) -> Array:
        """A cotangent with special values, but none that overflows when it is doubled."""
        gy = self.like(shape, dtype)
        some = self.numbers.random(gy.shape) < 0.4
        given = specials(dtype)
        given = given[abs(given) != np.finfo(dtype).max]
        return np.where(some, self.numbers.choice(given, gy.shape), gy).astype(dtype)

    def other_dtype(self) -> str:
        """The dtype of a further operand: mostly that of the first."""
        kind = np.dtype(self.dtype).kind
        return self.r.choice(FLOATS[:-1]) if kind == "f" and self.chance(0.1) else self.dtype

    def broadcastable(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that broadcasts with `shape`."""
        roll = self.r.random()
        if roll < 0.4:
            return shape
        kept = tuple(n if self.chance(0.6) else 1 for n in shape)
        if roll < 0.7:
            return kept
        if roll < 0.85:
            return kept[self.r.randint(0, len(kept)) :]
        return (self.r.choice([1, 2]), *shape) if len(shape) < 4 else shape

    def axis(self, ndim: int) -> Any:
        """None, a number or a tuple of numbers, in range."""
        if ndim == 0 or self.chance(0.3):
            return None
        if self.chance(0.6):
            return self.r.randrange(-ndim, ndim)
        several = self.r.sample(range(ndim), self.r.randint(1, ndim))
        return tuple(a - ndim if self.chance(0.3) else a for a in several)

    def _laid(self, x: Array) -> Array:
        """The same values, sometimes not contiguous, reversed in memory, or read-only."""
        roll = self.r.random()
        if roll < 0.75 or x.ndim == 0:
            return x
        if roll < 0.8:
            return np.asfortranarray(x)
        if roll < 0.87:
            wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
            wide[..., ::2] = x
            return wide[..., ::2]
        if roll < 0.94:
            return x[::-1].copy()[::-1]
        x.flags.writeable = False
        return x


def _within(x: Array, domain: str) -> Any:
    if domain == "positive":
        return abs(x) + 0.01
    if domain == "unit":
        return 1 / (1 + np.exp(-np.clip(x, -6, 6)))
    return abs(x) - 0.9 if domain == "over" else x


def specials(dtype: Any) -> Array:
    """Zeros, the smallest and the largest numbers, infinities, and what is none."""
    info = np.finfo(dtype)
    given = [0.0, -0.0, info.smallest_subnormal, -info.smallest_subnormal, info.tiny, info.max, info.min]
    numbers = np.array([*given, info.eps, 1, -1], dtype)
    return np.concatenate([numbers, np.array([np.inf, -np.inf, np.nan], dtype)])
