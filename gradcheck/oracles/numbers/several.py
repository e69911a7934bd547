"""What multiplies s1, s2, .. in a jet that several probes move at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


class Several:
    """A series in t for each probe, by the probe's number; a probe that moves nothing here has none.

    A Jet computes with it as with the series of a single probe: all that it does is linear in it.

    >>> changes = Several({0: 1.0}) + 2 * Several({0: 1.5, 3: 0.5})
    >>> changes.of, (-changes).of
    ({0: 4.0, 3: 1.0}, {0: -4.0, 3: -1.0})
    """

    __slots__ = ("of",)

    def __init__(self, of: dict[int, Any]) -> None:
        self.of = of

    def each(self, change: Callable[[Any], Any]) -> Several:
        return Several({n: change(w) for n, w in self.of.items()})

    def __add__(self, other: Several) -> Several:
        total = dict(self.of)
        for n, w in other.of.items():
            total[n] = total[n] + w if n in total else w
        return Several(total)

    def __sub__(self, other: Several) -> Several:
        return self + -other

    def __neg__(self) -> Several:
        return self.each(lambda w: -w)

    def __mul__(self, factor: Any) -> Several:
        return self.each(lambda w: w * factor)

    def __rmul__(self, factor: Any) -> Several:
        return self.each(lambda w: factor * w)


def by_probe(change: Any, count: int) -> Iterable[tuple[int, Any]]:
    """(probe, its series) of those that move something here; what is no Several is that of each."""
    return change.of.items() if isinstance(change, Several) else ((n, change) for n in range(count))


def of_probe(change: Any, n: int) -> Any:
    """The series of one probe in what multiplies s; None where it moves nothing."""
    return change.of.get(n) if isinstance(change, Several) else change
