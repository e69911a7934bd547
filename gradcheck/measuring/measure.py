"""What a subject gives at one point: its own values and gradients in floats and in balls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb

from gradcheck.errors import InputError
from gradcheck.measuring import probes
from gradcheck.oracles import jet
from gradcheck.oracles.numbers.ball import Ball
from gradcheck.oracles.numbers.conversion import exact, exacts, filled
from gradcheck.oracles.numbers.lifting import lifted
from gradcheck.oracles.numbers.working import working
from gradcheck.subjects.dezero import to_host
from gradcheck.subjects.subject import Subject
from gradcheck.system.floats import precision
from gradcheck.system.raised import EscapeError, text_of, told

Gradients = list[list[Any]]  # for each order, for each input: an array or None

Rounded = tuple[Gradients | None, int]

HIGH_BITS = 192
MAX_BITS = 3072


@dataclass(frozen=True)
class Point:
    """Where a subject is differentiated, and along what.

    Attributes:
        inputs: host arrays, one for each argument.
        active: which are differentiated.
        cotangents: u, one for each output, in the output's dtype; None for one that is not floating.
        direction: d, one for each input, in the input's dtype.
        order: the highest order.
        dtype: the dtype in whose ULPs errors are told.
        device: "cpu" or "gpu".
    """

    inputs: list[np.ndarray]
    active: list[bool]
    cotangents: list[Any]
    direction: list[np.ndarray]
    order: int
    dtype: Any
    device: str = "cpu"

    @property
    def size(self) -> int:
        """The number of differentiated elements."""
        return sum(x.size for x, on in zip(self.inputs, self.active, strict=True) if on)

    def frozen(self, elements: Sequence[tuple[int, int]]) -> Point:
        """The same point with the direction zero at some (input, element)s."""
        return replace(self, direction=probes.without(self.direction, elements))

    def with_cotangents(self, change: Callable[[np.ndarray], Any]) -> Point:
        """The same point with every cotangent changed."""
        changed = [None if u is None else change(u) for u in self.cotangents]
        return replace(self, cotangents=changed)


@dataclass(frozen=True)
class Measured:
    """A subject's gradients at a Point.

    Attributes:
        got: floats, for orders 1 .. reached.
        high: balls at so many bits that rounding vanishes, or None where backward does not run on them.
        reached: the highest order that backward computed without raising.
        crash: what it raised at the next, or None.
        obstacle: why there are no balls, or None.
    """

    subject: Subject
    at: Point
    got: Gradients
    high: Gradients | None
    reached: int
    crash: str | None
    obstacle: str | None

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
        try:
            return _balls(self.subject, self.at, order, precision(self.at.dtype), rounds=True)
        except Exception:  # wide balls may meet what narrow ones do not: an undecided comparison
            return None, 0


def point(
    subject: Subject,
    inputs: Sequence[np.ndarray],
    active: Sequence[bool],
    order: int,
    seed: int,
    dtype: Any,
    device: str = "cpu",
) -> tuple[Point, list[np.ndarray]]:
    """A Point with cotangents and a direction drawn from `seed`, and the subject's outputs there."""
    outputs = outputs_of(subject, inputs)
    rng = np.random.default_rng(seed)
    cotangents = [
        w.astype(y.dtype) if y.dtype.kind == "f" else None
        for w, y in zip(probes.like(rng, outputs), outputs, strict=True)
    ]
    direction = [
        w.astype(x.dtype) if on else np.zeros(x.shape)
        for w, x, on in zip(probes.like(rng, inputs), inputs, active, strict=True)
    ]
    return Point(list(inputs), list(active), cotangents, direction, order, dtype, device), outputs


