"""Truth with a proof: Taylor jets through the op's own forward.

With inputs x, cotangent u, direction d and a probe e, the forward is evaluated once on

    x + t d + s e        power series in t of n terms, and s with s**2 = 0

and contracted with u. What multiplies s is sum over k of t^(k-1) D^k<u, f>[d, .., d, e] / (k-1)!, so its
coefficients times (k-1)! are <G_k, e> for the estimand G_k of docs/architecture.md, k = 1 .. n: every
order from one evaluation, with no step size, and an exact zero where e plays no part. Coefficients are
balls, so each answer carries a proof; if the balls are too wide for what they are compared with, the
precision is raised and the evaluation repeated.

Where a comparison in forward meets a tie, both sides of it (t -> 0+ and t -> 0-) are evaluated. Where they
agree the function is smooth along this path and the tie was harmless (the shift by the largest element in
softmax); from the first order at which they differ, the point is a kink.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb, arb_series

from gradcheck.oracles.arithmetic import Arithmetic, Ball, Jet, exact, exacts, working
from gradcheck.oracles.bulk import dot
from gradcheck.oracles.lifting import lifted

Arrays = Sequence[np.ndarray]
Forward = Callable[[list[np.ndarray]], list[np.ndarray]]

START_BITS = 128  # more than twice float64's 53: rounding in the jets is far below what is measured
MAX_BITS = 2048  # past this a value is taken for an exact zero that no precision can prove


class NotApplicableError(Exception):
    """The op does not run on object arrays; the message says why and what would help."""


@dataclass(frozen=True)
class Truth:
    """What jets say about one op at one point.

    Attributes:
        columns: for each probe e, the balls <G_k, e> for k = 1 .. order.
        values: the outputs at x, as object arrays of balls.
        smooth: the highest order (up to the asked) at which no kink was met; 0 where already the
            first derivative differs between the two sides.
        ties: how many comparisons met a tie.
        bits: the precision that sufficed.
    """

    columns: list[list[arb]]
    values: list[np.ndarray]
    smooth: int
    ties: int
    bits: int


def lift(x: np.ndarray) -> np.ndarray:
    """A real array as an object array of exact Balls."""
    return lifted(_filled(x.shape, [Ball(v) for v in exacts(x)]))


def _filled(shape: tuple[int, ...], elements: list[Any]) -> np.ndarray:
    """An object array of these elements (np.array would look into them)."""
    result = np.empty(shape, dtype=object)
    result.reshape(-1)[:] = elements
    return result


def evaluate(
    f: Forward,
    inputs: Arrays,
    active: Sequence[bool],
    path: Sequence[Sequence[np.ndarray]],
    *,
    bits: int,
    side: int = 1,
    probe: Sequence[np.ndarray] | None = None,
) -> tuple[list[np.ndarray], Arithmetic]:
    """The outputs of `f` along the path x + t path[0] + t^2 path[1] + ..., as object arrays.

    Args:
        inputs: real arrays; those not `active` are handed to `f` as they are.
        path: for each power of t, one array for each input (ignored where not active); len(path) + 1
            coefficients are computed.
        bits: working precision.
        side: +1 for t -> 0+, -1 for t -> 0-, where a comparison meets a tie.
        probe: e, one array for each input, where also the derivative by s along x + s e is wanted.

    Raises:
        NotApplicableError: `f` does not run on object arrays.
    """
    with working(bits, len(path) + 1, side) as state:
        moved = [
            _series(x, [p[i] for p in path], None if probe is None else probe[i]) if on else x
            for i, (x, on) in enumerate(zip(inputs, active, strict=True))
        ]
        try:
            return bearing(f, moved), state
        except Exception as error:
            raise NotApplicableError(
                f"forward does not run on object arrays: {_first_line(error)}"
            ) from error


def bearing(f: Callable[[list[Any]], Any], arrays: list[Any]) -> Any:
    """f(arrays), of Lifted arrays; if that fails, of arrays of NumPy's own class."""
    try:
        return f(arrays)
    except Exception as error:
        try:
            return f([np.asarray(x) for x in arrays])
        except Exception:
            raise error from None


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else 'no message'}"


def _series(x: np.ndarray, steps: list[np.ndarray], probe: np.ndarray | None) -> np.ndarray:
    """The elements of x, each as the constant term of a series with the steps as its coefficients."""
    columns = [exacts(step) for step in (x, *_trimmed(steps))]
    series = [arb_series(list(c)) for c in zip(*columns, strict=True)]
    if probe is None:
        return lifted(_filled(x.shape, [Jet(v) for v in series]))
    moves = [None if w == 0 else arb_series([w]) for w in exacts(probe)]
    return lifted(_filled(x.shape, [Jet(v, w) for v, w in zip(series, moves, strict=True)]))


def _trimmed(steps: list[np.ndarray]) -> list[np.ndarray]:
    """Without the zeros at the end."""
    while steps and not steps[-1].any():
        steps = steps[:-1]
    return steps


def contract(outputs: Sequence[np.ndarray], cotangents: Arrays, length: int) -> list[arb]:
    """The coefficients in t of <u, outputs>; an output whose cotangent is None is left out."""
    total = arb_series([0])
    for value, weight in _weighed(outputs, cotangents):
        series = value.v if isinstance(value, (Jet, Ball)) else arb_series([_number(value)])
        total = total + series * weight
    return [total[k] for k in range(length)]


