"""The subject for finite differences: its values and its own gradients along lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
from flint import arb

from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring import probes
from gradcheck.measuring.measure import gradients
from gradcheck.measuring.point import Point
from gradcheck.oracles.differences.directional import MOST, Slopes, added, pieces_of, slopes, sums
from gradcheck.oracles.differences.glances import Glance, beside, settled
from gradcheck.oracles.differences.many import slopes_of_many
from gradcheck.oracles.differences.paths import Path
from gradcheck.oracles.differences.trust import LONG
from gradcheck.subjects.exactness import small_integers
from gradcheck.system.floats import precision

BAND = 20  # binary orders of magnitude that one line can weigh or move alike
MOST_BANDS = 8
MANY = 2**16  # elements from which on differences are taken in a way that is made for many
KEPT = 2**22  # numbers in gradients that are kept, for the orders above


class Differenced:
    """The subject on lines through the point: in float64 where its own dtype is narrower.

    Attributes:
        at: the point, widened where the subject follows.
        order: the highest order whose gradients fit their inputs.
    """

    def __init__(self, scene: Scene) -> None:
        self.subject = scene.subject
        self.order = min(scene.at.order, scene.fitting)
        self.at = _widened(scene)
        self.domains = scene.case.domains
        self.weights = joined(self.at.cotangents, self.at.cotangents)
        self.directed = cache(self._directed)
        self._many = scene.large or scene.at.size > MANY
        self.variations = cache(self._variations)
        self._known: dict[bytes, list[np.ndarray]] = {}

    def along(self, column: Probe, *, thorough: bool = False) -> Slopes:
        """Order 1 along a line: what each element of the weighed outputs contributes.

        Args:
            thorough: ask all steps, where there are very many elements.
        """
        return self._slopes(self.values, column, self.weights, thorough)

    def beside(self, column: Probe) -> Glance:
        """The same of each element of the outputs, not weighed, at a glance."""
        return beside(self.values, Path(self.at.inputs, column, self.limits))

    def settled(self, column: Probe) -> Slopes | None:
        """The same as `along` at a glance; None where that does not suffice."""
        found = None if self._many else settled(self.values, Path(self.at.inputs, column, self.limits))
        if found is None:
            return None
        pieces = pieces_of(self.weights.size)
        size = np.abs(self.weights)
        value, bound = sums(self.weights * found.value.astype(LONG), pieces), sums(size * found.error, pieces)
        return Slopes(value, bound, sums(size * np.abs(found.value), pieces) != 0, pieces, self.weights)

    def _slopes(
        self, g: Callable[[list[np.ndarray]], np.ndarray], line: Probe, weights: np.ndarray, thorough: bool
    ) -> Slopes:
        given = self.at.inputs, line, weights, self.domains
        return slopes_of_many(g, *given, thorough=thorough) if self._many else slopes(g, *given)

    def weighed_gradient(self, kept: np.ndarray) -> np.ndarray:
        """The subject's own gradient of order 1, for the cotangents of some of the outputs' elements."""
        at = self.at.of_outputs(kept)
        return at.floats(gradients(self.subject, at, 1)[0])

    def _directed(self, k: int, *, thorough: bool = False) -> Slopes:
        """Order k from 2: each element of the gradient below, differenced along d; sums of many."""
        return self._all_below(k, self._direction, thorough)

    def in_bands(self, k: int) -> Slopes | None:
        """The same as a sum over the parts of d that move inputs of like size; None where there is one.

        A step that keeps 1e-8 inside the domain of a logarithm is too small for 1e8.
        """
        bands = list(probes.by_size(self._direction, self.at.inputs, BAND, MOST_BANDS))
        return added([self._all_below(k, band) for band in bands]) if len(bands) > 1 else None

    def _all_below(self, k: int, direction: Probe, thorough: bool = False) -> Slopes:
        count = self.at.size
        rng = np.random.default_rng([k, count])
        weights = probes.weights(rng, (count,)) if count > MOST else np.ones(count)
        return self._below(k, slice(None), weights, direction, thorough)

    def elements(self, k: int, positions: Sequence[int]) -> list[arb]:
        """Order k of some elements."""
        if k == 1:
            units = [self.at.unit(p) for p in positions]
            return [self.along(unit).total() for unit in units]
        return self._below(k, np.asarray(positions), np.ones(len(positions)), self._direction).balls()

    def _below(
        self, k: int, chosen: Any, weights: np.ndarray, direction: Probe, thorough: bool = True
    ) -> Slopes:
        def values(inputs: list[np.ndarray]) -> np.ndarray:
            return self.gradient(inputs, k - 1)[chosen]

        return self._slopes(values, direction, weights, thorough)

    def variation(self, column: Probe) -> arb:
        """How much the weighed outputs vary over a good part of their scale, per unit along the column.

        Relative to it a derivative that is zero, or nearly, has a size. It is infinite where nothing changes
        in the last digit: then there is nothing to be uncertain of.
        """
        varied = self._varied(self.values, column)
        known = varied >= 0
        total = float(np.abs(self.weights[known]) @ varied[known])
        return _scale(total if known.any() else -1.0)

    def _variations(self, k: int) -> list[arb]:
        """The same of each element of the gradient below order k, along d."""
        return [_scale(v) for v in self._varied(lambda xs: self.gradient(xs, k - 1), self._direction)]

    def _varied(self, g: Callable[[list[np.ndarray]], np.ndarray], line: Probe) -> np.ndarray:
        """For each element of g its largest mean slope that is known; -1 where none is."""
        path = self._path(line)
        here = g(path.at(LONG(0))[0]).astype(float)
        found = np.full(here.shape, 0.0 if path.rests else -1.0)
        for scale in () if path.rests else path.range().scales:
            for step in (scale / 8, -scale / 8):
                change = np.abs(g(path.at(LONG(step))[0]).astype(float) - here) / abs(step)
                found = np.maximum(found, np.where(np.isfinite(change), change, -1.0))
        return found

    def secant(self, line: Probe, step: float) -> tuple[float, float]:
        """The mean slope of <u, f> over a step to both sides, and what its terms add up to in size."""
        back, ahead = (self.values(xs).astype(float) for xs in self.ends(line, step))
        terms = self.weights * (ahead - back) / (2 * step)
        return float(terms.sum()), float(np.abs(terms).sum())

    def ends(self, line: Probe, step: float) -> list[list[np.ndarray]]:
        """The inputs a step back and a step ahead on a line."""
        path = self._path(line)
        return [path.at(LONG(s))[0] for s in (-step, step)]

    def _path(self, line: Probe) -> Path:
        return Path(self.at.inputs, line, [(-np.inf, np.inf)] * len(self.at.inputs))

    @property
    def limits(self) -> list[tuple[float, float]]:
        """For each input the interval that it must stay in."""
        everywhere = (-np.inf, np.inf)
        return [d or everywhere for d in self.domains or [everywhere] * len(self.at.inputs)]

    @property
    def _direction(self) -> Probe:
        return [np.asarray(d, dtype=float) for d in self.at.direction]

    def values(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """All outputs in one; NaN where there are none such (outside of the domain, say)."""
        return _computed(lambda: joined(self.subject.values(inputs), self.at.cotangents), self.weights.size)

    def gradient(self, inputs: Sequence[np.ndarray], order: int) -> np.ndarray:
        """The subject's own gradient, zeros where it gives none; NaN where there is none such.

        The gradients of all orders are made in one call: each order is differenced at the same points.
        """
        place = b"".join(x.tobytes() for x in inputs)
        known = self._known.get(place, [])
        if len(known) < order:
            known = self._gradients(inputs, order)
            if len(self._known) * self.order * self.at.size < KEPT:
                self._known[place] = known
        return known[order - 1]

    def _gradients(self, inputs: Sequence[np.ndarray], order: int) -> list[np.ndarray]:
        """Those of order 1 to that which is differenced last; where that raises, up to `order`."""
        at = replace(self.at, inputs=list(inputs))
        for highest in sorted({order, max(order, self.order - 1)}, reverse=True):
            with suppress(Exception):  # a function may do anything outside of its domain
                found = gradients(self.subject, at, highest)
                return [_computed(partial(at.floats, of_order), at.size) for of_order in found]
        return [np.full(at.size, np.nan)] * order


def _computed(compute: Callable[[], np.ndarray], size: int) -> np.ndarray:
    """What is computed; NaN where that raises, is complex, or has another number of elements."""
    try:
        found = _real(compute())
    except Exception:  # a function may do anything outside of its domain
        return np.full(size, np.nan)
    if found.shape != (size,) or found.dtype.kind not in "biuf":
        return np.full(size, np.nan)
    return found if found.dtype.kind == "f" else found.astype(np.float64)


def joined(outputs: Sequence[np.ndarray], cotangents: Sequence[Any]) -> np.ndarray:
    """All elements of the outputs that have a cotangent, in one."""
    return np.concatenate([np.ravel(y) for y, u in zip(outputs, cotangents, strict=True) if u is not None])


def _real(values: np.ndarray) -> np.ndarray:
    """The real values; NaN where there is none, as of a root of a negative number.

    >>> _real(np.array([2.0, 1e-3j]))
    array([ 2., nan])
    """
    return values if values.dtype.kind != "c" else np.where(values.imag == 0, values.real, np.nan)


def _scale(size: float) -> arb:
    """A variation as a scale: 0 where it is not known (-1), infinite where nothing changes (0)."""
    return arb(max(size, 0.0)) if size else arb("inf")


def _widened(scene: Scene) -> Point:
    """The point in float64, if its dtype is narrower and the subject follows."""
    at = scene.at
    if precision(at.dtype) >= precision(np.float64):
        return at
    wide = replace(at.changed(_as_float64), dtype=np.dtype(np.float64))
    try:
        outputs = scene.subject.values([x.copy() for x in wide.inputs])
        between = scene.subject.values(at.with_inputs(_between_floats).inputs)
    except Exception:  # an op may be written for its own dtype alone
        return at
    kept = [y for y, u in zip(outputs, at.cotangents, strict=True) if u is not None]
    follows = all(np.asarray(y).dtype == np.float64 for y in kept)
    return wide if follows and not _rounded(joined(between, at.cotangents), at.dtype) else at


def _between_floats(x: np.ndarray) -> np.ndarray:
    """Numbers that only a wider dtype can hold: a third of an ULP from the given ones."""
    return _as_float64(x) + _as_float64(np.spacing(np.abs(x))) / 3


def _rounded(values: np.ndarray, dtype: Any) -> bool:
    """Whether all values are numbers of that dtype, and not just whole ones: then f computes in it."""
    with np.errstate(all="ignore"):
        narrow = values.astype(dtype).astype(values.dtype) == values
    return bool(np.all(narrow)) and not np.all(small_integers(values))


def _as_float64(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float64)
