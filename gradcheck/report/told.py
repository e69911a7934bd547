"""What continuous integration is told of one check: of a run's case, or of an op of a user's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Told(NamedTuple):
    """A check, and what came of it.

    Attributes:
        suite: what is checked.
        verdict: a verdict, or "error" where it could not be made.
        reason, details: in one line, and in several; of what does not pass.
        seconds: how long it took.
        file, line: where the mistake is likely to be.
    """

    suite: str
    name: str
    verdict: str
    reason: str = ""
    details: Sequence[str] = ()
    warnings: Sequence[str] = ()
    seconds: float | None = None
    file: str = ""
    line: int | None = None

    @property
    def is_bad(self) -> bool:
        """Whether it fails a job."""
        return self.verdict in ("fail", "error")


def by_suite(checks: Iterable[Told]) -> dict[str, list[Told]]:
    """Suite -> its checks, in the order in which they come."""
    found: dict[str, list[Told]] = {}
    for each in checks:
        found.setdefault(each.suite, []).append(each)
    return found