def _contract_change(outputs: Sequence[np.ndarray], cotangents: Arrays, length: int) -> list[arb]:
    """The coefficients in t of what multiplies s in <u, outputs>."""
    changes, weights = [], []
    for value, weight in _weighed(outputs, cotangents):
        if not isinstance(value, Jet):
            _number(value)
        elif value.w is not None:
            changes.append(value.w)
            weights.append(weight)
    return [dot([w[k] for w in changes], weights) for k in range(length)]


def _weighed(outputs: Sequence[np.ndarray], cotangents: Arrays) -> Iterator[tuple[Any, arb]]:
    """(element, weight) for each output element whose weight is not zero."""
    if len(outputs) != len(cotangents):
        raise NotApplicableError(
            f"forward gives {len(outputs)} outputs on object arrays and {len(cotangents)} on floats"
        )
    for y, u in zip(outputs, cotangents, strict=True):
        if u is None:
            continue
        if np.shape(y) != np.shape(u):
            raise NotApplicableError(
                f"forward gives shape {np.shape(y)} on object arrays and {np.shape(u)} on floats"
            )
        pairs = zip(np.ravel(y).tolist(), exacts(u), strict=True)
        yield from ((value, weight) for value, weight in pairs if not weight.is_zero())


def _number(value: Any) -> arb:
    try:
        return exact(value)
    except TypeError as error:
        raise NotApplicableError(f"forward gives {type(value).__name__} on object arrays") from error


def truth(
    f: Forward,
    inputs: Arrays,
    active: Sequence[bool],
    cotangents: Arrays,
    direction: Arrays,
    probes: Sequence[Arrays],
    order: int,
    *,
    claims: Sequence[Sequence[arb]] | None = None,
    wanted_bits: int = 80,
    start_bits: int = START_BITS,
) -> Truth:
    """Certified <G_k, e> for every probe e and every order k = 1 .. order.

    Args:
        f: the forward, from a list of arrays to a list of arrays.
        inputs: real arrays of any shape, or object arrays of exact balls; those not `active` are passed
            along.
        cotangents: u, one array for each output; None for one that is not differentiated.
        direction: d, one array for each input.
        probes: each a list of arrays like `direction`.
        claims: for each probe and order the size of what the answer is to be compared with: beside
            that a ball need be narrow, not beside itself.
        wanted_bits: relative accuracy at which a ball is narrow enough.
        start_bits: the working precision of the first try.

    Raises:
        NotApplicableError: forward does not run on object arrays.

    >>> import numpy as np
    >>> x, one = [np.array([0.5])], [np.array([1.0])]
    >>> found = truth(lambda xs: [np.tanh(xs[0])], x, [True], one, one, [one], 2)
    >>> [round(float(ball.mid()), 12) for ball in found.columns[0]]
    [0.786447732966, -0.726861981384]
    """
    question = _Question(f, inputs, active, cotangents, direction, probes, order)
    bits = start_bits
    while True:
        found = question.answer(bits)
        if bits >= MAX_BITS or _is_narrow(found, claims, wanted_bits):
            return found
        bits *= 4


def _is_narrow(found: Truth, claims: Sequence[Sequence[arb]] | None, wanted_bits: int) -> bool:
    for n, column in enumerate(found.columns):
        for k, ball in enumerate(column[: found.smooth]):
            if ball.is_zero() or (ball.is_finite() and ball.rel_accuracy_bits() >= wanted_bits):
                continue
            if claims is None or not ball.rad() <= claims[n][k] * arb(2) ** -wanted_bits:
                return False
    return True


@dataclass(frozen=True)
class _Question:
    """The arguments of `truth`."""

    f: Forward
    inputs: Arrays
    active: Sequence[bool]
    cotangents: Arrays
    direction: Arrays
    probes: Sequence[Arrays]
    order: int

    def answer(self, bits: int) -> Truth:
        """At one precision; where a comparison met a tie, from both sides of it."""
        found = self._one_side(bits, 1)
        if not found.ties:
            return replace(found, smooth=_smooth(found, found))
        other = self._one_side(bits, -1)
        return replace(found, smooth=_smooth(found, other), ties=found.ties + other.ties)

    def _one_side(self, bits: int, side: int) -> Truth:
        n, ties = self.order, 0
        path = [self.direction, *([[np.zeros(x.shape) for x in self.inputs]] * (n - 2))]
        columns: list[list[arb]] = []
        outputs: list[np.ndarray] = []
        for probe in self.probes:
            outputs, state = evaluate(
                self.f,
                self.inputs,
                self.active,
                path if n > 1 else [],
                bits=bits,
                side=side,
                probe=probe,
            )
            ties += state.ties
            with working(bits, n):
                changes = _contract_change(outputs, self.cotangents, n)
                columns.append([c * math.factorial(k) for k, c in enumerate(changes)])
        return Truth(columns, _constants(outputs), n, ties, bits)


def _smooth(found: Truth, other: Truth) -> int:
    """The highest order at which both sides agree; 0 where f jumps."""
    for y, z in zip(found.values, other.values, strict=True):
        for a, b in zip(y.flat, z.flat, strict=True):
            if not a.overlaps(b):
                return 0
    smooth = found.smooth
    for column, reference in zip(other.columns, found.columns, strict=True):
        for k, (ball, same) in enumerate(zip(column, reference, strict=True), 1):
            if not ball.is_finite() or not ball.overlaps(same):
                smooth = min(smooth, k - 1)
    return smooth


def _constants(outputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [_filled(np.shape(y), [_constant(v) for v in np.ravel(y).tolist()]) for y in outputs]


def _constant(value: Any) -> arb:
    return value.constant() if isinstance(value, (Jet, Ball)) else _number(value)
