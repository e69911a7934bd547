"""Operations that are no function of their inputs, and backwards that keep something or are not linear."""

from __future__ import annotations

import random
import time
from collections import deque
from functools import cache
from typing import Any

import numpy as np

from dezero import Function, Parameter, Variable
from dezero import functions as F
from dezero.layers import Layer
from tests.gradcheck.zoo.right_state import STOPS, X, newton, slowly, stopping
from tests.gradcheck.zoo.specimen import Specimen, op, several, wrong

NOISE, STATE = "f gives other values from call to call", "f keeps state between calls"
_GENERATOR = np.random.default_rng(11)
_MEMO: dict[str, Any] = {}
_CALLS = 0


def _cosine(gy: Variable, x: Variable) -> Variable:
    return gy * F.cos(x)


# Noise ----------------------------------------------------------------------------------------------


def _unseeded(size: float) -> Any:
    return op(lambda x: np.sin(x) * (1 + size * np.random.default_rng().standard_normal(x.shape)), _cosine)


def _global(size: float) -> Any:
    return op(lambda x: np.sin(x) * (1 + size * np.random.standard_normal(x.shape)), _cosine)  # noqa: NPY002


def _only_floats(x: Any) -> Any:
    if x.dtype == object:
        raise TypeError("floats only")
    return np.sin(x) * (1 + 1e-9 * np.random.default_rng().standard_normal(x.shape))


def _timed(x: Any) -> Any:
    return np.sin(x) * (1 + 1e-12 * (time.perf_counter_ns() % 997))


def _another_order(x: Any) -> Any:
    """Adds in an order of its own each time, as atomics do."""
    order = np.random.default_rng().permutation(x.size)
    total = x.reshape(-1)[order[0]] * 1
    for n in order[1:]:
        total = total + x.reshape(-1)[n]
    return np.asarray(total)


def _everywhere(gy: Variable, x: Variable) -> Variable:
    return F.broadcast_to(gy, x.shape)


def _dropout(x: Variable) -> Variable:
    return F.sum(F.dropout(x, 0.5) ** 2)


_NOISE = [
    wrong(f"noise of {size:g} in forward", NOISE, _unseeded(size), several(5), cause=f"{NOISE} (by ")
    for size in (1e-15, 1e-13, 1e-9, 1e-5, 1e-2)
] + [
    wrong(f"noise of {size:g} from np.random", NOISE, _global(size), several(5), cause="(np.random)")
    for size in (1e-13, 1e-9, 1e-2)
]


# State ----------------------------------------------------------------------------------------------


class _WarmStart(Function):
    """Solves y + exp(y) = x by Newton's method from where the last call ended."""

    last: Any = None

    def forward(self, x: Any) -> Any:
        floats = x.dtype != object
        y = _WarmStart.last if floats and np.shape(_WarmStart.last) == x.shape else x * 0
        for _ in range(3):
            y = y - (y + np.exp(y) - x) / (1 + np.exp(y))
        _WarmStart.last = y
        return y

    def backward(self, gy: Variable) -> Variable:
        y = self.outputs[0]()
        return gy / (1 + F.exp(y))


class _Stepper:
    """Each call counts, and the count is in the value; kept in slots."""

    __slots__ = ("calls",)

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x: Variable) -> Variable:
        self.calls += 1
        return x * (1.0 + 1e-10 * self.calls)


