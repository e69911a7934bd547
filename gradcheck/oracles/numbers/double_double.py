"""Double-double arithmetic with its error, by whole arrays.

A midpoint is hi + lo, with |lo| at most half a unit in the last place of hi: 106 bits. The transformations
without an error are Knuth's and Dekker's. All midpoints are finite, and 0 or of a size from SMALLEST to
LARGEST, so that no product over- or underflows. u is the UNIT, half the spacing of floats at 1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

SMALLEST, LARGEST = 1e-120, 1e120
UNIT = 2.0**-53
GROWN = 1 + 2.0**-36  # more than what is lost where radii are added up in floats
LONGEST = 1 << 12  # sum of products, for which GROWN is enough
MOST = 1 << 18  # elements of a product of matrices
PARTS = 4  # of a factor of such a product


class OutOfRange(BaseException):
    """A number is too large, too small, or none at all; or there are too many. No op takes it for its own."""


class Balls(NamedTuple):
    """hi + lo, within `radius`."""

    hi: Any
    lo: Any
    radius: Any


def add(a: Balls, b: Balls) -> Balls:
    """a + b: off by less than 4 u^2 of itself (Joldes, Muller and Popescu)."""
    hi, lo = two_sum(a.hi, b.hi)
    more, least = two_sum(a.lo, b.lo)
    hi, lo = _quick_two_sum(hi, lo + more)
    hi, lo = _quick_two_sum(hi, lo + least)
    return Balls(hi, lo, (a.radius + b.radius + 4 * UNIT**2 * np.abs(hi)) * GROWN)


def multiply(a: Balls, b: Balls) -> Balls:
    """a b: off by less than 16 u^2 of itself: a.lo b.lo is left out, five terms of size u are rounded."""
    p, error = two_product(a.hi, b.hi)
    hi, lo = _quick_two_sum(p, error + (a.hi * b.lo + a.lo * b.hi))
    radius = carried(np.abs(a.hi), np.abs(b.hi), a.radius, b.radius, np.multiply) + 16 * UNIT**2 * np.abs(hi)
    return Balls(hi, lo, radius * GROWN)


def matmul(a: Balls, b: Balls) -> Balls:
    """Matrices (M, K) and (K, N)."""
    return product(left(a), right(b))


class Factor(NamedTuple):
    """A matrix of a product: its parts, and the powers of two above its rows or columns."""

    of: Balls
    size: Any
    parts: Any
    top: Any
    bits: int


def left(a: Balls) -> Factor:
    """The left factor of products of matrices (M, K)."""
    parts, top, bits = _parts(a, 1)
    return Factor(a, np.abs(a.hi), np.concatenate(parts), top, bits)


def right(b: Balls) -> Factor:
    """The right one, (K, N)."""
    parts, top, bits = _parts(b, 0)
    return Factor(b, np.abs(b.hi), np.concatenate(parts, axis=1), top, bits)


def product(a: Factor, b: Factor) -> Balls:
    """The product of matrices (M, K) and (K, N).

    Each is the sum of four: three with so few bits that products of them are exact in floats, whatever the
    order of the sums (Ozaki, Ogita, Oishi and Rump), and the rest. The sixteen products are one call.

    What is rounded are products with a rest, which is u or 2^(-3 bits) of its matrix, or of a third part with
    a second or third; of each, K additions and as many products. And the sum of all but the three largest.
    """
    (M, K), N, few = a.size.shape, b.size.shape[1], 2.0**-a.bits  # noqa: N806
    if M * N > MOST:
        raise OutOfRange("a product of matrices is too large")
    products = (a.parts @ b.parts).reshape(PARTS, M, PARTS, N)
    second, least = two_sum(products[0, :, 1], products[1, :, 0])
    total, less = two_sum(products[0, :, 0], second)
    products[0, :, :2] = products[1, :, 0] = 0.0
    radius = 8 * (K + 4) * UNIT**2 * (a.size @ b.size)
    radius += 16 * (K + 4) * K * UNIT * (few**3 + UNIT * few) * a.top * b.top
    radius += 16 * UNIT * (np.abs(products).sum(axis=(0, 2)) + np.abs(less) + np.abs(least))
    radius += carried(a.size, b.size, a.of.radius, b.of.radius, np.matmul)
    return Balls(*two_sum(total, products.sum(axis=(0, 2)) + (less + least)), radius * GROWN)


def _parts(x: Balls, axis: int) -> tuple[list[Any], Any, int]:
    """The parts of a matrix, the powers of two above its rows (axis 1) or columns (0), the bits of a part.

    Adding 1.5 2^s rounds to multiples of 2^(s - 52); what is left is exact.
    """
    if x.hi.shape[axis] > LONGEST:
        raise OutOfRange("a sum of products is too long")
    bits = (53 - x.hi.shape[axis].bit_length()) // 2
    exponents = np.frexp(np.abs(x.hi).max(axis=axis, keepdims=True, initial=0.0))[1]
    parts, rest = [], x.hi
    for n in range(1, PARTS):
        shift = np.ldexp(1.5, exponents + 52 - n * bits)
        parts.append((rest + shift) - shift)
        rest = rest - parts[-1]
    return [*parts, rest + x.lo], np.ldexp(1.0, exponents), bits


def carried(a: Any, b: Any, of_a: Any, of_b: Any, product: Any) -> Any:
    """What factors of these sizes make of a product where they are off by so much."""
    found = 0.0
    if of_b.any():
        found = product(a, of_b)
    return found + product(of_a, b + of_b) if of_a.any() else found


def check_range(x: Any) -> None:
    """Raises OutOfRange unless every float is 0 or of a size that leaves products in range.

    So must be what sums and products are made of.
    """
    sizes = np.where(x == 0, 1.0, np.abs(x))
    if not (sizes.min(initial=1.0) >= SMALLEST and sizes.max(initial=1.0) <= LARGEST):
        raise OutOfRange("a number leaves the range of double-double arithmetic")


# Floats -----------------------------------------------------------------------------------------------


def two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """The sum in floats, and its error: together they are a + b."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _quick_two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """The same where |a| is not smaller than |b|."""
    s = a + b
    return s, b - (s - a)


def two_product(a: Any, b: Any) -> tuple[Any, Any]:
    """The product in floats, and its error: together they are a b."""
    p = a * b
    (a, a_rest), (b, b_rest) = split(a, 26), split(b, 26)
    return p, ((a * b - p) + a * b_rest + a_rest * b) + a_rest * b_rest


def split(x: Any, bits: int) -> tuple[Any, Any]:
    """x rounded to so many bits, and the rest."""
    scaled = x * (2.0 ** (53 - bits) + 1)
    high = scaled - (scaled - x)
    return high, x - high
