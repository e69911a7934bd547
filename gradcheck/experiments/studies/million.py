"""A million parameters: central differences of each against one backward pass."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from dezero import Variable
from gradcheck.experiments.studies.study import Table
from gradcheck.experiments.studies.timing import fastest
from gradcheck.oracles.differences.central import central
from gradcheck.report.formatting import duration, significant

SIDE = 1000  # the million parameters are a square matrix
SAMPLES = 50  # how many of them are really moved
REPEATS = 9


def study() -> tuple[Table, float]:
    """Time and error of differences and of backward for a million weights, and backward's price."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, SIDE))  # no Variable: nobody asks for its gradient
    W = rng.standard_normal((SIDE, SIDE)) / math.sqrt(SIDE)  # noqa: N806  # the usual letter of weights

    def loss(weights: Variable) -> Variable:
        return F.mean_squared_error(F.tanh(F.matmul(x, weights)), Variable(np.zeros((8, SIDE))))

    forward, _ = fastest(lambda: _without_graph(loss, W), REPEATS)
    gradient = _gradient(loss, W)
    backward, _ = fastest(lambda: _gradient(loss, W).size, REPEATS)  # no run is to keep the memory of another
    moved = iter(rng.integers(0, SIDE, (SAMPLES, 2)))
    per_weight, errors = fastest(lambda: _gap(loss, W, next(moved), gradient), SAMPLES)
    error = max(errors) / float(np.abs(gradient).max())
    ratio = per_weight * SIDE**2 / backward
    cells: list[list[str | float | None]] = [
        ["forward alone, once", duration(forward), "measured"],
        ["forward and backward, all 1,000,000 derivatives", duration(backward), "measured"],
        [f"central differences of {SAMPLES} weights", duration(per_weight * SAMPLES), "measured"],
        ["central differences of all 1,000,000 weights", duration(per_weight * SIDE**2), "extrapolated"],
    ]
    table = Table(
        "One million parameters",
        f"A layer of {SIDE} by {SIDE} weights with tanh and a mean squared error, 8 samples. Central "
        f"differences evaluate the loss twice for each weight: only {SAMPLES} weights were really moved, "
        "and the time of all of them is extrapolated from that, since each costs the same. Forward and "
        f"backward give every derivative at the price of {backward / forward:.1f} evaluations: the "
        f"differences would take {rough(ratio)} times as long (times are those of the fastest run). At the "
        f"{SAMPLES} weights they differ from backward by {significant(error, 2)} at most, relative to the "
        "largest derivative.",
        "Time for the derivatives of a loss by a million weights",
        ["What", "Time", "How known"],
        cells,
    )
    return table, backward / forward


def _without_graph(loss: Any, W: np.ndarray) -> float:  # noqa: N803  # the usual letter of weights
    with dezero.no_grad():
        return float(loss(Variable(W)).data)


def _gradient(loss: Any, W: np.ndarray) -> np.ndarray:  # noqa: N803
    weights = Variable(W)
    loss(weights).backward()
    assert weights.grad is not None
    return weights.grad.data


def _gap(loss: Any, W: np.ndarray, index: np.ndarray, gradient: np.ndarray) -> float:  # noqa: N803
    """How far a central difference by one weight is from backward."""
    place = tuple(index)
    value = W[place]

    def at(x: float) -> float:
        W[place] = x
        return _without_graph(loss, W)

    difference = central(at, value)
    W[place] = value
    return abs(difference - gradient[place])


def rough(number: float) -> str:
    """A number to two digits, with commas.

    >>> rough(654321.0)
    '650,000'
    """
    return f"{float(f'{number:.1e}'):,.0f}"
