"""Truth with a proof: Taylor jets through the op's own forward.

With inputs x, cotangent u and directions d and e, the forward is evaluated twice on power series:

    along the line   x + t d              c(t)  = <u, f(x + t d)>
    along the curve  x + t d + t^n e      c'(t) = <u, f(x + t d + t^n e)>

to 2n coefficients. The curve's extra terms of degree below 2n are linear in e, so for k = 1 .. n

    D^k<u, f>[d, .., d, e] = (k - 1)! (c'_{n+k-1} - c_{n+k-1}),

which is <G_k, e> for the estimand G_k of docs/architecture.md: every order from two evaluations, with no
step size. (For n = 1 the line along e alone does.) Coefficients are balls, so each answer carries a proof;
if the balls are too wide for the dtype, the precision is doubled and the evaluation repeated.

Where a comparison in forward meets a tie, both sides of it (t -> 0+ and t -> 0-) are evaluated. Where they
agree the function is smooth along this path and the tie was harmless (the shift by the largest element in
softmax); from the first order at which they differ, the point is a kink.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb, arb_series

from gradcheck.oracles.arithmetic import Arithmetic, Ball, Jet, exact, working

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
        sizes: the size of what each of these is the difference of: beside it, an error shows.
        values: the outputs at x, as object arrays of balls.
        smooth: the highest order (up to the asked) at which no kink was met; 0 where already the
            first derivative differs between the two sides.
        ties: how many comparisons met a tie.
        bits: the precision that sufficed.
    """

    columns: list[list[arb]]
    sizes: list[list[float]]
    values: list[np.ndarray]
    smooth: int
    ties: int
    bits: int


def lift(x: np.ndarray) -> np.ndarray:
    """A real array as an object array of exact Balls."""
    return _filled(x.shape, [Ball(exact(v)) for v in x.ravel().tolist()])


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
    spread: Sequence[np.ndarray] | None = None,
) -> tuple[list[np.ndarray], Arithmetic]:
    """The outputs of `f` along the path x + t path[0] + t^2 path[1] + ..., as object arrays.

    Args:
        inputs: real arrays; those not `active` are handed to `f` as they are.
        path: for each power of t, one array for each input (ignored where not active); len(path) + 1
            coefficients are computed.
        bits: working precision.
        side: +1 for t -> 0+, -1 for t -> 0-, where a comparison meets a tie.
        spread: radii to widen the inputs by: what an uncertainty of the inputs does to the outputs.

    Raises:
        NotApplicableError: `f` does not run on object arrays.
    """
    with working(bits, len(path) + 1, side) as state:
        moved = [
            _series(x, [p[i] for p in path], None if spread is None else spread[i]) if on else x
            for i, (x, on) in enumerate(zip(inputs, active, strict=True))
        ]
        try:
            outputs = f(moved)
        except Exception as error:
            raise NotApplicableError(
                f"forward does not run on object arrays: {_first_line(error)}"
            ) from error
    return outputs, state


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else 'no message'}"


def _series(x: np.ndarray, steps: list[np.ndarray], spread: np.ndarray | None) -> np.ndarray:
    """The elements of x, each as the constant term of a series with the steps as its coefficients."""
    starts = [exact(v) for v in x.ravel().tolist()]
    if spread is not None:
        radii = [exact(v) for v in spread.ravel().tolist()]
        starts = [arb(v.mid(), r) for v, r in zip(starts, radii, strict=True)]
    rest = [[exact(v) for v in step.ravel().tolist()] for step in _trimmed(steps)]
    return _filled(x.shape, [Jet(arb_series(list(c))) for c in zip(starts, *rest, strict=True)])


def _trimmed(steps: list[np.ndarray]) -> list[np.ndarray]:
    """Without the zeros at the end."""
    while steps and not steps[-1].any():
        steps = steps[:-1]
    return steps


def contract(outputs: Sequence[np.ndarray], cotangents: Arrays, length: int) -> list[arb]:
    """The coefficients of <u, outputs>; an output whose cotangent is None is left out."""
    if len(outputs) != len(cotangents):
        raise NotApplicableError(
            f"forward gives {len(outputs)} outputs on object arrays and {len(cotangents)} on floats"
        )
    total = arb_series([0])
    for y, u in zip(outputs, cotangents, strict=True):
        if u is None:
            continue
        if np.shape(y) != np.shape(u):
            raise NotApplicableError(
                f"forward gives shape {np.shape(y)} on object arrays and {np.shape(u)} on floats"
            )
        for value, weight in zip(np.ravel(y).tolist(), u.ravel().tolist(), strict=True):
            if weight != 0:
                total = total + _coefficients(value) * exact(weight)
    return [total[k] for k in range(length)]


