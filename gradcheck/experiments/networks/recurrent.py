"""Networks over time: three steps of a sine, each predicting the next value."""

from __future__ import annotations

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero import Variable
from dezero.datasets import SinCurve
from gradcheck.experiments.networks.dense import drawn
from gradcheck.experiments.networks.network import Problem
from gradcheck.specs.functional import bind

TIMES = 3
STRIDE = 60  # samples between steps, so that the values differ


def rnn() -> Problem:
    """dezero's RNN of 4 values, and an affine layer."""
    return _over_time(L.RNN(4), seed=9)


def lstm() -> Problem:
    """dezero's LSTM of 3 values, and an affine layer."""
    return _over_time(L.LSTM(3), seed=10)


class _Regressor(L.Layer):
    def __init__(self, memory: L.RNN | L.LSTM) -> None:
        super().__init__()
        self.memory = memory
        self.out = L.Linear(1)

    def forward(self, x: Variable) -> Variable:
        return self.out(self.memory(x))


def _over_time(memory: L.RNN | L.LSTM, seed: int) -> Problem:
    """The mean squared error over all steps, of two sequences."""
    curve = np.array([SinCurve()[i][0] for i in range(0, 2 * TIMES * STRIDE, STRIDE)])
    xs = [curve[t::TIMES] for t in range(TIMES)]
    targets = [np.roll(curve, -1, axis=0)[t::TIMES] for t in range(TIMES)]
    model = _Regressor(memory)
    for x in xs[:2]:
        model(x)  # the second step gives the sizes of what comes from the first
    parameters = drawn(model, seed)

    def loss(*values: Variable) -> Variable:
        bind(model, dict(zip(parameters, values, strict=True)))
        memory.reset_state()
        errors = [F.mean_squared_error(model(x), t) for x, t in zip(xs, targets, strict=True)]
        return sum(errors[1:], errors[0]) / TIMES

    return loss, parameters
