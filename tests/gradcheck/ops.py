"""Ops of an imaginary user, right and wrong, that the tests of the command line point at."""

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Function, Variable


class Sine(Function):
    def forward(self, x: Any) -> Any:
        return np.sin(x)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * F.cos(x)


class WrongSign(Sine):
    def backward(self, gy: Variable) -> Variable:
        return -super().backward(gy)


class WrongFactor(Sine):
    def backward(self, gy: Variable) -> Variable:
        return 2 * super().backward(gy)


class GraphCut(Sine):
    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * Variable(np.cos(x.data))


class MissingSum(Function):
    def forward(self, x: Any, b: Any) -> Any:
        return x + b

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        return gy, gy


class NeedsArgument(Function):
    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        return x.sum(axis=self.axis)


def sine(x: Variable) -> Variable:
    return Sine()(x)


def returns_an_array(x: Variable) -> Any:
    return x.data


def _helper(x: Variable) -> Variable:
    return x
