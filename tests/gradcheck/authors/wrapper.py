"""A class and the function that wraps it: one subject."""

import numpy as np

import dezero.functions as F
from dezero import Function


class Softsign(Function):
    def forward(self, x):
        return x / (1 + np.abs(x))

    def backward(self, gy):
        (x,) = self.inputs
        return gy / (1 + F.abs(x)) ** 2


def softsign(x):
    return Softsign()(x)


class WrongSoftsign(Softsign):
    def backward(self, gy):
        (x,) = self.inputs
        return gy / (1 + F.abs(x))


def wrong_softsign(x):
    return WrongSoftsign()(x)
