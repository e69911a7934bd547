"""A subject whose calls leave nothing behind in what f holds.

The laboratory calls f with balls, jets, longdouble and arrays that round at random. A layer that keeps its
last output, or a running mean, must not keep these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dezero import cuda
from gradcheck.subjects.state import Snapshot
from gradcheck.subjects.subject import Around, Arrays, Subject, Trial, Watched, each_array

NAMED = 3  # at most this many names of kept state are listed


class Traceless(Around):
    """Another subject; each call finds f as the first one left it, and leaves it so.

    What the first call sets up stays: a layer that draws its weights when it sees its first input.

    Attributes:
        given: what f held before the first call, and the state of the global random numbers.
        harmless: nothing that f computes is known to depend on what it keeps.
    """

    def __init__(self, subject: Subject, f: Callable[..., Any]) -> None:
        self.given = Snapshot(f, chance=True)
        self.harmless = True
        self.subject = subject
        self._f = f
        self._settled: Snapshot | None = None
        self._flowing = False

    def trial(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int, *, watched: Watched = False
    ) -> Trial:
        if not self._flowing or any(x.dtype == object for x in inputs):
            return super().trial(inputs, cotangents, directions, order, watched=watched)
        return each_array(_copied, self.subject.trial(inputs, cotangents, directions, order, watched=watched))

    def __getattr__(self, name: str) -> Any:
        return self._further(name)

    def _call_with(self, call: Callable[..., Any], *given: Arrays) -> Any:
        return self.alone(lambda: each_array(_copied, call(*given)))

    def alone(self, call: Callable[[], Any]) -> Any:
        """What a call of f gives, after which f is as the first call left it."""
        if self._settled is None:
            found = call()
            self._settled = self.given if self.given.intact() else Snapshot(self._f)
            return found
        present = Snapshot(self._f) if self._flowing else self._settled
        if self._flowing:
            self._settled.restore(chance=False)
        try:
            return call()
        finally:
            present.restore(chance=False)

    @contextmanager
    def flowing(self) -> Iterator[Subject]:
        """The subject itself: within the block its calls find what the last one left.

        So do calls of `trial` on floats; all others leave no trace there either.
        """
        self._flowing = True
        try:
            yield self.subject
        finally:
            self._flowing = False
            self.settle()

    def keeping(self) -> list[str]:
        """The names of what f keeps: of what further calls change, or else of what the first one left."""
        drawn = self.given.drawn()
        since, all_changed = ((self._settled or self.given).changed(), self.given.changed())
        return [n for n in since if n not in drawn] or [n for n in all_changed if n not in drawn]

    def settle(self, *, drawing: bool = False) -> None:
        """Put f back as the first call left it.

        Args:
            drawing: its generators of random numbers go on.
        """
        (self._settled or self.given).restore(chance=False, drawing=drawing)


def _copied(x: Any) -> Any:
    """An array anew: an op may return a buffer that it keeps, and that its next call fills again."""
    return x.copy() if cuda.is_array(x) else x


@contextmanager
def traceless(subject: Subject, f: Callable[..., Any]) -> Iterator[Traceless]:
    """The subject without traces; after the block, all that f holds is as it was before.

    A list to which f adds a note of each call keeps the first: that is how a caller looks on.
    """
    found = Traceless(subject, f)
    try:
        yield found
    finally:
        found.given.restore(but_logs=found.harmless)
        found.given.release()


@contextmanager
def flowing(subject: Subject) -> Iterator[Subject]:
    """Within the block, calls of `trial` on floats find what the last one left."""
    if isinstance(subject, Traceless):
        with subject.flowing():
            yield subject
    else:
        yield subject


def kept_state(subject: Subject) -> str:
    """What f has kept of earlier calls, in parentheses; empty where that is nothing or cannot be seen."""
    if not isinstance(subject, Traceless) or subject.given.intact():
        return ""
    drawn = subject.given.drawn()
    if drawn:
        return f" (random numbers are drawn: {listed(drawn)})"
    names = subject.given.changed()
    return f" (kept between calls: {listed(names)})" if names else ""


def note_state_matters(subject: Subject) -> None:
    """Note that what f computes depends on what it keeps."""
    if isinstance(subject, Traceless):
        subject.harmless = False


def put_back(subject: Subject) -> None:
    """Let f hold what it held before it was first called."""
    if isinstance(subject, Traceless):
        subject.given.restore()


def listed(names: Sequence[str]) -> str:
    """The first of the names.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d"])
    ('a, b', 'a, b, c and others')
    """
    return ", ".join(names[:NAMED]) + (" and others" if len(names) > NAMED else "")
