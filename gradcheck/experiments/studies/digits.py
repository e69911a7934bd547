"""Digits as text: which of them are right."""

from __future__ import annotations

from itertools import takewhile


def marked(got: str, truth: str) -> str:
    """`got` with a bar before its first wrong digit.

    >>> marked("2.7183", "2.7182"), marked("2.7182", "2.7182")
    ('2.718|3', '2.7182')
    """
    shared = sum(takewhile(bool, (a == b for a, b in zip(got, truth, strict=False))))
    return got if shared == len(got) else f"{got[:shared]}|{got[shared:]}"
