"""Ops with one mistake in backward, each beside its right twin: what a check of a wrong op costs."""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Function
from tests.benchmarks.steps import Arrays, Step


class Op(Function):
    """An op of somebody's; a subclass has one mistake where `right` is false."""

    right = True


class Tanh(Op):
    def forward(self, x: Any) -> Any:
        return np.tanh(x)

    def backward(self, gy: Any) -> Any:
        y = F.tanh(self.inputs[0])
        return gy * (1 - (y * y if self.right else y))


class Gate(Op):
    """x sigmoid(x); the mistake: the second term of the product rule is missing."""

    def forward(self, x: Any) -> Any:
        return x / (1 + np.exp(-x))

    def backward(self, gy: Any) -> Any:
        x = self.inputs[0]
        y = F.sigmoid(x)
        return gy * (y + x * y * (1 - y) if self.right else y)


class Matmul(Op):
    """The mistake: one gradient is not transposed, which squares let pass."""

    def forward(self, x: Any, W: Any) -> Any:
        return x @ W

    def backward(self, gy: Any) -> Any:
        x, W = self.inputs
        return gy @ W.T, (x.T if self.right else x) @ gy


class Loops(Matmul):
    """Matmul, element by element in Python."""

    def forward(self, x: Any, W: Any) -> Any:
        y = np.zeros_like(x)
        for i in range(len(x)):
            for j in range(W.shape[1]):
                for k in range(len(W)):
                    y[i, j] += x[i, k] * W[k, j]
        return y


class CrossEntropy(Op):
    """Softmax cross entropy with labels 0, 1, ...; the mistake: the gradient is not that of a mean."""

    def forward(self, x: Any) -> Any:
        rows = np.arange(len(x))
        log_z = np.log(np.exp(x).sum(axis=1))
        return (log_z - x[rows, rows % x.shape[1]]).sum() / len(x)

    def backward(self, gy: Any) -> Any:
        (x,) = self.inputs
        N, C = x.shape
        one_hot = np.eye(C, dtype=x.dtype)[np.arange(N) % C]
        gx = gy * (F.softmax(x) - one_hot)
        return gx / N if self.right else gx


@dataclass(frozen=True)
class Twins:
    """A check of order 2 of an op, right or wrong, at inputs of float64."""

    name: str
    op: type[Op]
    shapes: Sequence[tuple[int, ...]]

    def draw(self, rng: np.random.Generator) -> Arrays:
        return [rng.standard_normal(shape) for shape in self.shapes]

    def ours(self, arrays: Arrays) -> Step:
        """The check of the wrong one."""
        return self.check(arrays, right=False)

    def check(self, arrays: Arrays, right: bool) -> Step:
        import gradcheck

        op = type(self.op.__name__, (self.op,), {"right": right})

        def check() -> Arrays:
            result = gradcheck.check(_called(op), *arrays, order=2)
            assert bool(result) == right, str(result)
            return []

        return check


def _called(op: type[Op]) -> Callable[..., Any]:
    return lambda *xs: op()(*xs)


TWINS = (
    Twins("tanh (10,10)", Tanh, [(10, 10)]),
    Twins("gate (10,10)", Gate, [(10, 10)]),
    Twins("matmul (10,10)x(10,10)", Matmul, [(10, 10)] * 2),
    Twins("matmul (30,30)x(30,30)", Matmul, [(30, 30)] * 2),
    Twins("softmax cross entropy (10,10)", CrossEntropy, [(10, 10)]),
    Twins("tanh (50000,)", Tanh, [(50_000,)]),
    Twins("gate (50000,)", Gate, [(50_000,)]),
    Twins("loops (8,8)x(8,8)", Loops, [(8, 8)] * 2),
    Twins("loops (30,30)x(30,30)", Loops, [(30, 30)] * 2),
)
