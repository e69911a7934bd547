"""Right operations on kinks and near them, on ties, and ill-conditioned ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero import Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import kink, of, op, right, some
from tests.gradcheck.zoo.wrong_kinks import AT_ZERO, BOX, MANY, TIES, first, relu, tied

near_kink = of(right, "kinks closer than the step")
ill_conditioned = of(right, "ill-conditioned expressions", verdicts=("pass", "inconclusive"))

_KINKS = [
    near_kink("relu at 1e-9", F.relu, np.array([1e-9, -1e-9])),
    near_kink("abs at 1e-12", F.abs, np.array([1e-12, -1e-12])),
    near_kink("max, 1e-12 apart", F.max, np.array([1.0, 1.0 + 1e-12, 0.5])),
    near_kink("clip, 1e-10 inside", lambda x: F.clip(x, -1.0, 1.0), np.array([1 - 1e-10, 1 + 1e-10])),
    near_kink("leaky relu at 1e-300", F.leaky_relu, np.array([1e-300, -1e-300])),
    kink("relu at 0", "points on a kink", F.relu, np.array([0.5, 0.0, -1.0]), note="element 1"),
    kink("abs at scalar 0", "points on a kink", F.abs, np.array(0.0), note="= 0.0"),
    kink("max with a tie", "points on a tie", F.max, np.array([1.0, 2.0, 2.0]), note="element 1"),
    kink("maximum of equals", "points on a tie", F.maximum, np.array([1.0, 2.0]), np.array([1.0, 3.0])),
    kink("clip at its bound", "points on a kink", lambda x: F.clip(x, -1.0, 1.0), np.array([1.0, 0.0])),
    kink("sqrt at 0", "points on a kink", F.sqrt, np.array([0.0, 1.0])),
    kink(
        "one kink among 30,000",
        "points on a kink",
        F.relu,
        np.append(some(30_000) + 0.0005, 0.0),
        note="30000",
    ),
    right("softmax of equal logits", "ties", F.softmax, np.ones((2, 3))),
    right("logsumexp of equal logits", "ties", F.logsumexp, np.zeros((2, 3))),
    right(
        "max plus min of equals",
        "ties",
        lambda a, b: F.maximum(a, b) + F.minimum(a, b),
        np.ones(2),
        np.ones(2),
    ),
    right(
        "x*|x| at 0, first order", "points on a kink", lambda x: x * F.abs(x), np.array([0.0, 1.0]), order=1
    ),
    kink(
        "x*|x| at 0, second order", "points on a kink", lambda x: x * F.abs(x), np.array([0.0, 1.0]), order=2
    ),
]


_CONDITION = [
    ill_conditioned(
        "difference of near numbers", lambda a, b: 1 / (a - b), np.array([1.0]), np.array([1 - 1e-12])
    ),
    ill_conditioned("(1 - cos x)/x² at 1e-6", lambda x: (1 - F.cos(x)) / (x * x), np.array([1e-6])),
    ill_conditioned("exp(x) - 1 at 1e-12", lambda x: F.exp(x) - 1, np.array([1e-12])),
    ill_conditioned(
        "a polynomial at its triple root", lambda x: x**3 - 3 * x**2 + 3 * x - 1, np.array([1.0, 1 + 1e-5])
    ),
    ill_conditioned("Wilkinson's polynomial", lambda x: _product(x, range(1, 21)), np.array([10.5, 3.001])),
    right(
        "logistic map, 40 times",
        "ill-conditioned expressions",
        lambda x: _logistic(x, 40),
        np.array([0.3, 0.7]),
        order=1,
        verdicts=("pass", "inconclusive"),
    ),
    ill_conditioned(
        "variance of far numbers", lambda x: F.mean(x * x) - F.mean(x) ** 2, np.array([1e6, 1e6 + 1, 1e6 + 2])
    ),
    right(
        "Newton's square root",
        "data-dependent branches",
        lambda x: _newton_sqrt(x),
        np.array([2.0, 9.0, 0.1]),
        order=1,
    ),
]


def _product(x: Variable, roots: Any) -> Variable:
    y = x - 1.0
    for root in list(roots)[1:]:
        y = y * (x - float(root))
    return y


def _logistic(x: Variable, times: int) -> Variable:
    for _ in range(times):
        x = 3.9 * x * (1 - x)
    return x


def _newton_sqrt(x: Variable) -> Variable:
    def forward(a: Any) -> Any:
        y = a * 0 + 1.0
        while np.any(np.abs(y * y - a) > 1e-14 * a):
            y = (y + a / y) / 2
        return y

    return op(forward, lambda gy, a: gy * 0.5 / F.sqrt(a))(x)


_CLAIMS = [
    kink("ramp with slope 0 at 0", "points on a kink", relu(0.0), AT_ZERO, note="slopes around are 0 and 1"),
    kink("ramp with slope 0.5 at 0", "points on a kink", relu(0.5), AT_ZERO, note="claims 0.5"),
    kink("ramp with slope 1 at 0", "points on a kink", relu(1.0), AT_ZERO, note="claims 1"),
    kink("equal shares", "points on a tie", tied(lambda m: m / m.sum()), TIES, note="are 0 and 1"),
    kink("one winner", "points on a tie", tied(first), TIES),
    kink("one winner of 70,000", "points on a tie", tied(first), MANY),
    kink(
        "equal shares of 70,000", "points on a tie", tied(lambda m: m / np.float32(m.sum())), np.ones(70_000)
    ),
    kink(
        "a maximum of a minimum at 0",
        "points on a kink",
        lambda x, y: F.maximum(x * 0, F.minimum(x, y)),
        np.zeros(1),
        np.zeros(1),
    ),
    kink("median of ties", "points on a tie", lambda x: F.sum(F.max(x) + F.min(x)), np.zeros(5)),
    kink("corners of a box", "points on a tie", lambda x: F.concatenate([F.min(x, 0), F.max(x, 0)], 0), BOX),
    kink(
        "ramps of both signs",
        "points on a kink",
        lambda x, y: F.sum(F.relu(x)) - 3 * F.sum(F.relu(y)),
        np.zeros(12),
        np.zeros(12),
    ),
    kink("L1 norm at 0", "points on a kink", lambda x: F.sum(F.abs(x)), np.zeros(20)),
    kink("x*|x| at 0, its slopes", "points on a kink", lambda x: x * F.abs(x), np.zeros(2), order=2),
]


RIGHT_KINKS = [*_KINKS, *_CONDITION, *_CLAIMS]
