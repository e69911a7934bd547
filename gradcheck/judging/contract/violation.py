"""A broken rule."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """A rule that was broken: its kind (for the diagnosis), the order, and what was seen.

    Attributes:
        of_f: f itself breaks it, so that nothing can be said of its backward.
    """

    kind: str
    message: str
    order: int = 1
    where: str = ""
    of_f: bool = False


def at_order(k: int, message: str) -> str:
    """The message, with the order in front where it is not the first.

    >>> at_order(1, "it changes"), at_order(2, "it changes")
    ('it changes', 'order 2: it changes')
    """
    return message if k == 1 else f"order {k}: {message}"
