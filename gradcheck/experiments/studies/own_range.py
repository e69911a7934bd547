"""The error of a user's elementwise op over its whole domain, in ULPs: points far out as well as those drawn.

One element of the first differentiated input moves over the domain that was found for it, the other inputs
stay what they are. The op is called with all points in one array, so it must be elementwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb

from gradcheck.cases.case import Case
from gradcheck.experiments.studies.accuracy import POINTS, derivatives, error_ulp
from gradcheck.experiments.studies.digits import shortened
from gradcheck.subjects.dezero import DezeroSubject

FAR = 20.0  # to both sides, where the domain has no end
NEAR_EDGE, FROM_EDGE = 1e-3, 1e3  # from its only end

Domain = tuple[float, float]


def points(domain: Domain, count: int = POINTS) -> np.ndarray:
    """Points of an open interval: evenly where both ends or none are known, else by decades from its end.

    >>> inf = float("inf")
    >>> points((-inf, inf), 3).tolist(), points((0.0, 1.0), 2).tolist(), points((1.0, inf), 3).tolist()
    ([-20.0, 0.0, 20.0], [0.25, 0.75], [1.001, 2.0, 1001.0])
    """
    low, high = domain
    if math.isinf(low) and math.isinf(high):
        return np.linspace(-FAR, FAR, count)
    if math.isinf(high):
        return low + np.geomspace(NEAR_EDGE, FROM_EDGE, count)
    if math.isinf(low):
        return high - np.geomspace(FROM_EDGE, NEAR_EDGE, count)
    return low + (high - low) * (np.arange(count) + 0.5) / count


@dataclass(frozen=True)
class Range:
    """A case as a function of one number, called with many of them at once.

    Attributes:
        i: which input moves.
    """

    case: Case
    i: int

    @property
    def label(self) -> str:
        """What moves, and how the other inputs are held."""
        names, inputs = self.case.names, self.case.inputs
        held = [
            f"{n} = {_first(x)}" for k, (n, x) in enumerate(zip(names, inputs, strict=True)) if k != self.i
        ]
        moves = f"{self.case.op} as a function of {names[self.i]}"
        return f"{moves}, where {' and '.join(held)}" if held else moves

    def inputs(self, x: Any) -> list[Any]:
        """All inputs, where that which moves is `x`; of other arrays every element is their first."""
        shape = self.case.inputs[self.i].shape
        return [
            x if k == self.i else np.full(np.shape(x), v.flat[0], v.dtype) if self._is_spread(k, shape) else v
            for k, v in enumerate(self.case.inputs)
        ]

    def _is_spread(self, k: int, shape: tuple[int, ...]) -> bool:
        """Whether an input has an element for each of that which moves, or is broadcast to it."""
        held = self.case.inputs[k]
        return held.size > 1 and (held.shape == shape or self.case.active[k])

    @cached_property
    def subject(self) -> DezeroSubject:
        return DezeroSubject(self.case.f, [k == self.i for k in range(len(self.case.inputs))])

    def values(self, x: Any) -> np.ndarray:
        (y,) = self.subject.values(self.inputs(x))
        return np.asarray(y)

    def is_elementwise(self, x: np.ndarray) -> bool:
        """Whether each of the values depends on its own element alone: others are moved, and it stays."""
        y = self.values(x)
        if y.shape != x.shape:
            return False
        parity = np.arange(x.size) % 2
        return all(
            np.array_equal(self.values(np.where(parity == p, x, x[::-1]))[parity == p], y[parity == p], True)
            for p in (0, 1)
        )

    def backward(self, x: np.ndarray, order: int) -> list[np.ndarray]:
        """The derivatives of orders 1 to `order` as backward gives them."""
        inputs = self.inputs(x)
        direction = [np.full(np.shape(v), float(k == self.i)) for k, v in enumerate(inputs)]
        found = self.subject.gradients(inputs, [np.ones_like(x)], direction, order)
        return [np.zeros_like(x) if gs[self.i] is None else np.asarray(gs[self.i]) for gs in found]

    def truth(self, x: np.ndarray, order: int) -> list[list[arb]]:
        """The derivatives by jets; no number where both sides of a tie do not agree."""

        def f(moved: list[Any]) -> list[Any]:
            return self.subject.values(self.inputs(moved[0]))

        sides = [derivatives(f, x, order, side=side) for side in (1, -1)]
        return [
            [a if a.overlaps(b) else arb.nan() for a, b in zip(*same, strict=True)]
            for same in zip(*sides, strict=True)
        ]


def rows_of(case: Case, highest: int) -> list[dict[str, Any]]:
    """The fields of a "range" row for each derivative that does not vanish.

    None where the op is no elementwise function, or jets do not follow its forward.
    """
    moving = Range(case, list(case.active).index(True))
    domain = case.domains[moving.i] if case.domains else (-math.inf, math.inf)
    try:
        with np.errstate(all="ignore"):
            x = _finite(moving, points(domain))
            if x.size < POINTS // 4 or not moving.is_elementwise(x):
                return []
            truth = moving.truth(x, highest + 1)
            return _rows(moving, x, truth, highest) if _follows(moving, x, truth[0]) else []
    except Exception:  # it takes no such array, or jets do not apply: its sections are what there is
        return []


def _rows(moving: Range, x: np.ndarray, truth: list[list[arb]], highest: int) -> list[dict[str, Any]]:
    got = _as_far_as_it_goes(moving, x, highest)
    return [
        {
            "op": moving.case.op,
            "order": k,
            "input": moving.label,
            "x": x.tolist(),
            "error_ulp": shortened(
                error_ulp(g, t, after, v)
                for g, t, after, v in zip(gs, truth[k - 1], truth[k], x, strict=True)
            ),
        }
        for k, gs in enumerate(got, 1)
        if gs.any() or not all(t.is_zero() for t in truth[k - 1])
    ]


def _as_far_as_it_goes(moving: Range, x: np.ndarray, highest: int) -> list[np.ndarray]:
    """What backward gives, up to the highest order at which it raises nothing: the findings tell the rest."""
    for order in range(highest, 0, -1):
        try:
            return moving.backward(x, order)
        except Exception:
            continue
    return []


def _finite(moving: Range, x: np.ndarray) -> np.ndarray:
    """Those of the points at which the values are finite."""
    y = moving.values(x)
    return x[np.isfinite(y)] if y.shape == x.shape else x


def _follows(moving: Range, x: np.ndarray, slopes: list[arb]) -> bool:
    """Whether jets go where the floats of forward go: at most points differences agree with them, roughly."""
    h = 1e-5 * np.maximum(np.minimum(np.abs(x), 1.0), 1e-4)
    differences = (moving.values(x + h) - moving.values(x - h)) / (2 * h)
    known = np.array([float(t.mid()) for t in slopes])
    size = np.nanmax(np.abs(known), initial=0.0)
    near = np.abs(differences - known) <= 1e-2 * np.abs(known) + 1e-5 * size
    return bool(near.sum() > np.isfinite(known).sum() / 2)


def _first(x: np.ndarray) -> str:
    return f"{x.flat[0]:.6g}" if x.size else "empty"
