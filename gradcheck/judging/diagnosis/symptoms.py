"""What a diagnosis looks at: backward's gradient and the true one, for a failure of one order."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from gradcheck.judging.diagnosis.in_floats import Changes
from gradcheck.judging.diagnosis.jacobian import Jacobians, Matrices, along
from gradcheck.judging.finding import Evidence
from gradcheck.judging.proof import locate
from gradcheck.judging.scene import Scene
from gradcheck.measuring.measure import outputs_of
from gradcheck.system.floats import precision

LARGE = 20_000  # elements at most for which an elementwise f is differenced as a whole
FEW = 32  # elements at most for which each has a probe of its own, whatever f is
FULL = 128  # elements at most for which the whole true gradient is computed; above, that of a sample
COARSE = 1e-4
ON_A_LINE = 4  # elements of a sample that share all indices but one with a wrong one
SQUARE = 40  # rows and columns at most of a Jacobian that is computed


class Pair(NamedTuple):
    """The gradient by one input: got and true, arrays of its shape (or, `sampled`, of some elements).

    `places` are the flat indices of these elements in the input.
    """

    input: int
    got: np.ndarray
    true: np.ndarray
    sampled: bool
    places: np.ndarray

    def of(self, array: np.ndarray) -> np.ndarray:
        """These elements of an array of the input's size, as floats."""
        return np.asarray(array, dtype=float).ravel()[self.places].reshape(self.got.shape)


