"""Operations that are wrong for one input, one output, one index or one branch."""

from __future__ import annotations

import numpy as np

from dezero import Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import of, op, several, two, wrong

repeating = of(wrong, "repeated indices", cause="repeated")
leaking = of(wrong, "NaN leaking from a branch not taken", cause="NaN")
branching = of(wrong, "data-dependent branches")

_INDEX = np.array([0, 2, 2, 3])


_INPUTS = [
    wrong(
        "swapped gradients of a product",
        "swapped inputs",
        op(np.multiply, lambda gy, a, b: (gy * a, gy * b)),
        *two(3),
        cause="swapped",
    ),
    wrong(
        "swapped gradients of a difference",
        "swapped inputs",
        op(np.subtract, lambda gy, a, b: (-gy, gy)),
        *two(3),
    ),
    wrong(
        "only the second input wrong",
        "one of several inputs",
        op(np.arctan2 if False else np.multiply, lambda gy, a, b: (gy * b, gy * a * 1.01)),
        *two(3),
        cause="input 1",
    ),
    wrong(
        "None for the second input",
        "None where the gradient is not zero",
        op(np.multiply, lambda gy, a, b: (gy * b, None)),
        *two(3),
        cause="input 1",
    ),
    wrong(
        "zero for the first input",
        "None where the gradient is not zero",
        op(np.multiply, lambda gy, a, b: (gy * 0.0, gy * a)),
        *two(3),
        cause="input 0",
    ),
    wrong(
        "None throughout",
        "None where the gradient is not zero",
        op(np.sin, lambda gy, x: None),
        several(3),
        cause="None",
    ),
    wrong(
        "cut already in forward", "graph cuts", lambda x: Variable(np.sin(x.data)), several(3), cause="None"
    ),
    wrong("one operand detached", "detached factors", lambda x: x * Variable(np.sin(x.data)), several(3)),
    wrong(
        "wrong in the second output",
        "one of several outputs",
        op(lambda x: (np.sin(x), np.cos(x)), lambda ga, gb, x: ga * F.cos(x) + gb * F.sin(x)),
        several(3),
    ),
    wrong(
        "first output forgotten",
        "one of several outputs",
        op(lambda x: (np.sin(x), np.cos(x)), lambda ga, gb, x: -gb * F.sin(x)),
        several(3),
    ),
    wrong(
        "two outputs, two inputs, one wrong pair",
        "one of several outputs",
        op(lambda a, b: (a * b, a + b), lambda ga, gb, a, b: (ga * b + gb, ga * a - gb)),
        *two(3),
    ),
    repeating(
        "repeated index, last wins", op(lambda x: x[_INDEX], lambda gy, x: _assigned(gy, x)), several(5)
    ),
    repeating(
        "repeated index, += on a fancy index",
        op(lambda x: x[_INDEX] ** 2, lambda gy, x: 2 * x * _assigned(gy, x)),
        several(5),
    ),
    repeating(
        "embedding, repeated word",
        op(lambda w: w[np.array([0, 1, 1])], lambda gy, w: _rows(gy, w)),
        several(3, 2),
    ),
    wrong(
        "same variable twice, one path forgotten",
        "repeated indices",
        lambda x: op(lambda a, b: a * b, lambda gy, a, b: (gy * b, None))(x, x),
        several(3),
    ),
]


def _assigned(gy: Variable, x: Variable) -> Variable:
    gx = np.zeros(x.shape, dtype=gy.dtype)
    gx[_INDEX] = gy.data
    return Variable(gx)


def _rows(gy: Variable, w: Variable) -> Variable:
    gw = np.zeros(w.shape, dtype=gy.dtype)
    gw[np.array([0, 1, 1])] = gy.data
    return Variable(gw)


_BRANCHES = [
    leaking(
        "NaN of a branch not taken",
        op(
            lambda x: np.where(x > 0, np.sqrt(np.abs(x)), 0 * x),
            lambda gy, x: gy * (x.data > 0) * 0.5 / F.sqrt(F.maximum(x, 0.0)),
        ),
        np.array([1.5, -0.5]),
    ),
    leaking(
        "0/0 in a mask",
        op(
            lambda x: np.where(x == 0, 1.0 + 0 * x, np.sin(x) / np.where(x == 0, 1.0, x)),
            lambda gy, x: gy * (F.cos(x) / x - F.sin(x) / x**2),
        ),
        np.array([0.0, 1.5]),
    ),
    leaking(
        "overflow in the branch not taken",
        op(
            lambda x: np.where(x > 20, x, np.log1p(np.exp(np.minimum(x, 20.0)))),
            lambda gy, x: gy * F.exp(x) / (1 + F.exp(x)),
        ),
        np.array([1.5, 800.0]),
    ),
    wrong(
        "relu lets everything pass",
        "data-dependent branches",
        op(lambda x: np.maximum(x, 0), lambda gy, x: gy),
        np.array([1.5, -0.5, 0.25]),
        cause="",
    ),
    branching(
        "relu with the mask of the wrong side",
        op(lambda x: np.maximum(x, 0), lambda gy, x: gy * (x.data < 0)),
        np.array([1.5, -0.5, 0.25]),
    ),
    wrong(
        "leaky relu, wrong slope",
        "kinks closer than the step",
        op(lambda x: np.where(x > 0, x, 0.01 * x), lambda gy, x: gy * np.where(x.data > 0, 1.0, 0.1)),
        np.array([1.5, -1e-9, 1e-9]),
    ),
    branching(
        "max gives to all", op(lambda x: x.max(), lambda gy, x: F.broadcast_to(gy, x.shape)), several(4)
    ),
    branching("clip passes outside", op(lambda x: np.clip(x, -1, 1), lambda gy, x: gy), np.array([0.5, 1.5])),
    wrong(
        "norm without its quotient",
        "repeated indices",
        op(lambda x: np.sqrt((x * x).sum()), lambda gy, x: gy * x),
        several(4),
        cause="factor",
    ),
]


WRONG_INPUTS = [*_INPUTS, *_BRANCHES]
