"""Calls of every public function with drawn arguments, judged by plain definitions in long double."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.attack.calls import arrays, elementwise, layers, networks
from tests.attack.calls.draws import Call, Draw
from tests.attack.calls.judge import judge
from tests.attack.calls.odd import odd_call
from tests.attack.trials import Fault, Tried

CALLS, ODD_CALLS = 400, 60  # of a trial
SHOWN = 25  # faults of a trial

KINDS: list[tuple[Callable[[Draw], Call], int]] = [
    (elementwise.unary, 8), (elementwise.binary, 6), (elementwise.powers, 2), (elementwise.scalars, 2),
    (elementwise.bounds, 4), (arrays.shapes, 5), (arrays.joins, 2), (arrays.reductions, 5),
    (arrays.exponentials, 4), (arrays.picks, 4), (networks.products, 4), (networks.convolutions, 1),
    (networks.windows, 2), (networks.embeddings, 1), (networks.losses, 4), (networks.normalizations, 1),
    (layers.layers, 1), (networks.accuracies, 1),
]  # fmt: skip


def trial(seed: int, folder: Path) -> Tried:
    """Some hundred calls, with gradients of most and second gradients of some."""
    draw, tried = Draw(seed), Tried()
    kinds, weights = zip(*KINDS, strict=True)
    state = np.random.get_state()  # noqa: NPY002  # layers draw from it
    np.random.seed(seed % 2**32)  # noqa: NPY002
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for make in draw.r.choices(kinds, weights, k=CALLS):
            _one(make(draw), draw, seed, tried)
        for _ in range(ODD_CALLS):
            _note(odd_call(draw, tried.counts), seed, tried)
    np.random.set_state(state)  # noqa: NPY002
    return tried


def _one(call: Call, draw: Draw, seed: int, tried: Tried) -> None:
    order = min(draw.r.choice([0, 1, 1, 1, 2]), call.highest)
    if call.name in ("max", "min", "pooling", "pooling_simple") and np.isnan(call.inputs[0]).any():
        order = 0  # which of the elements decides is nowhere said
    if draw.special or not all(np.isfinite(x).all() for x in call.inputs):
        order = min(order, 1)
    counts: Counter[str] = Counter({"calls": 1, f"calls of {call.name}": 1})
    fault = judge(call, draw, order, counts)
    tried.counts.update(counts)
    _note(fault, seed, tried)


def _note(fault: str | None, seed: int, tried: Tried) -> None:
    if fault is not None and len(tried.faults) < SHOWN:
        tried.faults.append(Fault("calls", seed, fault))
