"""Claims at a kink that are not made of the gradients around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero import Function, Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import op, wrong, wrong_second

KINKS = "claims at a kink outside of the gradients around"


def relu(at_zero: float) -> Callable[[Variable], Variable]:
    """The ramp, with this slope at 0."""

    def slope(gy: Variable, x: Variable) -> Variable:
        inside = np.where(x.data > 0, 1.0, np.where(x.data == 0, at_zero, 0.0))
        return gy * inside.astype(x.dtype)

    return op(lambda x: np.maximum(x, 0), slope)


class TiedMax(Function):
    """The largest element; ties get `share(mask)`."""

    def __init__(self, share: Callable[[np.ndarray], Any]) -> None:
        self._share = share

    def forward(self, x: Any) -> Any:
        return x.max()

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        mask = (x.data == x.data.max()).astype(x.dtype)
        return gy * Variable(np.asarray(self._share(mask), dtype=x.dtype))


def tied(share: Callable[[np.ndarray], Any]) -> Callable[[Variable], Variable]:
    return lambda x: TiedMax(share)(x)


def first(mask: np.ndarray) -> np.ndarray:
    """One winner."""
    winner = np.zeros_like(mask)
    winner.reshape(-1)[np.argmax(mask)] = 1
    return winner


AT_ZERO = np.array([0.0, 1.0, -2.0])
TIES = np.array([2.0, 2.0, 0.5, 2.0])
MANY = np.ones(70_000, np.float16)
BOX = np.array([[i, j, k] for i in (0.0, 2.0) for j in (1.0, 4.0) for k in (-1.0, 3.0)])

WRONG_KINKS = [
    wrong("ramp with slope 5 at 0", KINKS, relu(5.0), AT_ZERO, cause="kink"),
    wrong("ramp with slope -1 at 0", KINKS, relu(-1.0), AT_ZERO, cause="kink"),
    wrong("ramp with slope 1.01 at 0", KINKS, relu(1.01), np.zeros(1), cause="kink"),
    wrong("ramp with NaN at 0", KINKS, relu(np.nan), AT_ZERO, cause="NaN"),
    wrong("ramp with infinity at 0", KINKS, relu(np.inf), np.array(0.0), cause="infinity"),
    wrong("ramp with slope 2 at 0, float32", KINKS, relu(2.0), AT_ZERO.astype(np.float32), cause="kink"),
    wrong("a whole share for each tie", KINKS, tied(lambda m: m), TIES, cause="shares of a tie"),
    wrong("no share for a tie", KINKS, tied(lambda m: m * 0), TIES, cause="shares of a tie"),
    wrong("negative shares", KINKS, tied(lambda m: -m / m.sum()), TIES, cause="kink"),
    wrong("half of each share", KINKS, tied(lambda m: m / m.sum() / 2), np.ones(2), cause="shares of a tie"),
    wrong("no share among 70,000", KINKS, tied(lambda m: m * 0), MANY, cause="shares of a tie"),
    wrong("a whole share for each of 70,000", KINKS, tied(lambda m: m), MANY, cause="shares of a tie"),
    wrong(
        "minimum over tied corners",
        KINKS,
        op(lambda x: x.min(axis=0), lambda gy, x: gy * (x.data == x.data.min(axis=0)).astype(x.dtype)),
        BOX,
        cause="shares of a tie",
    ),
    wrong(
        "both operands of a tied maximum",
        KINKS,
        op(np.maximum, lambda gy, a, b: (gy * (a.data >= b.data), gy * (b.data >= a.data))),
        np.array([1.0, 2.0]),
        np.array([1.0, 3.0]),
        cause="shares of a tie",
    ),
    wrong("norm at 0", KINKS, lambda x: F.sqrt(F.sum(x * x)), np.zeros(3), cause="NaN"),
    wrong("x times its norm at 0", KINKS, lambda x: x * F.sqrt(F.sum(x * x)), np.zeros(3), cause="NaN"),
    wrong("kinks of parts that cancel", KINKS, lambda x: F.relu(x) - F.relu(-x), AT_ZERO),
    wrong_second(
        "slope 3 of |x| x at 0, second order",
        KINKS,
        lambda x: x * op(np.abs, lambda gy, x: gy * (F.sign(x) + 3 * (x.data == 0)))(x),
        np.array([0.0, 1.0]),
    ),
]
