"""Digits: which of a text are right, how many of a figure are kept."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile


def marked(got: str, truth: str) -> str:
    """`got` with a bar before its first wrong digit.

    >>> marked("2.7183", "2.7182"), marked("2.7182", "2.7182")
    ('2.718|3', '2.7182')
    """
    shared = sum(takewhile(bool, (a == b for a, b in zip(got, truth, strict=False))))
    return got if shared == len(got) else f"{got[:shared]}|{got[shared:]}"


def shortened(errors: Iterable[float]) -> list[float]:
    """Errors to four digits: all that they are worth, and half the size in records.

    >>> shortened([1.23456789e-12, float("inf")])
    [1.235e-12, inf]
    """
    return [float(f"{error:.4g}") for error in errors]
