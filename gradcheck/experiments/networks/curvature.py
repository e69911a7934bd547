"""The full Hessian of a network: its products with vectors, its symmetry, and differences."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb

from gradcheck.experiments.networks import differences
from gradcheck.experiments.networks.differences import STEP, judge
from gradcheck.experiments.networks.network import Loss, Network, whole_row
from gradcheck.judging.verdict import Verdict
from gradcheck.measuring import probes
from gradcheck.measuring.measure import as_balls
from gradcheck.oracles import jet
from gradcheck.oracles.numbers.working import working
from gradcheck.records.jsonl import Row
from gradcheck.subjects.dezero import DezeroSubject

BITS = 192
NARROW = arb(2) ** -80  # the widest ball, relative to the largest element, that proves something


def hessian_rows(network: Network) -> list[Row]:
    """The full Hessian of a network, found in three ways.

    Double backprop along each unit direction gives H row by row. Its rows must be those that jets
    give, pushed through backward (forward over reverse: no graph of the gradient is needed), it must
    be symmetric, and one double backprop must give H v: balls of 192 bits prove that these are equal,
    and floats show how far apart rounding puts them. The third way are differences of the gradient.
    """
    started = time.perf_counter()
    loss, named = network.build()
    scene = _Scene(loss, list(named.values()))
    floats = scene.by_rows(scene.product)
    balls = scene.by_rows(scene.product_in_balls)
    jets = scene.by_rows(scene.product_by_jets)
    v = probes.like(np.random.default_rng(0), scene.parameters)
    flat = _joined(v)
    with working(BITS):
        product_of_jets = jets @ as_balls(jet.lift(flat))
    product, product_in_balls = scene.product(v), scene.product_in_balls(v)
    found = {
        "H, and by jets through backward": (floats - _floats(jets), *proven(balls, jets)),
        "H, and its transpose": (floats - floats.T, *proven(balls, balls.T)),
        "H v, and all of H times v": (
            product - floats @ flat,
            *proven(product_in_balls, product_of_jets),
        ),
        "H, and by differences of the gradient": scene.against_differences(floats),
    }
    seconds = (time.perf_counter() - started) / len(found)
    return [whole_row(network, what, *told, seconds) for what, told in found.items()]


@dataclass(frozen=True)
class _Scene:
    """A loss at its point."""

    loss: Loss
    parameters: list[np.ndarray]

    @property
    def subject(self) -> DezeroSubject:
        return DezeroSubject(self.loss, [True] * len(self.parameters))

    def by_rows(self, product: Callable[[list[np.ndarray]], np.ndarray]) -> np.ndarray:
        """`product` with each unit direction, one below the other."""
        units = probes.units(self.parameters, [True] * len(self.parameters))
        return np.stack([product(unit) for _, _, unit in units])

    def product(self, v: list[np.ndarray]) -> np.ndarray:
        """H v by double backprop."""
        return self._whole(differences.backprop(self.loss, self.parameters, v, 2)[1])

    def product_in_balls(self, v: list[np.ndarray]) -> np.ndarray:
        """H v by double backprop, in balls."""
        with working(BITS):
            xs, direction = ([jet.lift(a) for a in arrays] for arrays in (self.parameters, v))
            found = self.subject.gradients(xs, [jet.lift(np.ones(()))], direction, 2)[1]
            return as_balls(self._whole(found))

    def product_by_jets(self, v: list[np.ndarray]) -> np.ndarray:
        """H v as the derivative of the gradient along v, in balls."""

        def gradient(arrays: Sequence[Any]) -> list[np.ndarray]:
            *xs, one = arrays  # the cotangent is a jet too: a float's quotients would be rounded
            return [self._whole(self.subject.gradients(xs, [one], [None] * len(xs), 1)[0])]

        arrays = [*self.parameters, np.ones(())]
        path = [[*v, np.zeros(())]]
        [found], _ = jet.evaluate(gradient, arrays, [True] * len(arrays), path, bits=BITS)
        with working(BITS, 2):
            units = np.eye(len(found))
            return np.array([jet.contract([found], [unit], 2)[1] for unit in units], dtype=object)

    def _whole(self, gradients: Sequence[Any]) -> np.ndarray:
        """The gradients by all parameters as one vector, zeros where there is none."""
        pairs = zip(gradients, self.parameters, strict=True)
        return _joined([np.zeros_like(p) if g is None else g for g, p in pairs])

    def against_differences(self, hessian: np.ndarray) -> tuple[np.ndarray, Verdict, str]:
        """How far differences of the gradient are from `hessian`, and whether that is their own error."""

        def by_differences(step: float) -> np.ndarray:
            return self.by_rows(
                lambda unit: _joined(differences.of_gradient(self.loss, self.parameters, unit, step))
            )

        near, far = by_differences(STEP), by_differences(2 * STEP)
        size = np.abs(_joined(differences.gradient(self.loss, self.parameters))).max()
        gap = np.abs(hessian - near)
        return gap, *judge(gap, differences.bound(near, far, size), "the differences' own error")


def proven(left: np.ndarray, right: np.ndarray) -> tuple[Verdict, str]:
    """Whether balls are equal: all overlap, and they are narrow enough for that to mean something.

    >>> proven(np.array([arb(1), arb(2)]), np.array([arb(1), arb(3)]))
    ('fail', '1 of 2 elements are proven different')
    """
    scale = max(abs(b.mid()) for b in left.flat)
    if any(not b.is_finite() or b.rad() > NARROW * scale for b in (*left.flat, *right.flat)):
        return "inconclusive", "the balls are too wide to tell"
    different = sum(not a.overlaps(b) for a, b in zip(left.flat, right.flat, strict=True))
    if different:
        return "fail", f"{different} of {left.size} elements are proven different"
    return "pass", f"all {left.size} elements are equal in balls of {BITS} bits"


def _joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.ravel(a) for a in arrays])


def _floats(balls: np.ndarray) -> np.ndarray:
    return np.array([float(b.mid()) for b in balls.flat]).reshape(balls.shape)
