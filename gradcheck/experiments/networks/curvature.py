"""The full Hessian of a network: its products with vectors, its symmetry, and differences."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import arb

from gradcheck.experiments.networks.loss_at import LossAt, judge
from gradcheck.experiments.networks.network import Network, whole_row
from gradcheck.judging.verdict import Verdict
from gradcheck.measuring import probes
from gradcheck.measuring.balls import as_balls
from gradcheck.oracles import jet
from gradcheck.oracles.differences.central import STEP
from gradcheck.oracles.numbers.working import WANTED_BITS, working
from gradcheck.records.jsonl import Row

BITS = 192
NARROW = arb(2) ** -WANTED_BITS  # the widest ball, relative to the largest element, that proves something


def hessian_rows(network: Network) -> list[Row]:
    """The full Hessian of a network, found in three ways.

    Double backprop along each unit direction gives H row by row. Its rows must be those that jets
    give, pushed through backward (forward over reverse: no graph of the gradient is needed), it must
    be symmetric, and one double backprop must give H v: balls of 192 bits prove that these are equal,
    and floats show how far apart rounding puts them. The third way are differences of the gradient.
    """
    started = time.perf_counter()
    loss, named = network.build()
    at = LossAt(loss, list(named.values()))
    units = [unit for _, _, unit in probes.units(at.parameters, [True] * len(at.parameters))]
    floats = np.stack([at.product(unit) for unit in units])
    balls = np.stack([product_in_balls(at, unit) for unit in units])
    jets = np.stack([product_by_jets(at, unit) for unit in units])
    near, bound = map(np.stack, zip(*map(at.product_by_differences, units), strict=True))
    v = probes.like(np.random.default_rng(0), at.parameters)
    flat = at.joined(v)
    with working(BITS):
        product_of_jets = jets @ as_balls(jet.lift(flat))
    product = at.product(v)
    gap = np.abs(floats - near)
    found = {
        "H, and by jets through backward": (floats - _floats(jets), *proven(balls, jets)),
        "H, and its transpose": (floats - floats.T, *proven(balls, balls.T)),
        "H v, and all of H times v": (
            product - floats @ flat,
            *proven(product_in_balls(at, v), product_of_jets),
        ),
        "H, and by differences of the gradient": (gap, *judge(gap, bound, "the differences' own error")),
    }
    seconds = (time.perf_counter() - started) / len(found)
    rows = [whole_row(network, what, *compared, seconds) for what, compared in found.items()]
    rows[-1]["step"] = STEP
    return rows


def product_in_balls(at: LossAt, v: list[np.ndarray]) -> np.ndarray:
    """H v by double backprop, in balls."""
    with working(BITS):
        xs, direction = ([jet.lift(a) for a in arrays] for arrays in (at.parameters, v))
        return as_balls(at.joined(at.subject.gradients(xs, [jet.lift(np.ones(()))], direction, 2)[1]))


def product_by_jets(at: LossAt, v: list[np.ndarray]) -> np.ndarray:
    """H v as the derivative of the gradient along v, in balls."""

    def gradient(arrays: Sequence[Any]) -> list[np.ndarray]:
        *xs, one = arrays  # the cotangent is a jet too: a float's quotients would be rounded
        return [at.joined(at.subject.gradients(xs, [one], [None] * len(xs), 1)[0])]

    arrays = [*at.parameters, np.ones(())]
    path = [[*v, np.zeros(())]]
    [found], _ = jet.evaluate(gradient, arrays, [True] * len(arrays), path, bits=BITS)
    with working(BITS, 2):
        units = np.eye(len(found))
        return np.array([jet.contract([found], [unit], 2)[1] for unit in units], dtype=object)


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


def _floats(balls: np.ndarray) -> np.ndarray:
    return np.array([float(b.mid()) for b in balls.flat]).reshape(balls.shape)
