"""The gradients around a point: what a claim at a kink must be made of.

At a kink there is no derivative, but next to it there is one, on each side another. They are asked for by jets
at points so near (2**-200 of the size of each element, held exactly) that they are the limits as far as floats
can tell. A second, far smaller move in another direction parts what the first leaves tied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb

from gradcheck import probes
from gradcheck.judging.scene import Probe, Scene
from gradcheck.oracles import jet
from gradcheck.oracles.arithmetic import exacts, working

NEAR, NEARER = 200, 350  # binary places of the two moves
BITS = 1024  # hold both beside numbers of 53 bits, with room for what is computed of them
PAIRS = 4  # of opposite random rays that tell a kink from a harmless tie
Ray = tuple[Probe, Probe]


@dataclass(frozen=True)
class Around:
    """Gradients around a point, seen through probes.

    Attributes:
        limits: (rays, probes), NaN where nothing is known.
    """

    limits: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """For each probe, whether all rays tell."""
        return np.asarray(np.isfinite(self.limits).all(axis=0))

    def differ(self, scale: float) -> np.ndarray:
        """For each probe, whether rays disagree by more than rounding beside the largest, or do not tell."""
        with np.errstate(all="ignore"):
            apart = np.ptp(self.limits, axis=0) > scale * np.abs(self.limits).max(axis=0, initial=0.0)
        return np.asarray(apart | ~self.known)


def look(scene: Scene, k: int, rays: Sequence[Ray], columns: Sequence[Probe], near: int = NEAR) -> Around:
    """<G_k, e> next to the point on each ray, for each probe e; jets must apply."""
    return Around(np.array([_beside(scene, k, ray, columns, near) for ray in rays]))


def _beside(scene: Scene, k: int, ray: Ray, columns: Sequence[Probe], near: int) -> list[float]:
    at = scene.at
    there = [
        _moved(x, d, e, near) if on else x
        for x, d, e, on in zip(at.inputs, *ray, at.active, strict=True)
    ]
    claims = [[arb("inf")] * k for _ in columns]  # a float's worth is enough
    try:
        found = jet.truth(
            scene.subject.values,
            there,
            at.active,
            at.cotangents,
            at.direction,
            columns,
            k,
            claims=claims,
            start_bits=BITS,
        )
    except jet.NotApplicableError:
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
    result = np.empty(x.shape, dtype=object)
    with working(2 * BITS):
        parts = zip(exacts(x), exacts(d), exacts(e), strict=True)
        result.reshape(-1)[:] = [a + first * b + second * c for a, b, c in parts]
    return result


# Rays -------------------------------------------------------------------------------------------------


def random_rays(scene: Scene, pairs: int, seed: int = 0) -> Iterator[Ray]:
    """Opposite pairs, that move each element for its size."""
    rng = np.random.default_rng([8, seed, scene.case.seed])
    for _ in range(pairs):
        first, second = (_scaled(scene, probes.like(rng, scene.at.inputs)) for _ in range(2))
        yield first, second
        yield [-d for d in first], second


def along(scene: Scene, direction: Probe, seed: int = 0) -> Iterator[Ray]:
    """The two rays along a direction; what these leave tied is parted at random."""
    rng = np.random.default_rng([9, seed, scene.case.seed])
    first = _scaled(scene, direction)
    for sign in (1.0, -1.0):
        yield [sign * d for d in first], _scaled(scene, probes.like(rng, scene.at.inputs))


def _scaled(scene: Scene, direction: Probe) -> Probe:
    return probes.scaled_like(direction, scene.at.inputs)
