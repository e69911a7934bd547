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


class ForgetsRepeats(Function):
    """A lookup whose backward writes where it must add: wrong where an index comes twice."""

    def forward(self, index: Any, table: Any) -> Any:
        return table[index]

    def backward(self, gy: Variable) -> tuple[None, Variable]:
        index, table = self.inputs
        gradient = np.zeros_like(table.data)
        gradient[index.data] = gy.data
        return None, Variable(gradient)


class NeedsArgument(Function):
    def __init__(self, layout: dict[str, int]) -> None:
        self.axis = layout["axis"]

    def forward(self, x: Any) -> Any:
        return x.sum(axis=self.axis)


def sine(x: Variable) -> Variable:
    return Sine()(x)


def returns_an_array(x: Variable) -> Any:
    return x.data


def _helper(x: Variable) -> Variable:
    return x


SIZE = 3


def lookup(index: Variable, table: Variable) -> Variable:
    return F.embed_id(index, table)


def masked(x: Variable, mask: Variable) -> Variable:
    return x[mask.data]


def total(*xs: Variable) -> Variable:
    return sum(xs[1:], xs[0])