@dataclass(frozen=True)
class Symptoms:
    """A failure of order k: the scene, the broken rules of the contract by kind, and the failing row.

    `right_below`: the order below was judged, and is right.
    """

    scene: Scene
    order: int
    violations: dict[str, str]
    row: Evidence | None
    right_below: bool = False

    @property
    def got(self) -> list[Any]:
        got = self.scene.measured.got
        return got[self.order - 1] if self.order <= len(got) else [None] * len(self.scene.at.inputs)

    def broken(self, kind: str) -> bool:
        """Whether a rule of that kind is broken at this order, not at an earlier one."""
        message = self.violations.get(kind)
        return message is not None and (self.order == 1 or message.startswith(f"order {self.order}:"))

    @cached_property
    def pairs(self) -> list[Pair]:
        """Got and true for each differentiated input whose gradient has the right shape."""
        scene, gradients = self.scene, self.got
        inputs = scene.at.differentiated()
        shaped = [i for i, x in inputs if gradients[i] is None or np.shape(gradients[i]) == x.shape]
        if len(shaped) < sum(scene.at.active):
            return []
        known, pairs = _known(self), []
        for i in shaped:
            g, x, span = gradients[i], scene.at.inputs[i], scene.at.span(i)
            here = [p for p in known if span.start <= p < span.stop]
            places = np.array(here, dtype=int) - span.start
            got = (np.zeros(x.size) if g is None else np.ravel(g).astype(float))[places]
            true = np.array([known[p] for p in here])
            if len(here) == x.size:
                pairs.append(Pair(i, got.reshape(x.shape), true.reshape(x.shape), False, places))
            elif here:
                pairs.append(Pair(i, got, true, True, places))
        return pairs

    @cached_property
    def source_of_nan(self) -> str | None:
        """What makes the first infinity or NaN of finite numbers; None if it is not found."""
        ask = getattr(self.scene.subject, "source_of_nan", None)
        if ask is None:
            return None
        with np.errstate(all="ignore"):
            return ask(*self.scene.at.copies(), self.order)

    @cached_property
    def _jacobians(self) -> Jacobians:
        return Jacobians(self.scene)

    def jacobian(self, i: int) -> Matrices | None:
        """The Jacobian by input i, where it is of order 1, not large, and known throughout."""
        size = self.scene.at.inputs[i].size
        if self.order > 1 or max(size, self._jacobians.rows) > SQUARE or not self.scene.fitting:
            return None
        with suppress(Exception):  # a wrong backward may raise anything for another cotangent
            found = self._jacobians.by(i)
            if np.isfinite(found.true).all() and np.isfinite(found.got).all():
                return found
        return None

    def elementwise(self, i: int) -> bool | None:
        """Whether each element of input i changes one element of the output alone, its own; None: unknown."""
        if i in self._slopes:
            return True
        found = self.jacobian(i)
        if found is None:
            return None
        if found.true.shape[0] != found.true.shape[1]:
            return False
        return not (found.true - np.diag(np.diag(found.true))).any()

    @cached_property
    def _slopes(self) -> dict[int, np.ndarray]:
        """Of arrays that f takes element by element, unless they are small: the slopes, by input.

        Those of f, and at a higher order those of its derivative of the order below along the direction.
        """
        at, scene, k = self.scene.at, self.scene, self.order
        smooth = scene.truth is not None and (k == 1 or scene.truth.smooth >= k)
        if not smooth or scene.kinks.left_out or self.gy is None or not FEW < at.size <= LARGE:
            return {}
        found = {}
        for i in (n for n, on in enumerate(at.active) if on and _changes_own_output_only(scene, n)):
            ones = [np.ones(x.shape) if n == i else np.zeros(x.shape) for n, x in enumerate(at.inputs)]
            slopes = along(scene, ones, k)
            if np.isfinite(slopes).all():
                found[i] = slopes
        return found

    @cached_property
    def changes(self) -> Changes:
        """Those of the outputs, at this point and at others that are tried."""
        return Changes()

    @property
    def gy(self) -> np.ndarray | None:
        """The incoming gradient of an f with one output."""
        first, *others = self.scene.at.cotangents
        return None if others or first is None else np.asarray(first, float)

    @property
    def at_hand(self) -> list[tuple[str, np.ndarray]]:
        """The inputs, and the output where there is one, each with its name."""
        named = [(f"{self.scene.case.names[i]} (input {i})", x) for i, x in enumerate(self.scene.at.inputs)]
        return named + [("y (the output)", y) for y in self.scene.outputs if len(self.scene.outputs) == 1]

    @cached_property
    def wrong(self) -> list[Pair]:
        """The pairs that differ."""
        return [pair for pair in self.pairs if not self.close(pair.got, pair.true)]

    @cached_property
    def rtol(self) -> float:
        """Most of the digits, or what the truth is known to."""
        most = 2.0 ** -(precision(self.scene.at.dtype) * 0.75)
        return float(most if self.scene.truth is not None else max(most, 1e-7))

    @property
    def coarse(self) -> bool:
        """Whether so few digits are known that numbers may be close by chance (in float16)."""
        return self.rtol > COARSE

    def close(self, a: np.ndarray, b: np.ndarray) -> bool:
        """Equal but for a few digits of the dtype."""
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return not self.off(a, b).any()

    def off(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Which elements differ."""
        scale = float(np.abs(b).max(initial=0.0))
        with np.errstate(all="ignore"):
            near = np.abs(a - b) <= self.rtol * np.abs(b) + self.rtol * 1e-3 * scale
        return np.asarray(~near)

    def name(self, i: int) -> str:
        return f"input {i} ({self.scene.case.names[i]})"

    def names(self, inputs: Sequence[int]) -> str:
        return " and ".join(self.name(i) for i in inputs)

    def gradients(self, inputs: Sequence[int]) -> str:
        """The gradients of some inputs as the subject of a sentence, with its verb."""
        several = len(inputs) > 1
        return f"the gradient{'s' if several else ''} of {self.names(inputs)} {'are' if several else 'is'}"

    @property
    def looked_at(self) -> int | None:
        """How many elements were looked at, where these are not all."""
        if not any(pair.sampled for pair in self.wrong):
            return None
        return sum(pair.places.size for pair in self.wrong)

    def element(self, pair: Pair) -> tuple[int, ...] | None:
        """The index of the first wrong element."""
        off = np.flatnonzero(self.off(pair.got, pair.true) | ~np.isfinite(pair.got))
        if not len(off):
            return None
        index = np.unravel_index(pair.places[off[0]], self.scene.at.inputs[pair.input].shape)
        return tuple(int(n) for n in index)


def _known(s: Symptoms) -> dict[int, float]:
    """The true gradient as floats, by position: of all elements, or of some, or of none."""
    scene, k = s.scene, s.order
    if scene.truth is None:
        estimates = sorted(scene.answers.estimates.get(k, {}).items())
        return {p: float(b.mid()) for p, b in estimates if b.is_finite()}
    located = scene.answers.located.get(k, {})
    positions = range(scene.at.size) if scene.at.size <= FULL else _sample(s)
    left_out, slopes = set(scene.kinks.left_out), {} if located else _elementwise(s)
    asked = [p for p in positions if located.get(p, True) and p not in left_out and p not in slopes]
    known = zip(asked, locate.true_elements(scene, k, asked), strict=True)
    truths = slopes | {p: float(ball.mid()) for p, ball in known if ball.is_finite()}
    got = scene.at.floats(s.got)  # right where nothing wrong was located
    right = {p: float(got[p]) for p, wrong in located.items() if not wrong and p not in left_out}
    return dict(sorted({**right, **truths}.items()))


def _elementwise(s: Symptoms) -> dict[int, float]:
    """The true elements by inputs that f takes element by element."""
    found: dict[int, float] = {}
    for i, slopes in s._slopes.items():
        if s.gy is not None:
            found |= enumerate((slopes * s.gy.ravel()).tolist(), s.scene.at.span(i).start)
    return found


def _changes_own_output_only(scene: Scene, i: int) -> bool:
    """Whether elements of input i change no output but their own: one half is moved, then the other."""
    if len(scene.outputs) > 1 or scene.outputs[0].shape != scene.at.inputs[i].shape:
        return False
    [y] = outputs_of(scene.subject, scene.at.inputs)  # the scene's may be those of another point
    half = np.random.default_rng(14).integers(0, 2, y.shape).astype(bool)
    return all(np.array_equal(_with_moved(scene, i, part)[~part], y[~part]) for part in (half, ~half))


def _with_moved(scene: Scene, i: int, part: np.ndarray) -> np.ndarray:
    """The output where some elements of input i are moved by a part in a thousand; NaN where it has none."""
    inputs = [x.copy() for x in scene.at.inputs]
    inputs[i][part] *= 1 + 2.0**-10
    with suppress(Exception):  # it may be outside of the domain
        return outputs_of(scene.subject, inputs)[0]
    return np.full(inputs[i].shape, np.nan)


def _sample(s: Symptoms) -> list[int]:
    """A sample of the elements; the one that the failing row shows, with some in line with it; the known."""
    located = [p for p, wrong in s.scene.answers.located.get(s.order, {}).items() if wrong]
    shown = [] if s.row is None or s.row.position is None else _lines_through(s.scene, s.row.position)
    known = [p for k, p in s.scene.answers.elements if k == s.order]
    return sorted({*located, *shown, *known, *locate.sample(s.scene, range(s.scene.at.size))})


def _lines_through(scene: Scene, position: int) -> list[int]:
    """An element, and some that differ from it in one index, or lie on its diagonal."""
    i, index = scene.case.element(position)
    shape = scene.at.inputs[i].shape
    start = scene.at.span(i).start
    rng = np.random.default_rng([12, scene.at.size])
    found = [index]
    for axis, size in enumerate(shape):
        for n in rng.integers(0, size, ON_A_LINE).tolist():
            found.append((*index[:axis], n, *index[axis + 1 :]))
    if len(shape) == 2:
        steps = rng.integers(0, min(shape), ON_A_LINE).tolist()
        found += [((index[0] + n) % shape[0], (index[1] + n) % shape[1]) for n in steps]
    return list(dict.fromkeys(start + int(np.ravel_multi_index(n, shape)) for n in found))


def ratio(got: np.ndarray, true: np.ndarray) -> float | None:
    """The factor that takes the true gradient nearest to the one got."""
    scale = float(np.abs(true).max(initial=0.0))
    if not scale or not np.isfinite(got).all():
        return None
    return float(np.vdot(true / scale, got / scale) / np.vdot(true / scale, true / scale))


def relative_errors(got: np.ndarray, true: np.ndarray) -> np.ndarray:
    known = (true != 0) & np.isfinite(got)
    return np.abs(got[known] - true[known]) / np.abs(true[known])
