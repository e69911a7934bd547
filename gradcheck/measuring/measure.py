"""What a subject gives at one point: its own values and gradients in floats and in balls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import arb

from gradcheck.cases.case import Case
from gradcheck.errors import InputError
from gradcheck.measuring import probes
from gradcheck.measuring.balls import (
    HIGH_BITS,
    Gradients,
    ball_gradients,
    in_balls,
    packed_gradients,
    rounding_as,
    unpacked,
    unpacked_rounding,
)
from gradcheck.measuring.point import Point
from gradcheck.oracles.numbers.working import WANTED_BITS, working
from gradcheck.subjects.dezero import to_host
from gradcheck.subjects.subject import Subject
from gradcheck.system.raised import EscapeError, described, text_of

Rounded = tuple[Gradients | None, int]

MAX_BITS = 3072


@dataclass(frozen=True)
class Measured:
    """A subject's gradients at a Point.

    Attributes:
        got: floats, for orders 1 .. reached.
        high: balls at so many bits that rounding vanishes, or None where backward does not run on them.
        reached: the highest order that backward computed without raising.
        crash: what it raised at the next, or None.
        obstacle: why there are no balls, or None.
        packed: what `high` was unpacked from, with what rounding may do; None where it was not.
    """

    subject: Subject
    at: Point
    got: Gradients
    high: Gradients | None
    reached: int
    crash: str | None
    obstacle: str | None
    packed: Gradients | None = None

    def low(self, order: int) -> Gradients | None:
        """Balls at the dtype's own precision: each radius is the rounding this backward can produce.

        Of orders 1 .. `order` at least; None where they are out of reach.
        """
        return self._rounded(order)[0]

    def undecided(self, order: int) -> bool:
        """Whether rounding decides a comparison on the way: balls of the dtype's precision cannot."""
        return self._rounded(order)[1] > 0

    def _rounded(self, order: int) -> Rounded:
        """`low`, and how many comparisons were guessed."""
        known = next((found for k, found in self._runs.items() if k >= order), None)
        if known is None:
            known = self._runs[order] = self._run(order)
        return known

    @cached_property
    def _runs(self) -> dict[int, Rounded]:
        """What was found so far, by the highest order of the run."""
        return {}

    def _run(self, order: int) -> Rounded:
        if self.high is None:
            return None, 0
        if self.packed is not None:
            return unpacked_rounding(self.packed), 0
        try:
            with rounding_as(self.at) as state:
                return ball_gradients(self.subject, in_balls(self.at), order), state.guesses
        except Exception:  # wide balls may meet what narrow ones do not: an undecided comparison
            return None, 0


def point_of(case: Case, subject: Subject) -> tuple[Point, list[np.ndarray]]:
    """The point of a case, its cotangents and direction drawn from the seed; and the subject's outputs there.

    Raises:
        InputError: the function itself fails there.
        EscapeError: it leaves by what is no Exception: no answer to its inputs.
    """
    inputs, outputs = list(case.inputs), outputs_of(subject, case.inputs)
    rng = np.random.default_rng(case.seed)
    cotangents = [
        w.astype(y.dtype) if y.dtype.kind == "f" else None
        for w, y in zip(probes.like(rng, outputs), outputs, strict=True)
    ]
    direction = [
        w.astype(x.dtype) if on else np.zeros(x.shape)
        for w, x, on in zip(probes.like(rng, inputs), inputs, case.active, strict=True)
    ]
    at = Point(inputs, list(case.active), cotangents, direction, case.order, case.dtype, case.device)
    return at, outputs


def outputs_of(subject: Subject, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The subject's outputs in floats, on host arrays that nothing else holds.

    Raises:
        InputError: the function itself fails there, or an output is complex.
        EscapeError: it leaves by what is no Exception: no answer to its inputs.
    """
    try:
        outputs = subject.values([x.copy() for x in inputs])
    except (InputError, EscapeError):
        raise
    except Exception as error:
        raise InputError(
            f"check: f raised {type(error).__name__} at these inputs: {text_of(error)}; "
            f"call f on them yourself, and check it once it returns a Variable{context_advice(error)}"
        ) from error
    found = [to_host(y).copy() for y in outputs]
    for number, y in enumerate(found):
        if y.dtype.kind == "c":
            raise InputError(
                f"check: output {number} of f is {y.dtype}; derivatives here are of real functions: return "
                "the real and the imaginary part as two outputs, such as y.real and y.imag from forward"
            )
    return found


def context_advice(error: BaseException) -> str:
    """What to do where f may need what its caller has to set up."""
    if isinstance(error, (RuntimeError, NameError)) or type(error) is LookupError:
        return "; if it needs a context, check a function that makes it: def g(x): with ...: return f(x)"
    return ""


def measure(subject: Subject, at: Point, *, balls: bool = True) -> Measured:
    """Gradients of orders 1 .. at.order in floats and, where backward allows, in balls.

    Args:
        balls: whether these are wanted.
    """
    got, crash = _floats(subject, at)
    reached = len(got)
    high = packed = obstacle = None
    if reached and balls:
        try:
            packed = packed_gradients(subject, at, reached)
            high = _high(subject, at, reached) if packed is None else unpacked(packed)
        except Exception as error:  # whatever an op does with objects, its floats remain valid
            obstacle = f"backward does not run on object arrays: {described(error)}"
    return Measured(subject, at, got, high, reached, crash, obstacle, packed)


def _floats(subject: Subject, at: Point) -> tuple[Gradients, str | None]:
    """The gradients, and what was raised at the first order that could not be computed."""
    crash = None
    for order in range(at.order, 0, -1):
        try:
            return gradients(subject, at, order), crash
        except Exception as error:  # a wrong backward may raise anything; that is a finding
            crash = described(error)
    return [], crash


def gradients(subject: Subject, at: Point, order: int) -> Gradients:
    """The subject's own gradients, on host arrays that nothing else holds."""
    found = subject.gradients(*at.copies(), order)
    return [[None if g is None else to_host(g) for g in of_order] for of_order in found]


def _high(subject: Subject, at: Point, order: int) -> Gradients:
    """Balls at a precision that leaves them narrow: quadrupled until they are, or MAX_BITS."""
    bits = HIGH_BITS
    while True:
        with working(bits):
            found = ball_gradients(subject, in_balls(at), order)
        if bits >= MAX_BITS or all(_is_narrow(g) for gs in found for g in gs if g is not None):
            return found
        bits *= 4


def _is_narrow(balls: np.ndarray) -> bool:
    elements = balls.ravel().tolist()
    accuracy = min(map(arb.rel_accuracy_bits, elements), default=WANTED_BITS)
    return accuracy >= WANTED_BITS and all(map(arb.is_finite, elements))
