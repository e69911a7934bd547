"""Layers that remember: each call is one step in time."""

from __future__ import annotations

from typing import Any

import dezero.functions as F
from dezero.arguments import integer
from dezero.core import Constant, Variable, as_operand
from dezero.cuda import get_array_module
from dezero.functions.recurrent import GateWeights, LSTMStep, StackGates
from dezero.layers.base import Layer
from dezero.layers.feedforward import Linear
from dezero.refusal import naming

__all__ = ["LSTM", "RNN"]


class RNN(Layer):
    """h = tanh(x Wx + b + h_before Wh), where h_before is 0 at the first step.

    Args:
        hidden_size: of h (N, hidden_size).
        in_size: of x (N, in_size), or None to take it from the first input.

    >>> import numpy as np
    >>> layer = RNN(4)
    >>> for _ in range(3):
    ...     h = layer(np.ones((2, 5), np.float32))
    >>> h.shape, layer.h is h
    ((2, 4), True)
    """

    h: Variable | None = None

    def __init__(self, hidden_size: int, in_size: int | None = None) -> None:
        super().__init__()
        _check_sizes("RNN", hidden_size, in_size)
        with naming("RNN", hidden_size=hidden_size, in_size=in_size):
            self.x2h = Linear(hidden_size, in_size=in_size)
            self.h2h = Linear(hidden_size, in_size=hidden_size, nobias=True)

    def reset_state(self) -> None:
        """Forget the past: the next call is a first step."""
        self.h = None

    def forward(self, x: Any) -> Variable:
        z = self.x2h(x)
        if self.h is not None:
            _check_rows("RNN", z, self.h)
            z = z + self.h2h(self.h)
        self.h = F.tanh(z)
        return self.h


class LSTM(Layer):
    """Long short-term memory with the gates f (forget), i (input), o (output) and the candidate u.

        f, i, o = sigmoid(x Wx + b + h_before Wh), each with its own weights; u = tanh(likewise)
        c = f * c_before + i * u
        h = o * tanh(c)

    At the first step h_before and c_before are 0. Arguments as of RNN.

    >>> import numpy as np
    >>> layer = LSTM(4, in_size=5)
    >>> layer(np.ones((2, 5), np.float32)).shape, layer.c.shape
    ((2, 4), (2, 4))
    """

    h: Variable | None = None
    c: Variable | None = None

    def __init__(self, hidden_size: int, in_size: int | None = None) -> None:
        super().__init__()
        _check_sizes("LSTM", hidden_size, in_size)
        with naming("LSTM", hidden_size=hidden_size, in_size=in_size):
            self.x2f = Linear(hidden_size, in_size=in_size)
            self.x2i = Linear(hidden_size, in_size=in_size)
            self.x2o = Linear(hidden_size, in_size=in_size)
            self.x2u = Linear(hidden_size, in_size=in_size)
            self.h2f = Linear(hidden_size, in_size=hidden_size, nobias=True)
            self.h2i = Linear(hidden_size, in_size=hidden_size, nobias=True)
            self.h2o = Linear(hidden_size, in_size=hidden_size, nobias=True)
            self.h2u = Linear(hidden_size, in_size=hidden_size, nobias=True)

    def reset_state(self) -> None:
        """Forget the past: the next call is a first step."""
        self.h = None
        self.c = None

    def forward(self, x: Any) -> Variable:
        x = as_operand(x)
        for gate in (self.x2f, self.x2i, self.x2o, self.x2u):
            gate.prepare(x)
        if x.ndim != 2 or x.shape[1] != self.x2f.W.shape[0]:
            raise ValueError(
                f"LSTM: x must have shape (N, {self.x2f.W.shape[0]}), the input size, got {x.shape}"
            )
        if self.h is None or self.c is None:
            zeros = get_array_module(x).zeros((len(x), self.x2f.out_size), dtype=x.dtype)
            self.h = self.c = Constant(zeros)
        _check_rows("LSTM", x, self.h)
        self.h, self.c = LSTMStep()(x, self.h, self.c, self._weights(self.h.creator))
        return self.h

    def _weights(self, before: Any) -> Variable:
        """The weights of all gates: those of the step before, as long as they hold."""
        from_x, from_h = (self.x2f, self.x2i, self.x2o, self.x2u), (self.h2f, self.h2i, self.h2o, self.h2u)
        weights: list[Any] = [w for x2, h2 in zip(from_x, from_h, strict=True) for w in (x2.W, h2.W, x2.b)]
        if type(before) is LSTMStep:
            stacked = before.inputs[3]
            if type(stacked) is GateWeights and stacked.hold(weights):
                return stacked
        return StackGates()(*weights)


def _check_sizes(who: str, hidden_size: Any, in_size: Any) -> None:
    integer(hidden_size, f"{who}: hidden_size", least=1)
    if in_size is not None:
        integer(in_size, f"{who}: in_size", least=1)


def _check_rows(who: str, x: Any, h: Any) -> None:
    """Raises ValueError where a batch has another size than the one before it, whose state is kept."""
    if len(x) != len(h):
        raise ValueError(
            f"{who}: x must have {len(h)} rows, as many as before, got {len(x)}; reset_state() forgets these"
        )
