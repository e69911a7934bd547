"""From where on an error counts as larger than another. The command line tells it, and imports no more."""

from __future__ import annotations

#: An error is larger only where it is by the margin (ULPs; `--margin`) and by this factor.
MARGIN, FACTOR = 1.0, 1.5


def is_larger(before: float, after: float, margin: float = MARGIN) -> bool:
    """Whether an error in ULPs is larger than another by more than the margin and half as much again.

    >>> is_larger(1.0, 3.0), is_larger(1.0, 1.9), is_larger(100.0, 120.0)
    (True, False, False)
    """
    return after > before + margin and after > before * FACTOR
