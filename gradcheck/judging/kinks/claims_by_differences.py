"""What may be claimed of a gradient at a point at which f has none.

At a kink a backward may choose, but only among the gradients at points nearby and what lies between them
(see `slopes`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from gradcheck.judging.differenced import Differenced
from gradcheck.judging.finding import Evidence
from gradcheck.judging.kinks.slopes import SlopesAround, slopes_around
from gradcheck.judging.rounding import allowances
from gradcheck.judging.scene import Probe, Scene
from gradcheck.oracles.differences.trust import LONG

MOST_GROUPS = 4  # of equal elements; outputs whose cotangents are named


def judge(scene: Scene, positions: Sequence[int], *, continuous: bool = False) -> Evidence | None:
    """What backward claims of order 1 at some elements: a fail if it cannot be made of the slopes around.

    Where slopes differ, elements that are equal are looked at together as well: at a tie of maxima they add
    up to 1. None where there is nothing to say: no slope is known, or all are alike.

    Args:
        continuous: f is known not to jump, so a claim must be right where all slopes are alike. (Those of a
            staircase are all 0, whatever it approximates.)
    """
    op = Differenced(scene)
    lines = [_Claim(scene, op, scene.at.unit(p), [p]) for p in positions]
    kinked = [line.members[0] for line in lines if line.kinked]
    rows = [line.row(continuous) for line in lines]
    if not any(row and row.verdict == "fail" for row in rows):
        rows += [group.row(continuous=True) for group in _groups(scene, op, kinked)]
    found = [row for row in rows if row is not None]
    return next((row for row in found if row.verdict == "fail"), found[0] if found else None)


def _groups(scene: Scene, op: Differenced, positions: Sequence[int]) -> Iterator[_Claim]:
    """The sums of all elements that are equal to one of these."""
    at = scene.at
    for value in list(dict.fromkeys(scene.at.value(p) for p in positions))[:MOST_GROUPS]:
        equal = at.floats(at.inputs) == value
        members = np.flatnonzero(equal).tolist()
        if len(members) > 1:
            yield _Claim(scene, op, at.shaped(equal.astype(float)), members)


@dataclass(frozen=True)
class _Claim:
    """A direction that moves some elements by 1, and what is claimed and found along it."""

    scene: Scene
    op: Differenced
    direction: Probe
    members: list[int]

    @cached_property
    def around(self) -> SlopesAround:
        return slopes_around(self.op, self.direction, self.scene.case.seed)

    @cached_property
    def claim(self) -> float:
        """What backward says of the direction, in units of the cotangent."""
        return float(self.scene.got(1)[self.members].astype(LONG).sum()) / self._unit + 0.0

    @property
    def kinked(self) -> bool:
        """Whether slopes around differ."""
        return self.around.kind == "known" and not self.around.alike

    @property
    def _unit(self) -> float:
        return self.around.cotangent or 1.0

    @property
    def _rounding(self) -> float:
        own = allowances(self.scene)[0][self.members].sum()
        size = np.abs(self.scene.got(1)[self.members]).sum()
        return float(own + len(self.members) * np.finfo(self.scene.at.dtype).eps * size) / abs(self._unit)

    def row(self, continuous: bool) -> Evidence | None:
        around, claim = self.around, self.claim
        if np.isnan(claim):
            return self._evidence("fail")
        if around.kind == "edge" or around.grows:
            return self._evidence("inconclusive")
        if (self.kinked or (continuous and around.alike)) and not around.holds(claim, self._rounding):
            return self._evidence("fail")
        return self._evidence("inconclusive") if self.kinked else None

    def _evidence(self, verdict: Literal["fail", "inconclusive"]) -> Evidence:
        return Evidence(
            order=1,
            oracle="finite_difference",
            verdict=verdict,
            reason=self._reason(),
            expected=self.around.interval,
            got=f"{self.claim:.17g}",
            **self.scene.element(self.members[0]),
        )

    def _reason(self) -> str:
        around, together = self.around, len(self.members) > 1
        smooth = around.kind == "unknown" or (around.alike and not together)
        what = "is not smooth" if smooth else "has a kink"
        what = "is at the edge of its domain" if around.kind == "edge" else what
        claims = "backward's claims add up to" if together else "backward claims"
        found = f", {around}" if around.interval or around.grows else ""
        if together:
            found = found.replace("around", "along all of them together")
        named = self.scene.named(self.members)
        return f"order 1: f {what} at {named}: {claims} {self.claim:.4g}{found} ({self._cotangent()})"

    def _cotangent(self) -> str:
        if self.around.cotangent is not None:
            return "for a cotangent of 1"
        weights = self.op.weights
        named = ", ".join(f"{w:.4g}" for w in weights[:MOST_GROUPS])
        return f"for the cotangent {named}{', ...' if len(weights) > MOST_GROUPS else ''}"