def outputs_of(subject: Subject, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The subject's outputs in floats, on host arrays that nothing else holds.

    Raises:
        InputError: the function itself fails there.
        EscapeError: it leaves by what is no Exception: no answer to its inputs.
    """
    try:
        outputs = subject.values([x.copy() for x in inputs])
    except (InputError, EscapeError):
        raise
    except Exception as error:
        raise InputError(
            f"check: f raised {type(error).__name__} at these inputs: {text_of(error)}; "
            "call f on them yourself, and check it once it returns a Variable"
        ) from error
    return [to_host(y).copy() for y in outputs]


def measure(subject: Subject, at: Point) -> Measured:
    """Gradients of orders 1 .. at.order in floats and, where backward allows, in balls."""
    got, crash = _floats(subject, at)
    reached = len(got)
    high = obstacle = None
    if reached:
        try:
            high = _high(subject, at, reached)
        except Exception as error:  # whatever an op does with objects, floats still stand
            obstacle = f"backward does not run on object arrays: {told(error)}"
    return Measured(subject, at, got, high, reached, crash, obstacle)


def _floats(subject: Subject, at: Point) -> tuple[Gradients, str | None]:
    """The gradients, and what was raised at the first order that could not be computed."""
    crash = None
    for order in range(at.order, 0, -1):
        try:
            return gradients(subject, at, order), crash
        except Exception as error:  # a wrong backward may raise anything; that is a finding
            crash = told(error)
    return [], crash


def gradients(subject: Subject, at: Point, order: int) -> Gradients:
    """The subject's own gradients, on host arrays that nothing else holds."""

    def copied(arrays: Sequence[Any]) -> list[Any]:
        return [None if x is None else x.copy() for x in arrays]

    found = subject.gradients(copied(at.inputs), copied(at.cotangents), copied(at.direction), order)
    return [[None if g is None else to_host(g) for g in gs] for gs in found]


def _high(subject: Subject, at: Point, order: int) -> Gradients:
    """Balls at a precision that leaves them narrow: quadrupled until they are, or MAX_BITS."""
    bits = HIGH_BITS
    while True:
        found, _ = _balls(subject, at, order, bits)
        if bits >= MAX_BITS or not any(_wide(b) for gs in found for g in gs if g is not None for b in g.flat):
            return found
        bits *= 4


def _wide(ball: arb) -> bool:
    return not ball.is_zero() and (not ball.is_finite() or ball.rel_accuracy_bits() < 80)


def _balls(
    subject: Subject, at: Point, order: int, bits: int, *, rounds: bool = False, spread: bool = False
) -> tuple[Gradients, int]:
    """The gradients in balls, and how many comparisons they left undecided."""
    with working(bits, rounds=rounds, unordered=rounds and at.device != "cpu") as state:
        inputs, us, ds = lifted_point(at, spread=spread)
        found = jet.bearing(lambda xs: subject.gradients(xs, us, ds, order), inputs)
        return [[None if g is None else as_balls(g) for g in gs] for gs in found], state.guesses


def rounded_values(subject: Subject, at: Point) -> list[np.ndarray]:
    """The outputs in balls whose radius is the rounding that this forward can produce.

    Raises:
        Exception: whatever f does with objects, or where wide balls leave a comparison undecided.
    """
    with working(precision(at.dtype), rounds=True, unordered=at.device != "cpu"):
        lifted = [jet.lift(x) if on else x for x, on in zip(at.inputs, at.active, strict=True)]
        return [as_balls(y) for y in jet.bearing(subject.values, lifted)]


def lifted_point(at: Point, *, spread: bool = False) -> tuple[list[Any], list[Any], list[Any]]:
    """Inputs, cotangents and directions as balls; the latter two of half an ULP, if they are to be spread."""

    def weights(x: np.ndarray) -> Any:
        return _spread(x, at.dtype) if spread else jet.lift(x)

    inputs = [jet.lift(x) if on else x for x, on in zip(at.inputs, at.active, strict=True)]
    cotangents = [None if u is None else weights(u) for u in at.cotangents]
    return inputs, cotangents, [weights(d) for d in at.direction]


def pairing_slack(subject: Subject, at: Point, order: int) -> list[float] | None:
    """How far rounding may carry the two sides of each pairing (see `trial`) apart; None if unknown."""
    try:
        with working(precision(at.dtype), rounds=True, unordered=at.device != "cpu"):
            inputs, us, ds = lifted_point(at)
            trial = jet.bearing(lambda xs: subject.trial(xs, us, ds, order, watched=True), inputs)
            sides = [[as_balls(side).item() for side in (a, b)] for a, _, b in trial.pairings]
    except Exception:  # backward does not run on object arrays, or wide balls leave a comparison undecided
        return None
    return [float(a.rad() + b.rad()) for a, b in sides]


def _spread(x: np.ndarray, dtype: Any) -> np.ndarray:
    """Each element as a ball of half an ULP around it."""
    half = np.spacing(np.abs(x.astype(dtype))) / 2
    balls = [Ball(arb(v, h)) for v, h in zip(exacts(x), exacts(half), strict=True)]
    return lifted(filled(x.shape, balls))


def weight_effect(subject: Subject, at: Point, order: int) -> Gradients | None:
    """What half an ULP of every cotangent and direction can change; None if unknown."""
    try:
        return _balls(subject, at, order, HIGH_BITS, spread=True)[0]
    except Exception:  # a wide ball may meet what a point does not
        return None


def as_balls(array: Any) -> np.ndarray:
    """An array of Balls, or of plain reals, as an object array of `arb`."""
    array = np.asarray(array)
    return filled(array.shape, [v.v if isinstance(v, Ball) else exact(v) for v in array.ravel()])


def flat_floats(arrays: Sequence[Any], at: Point) -> np.ndarray:
    """The elements of all active inputs' arrays in one, 0 where there is none."""
    parts = [
        np.zeros(x.size) if g is None else np.ravel(g)
        for g, x, on in zip(arrays, at.inputs, at.active, strict=True)
        if on
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def flat(arrays: Sequence[Any], at: Point, zero: Any = 0.0) -> list[Any]:
    """The same as a list, `zero` where there is none."""
    elements: list[Any] = []
    for g, x, on in zip(arrays, at.inputs, at.active, strict=True):
        if on:
            elements.extend([zero] * x.size if g is None else list(g.flat))
    return elements


def flat_balls(arrays: Sequence[Any], at: Point) -> list[arb]:
    """The same of arrays of balls."""
    return flat(arrays, at, arb(0))
