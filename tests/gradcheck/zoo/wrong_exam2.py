"""Layers that go on from their last call, and wrong gradients of what stops before it is done."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from dezero import Variable
from dezero import layers as L
from tests.gradcheck.zoo.right_exam2 import X, by_floats, contraction
from tests.gradcheck.zoo.right_state import STOPS
from tests.gradcheck.zoo.specimen import Specimen, op, opaque_wrong, several, wrong
from tests.gradcheck.zoo.wrong_state import NOISE, STATE


def _drifting() -> Any:
    """Steady at first, as what looks at a clock is; its backward is wrong as well."""
    calls = itertools.count()
    return op(lambda x: x * x * (1.0 if next(calls) < 30 else 1.5), lambda gy, x: gy * x)


def _first_scale() -> Any:
    known: dict[str, Any] = {}

    def f(x: Variable) -> Variable:
        scale = known.setdefault("scale", float(np.abs(x.data).max()) if x.dtype != object else 1.0)
        return x * x / scale

    return f


def _relu(value: float) -> float:
    return max(value, 0.0)


def _dead(gy: Variable, x: Variable) -> Variable:
    return gy * (1.0 + 0.0 * x)


WRONG_EXAM2: list[Specimen] = [
    wrong("a recurrent layer that goes on", STATE, L.RNN(3), several(4, 3), cause="RNN.h;"),
    wrong("an LSTM that goes on", STATE, L.LSTM(3), several(4, 3), cause="LSTM.h"),
    wrong("scaled by its first input", STATE, _first_scale(), several(3), cause="known"),
    wrong("f changes later on", NOISE, _drifting(), several(3)),
    wrong("a fixed point to 1e-8, 1e-4 off", STOPS, contraction(0.9, 1e-8, 1.0001), X),
    wrong("a fixed point to 1e-3, a quarter off", STOPS, contraction(0.5, 1e-3, 1.25), X),
    opaque_wrong("a gradient where f is dead", op(by_floats(_relu), _dead), -np.abs(several(3))),
]
