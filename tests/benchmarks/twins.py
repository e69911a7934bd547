"""Ops with one mistake in backward, each beside its right twin: what a check of a wrong op costs."""

# ruff: noqa: N803  # the field's letters

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from tests.benchmarks.mistakes import (
    Angle,
    BatchNorm,
    Convolution,
    CrossEntropy,
    CrossEntropyOfRows,
    Cut,
    Gate,
    Huber,
    LayerNorm,
    LayerNormCut,
    Loops,
    Matmul,
    Narrow,
    Op,
    Opaque,
    Raising,
    Scale,
    Softmax,
    Sum,
    Tanh,
)
from tests.benchmarks.steps import Arrays, Step


def _alone(op: Callable[..., Any], *xs: Any) -> Any:
    return op(*xs)


def _network(activation: Callable[..., Any], x: Any, W: Any, b: Any, V: Any) -> Any:
    """Two layers, of which the activation is the op."""
    return F.matmul(activation(F.matmul(x, W) + b), V)


@dataclass(frozen=True)
class Twins:
    """A check of order 2 of an op, right or wrong, at inputs of float64.

    Attributes:
        within: what is checked, as a function of the op and of the inputs.
        reason: why it is above the limit, where it is.
    """

    name: str
    op: type[Op]
    shapes: Sequence[tuple[int, ...]]
    within: Callable[..., Any] = _alone
    reason: str = ""

    def draw(self, rng: np.random.Generator) -> Arrays:
        return [rng.standard_normal(shape) for shape in self.shapes]

    def ours(self, arrays: Arrays) -> Step:
        """The check of the wrong one."""
        return self.check(arrays, right=False)

    def check(self, arrays: Arrays, right: bool) -> Step:
        import gradcheck

        op = type(self.op.__name__, (self.op,), {"right": right})

        def f(*xs: Any) -> Any:
            return self.within(lambda *operands: op()(*operands), *xs)

        def check() -> Arrays:
            result = gradcheck.check(f, *arrays, order=2)
            assert bool(result) == right, str(result)
            return []

        return check


TWINS = (
    Twins("tanh (10,10)", Tanh, [(10, 10)]),
    Twins("tanh of floats alone (10,10)", Opaque, [(10, 10)]),
    Twins("tanh, second derivative (10,10)", Cut, [(10, 10)]),
    Twins("gate (10,10)", Gate, [(10, 10)]),
    Twins("huber, outer branch (10,10)", Huber, [(10, 10)]),
    Twins("sin, dtype (10,10)", Narrow, [(10, 10)]),
    Twins("exp, raising (10,10)", Raising, [(10, 10)]),
    Twins("arctan2 (6,6),(6,6)", Angle, [(6, 6)] * 2),
    Twins("sum over an axis (10,10)", Sum, [(10, 10)]),
    Twins("scaled columns, shape (8,5),(5,)", Scale, [(8, 5), (5,)]),
    Twins("layer norm (8,16)", LayerNorm, [(8, 16)]),
    Twins("layer norm, second derivative (8,16)", LayerNormCut, [(8, 16)]),
    Twins(
        "batch norm (8,5)", BatchNorm, [(8, 5), (5,), (5,)], reason="its Jacobian takes 40 calls of backward"
    ),
    Twins("softmax (10,10)", Softmax, [(10, 10)]),
    Twins("matmul (10,10)x(10,10)", Matmul, [(10, 10)] * 2),
    Twins("matmul (30,30)x(30,30)", Matmul, [(30, 30)] * 2),
    Twins("conv2d (2,3,7,7)*(4,3,3,3)", Convolution, [(2, 3, 7, 7), (4, 3, 3, 3)]),
    Twins("softmax cross entropy (10,10)", CrossEntropy, [(10, 10)]),
    Twins("two layers (8,5)(5,10)(10,3)", Tanh, [(8, 5), (5, 10), (10,), (10, 3)], _network),
    Twins("tanh (50000,)", Tanh, [(50_000,)]),
    Twins("gate (50000,)", Gate, [(50_000,)]),
    Twins("layer norm (500,64)", LayerNorm, [(500, 64)]),
    Twins("softmax cross entropy (1000,100), a row", CrossEntropyOfRows, [(1000, 100)]),
    Twins("loops (8,8)x(8,8)", Loops, [(8, 8)] * 2),
    Twins("loops (30,30)x(30,30)", Loops, [(30, 30)] * 2),
)
