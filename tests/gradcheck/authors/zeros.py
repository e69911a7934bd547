"""A product, whose gradient by division goes wrong at zeros only."""

import numpy as np

import dezero.functions as F
from dezero import Function


class WrongProduct(Function):
    def forward(self, x):
        return np.prod(x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy * self.outputs[0]() / x


def product(x):
    result = 1.0
    for each in F.reshape(x, (-1,)):
        result = result * each
    return result
