"""Covering designs: few combinations in which every pair of values occurs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def pairs(first: Sequence[A], second: Sequence[B], turn: int) -> Iterator[tuple[A, B]]:
    """Every element of both, paired; as many pairs as the longer has elements.

    Over turns 0, 1, ... the pairings shift by one, so that with one turn for each value of a third
    factor (at least as many as `second` has elements) any two values of different factors meet. That
    takes len(third) * max(len(first), len(second)) combinations, and no design takes fewer where these
    are the two longest.

    >>> list(pairs("abc", (1, 2), 0)), list(pairs("abc", (1, 2), 1))
    ([('a', 1), ('b', 2), ('c', 1)], [('a', 2), ('b', 1), ('c', 2)])
    """
    for n in range(max(len(first), len(second)) if first else 0):
        yield first[n % len(first)], second[(n + turn) % len(second)]
