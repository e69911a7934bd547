"""A few wrong elements among many, from a few sums over all of them: as an error-correcting code is read.

Number the elements by integers z. If those at z_1 .. z_m are wrong by e_1 .. e_m, the error of the probe
with the weights z**k is s_k = sum e_i z_i**k. The z_i are the roots of the polynomial that annihilates
the sequence s (Prony's method); 2 m sums determine it, and one more shows that there are no others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import arb, arb_mat

MOST_SUMS = 9
ROUNDED = 2.0**-40  # of its terms, what a polynomial in floats may be off by


def sums(count: int) -> int:
    """How many powers of the numbers of `count` elements, centred, a float holds exactly; MOST_SUMS at most.

    >>> sums(100), sums(8000), sums(40_000)
    (9, 5, 4)
    """
    bits = max(count // 2, 1).bit_length()
    return min(MOST_SUMS, 1 + 53 // bits)


def most(count: int) -> int:
    """How many wrong elements among `count` can be decoded.

    >>> most(100), most(8000), most(40_000)
    (4, 2, 1)
    """
    return (sums(count) - 1) // 2


def numbers(count: int) -> range:
    """The integers that number `count` elements."""
    return range(-(count // 2), count - count // 2)


def decoded(errors: Sequence[arb], count: int) -> dict[int, arb] | None:
    """Which of `count` elements are wrong (counted from 0), and by how much; None where it is not a few.

    Args:
        errors: s_k for k = 0, 1, ..; an odd number of them is made use of.

    >>> errors = [arb(2 * 3**k + 3 * (-4) ** k) for k in range(5)]
    >>> found = decoded(errors, 10)
    >>> {n: float(e) for n, e in (found or {}).items()}
    {1: 3.0, 8: 2.0}
    """
    for several in range(1, (len(errors) - 1) // 2 + 1):
        found = _few_wrong(errors, several, count)
        if found is not None:
            return found
    return None


def _few_wrong(errors: Sequence[arb], m: int, count: int) -> dict[int, arb] | None:
    """The m wrong elements that explain all sums; None where there are no such."""
    hankel = arb_mat([[errors[i + j] for j in range(m)] for i in range(m)])
    try:
        c = hankel.solve(arb_mat([[-errors[m + i]] for i in range(m)])).entries()
    except ZeroDivisionError:
        return None
    roots = [(n, z) for n, z in _near_roots(c, count) if _value(c, z).contains(0)]
    if len(roots) != m:
        return None
    powers = arb_mat([[arb(z) ** k for _, z in roots] for k in range(m)])
    sizes = powers.solve(arb_mat([[errors[k]] for k in range(m)])).entries()
    explained = all(
        sum((e * arb(z) ** k for e, (_, z) in zip(sizes, roots, strict=True)), arb(0)).overlaps(error)
        for k, error in enumerate(errors)
    )
    return {n: e for e, (n, _) in zip(sizes, roots, strict=True)} if explained else None


def _near_roots(c: Sequence[arb], count: int) -> list[tuple[int, int]]:
    """(element, its number) where floats cannot tell the polynomial from 0."""
    z = np.arange(count) - count // 2
    middles = np.array([1.0, *(float(ball.mid()) for ball in reversed(c))])
    radii = np.array([0.0, *(float(ball.rad()) for ball in reversed(c))])
    with np.errstate(all="ignore"):
        value, unsure = np.polyval(middles, z), np.polyval(radii + ROUNDED * np.abs(middles), np.abs(z))
        near = ~(np.abs(value) > unsure)
    return [(n, int(z[n])) for n in np.flatnonzero(near).tolist()]


def _value(c: Sequence[arb], z: int) -> arb:
    """z**m + c[m-1] z**(m-1) + .. + c[0]."""
    value = arb(1)
    for coefficient in reversed(c):
        value = value * z + coefficient
    return value