def _coefficients(value: Any) -> Any:
    return value.v if isinstance(value, (Jet, Ball)) else arb_series([_number(value)])


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
) -> Truth:
    """Certified <G_k, e> for every probe e and every order k = 1 .. order.

    Args:
        f: the forward, from a list of arrays to a list of arrays.
        inputs: real arrays of any shape; those not `active` are passed along.
        cotangents: u, one array for each output; None for one that is not differentiated.
        direction: d, one array for each input.
        probes: each a list of arrays like `direction`.
        claims: for each probe and order the size of what the answer is to be compared with, which a
            ball need not be narrower than; of 0, it need not be narrower than `Truth.sizes`.
        wanted_bits: relative accuracy at which a ball is narrow enough.

    Raises:
        NotApplicableError: forward does not run on object arrays.

    >>> import numpy as np
    >>> x, one = [np.array([0.5])], [np.array([1.0])]
    >>> found = truth(lambda xs: [np.tanh(xs[0])], x, [True], one, one, [one], 2)
    >>> [round(float(ball.mid()), 12) for ball in found.columns[0]]
    [0.786447732966, -0.726861981384]
    """
    question = _Question(f, inputs, active, cotangents, direction, probes, order)
    bits = START_BITS
    while True:
        found = question.answer(bits)
        if bits >= MAX_BITS or _is_narrow(found, claims, wanted_bits):
            return found
        bits *= 4


def _is_narrow(found: Truth, claims: Sequence[Sequence[arb]] | None, wanted_bits: int) -> bool:
    for n, (column, sizes) in enumerate(zip(found.columns, found.sizes, strict=True)):
        for k, (ball, size) in enumerate(zip(column[: found.smooth], sizes, strict=False)):
            if ball.is_zero() or (ball.is_finite() and ball.rel_accuracy_bits() >= wanted_bits):
                continue
            claim = arb(0) if claims is None else claims[n][k]
            needed = arb(size) if claims is not None and claim.is_zero() else claim
            if not ball.rad() <= needed * arb(2) ** -wanted_bits:
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
        sides = [found, self._one_side(bits, -1)] if found.ties else [found]
        smooth = self.order
        for side in sides:
            for column, reference in zip(side.columns, found.columns, strict=True):
                for k, (ball, other) in enumerate(zip(column, reference, strict=True), 1):
                    if not ball.is_finite() or not ball.overlaps(other):
                        smooth = min(smooth, k - 1)
        return replace(found, smooth=smooth, ties=sum(side.ties for side in sides))

    def _one_side(self, bits: int, side: int) -> Truth:
        ties = 0

        def run(path: Sequence[Arrays]) -> tuple[list[arb], list[np.ndarray]]:
            nonlocal ties
            outputs, state = evaluate(self.f, self.inputs, self.active, path, bits=bits, side=side)
            ties += state.ties
            with working(bits, len(path) + 1):
                return contract(outputs, self.cotangents, len(path) + 1), outputs

        columns, sizes = [], []
        n, rest = self.order, [np.zeros(x.shape) for x in self.inputs]
        outputs: list[np.ndarray] | None = None
        line = [arb(0)] * 2  # for n = 1, at rest
        if n > 1:
            line, outputs = run([self.direction] + [rest] * (2 * n - 2))
        for probe in self.probes:
            before = [self.direction] + [rest] * (n - 2) if n > 1 else []
            curve, values = run(before + [probe] + [rest] * (n - 1))
            outputs = outputs or values
            with working(bits):
                pairs = [(curve[n + k - 1], line[n + k - 1]) for k in range(1, n + 1)]
                factors = [math.factorial(k - 1) for k in range(1, n + 1)]
                columns.append([(c - d) * m for (c, d), m in zip(pairs, factors, strict=True)])
                sizes.append([_size(c, d) * m for (c, d), m in zip(pairs, factors, strict=True)])
        return Truth(columns, sizes, _constants(outputs or []), n, ties, bits)


def _size(curve: arb, line: arb) -> float:
    return max(abs(float(curve.mid())), abs(float(line.mid())))


def _constants(outputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [_filled(np.shape(y), [_constant(v) for v in np.ravel(y).tolist()]) for y in outputs]


def _constant(value: Any) -> arb:
    return value.constant() if isinstance(value, (Jet, Ball)) else _number(value)
