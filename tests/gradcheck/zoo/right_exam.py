"""Right operations whose values lose their digits, that tie, or that are multiplied by a known constant."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero import Function, Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import kink, op, opaque, right, several

LOST = "values that lose their digits"
TIED = "points on a tie"


def scaled(factor: float) -> Callable[[Variable], Variable]:
    return op(lambda x: x * factor, lambda gy, x: gy * factor)


def lost(name: str, f: Any, *inputs: Any) -> Any:
    """A right formula whose value has no correct digit there."""
    return right(name, LOST, f, *inputs, order=1, verdicts=("inconclusive",), note="no correct digit")


def cross_entropy(x: Any) -> Any:
    """Of the first class."""
    top = np.max(x)
    return np.log(np.sum(np.exp(x - top))) + top - x[0]


def less_label(gy: Variable, x: Variable) -> Variable:
    """Probabilities less the label's 1."""
    powers = F.exp(x - F.max(x).data)
    return gy * (powers / F.sum(powers) - np.eye(x.size)[0])


class Sort(Function):
    """In ascending order; equal numbers stay as they come."""

    def forward(self, x: Any) -> Any:
        return np.sort(x)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        places = np.empty(x.size, int)
        places[sorted(range(x.size), key=lambda i: x.data[i])] = np.arange(x.size)
        return F.get_item(gy, places)


class Ordered(Function):
    """The larger and the smaller; equals share."""

    def forward(self, a: Any, b: Any) -> Any:
        return np.maximum(a, b), np.minimum(a, b)

    def backward(self, *gys: Variable) -> Any:
        larger, smaller = gys
        a, b = (x.data for x in self.inputs)
        share = np.where(a > b, 1.0, np.where(a == b, 0.5, 0.0)).astype(a.dtype)
        return larger * share + smaller * (1 - share), larger * (1 - share) + smaller * share


def log_determinant(a: Variable, b: Variable, c: Variable, d: Variable) -> Variable:
    return F.log(a * d - b * c)


RIGHT_EXAM = [
    right("times pi", "linear functions", scaled(math.pi), several(4)),
    right("radians as degrees", "linear functions", scaled(180 / math.pi), several(4)),
    right("sine of half turns", "zero derivatives", lambda x: F.sin(x * math.pi), np.array([0.5, 1.0, 1.5])),
    lost("cross entropy of a sure label", op(cross_entropy, less_label), np.array([40.0, 0.0, -3.0])),
    lost("sqrt(x + 1) - sqrt(x) at 1e17", lambda x: F.sqrt(x + 1) - F.sqrt(x), np.array([1e17])),
    lost("expm1 from its value at -40", op(np.expm1, lambda gy, x: gy * (F.expm1(x) + 1)), np.array([-40.0])),
    opaque(
        "1 - erf(x) at 6.5",
        op(
            lambda x: np.array([1 - math.erf(v) for v in x]),
            lambda gy, x: gy * (-2 / math.sqrt(math.pi)) * F.exp(-x * x),
        ),
        np.array([6.5]),
        verdicts=("inconclusive",),
    ),
    right(
        "logarithm of a small determinant",
        "ill-conditioned expressions",
        log_determinant,
        *(np.array([v]) for v in (1.1, 1.3, 0.7, 0.91 / 1.1 * (1 + 1e-12))),
        order=1,
        note="half an ULP of the data",
    ),
    kink("sorting 40 equal numbers", TIED, lambda x: Sort()(x), np.ones(40), note="met around"),
    kink("sorting 500 equal numbers", TIED, lambda x: Sort()(x), np.ones(500), note="met around"),
    kink("larger and smaller of equals", TIED, lambda a, b: Ordered()(a, b), np.ones(2), np.ones(2)),
]
