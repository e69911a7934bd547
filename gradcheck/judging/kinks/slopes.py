"""Slopes at points around a point, along one direction: central differences at two distances that must agree.

The points lie on both sides along the direction, and with all other elements moved at random.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gradcheck.judging.differenced import Differenced
from gradcheck.judging.scene import Probe
from gradcheck.measuring import probes
from gradcheck.oracles.differences.paths import Path, ulps
from gradcheck.oracles.differences.trust import LONG
from gradcheck.system.floats import precision

Kind = Literal["known", "edge", "unknown"]

COMPANIONS, FEW, LARGE = 16, 4, 1000  # random moves of the other elements; fewer beyond so many elements
OWN = (0.125, -0.125, 1.0, -1.0)  # moves of the element itself with each, for the size of theirs
NEARER = 16.0  # the ratio of two distances
FINE = 32.0  # a difference's step is so many times smaller than the distance
AGREEING = 2.0**-8  # how far differences of two steps may be apart, for their size
ROUNDED = 8.0  # times what rounding may do, how far they may be apart besides that
COARSE = 1e-3  # of the largest slope, by which slopes differ between which nothing can be claimed
STEEPER = 1.25  # times the slope farther out, from which on it grows
RARE = 8  # if of so many points more than one has a slope of its own, others are still unseen


@dataclass(frozen=True)
class SlopesAround:
    """Slopes of <u, f> along a direction, at points around the point.

    Attributes:
        lowest, highest: between these a claim may lie, give or take `slack`, and `unseen` where slopes differ
            from point to point so much that not all have been met.
        kind: "known"; "edge", if f is not finite on a side; "unknown", if slopes do not settle.
        grows: slopes grow without bound towards the point.
        cotangent: that of the one output that moves, by which all is divided; None if several move.
    """

    lowest: float
    highest: float
    slack: float
    unseen: float
    kind: Kind
    grows: bool
    cotangent: float | None

    def holds(self, claim: float, rounding: float = 0.0) -> bool:
        """Whether the claim, in units of the cotangent, is possible with these slopes."""
        slack = self.slack + self.unseen + rounding
        return bool(np.isfinite(claim)) and self.lowest - slack <= claim <= self.highest + slack

    @property
    def alike(self) -> bool:
        """Whether all slopes are the same."""
        return self.highest - self.lowest <= self.slack

    @property
    def interval(self) -> str:
        """The numbers between which a claim may lie; "" where they are not known."""
        largest = max(abs(self.lowest), abs(self.highest))
        small = self.slack if self.alike else min(self.slack, AGREEING * largest)
        ends = [0.0 if abs(end) <= small else end for end in (self.lowest, self.highest)]
        if not np.isfinite(self.slack) or self.grows:
            return ""
        return f"{ends[-1]:.4g}" if self.alike else f"{ends[0]:.4g} to {ends[1]:.4g}"

    def __str__(self) -> str:
        if self.grows:
            return "the slopes around grow without bound"
        return f"the slopes around are {'all ' * self.alike}{self.interval.replace(' to ', ' and ')}"


@dataclass(frozen=True)
class _Sampled:
    """Slopes at some distance: (K,) values and their errors; NaN where f is not finite, or turns."""

    values: np.ndarray
    errors: np.ndarray
    outside: float  # the share of points at which f is not finite
    moved: np.ndarray  # which outputs move at any of them

    @property
    def known(self) -> np.ndarray:
        return np.isfinite(self.values)

    @property
    def ends(self) -> np.ndarray:
        return np.array([np.nanmin(self.values), np.nanmax(self.values)])

    @property
    def error(self) -> float:
        return float(self.errors[self.known].max())

    @property
    def steepest(self) -> float:
        return float(np.abs(self.ends).max())


def slopes_around(op: Differenced, direction: Probe, seed: int) -> SlopesAround:
    """The slopes of <u, f> along the direction at points around; `seed` draws the other elements' moves."""
    distance = 2.0 ** -(precision(op.at.dtype) // 4)
    offsets = list(_offsets(op, direction, seed))
    size = _size(op, direction)
    far, near = (_sampled(op, direction, offsets, size, r) for r in (distance, distance / NEARER))
    moved = far.moved | near.moved
    unit = float(op.weights[moved][0]) if moved.sum() == 1 else None
    edge = max(far.outside, near.outside) > 1 / RARE
    kind: Kind = "edge" if edge else "known"
    share = min(far.known.mean(), near.known.mean())
    if share == 0 or (share < 0.5 and not edge):
        return SlopesAround(np.nan, np.nan, np.inf, 0.0, "unknown", False, unit)
    grows = False
    if near.steepest > STEEPER * far.steepest + near.error + far.error:
        nearest = _sampled(op, direction, offsets, size, distance / NEARER**2)
        grows = bool(nearest.known.any()) and nearest.steepest > STEEPER * near.steepest + nearest.error
        kind = kind if grows or edge else "unknown"
    slack = near.error + 2 * float(np.abs(near.ends - far.ends).max())
    unseen = 0.0 if _seen_all(near.values, slack) else float(np.ptp(near.ends))
    low, high = np.sort(near.ends / (unit or 1.0)).tolist()
    slack, unseen = slack / abs(unit or 1.0), unseen / abs(unit or 1.0)
    return SlopesAround(low, high, slack, unseen, kind, grows, unit)


def is_far_from_all(op: Differenced, direction: Probe, seed: int, claim: float) -> bool:
    """Whether a claim is far from the slopes at all these points, which are alike: so f has no kink here.

    One difference at each point tells, where `slopes_around` takes four.
    """
    distance, size = 2.0 ** -(precision(op.at.dtype) // 4) / NEARER, _size(op, direction)
    points = (_moved_inputs(op, offset, distance) for offset in _offsets(op, direction, seed))
    found = []
    for inputs in points:
        if inputs is None:
            return False
        found.append(_central(op, Path(inputs, direction, op.limits), distance * size / FINE)[:2])
    values, errors = np.array(found).T
    apart, unsure = float(np.ptp(values)), COARSE * float(np.abs(values).max())
    off = max(claim - values.max(), values.min() - claim)
    return bool(apart <= unsure and off > ROUNDED * (unsure + apart + errors.max()))


def _seen_all(values: np.ndarray, slack: float) -> bool:
    """Whether few slopes were met with one companion only: then hardly any are unseen (Good and Turing)."""
    known = np.isfinite(values)
    companions = (np.arange(values.size) + len(OWN) - 2) // len(OWN)  # the first two points have none
    order = np.argsort(values[known])
    ordered, met = values[known][order], companions[known][order]
    apart = np.flatnonzero(np.diff(ordered) > slack + AGREEING * np.ptp(ordered)) + 1
    alone = sum(len(set(part.tolist())) == 1 for part in np.split(met, apart))
    return bool(alone * RARE <= ordered.size)


def _size(op: Differenced, direction: Probe) -> float:
    """The size of the elements that the direction moves, a power of two."""
    return max(float(np.abs(d).max(initial=0)) for d in probes.scaled_like(direction, op.at.inputs))


def _offsets(op: Differenced, direction: Probe, seed: int) -> Iterator[Probe]:
    """Moves away from the point, for the size of each element: along the direction, and with all others."""
    size, at = _size(op, direction), op.at
    own = [d * size for d in direction]
    yield from (own, [-d for d in own])
    alone = sum(np.count_nonzero(d) for d in direction) == 1
    rng = np.random.default_rng([8, seed])
    for _ in range(COMPANIONS if at.size <= LARGE else FEW):
        drawn = at.moving(probes.scaled_like(probes.like(rng, at.inputs), at.inputs))
        others = [w * ~(alone & (d != 0)) for w, d in zip(drawn, direction, strict=True)]
        yield from ([w + share * d for w, d in zip(others, own, strict=True)] for share in OWN)


def _sampled(
    op: Differenced, direction: Probe, offsets: Sequence[Probe], size: float, distance: float
) -> _Sampled:
    step = distance * size / FINE
    found = [_slope(op, _moved_inputs(op, offset, distance), direction, step) for offset in offsets]
    values, errors, moved = (np.array(column) for column in zip(*found, strict=True))
    return _Sampled(values, errors, float(np.isnan(errors).mean()), np.asarray(moved.any(axis=0)))


def _moved_inputs(op: Differenced, offset: Probe, distance: float) -> list[np.ndarray] | None:
    """The inputs moved by so much of the offset; None outside of the domain."""
    inputs, off = Path(op.at.inputs, offset, op.limits).at(LONG(distance))
    return inputs if off <= distance / FINE else None


def _slope(
    op: Differenced, inputs: list[np.ndarray] | None, direction: Probe, step: float
) -> tuple[float, float, np.ndarray]:
    """The slope, its error and which outputs moved; NaN where f is not finite, or turns within the step."""
    if inputs is None:
        return np.nan, np.nan, np.zeros(op.weights.shape, bool)
    path = Path(inputs, direction, op.limits)
    (value, error, moved), (finer, other, _) = (_central(op, path, h) for h in (step, step / 4))
    apart = abs(value - finer)
    settled = apart <= AGREEING * max(abs(value), abs(finer)) + ROUNDED * (error + other)
    return (value if settled else np.nan), apart + error + other, moved


def _central(op: Differenced, path: Path, step: float) -> tuple[float, float, np.ndarray]:
    """One central difference, what rounding may do to it, and which outputs it moves."""
    (above, off), (below, off_below) = path.at(LONG(step)), path.at(LONG(-step))
    up, down = op.values(above), op.values(below)
    with np.errstate(all="ignore"):
        change, moved = op.weights * (up.astype(LONG) - down), up != down
        rounding = np.abs(op.weights) * (ulps(up, up.dtype) + ulps(down, down.dtype))
        value = float(change.sum() / (2 * step))
        error = float((rounding.sum(where=moved) / step + abs(value) * (off + off_below) / step) / 2)
    finite = np.isfinite(value) and np.isfinite(error)
    return (value, error, moved) if finite else (np.nan, np.nan, np.zeros(moved.shape, bool))
