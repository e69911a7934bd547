"""The state of an evaluation in balls: its precision, its side of a tie, and what it met on its way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ContextDecorator, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import flint
from flint import arb

from gradcheck.oracles.numbers.flint_lock import flint_lock


class NotSmoothError(ArithmeticError):
    """A function was asked for what it does not have here (the sign of an undefined value, say)."""


WANTED_BITS = 80  # relative accuracy at which a ball is narrow enough
WIDE = 2.0**64  # the radius of a ball of which nothing is known any more
MOST_BLIND = 10_000  # comparisons of such, or of what is undefined, in one evaluation


@dataclass
class Limits:
    """The range of a float dtype, and whether a number that was met is `beyond` it, or none at all.

    >>> limits = Limits(arb(2) ** 1024, arb(2) ** -1022)
    >>> for x in (0, 1, arb(2) ** -1000):
    ...     limits.check_range(arb(x))
    >>> before = limits.beyond
    >>> limits.check_range(arb(2) ** -1030)
    >>> before, limits.beyond
    (False, True)
    """

    largest: arb
    smallest: arb
    beyond: bool = False

    def check_range(self, number: arb) -> None:
        """Note it if `number` is proven to be too large, or too small and not zero; or undefined."""
        size = abs(number)
        if size > self.largest or 0 < size < self.smallest or number.is_nan():
            self.beyond = True


@dataclass
class Arithmetic:
    """The state of one evaluation: which side of a tie it follows, and what it met on its way.

    With `rounds` the radii of balls are to be what the rounding of each operation can do: a sum is made
    term by term, as floats make it; where it is `unordered`, as the threads of a device do, in any order.
    Where there are `limits`, the balls that arrays are computed of are held against them. `known` has the
    functions of arrays of balls that were asked for: a backward asks for the same sine again and again.

    What is counted: `ties`, `guesses` (`blind` ones among them), `undefined` comparisons (with what may be
    not a number), and `singular` operations (0/0, the root of 0), of which a path through x has `resolved`
    some: what they give is a limit along it.
    """

    side: int = 1
    rounds: bool = False
    unordered: bool = False
    limits: Limits | None = None
    ties: int = 0
    guesses: int = 0
    blind: int = 0
    undefined: int = 0
    singular: int = 0
    resolved: int = 0
    known: dict[tuple[Any, ...], tuple[list[Any], list[Any]]] = field(default_factory=dict)

    def note_undefined(self, found: bool = True) -> None:
        """Count such a comparison."""
        self.undefined += found
        self._go_on(self.undefined)

    def note_guess(self, ball: arb) -> None:
        """Count a comparison that a ball leaves open."""
        self.guesses += 1
        self.blind += bool(ball.rad() > WIDE)
        self._go_on(self.blind)

    def _go_on(self, met: int) -> None:
        """Not for ever: an iteration may wait for a comparison to hold that balls can never tell."""
        if met > MOST_BLIND:
            raise NotSmoothError("values are compared again and again of which nothing is known here")


state: ContextVar[Arithmetic | None] = ContextVar("arithmetic", default=None)


def current() -> Arithmetic:
    """The state of the evaluation that runs; a fresh one where none does."""
    return state.get() or Arithmetic()


def working(
    bits: int,
    length: int = 1,
    side: int = 1,
    *,
    rounds: bool = False,
    unordered: bool = False,
    limits: Limits | None = None,
) -> AbstractContextManager[Arithmetic]:
    """Within the block balls have `bits` bits and series `length` coefficients (settings of FLINT).

    FLINT has one of each for the whole process: other threads wait.
    """
    return _set(bits, length, Arithmetic(side, rounds, unordered, limits))


def by_itself() -> ContextDecorator:
    """Within the block it is as if no evaluation were going on outside of it: a check inside a check."""
    return _set(*_DEFAULTS, None)


_DEFAULTS = flint.ctx.prec, flint.ctx.cap


@contextmanager
def _set(bits: int, length: int, new: Any) -> Iterator[Any]:
    with flint_lock():
        context = flint.ctx
        before = context.prec, context.cap
        token = state.set(new)
        context.prec, context.cap = bits, length
        try:
            yield new
        finally:
            context.prec, context.cap = before
            state.reset(token)
