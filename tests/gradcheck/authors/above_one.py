"""Defined above 1 only."""

import numpy as np

import dezero.functions as F
from dezero import Function


class Arccosh(Function):
    def forward(self, x):
        return np.arccosh(x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy / F.sqrt(x * x - 1)


class WrongArccosh(Arccosh):
    def backward(self, gy):
        (x,) = self.inputs
        return gy / F.sqrt(x * x + 1)
