"""The gradients around a point, which a claim at a kink is compared with.

At a kink there is no derivative, but next to it there is one, on each side another. They are asked for by
jets at points so near (2**-200 of the size of each element or of 1, held exactly) that they are the limits
up to the precision of floats. A second, far smaller move in another direction separates remaining ties.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from flint import arb

from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring import probes
from gradcheck.measuring.point import Point
from gradcheck.oracles.expansion import NotApplicableError, constants, evaluate
from gradcheck.oracles.numbers.conversion import exacts, filled
from gradcheck.oracles.numbers.working import working
from gradcheck.subjects.subject import Subject

NEAR, NEARER = 200, 350  # binary places of the two moves
BITS = 1536  # hold both next to numbers of 53 bits, with room for what is computed of them
SAME = 2.0**-40  # relative: far more than two limits that are equal differ by
VANISHING = 2.0**-150  # what is smaller next to the point vanishes at it
PAIRS = 24  # of opposite random rays that distinguish a kink from a harmless tie: a wedge may be narrow
ROOM = 1 << 15  # elements in so many pairs
Ray = tuple[Probe, Probe]


@dataclass(frozen=True)
class Seen:
    """Gradients around a point, seen through probes.

    Attributes:
        limits: (rays, probes), NaN where nothing is known.
    """

    limits: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """For each probe, whether all rays have an answer."""
        return np.asarray(np.isfinite(self.limits).all(axis=0))

    def differ(self) -> np.ndarray:
        """For each probe, whether the rays disagree, or one has no answer; what is tiny counts as zero."""
        with np.errstate(all="ignore"):
            room = SAME * np.abs(self.limits).max(axis=0, initial=0.0) + SAME**2
            apart = np.ptp(self.limits, axis=0) > room
        return np.asarray(apart | ~self.known)


def gradients_around(
    subject: Subject, at: Point, k: int, rays: Iterable[Ray], columns: Sequence[Probe], near: int = NEAR
) -> Seen:
    """<G_k, e> next to the point on each ray, for each probe e; jets must apply."""
    return Seen(np.array([_values_near(subject, at, k, ray, columns, near) for ray in rays]))


def is_continuous(scene: Scene, rays: Iterable[Ray]) -> bool:
    """Whether the values of f next to the point are those at the point."""
    assert scene.truth is not None
    f, at = scene.subject.values, scene.at
    for ray in rays:
        try:
            outputs, _ = evaluate(f, _point_on(at, ray, NEAR).inputs, at.active, [], bits=BITS)
        except NotApplicableError:
            return False
        near, here = ([v for y in ys for v in y.flat] for ys in (constants(outputs), scene.truth.values))
        if not all(map(_agree, near, here)):
            return False
    return True


def _agree(near: arb, here: arb) -> bool:
    return bool(abs(near - here) <= SAME * (abs(here) + SAME))


def _point_on(at: Point, ray: Ray, near: int) -> Point:
    first, second = ray
    inputs = list(at.inputs)
    for i, x in at.differentiated():
        inputs[i] = _moved(x, first[i], second[i], near)
    return replace(at, inputs=inputs)


def _values_near(
    subject: Subject, at: Point, k: int, ray: Ray, columns: Sequence[Probe], near: int
) -> list[float]:
    claims = [[arb("inf")] * k for _ in columns]  # the precision of a float is enough
    try:
        there = _point_on(at, ray, near)
        found = there.truth(subject.values, columns, k, claims=claims, start_bits=BITS)
    except NotApplicableError:
        return [np.nan] * len(columns)
    if found.smooth < k:
        return [np.nan] * len(columns)
    return [_number(column[k - 1]) for column in found.columns]


def _number(ball: arb) -> float:
    """The midpoint, if the ball is narrow or as good as zero."""
    narrow = ball.is_finite() and bool(ball.rad() <= abs(ball.mid()) * 2.0**-60 + arb(2) ** -100)
    return float(ball.mid()) if narrow else np.nan


def _moved(x: np.ndarray, d: np.ndarray, e: np.ndarray, near: int) -> np.ndarray:
    """x + 2**-near d + 2**-(near + 150) e, exactly."""
    first, second = arb(2) ** -near, arb(2) ** -(near + NEARER - NEAR)
    with working(2 * BITS):
        parts = zip(exacts(x), exacts(d), exacts(e), strict=True)
        return filled(x.shape, [a + first * b + second * c for a, b, c in parts])


# Rays -------------------------------------------------------------------------------------------------


def random_rays(scene: Scene, pairs: int, seed: int = 0) -> Iterator[Ray]:
    """Opposite pairs, that move each element for its size; fewer where there are many elements.

    Every other pair moves all elements the same way: max(0, min(x, y, ..)) at 0 rests everywhere else.
    """
    rng = np.random.default_rng([8, seed, scene.case.seed])
    for pair in range(max(1, min(pairs, ROOM // scene.at.size))):
        first, second = (_scaled(scene, probes.like(rng, scene.at.inputs)) for _ in range(2))
        first = [np.abs(d) for d in first] if pair % 2 else first
        yield first, second
        yield [-d for d in first], second


def along(scene: Scene, direction: Probe, seed: int = 0) -> Iterator[Ray]:
    """The two rays along a direction; what these leave tied is separated at random."""
    rng = np.random.default_rng([9, seed, scene.case.seed])
    first = _scaled(scene, direction)
    for sign in (1.0, -1.0):
        yield [sign * d for d in first], _scaled(scene, probes.like(rng, scene.at.inputs))


def _scaled(scene: Scene, direction: Probe) -> Probe:
    """Moves for the size of the elements, of large ones no larger than of 1: f may know no larger scale."""
    sizes = [np.minimum(np.abs(x), 1) if x.dtype.kind == "f" else x for x in scene.at.inputs]
    return probes.scaled_like(direction, sizes)
