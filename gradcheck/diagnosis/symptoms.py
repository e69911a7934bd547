"""What a diagnosis looks at: the gradient that was got beside the true one, for a failure of one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from gradcheck import probes
from gradcheck.finding import Evidence
from gradcheck.judging import locate
from gradcheck.judging.scene import Scene
from gradcheck.measure import flat_balls, measure
from gradcheck.oracles import jet
from gradcheck.oracles.arithmetic import Jet
from gradcheck.ulp import precision

FULL = 400  # up to so many elements the whole true gradient is computed; above, that of a few
FEW = 2


class Pair(NamedTuple):
    """The gradient by one input: got and true, arrays of its shape (or, `sampled`, of a few elements)."""

    input: int
    got: np.ndarray
    true: np.ndarray
    sampled: bool


@dataclass(frozen=True)
class Symptoms:
    """A failure of order k: the scene, the broken rules of the contract by kind, and the failing row."""

    scene: Scene
    order: int
    violations: dict[str, str]
    row: Evidence | None

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
        scene = self.scene
        shaped = [
            on and (g is None or np.shape(g) == x.shape)
            for g, x, on in zip(self.got, scene.at.inputs, scene.at.active, strict=True)
        ]
        if not all(s or not on for s, on in zip(shaped, scene.at.active, strict=True)):
            return []
        known = _known(self)
        start, pairs = 0, []
        for i, (g, x) in enumerate(zip(self.got, scene.at.inputs, strict=True)):
            if not shaped[i]:
                continue
            here = [p for p in known if start <= p < start + x.size]
            flat = np.zeros(x.size) if g is None else np.ravel(g).astype(float)
            got = flat[[p - start for p in here]]
            true = np.array([known[p] for p in here])
            if len(here) == x.size:
                pairs.append(Pair(i, got.reshape(x.shape), true.reshape(x.shape), False))
            elif here:
                pairs.append(Pair(i, got, true, True))
            start += x.size
        return pairs

    @cached_property
    def source_of_nan(self) -> str | None:
        """What makes the first infinity or NaN of finite numbers; None if that is not to be seen."""
        at, ask = self.scene.at, getattr(self.scene.subject, "source_of_nan", None)
        if ask is None or at.device != "cpu":
            return None
        arrays = at.inputs, at.cotangents, at.direction
        with np.errstate(all="ignore"):
            return ask(*([None if x is None else x.copy() for x in xs] for xs in arrays), self.order)

    @cached_property
    def wrong(self) -> list[Pair]:
        """The pairs that differ."""
        return [pair for pair in self.pairs if not self.close(pair.got, pair.true)]

    @cached_property
    def rtol(self) -> float:
        """Most of the digits, or what the truth is known to."""
        most = 2.0 ** -(precision(self.scene.at.dtype) * 0.75)
        return float(most if self.scene.truth is not None else max(most, 1e-7))

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

    def element(self, pair: Pair) -> tuple[int, ...] | None:
        """The index of the first wrong element."""
        if pair.sampled:
            return None
        off = np.argwhere(self.off(pair.got, pair.true) | ~np.isfinite(pair.got))
        return tuple(int(n) for n in off[0]) if len(off) else None


def _known(s: Symptoms) -> dict[int, float]:
    """The true gradient as floats, by position: of all elements, or of a few, or of none."""
    scene, k = s.scene, s.order
    if scene.truth is None:
        balls = flat_balls(scene.estimates[k - 1], scene.at) if len(scene.estimates) >= k else []
        return {p: float(b.mid()) for p, b in enumerate(balls) if b.is_finite()}
    size = scene.at.size
    positions = range(size) if size <= FULL else _chosen(s)
    known = {p: locate.true_element(scene, k, p) for p in positions}
    return {p: float(ball.mid()) for p, ball in known.items() if ball.is_finite()}


def _chosen(s: Symptoms) -> list[int]:
    """The element that the failing row shows, and a few others."""
    rng = np.random.default_rng([5, s.scene.case.seed])
    chosen = [int(p) for p in rng.integers(0, s.scene.at.size, FEW)]
    if s.row is not None and s.row.position is not None:
        chosen.insert(0, s.row.position)
    return list(dict.fromkeys(chosen))


def contributions(scene: Scene, i: int) -> list[np.ndarray]:
    """For each output, u times its change as all of input i moves alike: the terms of a broadcast sum."""
    at = scene.at
    ones = [np.ones(x.shape) if n == i else np.zeros(x.shape) for n, x in enumerate(at.inputs)]
    outputs = _along(scene, ones)
    pairs = zip(outputs, at.cotangents, strict=True)
    return [slopes * u for slopes, u in pairs if u is not None]


def usage(scene: Scene, i: int) -> np.ndarray | None:
    """How many output elements depend on each element of input i."""
    x = scene.at.inputs[i]
    if x.size > FULL:
        return None
    counts = [
        sum(int(np.count_nonzero(y)) for y in _along(scene, probes.unit(scene.at.inputs, i, j)))
        for j in range(x.size)
    ]
    return np.array(counts).reshape(x.shape)


def own_effect(scene: Scene, i: int) -> np.ndarray | None:
    """For an output shaped like input i: u times the derivative of each output by the same element."""
    x, us = scene.at.inputs[i], scene.at.cotangents
    if x.size > FULL or len(us) > 1 or us[0] is None or us[0].shape != x.shape:
        return None
    slopes = [_along(scene, probes.unit(scene.at.inputs, i, j))[0].flat[j] for j in range(x.size)]
    return np.asarray(np.reshape(slopes, x.shape) * us[0])


def _along(scene: Scene, direction: list[np.ndarray]) -> list[np.ndarray]:
    """The change of each output along a direction."""
    at = scene.at
    values = scene.subject.values
    outputs, _ = jet.evaluate(values, at.inputs, at.active, [direction], bits=jet.START_BITS)
    return [np.array([_slope(v) for v in np.ravel(y).tolist()]).reshape(np.shape(y)) for y in outputs]


def _slope(value: Any) -> float:
    return float(value.v[1].mid()) if isinstance(value, Jet) else 0.0


def outputs_apart(s: Symptoms) -> list[int]:
    """Which outputs' parts of the gradient are wrong, where there are several and jets apply."""
    scene = s.scene
    if scene.truth is None or scene.at.size > FULL or s.order > 1:
        return []
    wrong = []
    for n in range(len(scene.outputs)):
        if scene.at.cotangents[n] is None:
            continue
        part = _only_output(s, n)
        if part.wrong:
            wrong.append(n)
    return wrong


