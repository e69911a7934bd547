"""Wrong operations at kinks of several kinds, and where their values lose all digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero import Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import op, wrong, wrong_second
from tests.gradcheck.zoo.wrong_kinks import AT_ZERO, KINKS

LOST = "wrong formulas whose values have no digits"


def bent(
    forward: Callable[[Any], Any], left: float, claim: float, right: float
) -> Callable[[Variable], Variable]:
    """A function of these slopes on both sides of 0, with a claim at 0."""

    def slope(gy: Variable, x: Variable) -> Variable:
        return gy * np.where(x.data == 0, claim, np.where(x.data < 0, left, right)).astype(x.dtype)

    return op(forward, slope)


def shared(
    forward: Callable[[Any], Any], share: Callable[[np.ndarray], Any]
) -> Callable[[Variable], Variable]:
    """A function of all elements, with this gradient."""
    return op(forward, lambda gy, x: gy * np.asarray(share(x.data), dtype=x.dtype))


def median(x: Any) -> Any:
    ordered = np.sort(x)
    return (ordered[1] + ordered[2]) / 2


def middle(x: np.ndarray) -> np.ndarray:
    """All that equal a middle element, without sharing."""
    ordered = np.sort(x)
    return (x == ordered[1]) / 2 + (x == ordered[2]) / 2


def huber(x: Any) -> Any:
    return np.where(np.abs(x) <= 1, x * x / 2, np.abs(x) - 0.5)


def clipped(gy: Variable, x: Variable) -> Variable:
    """Huber's slope; its own derivative is 5 at 1."""
    inside = op(
        lambda v: np.clip(v, -1, 1),
        lambda gg, v: gg * np.where(np.abs(v.data) == 1, 5.0, np.abs(v.data) < 1).astype(v.dtype),
    )
    return gy * inside(x)


def direction(gy: Variable, x: Variable) -> Variable:
    """x / |x|; (1, 1, ..) at 0."""
    if not x.data.any():
        return gy * np.ones(x.shape)
    return gy * x / F.sqrt(F.sum(x * x))


def runge_kutta(x: Any) -> Any:
    """y' = x y from 1, by 20 steps."""
    y, h = x * 0 + 1, 0.05
    for _ in range(20):
        k1 = x * y
        k2 = x * (y + h / 2 * k1)
        k3 = x * (y + h / 2 * k2)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + x * (y + h * k3))
    return y


WRONG_EXAM = [
    wrong("leaky ramp flat at 0", KINKS, bent(lambda x: np.where(x > 0, x, x / 8), 0.125, 0, 1), AT_ZERO),
    wrong(
        "quantile loss with slope 1 at 0", KINKS, bent(lambda x: np.maximum(x / 4, -x), -1, 1, 0.25), AT_ZERO
    ),
    wrong(
        "top two, all of a tie",
        KINKS,
        shared(lambda x: np.sum(np.sort(x)[-2:]), lambda x: x >= np.sort(x)[-2]),
        np.array([3.0, 2.0, 2.0, 1.0]),
        cause="tie",
    ),
    wrong("median of equals, halves", KINKS, shared(median, middle), np.ones(4), cause="kink"),
    wrong(
        "range of ties, all of them",
        KINKS,
        shared(lambda x: x.max() - x.min(), lambda x: 1.0 * (x == x.max()) - (x == x.min())),
        np.array([1.0, 1.0, 0.0, -1.0]),
        cause="tie",
    ),
    wrong("length at 0, all ones", KINKS, op(lambda x: np.sqrt(np.sum(x * x)), direction), np.zeros(3)),
    wrong_second("Huber's second slope", KINKS, op(huber, clipped), np.array([1.0, 0.5, -2.0])),
    wrong("expm1 less its 1 at -40", LOST, op(np.expm1, lambda gy, x: gy * F.expm1(x)), np.array([-40.0])),
    wrong(
        "sine by the cosine at 1e-9",
        LOST,
        op(np.cos, lambda gy, x: gy * F.sqrt(1 - F.cos(x) ** 2)),
        np.array([1e-9]),
    ),
    wrong(
        "20 steps, slope of the solution",
        "factor",
        op(runge_kutta, lambda gy, x: gy * F.exp(x)),
        np.array([0.5, 1.2]),
    ),
]
