"""What backward claims at a kink, compared with the gradients around it.

A claim must be made of these: between the smallest and the largest of them, element by element; and where a
sum of elements is the same on all sides (the shares of a tie), it is that sum. NaN is made of nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gradcheck.judging import numerals
from gradcheck.judging.finding import Evidence
from gradcheck.judging.kinks import rays
from gradcheck.judging.kinks.rays import Ray
from gradcheck.judging.scene import Probe, Scene
from gradcheck.judging.verdict import Formula, Verdict
from gradcheck.measuring.measure import gradients
from gradcheck.measuring.point import Point
from gradcheck.system import floats

EACH = 32  # elements at most, each of which is judged; of more, that with the largest claim, and the sum
RAYS = 24  # opposite pairs of random rays around small arrays
AGAIN = 128  # as many more before a claim is called wrong
FEWEST = 4  # rays with an answer, for a claim to be judged
FEW = 3  # different slopes: a choice of which each is met, and named
MANY, LARGEST = 16, 8  # of so many rays the largest slopes that show how densely they lie
FAR = 2  # times as far as these lie apart there may be others
ROUNDED = 16  # ULPs that a claim may be off by rounding


def judge(scene: Scene, k: int, positions: list[int]) -> Evidence | None:
    """A row of order k: a fail where the claims at these elements are not made of the gradients around.

    None where these are not known, and the claims are finite.
    """
    views = [_View(scene, at, k, positions, of) for at, of in _cotangents(scene)]
    for view in views:
        wrong = view.wrong
        if wrong is not None:
            row = _row(scene, k, positions[wrong.element], "fail", wrong.words + view.of)
            return replace(row, where=scene.named(positions)) if wrong.together else row
    if len(views[0].limits) < FEWEST:
        return None
    shown = next((view for view in views if view.differs), views[0])
    return _row(scene, k, positions[shown.largest], "inconclusive", shown.words(shown.largest) + shown.of)


def _cotangents(scene: Scene) -> Iterator[tuple[Point, str]]:
    """Cotangents of 1, of which people read figures, and those of the case; one of the two if it is large."""
    alone = sum(u.size for u in scene.at.cotangents if u is not None) == 1
    small = scene.at.size <= EACH * EACH
    if alone or small:
        yield numerals.with_ones(scene.at), ""
    if not alone:
        yield scene.at, f" (for the cotangent of seed {scene.case.seed})"


def _row(scene: Scene, k: int, position: int, verdict: Verdict, words: str) -> Evidence:
    formula: Formula = "wrong" if verdict == "fail" else "unknown"
    return Evidence(k, "jet", verdict, f"order {k}: {words}", formula=formula, **scene.element(position))


@dataclass(frozen=True)
class _Wrong:
    """An element whose claim, or that of all `together`, is not made of the gradients around."""

    element: int
    words: str
    together: bool = False


@dataclass(frozen=True)
class _View:
    """The claims of order k at some elements, and the gradients around, for one choice of cotangents."""

    scene: Scene
    at: Point
    k: int
    positions: list[int]
    of: str

    @cached_property
    def claims(self) -> np.ndarray:
        got = gradients(self.scene.subject, self.at, self.k)[self.k - 1]
        return self.at.floats(got)[self.positions].astype(float)

    @cached_property
    def largest(self) -> int:
        """The element with the largest claim, or one that is not finite."""
        return int(np.argmax(np.where(np.isfinite(self.claims), np.abs(self.claims), np.inf)))

    @cached_property
    def elements(self) -> list[int]:
        """Those that are looked at one by one."""
        return list(range(len(self.positions))) if len(self.positions) <= EACH else [self.largest]

    @property
    def every(self) -> np.ndarray:
        """The claims of those elements, and of the sum of all."""
        return np.array([*self.claims[self.elements], self.claims.sum()])

    @cached_property
    def limits(self) -> np.ndarray:
        """(rays, elements and their sum): what is known around."""
        return self._gradients_on(self._rays())

    @property
    def differs(self) -> bool:
        """Whether the slopes at the largest claim differ, as people see them: of a sum they may not."""
        return len(_distinct(self.limits[:, self.elements.index(self.largest)])) > 1

    def _gradients_on(self, asked: Sequence[Ray]) -> np.ndarray:
        columns = [*(self._unit(n) for n in self.elements), self._together]
        found = rays.gradients_around(self.scene.subject, self.at, self.k, asked, columns).limits
        return found[np.isfinite(found).all(axis=1)]

    def _unit(self, element: int) -> Probe:
        return self.at.unit(self.positions[element])

    @cached_property
    def _together(self) -> Probe:
        every = np.zeros(self.at.size)
        every[self.positions] = 1.0
        return self.at.shaped(every)

    def _rays(self) -> list[Ray]:
        """At random, along the axis of each element that is looked at, and along all at once."""
        lines = [*(self._unit(n) for n in self.elements), self._together]
        axes = [ray for n, line in enumerate(lines) for ray in rays.along(self.scene, line, n)]
        return [*axes, *rays.random_rays(self.scene, RAYS)]

    # The judgement

    @cached_property
    def wrong(self) -> _Wrong | None:
        bad = np.flatnonzero(~np.isfinite(self.claims))
        if bad.size:
            return self._not_finite(int(bad[0]))
        if len(self.limits) < FEWEST or self._outside(self.limits) is None:
            return None
        more = self._gradients_on([*rays.random_rays(self.scene, AGAIN, seed=1)])
        limits = np.concatenate([self.limits, more])
        element = self._outside(limits)
        if element is None:
            return None
        if element < len(self.elements):
            return _Wrong(self.elements[element], self._said(self.elements[element], limits[:, element]))
        return _Wrong(self.largest, self._sum_said(limits[:, -1]), together=True)

    def _not_finite(self, element: int) -> _Wrong | None:
        """A claim of NaN, or of an infinity where the gradients around do not grow without bound."""
        if self.claims[element] == self.claims[element] and self._grows(element):
            return None
        return _Wrong(element, self.words(element))

    def _grows(self, element: int) -> bool:
        """Whether the slopes are steeper where it is nearer."""
        asked = [*rays.random_rays(self.scene, 2)]
        subject, columns, places = self.scene.subject, [self._unit(element)], (rays.NEAR, 2 * rays.NEAR)
        seen = [rays.gradients_around(subject, self.at, self.k, asked, columns, n).limits for n in places]
        far, near = (np.nanmax(np.abs(each), initial=0.0) for each in seen)
        return bool(near > 2 * far > 0)

    def _outside(self, limits: np.ndarray) -> int | None:
        """The number of the first column whose claim is beyond what is around; the sum's is the last."""
        room = self._rounding_of_claim(limits)
        below, above = unseen(-limits) + room, unseen(limits) + room
        beyond = (self.every < limits.min(axis=0) - below) | (self.every > limits.max(axis=0) + above)
        if beyond.any():
            return int(np.argmax(beyond))
        return len(self.elements) if self._sum_differs(limits[:, :-1], room[:-1]) else None

    def _rounding_of_claim(self, limits: np.ndarray) -> np.ndarray:
        """What rounding may do to a claim: half of the digits of the largest around, some ULPs of its own."""
        half = 2.0 ** -(floats.precision(self.at.dtype) // 2) * np.abs(limits).max(axis=0)
        sizes = np.array([*np.abs(self.claims[self.elements]), np.abs(self.claims).sum()])
        return np.asarray(half + ROUNDED * np.finfo(self.at.dtype).eps * sizes)

    def _sum_differs(self, limits: np.ndarray, room: np.ndarray) -> bool:
        """Whether a weighed sum of elements that is the same all around is another one for the claims."""
        claims = self.every[:-1]
        if not 1 < len(claims) == len(self.positions) or len(limits) < 2 * len(claims):
            return False
        middle = limits.mean(axis=0)
        _, sizes, ways = np.linalg.svd(limits - middle)
        same = ways[sizes <= rays.SAME * np.abs(limits).max() * len(limits)]
        return bool((np.abs(same @ (claims - middle)) > np.abs(same) @ room).any())

    # As text

    def words(self, element: int) -> str:
        """The claim at an element, and the slopes around it."""
        if not np.isfinite(self.claims[element]) and self._grows(element):
            claim = f"backward claims {self.claims[element]:.6g}"
            place = self.scene.named([self.positions[element]])
            return f"f is not smooth at {place}: {claim}, the slopes around grow without bound"
        column = self.elements.index(element) if element in self.elements else -1
        return self._said(element, self.limits[:, column] if column >= 0 else np.zeros(0))

    def _said(self, element: int, slopes: np.ndarray) -> str:
        place = self.scene.named([self.positions[element]])
        return f"f is not smooth at {place}: backward claims {self.claims[element]:.6g}, {_in_words(slopes)}"

    def _sum_said(self, slopes: np.ndarray) -> str:
        place = self.scene.named(self.positions)
        total = f"{self.every[-1]:.6g}"
        if total == _listed(slopes):  # another weighed sum is bent
            return f"f is not smooth at {place}: backward's claims are no mean of the gradients around"
        if len(_distinct(slopes)) > 1:
            return f"f is not smooth at {place}: backward claims {total} together, {_in_words(slopes)}"
        said = f"backward's claims add up to {total}, the gradients around to {_listed(slopes)}"
        return f"f is not smooth at {place}: {said}"


def unseen(limits: np.ndarray) -> np.ndarray:
    """How far slopes that no ray met may lie above the largest that one met, for each column.

    A few values, or a largest that many rays met, are all that there is. Where each ray meets another one, as
    where thousands that tie are sorted, the largest few lie as far apart as those that are missing.

    >>> unseen(np.array([[0.0], [1.0], [0.0]])), unseen(np.array([[0.0], [1.0], [3.0], [2.0]]))
    (array([0.]), array([6.]))
    """
    if len(limits) <= FEW:
        return np.zeros(limits.shape[1])
    ordered = np.sort(limits, axis=0)[::-1]
    rank = LARGEST if len(limits) >= MANY else len(limits)
    gaps = FAR * (ordered[0] - ordered[rank - 1])
    return np.where(_count(ordered) <= FEW, 0.0, gaps)


def _count(ordered: np.ndarray) -> np.ndarray:
    """The number of different values in each column."""
    size = np.abs(ordered).max(axis=0)
    return np.asarray(1 + (-np.diff(ordered, axis=0) > rays.SAME * size).sum(axis=0))


def _in_words(slopes: np.ndarray) -> str:
    """The slopes in words; of many kinds those that were met, as there may be others.

    >>> _in_words(np.array([1.0, 0.0])), _in_words(np.arange(5.0))
    ('the slopes around are 0 and 1', 'the slopes met around are from 0 to 4')
    """
    met = "" if len(_distinct(slopes)) <= FEW else " met"
    return f"the slopes{met} around are {_listed(slopes)}"


def _listed(values: np.ndarray) -> str:
    """Distinct values in words.

    >>> _listed(np.array([1.0, 0.0, 1.0])), _listed(np.array([2.0, 2.0])), _listed(np.arange(5.0))
    ('0 and 1', '2', 'from 0 to 4')
    """
    found = _distinct(values)
    if not len(found):
        return "not known"
    if len(found) > FEW:
        return f"from {found[0]:.6g} to {found[-1]:.6g}"
    return " and ".join(f"{v:.6g}" for v in found)


def _distinct(values: np.ndarray) -> np.ndarray:
    """Those that differ in six digits."""
    return np.unique([float(f"{v:.6g}") + 0.0 for v in values])