def with_ones(s: Symptoms) -> Symptoms:
    """The same with ones for cotangents."""
    scene = s.scene
    at = replace(scene.at.with_cotangents(np.ones_like), order=s.order)
    measured = measure(scene.subject, at)
    return replace(s, scene=replace(scene, at=at, measured=measured, elements={}, estimates=[]))


def _only_output(s: Symptoms, n: int) -> Symptoms:
    """The same with a cotangent of zero for all outputs but one."""

    scene = s.scene
    cotangents = [u if m == n or u is None else np.zeros_like(u) for m, u in enumerate(scene.at.cotangents)]
    at = replace(scene.at, cotangents=cotangents, order=1)
    return replace(s, scene=replace(scene, at=at, measured=measure(scene.subject, at), elements={}))


def ratio(got: np.ndarray, true: np.ndarray) -> float | None:
    """The factor that takes the true gradient nearest to the one got."""
    scale = float(np.abs(true).max(initial=0.0))
    if not scale or not np.isfinite(got).all():
        return None
    return float(np.vdot(true / scale, got / scale) / np.vdot(true / scale, true / scale))


def relative_errors(got: np.ndarray, true: np.ndarray) -> np.ndarray:
    known = (true != 0) & np.isfinite(got)
    return np.abs(got[known] - true[known]) / np.abs(true[known])