class _Centred(Layer):
    """Takes off a running mean that each call moves, in place."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = Parameter(np.zeros(()))

    def forward(self, x: Variable) -> Variable:
        if x.dtype != object:
            self.mean.data[...] = 0.9 * self.mean.data + 0.1 * x.data.mean()
        return x - self.mean.data


class _Norm:
    @cache  # noqa: B019  # one instance, kept for ever
    def scale(self, _: str) -> Any:
        return _MEMO["x"]

    def __call__(self, x: Variable) -> Variable:
        _MEMO["x"] = np.abs(x.data).max()
        return x / self.scale("first")


def _counted() -> Any:
    calls = 0

    def f(x: Variable) -> Variable:
        nonlocal calls
        calls += 1
        return F.sin(x) * (1.0 + 1e-12 * (calls % 2))

    return f


def _globally(x: Variable) -> Variable:
    global _CALLS
    _CALLS += 1
    return F.sin(x) + 1e-8 * _CALLS


def _momentum() -> Any:
    average = np.zeros(4)

    def f(x: Variable) -> Variable:
        if x.dtype != object:
            average[...] = 0.5 * average + 0.5 * x.data
        return x + average

    return f


def _first_scale(x: Variable) -> Variable:
    if "scale" not in _MEMO:
        _MEMO["scale"] = np.abs(x.data).max()
    return x / _MEMO["scale"]


def _recent(x: Variable, seen: Any = deque(maxlen=3)) -> Variable:  # noqa: B006  # the mistake
    seen.append(x.data.sum())
    return x * sum(seen)


def _largest() -> Any:
    kept = {"largest": 0.0}

    def f(x: Variable) -> Variable:
        kept["largest"] = max(kept["largest"], float(np.abs(x.data).max()))
        return x / kept["largest"]

    return f


class _BackwardMoves(Function):
    scale = 1.0

    def forward(self, x: Any) -> Any:
        return x * _BackwardMoves.scale

    def backward(self, gy: Variable) -> Variable:
        gx = gy * _BackwardMoves.scale
        _BackwardMoves.scale *= 0.5
        return gx


_STATE = [
    wrong("warm start", STATE, _WarmStart, several(3), cause=f"{STATE}: _WarmStart.last"),
    wrong("count in slots", STATE, _Stepper(), several(3), cause="_Stepper.calls"),
    wrong("running mean in the value", STATE, _Centred(), several(3), cause="_Centred.mean"),
    wrong("cached method", STATE, _Norm(), several(3), cause=STATE),
    wrong("count in a closure", STATE, _counted(), several(3), cause=f"{STATE}: calls"),
    wrong("count in a global", STATE, _globally, several(3), cause=f"{STATE}: _CALLS"),
    wrong("moving average", STATE, _momentum(), several(4), cause=f"{STATE}: average"),
    wrong("scale of the first input", STATE, _first_scale, several(3), cause=f"{STATE}: _MEMO"),
    wrong("sum over recent calls", STATE, _recent, several(3), cause=f"{STATE}: seen"),
    wrong("largest so far", STATE, _largest(), several(3), cause=f"{STATE}: kept"),
    wrong("backward moves forward", STATE, _BackwardMoves, several(3), cause="_BackwardMoves.scale"),
]


# Backward -------------------------------------------------------------------------------------------


class _FirstCosine(Function):
    """Forward is right; backward takes one factor of two from the first call."""

    kept: Any = None

    def forward(self, x: Any) -> Any:
        if _FirstCosine.kept is None:
            _FirstCosine.kept = np.cos(x)
        return np.sin(x) * x

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * (F.sin(x) + x * _FirstCosine.kept)


class _FirstGradient(Function):
    kept: Any = None

    def forward(self, x: Any) -> Any:
        return np.sin(x)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        if _FirstGradient.kept is None:
            _FirstGradient.kept = gy * F.cos(x)
        return _FirstGradient.kept


def _by_norm(scale: Any) -> Any:
    """The sine, whose gy is multiplied by `scale(norm of gy)`."""

    def backward(gy: Variable, x: Variable) -> Variable:
        return gy * F.cos(x) * scale(F.sum(gy * gy) ** 0.5)

    return op(np.sin, backward)


def _of_nothing(gy: Variable, x: Variable) -> Variable:
    """Right, but for gy = 0: 0 / 0."""
    norm = F.sum(gy * gy) ** 0.5
    return gy / norm * F.cos(x) * norm


def _dead_zone(gy: Variable, x: Variable) -> Variable:
    return gy * F.cos(x) * (np.abs(gy.data) < 100.0)


LINEAR = "is not linear in it"

_BACKWARD = [
    wrong("factor of the first input", "non-determinism", _FirstCosine, several(3), cause="an earlier call"),
    wrong("the first gradient for ever", "non-determinism", _FirstGradient, several(3)),
    wrong("gradient of unit norm", LINEAR, _by_norm(lambda n: 1 / n), several(3)),
    wrong("an epsilon beside the norm", LINEAR, _by_norm(lambda n: n / (n + 1e-10)), several(3)),
    wrong("clipped to norm 1", LINEAR, _by_norm(lambda n: F.minimum(1.0, 1 / n)), several(3)),
    wrong("clipped to norm 1000", LINEAR, _by_norm(lambda n: F.minimum(1.0, 1e3 / n)), several(3)),
    wrong("NaN where gy is zero", LINEAR, op(np.sin, _of_nothing), several(3), cause="gives NaN"),
    wrong("nothing where gy is large", LINEAR, op(np.sin, _dead_zone), several(3)),
    wrong("a little of the square", LINEAR, _by_norm(lambda n: 1 + 1e-9 * n), several(3)),
]

_STOPS = [
    wrong(f"{name}, off by {off:g}", STOPS, stopping(tolerance, step, floats=floats, off=off), X)
    for name, tolerance, step, floats in (
        ("Newton to 1e-3", 1e-3, newton, True),
        ("Newton to 1e-6, jets", 1e-6, newton, False),
        ("a fixed point to 1e-3", 1e-3, slowly, True),
        ("a fixed point to 1e-10, jets", 1e-10, slowly, False),
    )
    for off in (-0.5, 0.3)
] + [wrong("Newton to 1e-3, off by 0.001", STOPS, stopping(1e-3, newton, off=1e-3), X)]

WRONG_STATE: list[Specimen] = [
    *_NOISE,
    *_STATE,
    *_BACKWARD,
    *_STOPS,
    wrong("noise where forward takes floats only", NOISE, op(_only_floats, _cosine), several(4), cause=NOISE),
    wrong("the time of day", NOISE, op(_timed, _cosine), several(4), cause=NOISE),
    wrong("adds in any order", NOISE, op(_another_order, _everywhere), several(60), cause=NOISE),
    wrong("dropout of np.random", NOISE, _dropout, several(8), cause="fix its seed"),
    wrong("Python's random numbers", NOISE, lambda x: x * random.random(), several(3), cause="(random)"),
    wrong(
        "a generator of the module",
        NOISE,
        op(lambda x: x * (1 + 1e-7 * _GENERATOR.random()), lambda gy, x: gy),
        several(3),
        cause="(_GENERATOR)",
    ),
]
