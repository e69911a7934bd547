"""What graphs are made of: functions and maps in both worlds, and a Variable with what it should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Function, Variable
from tests.attack import symbols
from tests.attack.symbols import Symbol

FUNCTIONS: dict[str, Callable[[Symbol], Symbol]] = {
    "sin": symbols.sine, "cos": symbols.cosine, "tanh": symbols.hyperbolic, "exp": symbols.exponential,
    "neg": lambda a: symbols.scaled(a, -1), "square": lambda a: symbols.times(a, a),
}  # fmt: skip
# Functions that move or add elements, which run on arrays and on Variables: (of NumPy, of dezero).
MAPS: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
    (lambda a: a.reshape(-1), lambda x: x.reshape(-1)),
    (lambda a: a.T, lambda x: x.T),
    (lambda a: a.sum(), F.sum),
    (lambda a: a.sum(axis=0, keepdims=True), lambda x: F.sum(x, axis=0, keepdims=True)),
    (lambda a: a.mean(axis=-1), lambda x: F.mean(x, axis=-1)),
    (lambda a: a[0], lambda x: x[0]),
    (lambda a: a[::-1], lambda x: x[::-1]),
    (lambda a: a[[0, -1, 0]], lambda x: x[[0, -1, 0]]),
    (lambda a: a[(0, 0), ...], lambda x: x[(0, 0), ...]),
    (lambda a: a[None], lambda x: F.expand_dims(x, 0)),
    (lambda a: np.broadcast_to(a, (2, *a.shape)), lambda x: F.broadcast_to(x, (2, *x.shape))),
    (lambda a: np.concatenate([a, a[:1]]), lambda x: F.concatenate([x, x[:1]])),
]
SHAPES = [(), (1,), (2,), (3,), (2, 3), (1, 3), (2, 1), (2, 2)]


class Halves(Function):
    """Twice the first half of the rows, and three times the rest: two outputs, of which one may be unused."""

    def forward(self, x: Any) -> tuple[Any, Any]:
        return 2 * x[: len(x) // 2], 3 * x[len(x) // 2 :]

    def backward(self, gy0: Variable, gy1: Variable) -> Variable:
        return F.concatenate([2 * gy0, 3 * gy1])


@dataclass
class Node:
    """A Variable, what it is, what its gradient is, and a copy of its data."""

    x: Variable
    symbol: Symbol
    grad: Symbol | None = None
    has_sibling: bool = False  # another output of the same function may be the root: then its gradient is 0

    def __post_init__(self) -> None:
        self.copy = self.x.data.copy()
