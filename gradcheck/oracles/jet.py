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

At a point where forward divides 0 by 0 or takes the root of 0, the path may resolve what x alone does not:
t a / t b is a / b. What it gives is a limit along one ray. That it is a derivative is believed where both
sides agree and where, along other directions, it changes as a derivative must: as a polynomial in the
direction.

Several probes share an evaluation, where no comparison meets a tie: at higher orders each moves x by an s of
its own. Order 1 needs no path, so t is free for something else: s moves x by e1 + t e2 + t^2 e3 + ..., and
one series tells of all these probes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from flint import arb

from gradcheck.oracles import packed_jet
from gradcheck.oracles.expansion import (
    BEYOND,
    START_BITS,
    Arrays,
    Forward,
    NotApplicableError,
    UndefinedError,
    bearing,
    constants,
    contract,
    contract_change,
    contract_changes,
    evaluate,
    lift,
)
from gradcheck.oracles.numbers.conversion import exacts, filled
from gradcheck.oracles.numbers.working import WANTED_BITS, Arithmetic, working

__all__ = [
    "START_BITS",
    "NotApplicableError",
    "Truth",
    "bearing",
    "contract",
    "evaluate",
    "lift",
    "truth",
]

AT_ONCE = 128  # probes in one evaluation
MAX_BITS = 2048  # past this a value is taken for an exact zero that no precision can prove


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
        guesses: how many comparisons no precision decided: what may be zero was taken for zero.
    """

    columns: list[list[arb]]
    values: list[np.ndarray]
    smooth: int
    ties: int
    bits: int
    guesses: int = 0


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
    start_bits: int = START_BITS,
    packed: bool = False,
) -> Truth:
    """Certified <G_k, e> for every probe e and every order k = 1 .. order.

    Args:
        f: the forward, from a list of arrays to a list of arrays.
        inputs: real arrays of any shape, or object arrays of exact balls; those not `active` are passed
            along.
        cotangents: u, one array for each output; None for one that is not differentiated.
        direction: d, one array for each input.
        probes: each a list of arrays like `direction`.
        claims: for each probe and order the size of what the answer is compared with: relative to
            that a ball must be narrow, not relative to itself.
        start_bits: the working precision of the first try.
        packed: try whether forward does no more than to add and to multiply, first.

    Raises:
        NotApplicableError: forward does not run on object arrays.

    >>> import numpy as np
    >>> x, one = [np.array([0.5])], [np.array([1.0])]
    >>> found = truth(lambda xs: [np.tanh(xs[0])], x, [True], one, one, [one], 2)
    >>> [round(float(ball.mid()), 12) for ball in found.columns[0]]
    [0.786447732966, -0.726861981384]
    """
    question = _Question(f, inputs, active, cotangents, direction, probes, order)
    found = question.packed() if packed else None
    if found is not None and _is_narrow(found, claims):
        return found
    bits = start_bits
    while True:
        found = question.answer(bits)
        if bits >= MAX_BITS or (not found.guesses and _is_narrow(found, claims)):
            return found
        bits *= 4


def _is_narrow(found: Truth, claims: Sequence[Sequence[arb]] | None) -> bool:
    for n, column in enumerate(found.columns):
        for k, ball in enumerate(column[: found.smooth]):
            if ball.is_zero() or (ball.is_finite() and ball.rel_accuracy_bits() >= WANTED_BITS):
                continue
            if claims is None or not ball.rad() <= claims[n][k] * arb(2) ** -WANTED_BITS:
                return False
    return True


@dataclass(frozen=True)
class _Side:
    """What one side of x says, t -> 0+ or t -> 0-, and what the evaluations met."""

    columns: list[list[arb]]
    values: list[np.ndarray]
    ties: int
    guesses: int
    singular: int
    resolved: int

    @property
    def finite(self) -> bool:
        return all(ball.is_finite() for column in self.columns for ball in column)


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

    def packed(self) -> Truth | None:
        """No ties are met there: nothing is compared."""
        path = self.direction if self.order > 1 else None
        given = self.f, self.inputs, self.active, self.cotangents, path, self.probes, self.order
        found = packed_jet.columns(*given)
        if found is None:
            return None
        with working(START_BITS):
            columns = [_derivatives(changes) for changes in found[0]]
        return Truth(columns, found[1], self.order, 0, START_BITS)

    def answer(self, bits: int) -> Truth:
        """At one precision; where x itself is singular (0/0, a root of 0), from what is around it."""
        try:
            found = self._side(bits, 1, self.order)
        except UndefinedError:
            return self._from_neighbours(bits)
        if found.resolved or (found.singular and not found.finite):
            return self._from_neighbours(bits)
        return self._on_both_sides(bits, found, self.order)

    def _on_both_sides(self, bits: int, found: _Side, length: int) -> Truth:
        """The truth on one side; where a comparison met a tie, as far as the other side agrees."""
        both = [found, self._side(bits, -1, length)] if found.ties or length > self.order else [found]
        ties, guesses = sum(s.ties for s in both), sum(s.guesses for s in both)
        return Truth(found.columns, found.values, _smooth(found, both[-1], self.order), ties, bits, guesses)

    def _from_neighbours(self, bits: int) -> Truth:
        """From both sides along the direction, and along others: limits may differ from ray to ray."""
        length = self.order + BEYOND
        found = self._side(bits, 1, length)
        both = self._on_both_sides(bits, found, length)
        if not found.resolved or not both.smooth:
            return both
        return replace(both, smooth=min(both.smooth, self._polynomial(bits, found)))

    def _polynomial(self, bits: int, found: _Side) -> int:
        """The highest order up to which <G_k, e> is a polynomial of degree k - 1 in the direction.

        So it is where f has these derivatives: on the line d + j d', j = 0, 1, .., its k-th differences are
        zero. One e stands for all probes: a sum of them with random weights.
        """
        rng = np.random.default_rng(0)
        weights = rng.integers(1, 256, len(self.probes)).tolist()
        steps = [rng.integers(-255, 256, d.shape) / 64 * (np.asarray(d) != 0) for d in self.direction]
        with working(bits):
            rows = [[_total(c, weights) for c in zip(*found.columns, strict=True)]]
            probe = [_summed(parts, weights) for parts in zip(*self.probes, strict=True)]
            lines = [
                [_summed([d, step], [1, j]) for d, step in zip(self.direction, steps, strict=True)]
                for j in range(1, self.order + 1)
            ]
        for line in lines:
            on_line = replace(self, direction=line, probes=[probe])
            rows += on_line._side(bits, 1, self.order + BEYOND).columns
        with working(bits):
            orders = range(1, self.order + 1)
            return next((k - 1 for k in orders if not _vanishes(rows, k)), self.order)

    def _side(self, bits: int, side: int, length: int) -> _Side:
        if length <= self.order and len(self.probes) > 1 and side > 0:  # the other side is asked at a tie
            blocks = [self.probes[i : i + AT_ONCE] for i in range(0, len(self.probes), AT_ONCE)]
            found = self._together(bits, length, blocks)
            if found is not None:
                return found
        return _joined([self._one(bits, side, length, probe) for probe in self.probes])

    def _together(self, bits: int, length: int, blocks: Sequence[Sequence[Arrays]]) -> _Side | None:
        """Several probes in one evaluation; None where each needs its own, as where s would decide a tie."""
        try:
            evaluate_block = self._without_path if length == 1 else self._on_path
            found = _joined([evaluate_block(bits, length, block) for block in blocks])
        except NotApplicableError:
            if length == 1:
                raise
            return None
        singular = length > 1 and found.singular
        return found if found.finite and not found.ties and not singular else None

    def _without_path(self, bits: int, length: int, probes: Sequence[Arrays]) -> _Side:
        """Order 1: t has nothing else to do, so one series tells of all probes."""
        outputs, state = self._evaluated(bits, 1, [], probes)
        with working(bits, len(probes)):
            changes = contract_change(outputs, self.cotangents, len(probes))
        return _side([[c] for c in changes], outputs, state)

    def _on_path(self, bits: int, length: int, probes: Sequence[Arrays]) -> _Side:
        outputs, state = self._evaluated(bits, 1, self._path(length), probes)
        with working(bits, length):
            columns = self._columns(outputs, len(probes))
        return _side(columns, outputs, state)

    def _one(self, bits: int, side: int, length: int, probe: Arrays) -> _Side:
        outputs, state = self._evaluated(bits, side, self._path(length), [probe])
        with working(bits, length):
            columns = self._columns(outputs, 1)
        return _side(columns, outputs, state)

    def _path(self, length: int) -> list[Arrays]:
        rest = [np.zeros(x.shape) for x in self.inputs]
        return [self.direction, *([rest] * (length - 2))] if length > 1 else []

    def _evaluated(
        self, bits: int, side: int, path: Sequence[Arrays], probes: Sequence[Arrays]
    ) -> tuple[list[np.ndarray], Arithmetic]:
        return evaluate(self.f, self.inputs, self.active, path, bits=bits, side=side, probes=probes)

    def _columns(self, outputs: list[np.ndarray], probes: int) -> list[list[arb]]:
        return list(map(_derivatives, contract_changes(outputs, self.cotangents, self.order, probes)))


def _derivatives(changes: Sequence[arb]) -> list[arb]:
    """<G_k, e> of the coefficients in t of what multiplies s."""
    return [c * math.factorial(k) for k, c in enumerate(changes)]


def _side(columns: list[list[arb]], outputs: list[np.ndarray], met: Arithmetic) -> _Side:
    return _Side(columns, constants(outputs), met.ties, met.guesses, met.singular, met.resolved)


def _joined(sides: Sequence[_Side]) -> _Side:
    """The columns of all; the values are the same in each."""
    columns = [column for side in sides for column in side.columns]
    counts = (sum(getattr(s, n) for s in sides) for n in ("ties", "guesses", "singular", "resolved"))
    return _Side(columns, sides[-1].values if sides else [], *counts)


def _summed(arrays: Sequence[np.ndarray], weights: Sequence[int]) -> np.ndarray:
    """The weighted sum of arrays, in balls."""
    elements = zip(*map(exacts, map(np.asarray, arrays)), strict=True)
    return filled(np.shape(arrays[0]), [_total(e, weights) for e in elements])


def _vanishes(rows: Sequence[Sequence[arb]], k: int) -> bool:
    """Whether the k-th difference of order k may be zero."""
    signs = [(-1) ** j * math.comb(k, j) for j in range(k + 1)]
    difference = _total([row[k - 1] for row in rows[: k + 1]], signs)
    return difference.is_finite() and difference.contains(0)


def _total(balls: Sequence[arb], weights: Sequence[int]) -> arb:
    return sum((b * w for b, w in zip(balls, weights, strict=True)), arb(0))


def _smooth(found: _Side, other: _Side, order: int) -> int:
    """The highest order at which both sides agree; 0 where f jumps."""
    if other is not found and not all(map(_overlap, found.values, other.values)):
        return 0
    smooth = order
    for column, reference in zip(other.columns, found.columns, strict=True):
        for k, (ball, same) in enumerate(zip(column, reference, strict=True), 1):
            if not ball.is_finite() or not ball.overlaps(same):
                smooth = min(smooth, k - 1)
    return smooth


def _overlap(balls: np.ndarray, others: np.ndarray) -> bool:
    return all(a.overlaps(b) for a, b in zip(balls.flat, others.flat, strict=True))
