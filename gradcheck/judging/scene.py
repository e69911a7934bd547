"""A case with its measurements: what is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from flint import arb

from gradcheck.cases.case import Case
from gradcheck.judging.finding import Evidence
from gradcheck.measuring.dtype_range import leaves_range
from gradcheck.measuring.measure import Measured, measure
from gradcheck.measuring.point import Point
from gradcheck.oracles import jet
from gradcheck.oracles.numbers import ulp
from gradcheck.subjects.subject import Subject

Probe = list[np.ndarray]  # for each input, the weights of its elements
T = TypeVar("T")


@dataclass(frozen=True)
class Kinks:
    """What is known of the elements on a kink.

    Attributes:
        suspects: their positions; None where they were not searched for.
        left_out: those of them through which nothing moves in this scene: the remaining elements are judged.
        claim: what was said of backward's claims there.
        limited: the order whose truth is what the gradients around tend to; 0 for none.
    """

    suspects: Sequence[int] | None = None
    left_out: Sequence[int] = ()
    claim: Evidence | None = None
    limited: int = 0


@dataclass
class Answers:
    """What was computed of one scene on demand; each is written by the module that computes it, named here.

    Attributes:
        elements: true derivatives of single elements, by order and position (`proof.locate`).
        located: by order, whether each of some elements is wrong, where a few sums show it of all
            (`proof.locate`).
        estimates: by order and position, what finite differences say, where jets do not apply
            (`estimate.finite_difference`).
    """

    elements: dict[tuple[int, int], arb] = field(default_factory=dict)
    located: dict[int, dict[int, bool]] = field(default_factory=dict)
    estimates: dict[int, dict[int, arb]] = field(default_factory=dict)
    _once: dict[str, Any] = field(default_factory=dict)

    def once(self, question: str, compute: Callable[[], T]) -> T:
        """The answer to a question; computed when it is first asked."""
        if question not in self._once:
            self._once[question] = compute()
        found: T = self._once[question]
        return found


@dataclass(frozen=True, eq=False)
class Scene:
    """A case with what has been measured of it. A changed one (`dataclasses.replace`) has no answers yet.

    Attributes:
        at: where and along what the subject was differentiated.
        outputs: its values there.
        measured: its gradients.
        columns: the probes that the truth was asked for.
        truth: what jets say, or None with the obstacle.
        obstacle: why jets do not apply.
        truth_seconds: how long it took to ask.
        kinks: the elements on a kink.
        runs: for each order the smallest and the largest gradients of several runs (on a device).
        nearby: the point is not the given one, but near it.
        large: there is too much to do for a proof: neither jets nor balls are asked.
        answers: what was computed of all this.
    """

    case: Case
    subject: Subject
    at: Point
    outputs: list[np.ndarray]
    measured: Measured
    columns: Sequence[Probe] = ()
    truth: jet.Truth | None = None
    obstacle: str | None = None
    truth_seconds: float = 0.0
    kinks: Kinks = Kinks()
    runs: Sequence[np.ndarray] = ()
    nearby: bool = False
    large: bool = False
    answers: Answers = field(default_factory=Answers, init=False)

    @property
    def beyond(self) -> bool:
        """Whether a number on the way lies beyond the range of the dtype."""
        order = max(self.measured.reached, 1)
        balls = not self.large
        return self.answers.once("beyond", lambda: leaves_range(self.subject, self.at, order, balls=balls))

    def measured_at(self, at: Point) -> Measured:
        """What the subject gives at another point; without balls, where there are none here."""
        return measure(self.subject, at, balls=not self.large)

    @cached_property
    def fitting(self) -> int:
        """The highest order up to which every gradient has the shape of its input."""
        orders = range(1, len(self.measured.got) + 1)
        return next((k - 1 for k in orders if self.misfit(k)), len(orders))

    def misfit(self, k: int) -> str | None:
        """What is wrong with the shapes of the gradients of order k, or None."""
        for i, g, x in self.pairs(k):
            if g is not None and g.shape != x.shape:
                name = self.case.names[i]
                return f"order {k}: gradient of input {i} ({name}) has shape {g.shape}, the input {x.shape}"
        return None

    def pairs(self, k: int) -> Iterator[tuple[int, Any, np.ndarray]]:
        """(number, gradient of order k or None, input) of each differentiated input."""
        for i, x in self.at.differentiated():
            yield i, self.measured.got[k - 1][i], x

    def got(self, k: int) -> np.ndarray:
        """Backward's floats of order k in one array, 0 where a gradient is None."""
        return self.at.floats(self.measured.got[k - 1])

    def high(self, k: int) -> list[arb]:
        """Backward's narrow balls of order k; `measured.high` must be there."""
        assert self.measured.high is not None
        return self.at.balls(self.measured.high[k - 1])

    def split(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """`high` as floats, and what is left of them."""
        packed = self.measured.packed
        if packed is None:
            return ulp.split(self.high(k))
        hi, lo = ([g and getattr(g, part) for g in packed[k - 1]] for part in ("hi", "lo"))
        return self.at.floats(hi), self.at.floats(lo)

    def low(self, k: int) -> list[arb]:
        """Backward's balls of order k at the dtype's precision; of infinite radius if unknown."""
        low = self.measured.low(k)
        return self.at.balls(low[k - 1]) if low else [arb(0, float("inf"))] * self.at.size

    def weights(self, column: Probe) -> list[tuple[int, float]]:
        """(position, weight) of the elements that a probe weighs."""
        everything = self.at.floats(column)
        positions = np.flatnonzero(everything)
        return list(zip(positions.tolist(), everything[positions].tolist(), strict=True))

    @cached_property
    def weighed(self) -> list[list[tuple[int, float]]]:
        """`weights` of each of the probes that the truth was asked for."""
        return [self.weights(column) for column in self.columns]

    def ask(self, columns: Sequence[Probe]) -> jet.Truth:
        """What jets say of these probes; balls no narrower than backward's claims ask for."""
        at = self.at
        weights = np.array([at.floats(column) for column in columns]).reshape(len(columns), at.size)
        sizes = [self._sizes(k, columns, weights) for k in range(1, at.order + 1)]
        claims = [[of_order[n] for of_order in sizes] for n in range(len(columns))]
        packed = self.measured.packed is not None
        return at.truth(self.subject.values, columns, at.order, claims=claims, packed=packed)

    def _sizes(self, k: int, columns: Sequence[Probe], weights: np.ndarray) -> list[arb]:
        """The size of what backward gives for each probe; 0 where it gives nothing that fits."""
        if k > self.fitting:
            return [arb(0)] * len(columns)
        sizes = map(float, np.abs(self.got(k) * weights).sum(axis=1))  # of longdoubles too
        return [self._size(k, column, size) for column, size in zip(columns, sizes, strict=True)]

    def _size(self, k: int, column: Probe, size: float) -> arb:
        if size > 0 or self.measured.high is None:
            return arb(size) if np.isfinite(size) else arb(0)
        high = self.high(k)  # may be too small for a float
        return sum((abs(high[p].mid() * weight) for p, weight in self.weights(column)), arb(0))

    def element(self, position: int) -> dict[str, Any]:
        """What Evidence says of an element: where it is, and the input's value there."""
        where, value = self.case.place(position), str(self.at.value(position))
        return {"where": where, "position": position, "input_value": value}

    def named(self, positions: Sequence[int]) -> str:
        """The elements in words, with their values; three at most."""
        names = ", ".join(f"{self.case.place(p)} = {self.at.value(p)}" for p in positions[:3])
        return f"{names}{' and others' if len(positions) > 3 else ''}"
