"""Matrices of derivatives, of unit cotangents and directions: the true one and the one that is claimed.

Of order 1 the Jacobian: rows are the elements of the outputs, columns those of an input. Of order 2 the
Hessian of one number made of the outputs: rows and columns are elements of two inputs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from gradcheck.judging.differenced import Differenced, joined
from gradcheck.judging.scene import Scene
from gradcheck.measuring import probes
from gradcheck.measuring.measure import gradients
from gradcheck.oracles import jet
from gradcheck.oracles.numbers.ball import Ball
from gradcheck.oracles.numbers.elementary import coefficient
from gradcheck.oracles.numbers.series import Jet

Matrix = np.ndarray


class Matrices(NamedTuple):
    """The matrix that is true and the one that backward claims, of one shape; NaN where not known."""

    true: Matrix
    got: Matrix


class Jacobians:
    """The Jacobian by each input, computed when it is asked for: many columns at once, row by row."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._found: dict[int, Matrices] = {}

    @cached_property
    def rows(self) -> int:
        """The number of output elements that have a cotangent."""
        return sum(u.size for u in self._scene.at.cotangents if u is not None)

    def by(self, i: int) -> Matrices:
        """The Jacobian by input i."""
        if i not in self._found:
            self._found[i] = Matrices(true_jacobian(self._scene, i), self._claimed[i])
        return self._found[i]

    @cached_property
    def _claimed(self) -> dict[int, Matrix]:
        """What backward gives for each unit cotangent, by input; zeros where it gives None."""
        at = self._scene.at
        found = [_gradients(self._scene, 1, units, at.direction) for units in _units(at.cotangents)]
        sizes = {i: x.size for i, x in at.differentiated()}
        return {i: np.array([_flat(row[i], size) for row in found]) for i, size in sizes.items()}


def true_jacobian(scene: Scene, i: int) -> Matrix:
    """The true one by input i."""
    inputs = scene.at.inputs
    return _along_each(scene, [probes.unit(inputs, i, j) for j in range(inputs[i].size)]).T


def _units(cotangents: Sequence[Any]) -> Iterator[list[Any]]:
    """The cotangents that are 1 at one element of the outputs and 0 elsewhere."""
    for n, u in enumerate(cotangents):
        for j in range(0 if u is None else u.size):
            units: list[Any] = [None if v is None else np.zeros_like(v) for v in cotangents]
            units[n].reshape(-1)[j] = 1
            yield units


def _gradients(scene: Scene, order: int, cotangents: list[Any], direction: Any) -> list[Any]:
    """Backward's gradients of that order."""
    at = replace(scene.at, cotangents=cotangents, direction=direction, order=order)
    return gradients(scene.subject, at, order)[order - 1]


def _flat(gradient: Any, size: int) -> np.ndarray:
    """The elements as floats, zeros for a gradient that is None; NaN for one of another size or kind."""
    if gradient is None:
        return np.zeros(size)
    fits = np.size(gradient) == size and gradient.dtype.kind in "fiub"
    return np.ravel(gradient).astype(float) if fits else np.full(size, np.nan)


def along(scene: Scene, direction: list[np.ndarray], order: int = 1) -> np.ndarray:
    """The change of all output elements along a direction; NaN where it is not known, or has two sides.

    Of a higher order, which jets must know: that of their derivative of the order below along the scene's
    own direction.
    """
    return _differenced(scene, direction) if scene.truth is None else _certified(scene, direction, order)


def _along_each(scene: Scene, directions: Sequence[list[np.ndarray]]) -> Matrix:
    """The same along several directions, a row for each."""
    blocks = [directions[n : n + jet.AT_ONCE] for n in range(0, len(directions), jet.AT_ONCE)]
    return np.concatenate([_at_once(scene, block) for block in blocks])


def _at_once(scene: Scene, directions: Sequence[list[np.ndarray]]) -> Matrix:
    """From one evaluation, where no comparison meets a tie, which each direction would decide by itself."""
    at = scene.at
    if scene.truth is not None:
        outputs, state = jet.evaluate(
            scene.subject.values, at.inputs, at.active, [], bits=jet.START_BITS, probes=directions
        )
        if not state.ties:
            values = joined(outputs, at.cotangents).tolist()
            return np.array([[_change(v, n) for v in values] for n in range(len(directions))], dtype=float)
    return np.array([along(scene, direction) for direction in directions])


