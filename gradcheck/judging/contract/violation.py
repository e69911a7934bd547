"""A broken rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Violation:
    """A rule that was broken: its kind (for the diagnosis), the order, and what was seen.

    Attributes:
        of_f: f itself breaks it, so that its backward cannot be judged.
    """

    kind: str
    message: str
    order: int = 1
    where: str = ""
    of_f: bool = False

    @classmethod
    def at(cls, k: int, kind: str, message: str, where: str = "") -> Self:
        """A violation of order k; the message begins with the order where it is not the first.

        >>> Violation.at(2, "layout", "it changes").message
        'order 2: it changes'
        """
        return cls(kind, message if k == 1 else f"order {k}: {message}", k, where)
