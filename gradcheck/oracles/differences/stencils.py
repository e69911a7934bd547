"""Finite-difference stencils, solved exactly with fractions.

A stencil of offsets o_i and coefficients c_i approximates the n-th derivative by

    g^(n)(x)  =  sum_i c_i g(x + o_i h) / h^n  -  C h^p g^(n+p)(x)  -  ...

The coefficients are those of the interpolating polynomial's n-th derivative at 0; p is the
stencil's truncation order and C its error constant.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import factorial

Offsets = tuple[int | Fraction, ...]


@cache
def coefficients(offsets: Offsets, order: int) -> tuple[Fraction, ...]:
    """The weights, one an offset, with which values give the derivative of this order.

    Exact for polynomials of degree below `len(offsets)`. Raises ValueError if offsets repeat, or
    if there are not more of them than `order`.

    >>> [str(c) for c in coefficients((-2, -1, 0, 1, 2), 1)]
    ['1/12', '-2/3', '0', '2/3', '-1/12']
    """
    if len(set(offsets)) != len(offsets):
        raise ValueError(f"coefficients: offsets must differ from each other, got {offsets}")
    if not 1 <= order < len(offsets):
        raise ValueError(
            f"coefficients: order must be from 1 to {len(offsets) - 1} for {len(offsets)} offsets, "
            f"got {order}"
        )
    return tuple(_lagrange_basis(offsets, i)[order] * factorial(order) for i in range(len(offsets)))


def _lagrange_basis(offsets: Offsets, i: int) -> list[Fraction]:
    """The polynomial, lowest power first, that is 1 at offset i and 0 at all other offsets."""
    basis = [Fraction(1)]
    for other in offsets[:i] + offsets[i + 1 :]:
        gap = Fraction(offsets[i] - other)
        shifted, constant = [Fraction(0), *basis], [*basis, Fraction(0)]
        basis = [(s - other * c) / gap for s, c in zip(shifted, constant, strict=True)]
    return basis


def radius(order: int) -> int:
    """Samples on each side of the point: enough for stencils of truncation order 8 and 6.

    >>> [radius(order) for order in (1, 2, 3, 4)]
    [4, 4, 5, 5]
    """
    return 4 + (order - 1) // 2


@cache
def truncation(offsets: Offsets, order: int) -> tuple[int, Fraction]:
    """The leading term of the stencil's error: its power p of h and the constant C of g^(order+p).

    >>> p, constant = truncation((-1, 0, 1), 2)
    >>> print(p, constant)
    2 1/12
    """
    weights = coefficients(offsets, order)
    p = len(offsets) - order  # lower powers vanish: the stencil is exact for those polynomials
    while not (moment := _moment(offsets, weights, order + p)):
        p += 1
    return p, moment / factorial(order + p)


def _moment(offsets: Offsets, weights: tuple[Fraction, ...], power: int) -> Fraction:
    products = (c * Fraction(o) ** power for c, o in zip(weights, offsets, strict=True))
    return sum(products, Fraction(0))