def _differenced(scene: Scene, direction: list[np.ndarray]) -> np.ndarray:
    ones = replace(scene, at=scene.at.with_cotangents(np.ones_like))
    op = Differenced(ones)
    found = op.settled(direction) or op.along(direction)
    if len(found.value) < len(found.pieces):  # of many elements only sums are known
        return np.full(len(found.pieces), np.nan)
    value = np.where(np.abs(found.value) <= found.bound, 0.0, found.value.astype(float))
    return np.where(np.isfinite(found.bound), value, np.nan)[found.pieces]


def _certified(scene: Scene, direction: list[np.ndarray], order: int) -> np.ndarray:
    found, state = _one_side(scene, direction, order, 1)
    if not state.ties:
        return found
    other, _ = _one_side(scene, direction, order, -1)
    return np.where(np.isclose(found, other, rtol=1e-9, atol=0), found, np.nan)


def contributions(scene: Scene, i: int) -> list[np.ndarray]:
    """For each output, u times its change as all of input i moves alike: the terms of a broadcast sum."""
    at = scene.at
    ones = [np.ones(x.shape) if n == i else np.zeros(x.shape) for n, x in enumerate(at.inputs)]
    slopes, parts = along(scene, ones), []
    for u in at.cotangents:
        if u is not None:
            parts.append(slopes[: u.size].reshape(u.shape) * u)
            slopes = slopes[u.size :]
    return parts


def _one_side(scene: Scene, direction: list[np.ndarray], order: int, side: int) -> tuple[np.ndarray, Any]:
    at, rest = scene.at, [np.zeros(x.shape) for x in scene.at.inputs]
    path = [direction] if order == 1 else [at.direction, *[rest] * (order - 2)]
    probes = [] if order == 1 else [direction]
    outputs, state = jet.evaluate(
        scene.subject.values, at.inputs, at.active, path, bits=jet.START_BITS, side=side, probes=probes
    )
    values = joined(outputs, at.cotangents).tolist()
    found = [_slope(v) if order == 1 else _change(v, order - 1) for v in values]
    return np.array(found, dtype=float) * math.factorial(order - 1), state


def _slope(value: Any) -> float:
    if isinstance(value, Jet):
        return _finite(coefficient(value.v, 1))
    return 0.0 if isinstance(value, Ball) or np.isfinite(value) else np.nan


def _change(value: Any, n: int) -> float:
    """Of an output element by the n-th of several probes, or of its n-th derivative along a path."""
    if isinstance(value, Jet):
        return 0.0 if value.w is None else _finite(coefficient(value.w, n))
    return _slope(value)


def _finite(ball: arb) -> float:
    return float(ball.mid()) if ball.is_finite() else np.nan


def hessian(scene: Scene, cotangents: list[Any], i: int, j: int) -> Matrices:
    """The second derivatives of <cotangents, f>: rows are elements of input i, columns those of input j."""
    at = scene.at
    columns = []
    for n in range(at.inputs[j].size):
        unit = [u.astype(d.dtype) for u, d in zip(probes.unit(at.inputs, j, n), at.direction, strict=True)]
        bent = replace(scene, at=replace(at, cotangents=cotangents, direction=unit))
        got = _gradients(scene, 2, cotangents, unit)[i]
        columns.append((_second(bent, i), _flat(got, at.inputs[i].size)))
    true, got = zip(*columns, strict=True)
    return Matrices(np.array(true).T, np.array(got).T)


def _second(scene: Scene, i: int) -> np.ndarray:
    """The true gradient of order 2 by input i."""
    at = scene.at
    if scene.truth is None:
        span = scene.at.span(i)
        balls = Differenced(scene).elements(2, range(span.start, span.stop))
        return np.array([float(b.mid()) if b.is_finite() else np.nan for b in balls])
    units = [probes.unit(at.inputs, i, n) for n in range(at.inputs[i].size)]
    found = at.truth(scene.subject.values, units, 2)
    known = found.smooth >= 2
    return np.array([float(column[1].mid()) if known else np.nan for column in found.columns])


def scalars(cotangents: Sequence[Any]) -> list[tuple[str, list[Any]]]:
    """Numbers made of the outputs, in words and as cotangents: their sum, and each of a few elements."""
    ones = [None if u is None else np.ones_like(u) for u in cotangents]
    count = sum(u.size for u in cotangents if u is not None)
    if count == 1:
        return [("f", ones)]
    alone = [
        (f"output element {n}", units) for n, units in enumerate(itertools.islice(_units(cotangents), 6))
    ]
    return [("the sum of the outputs", ones), *alone]
