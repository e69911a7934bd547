"""Large inputs: --shape 150x150."""

import numpy as np

import dezero.functions as F
from dezero import Function


def gate(x):
    return F.tanh(x) * F.sigmoid(x)


class _Double(Function):
    def forward(self, x):
        return x * 2

    def backward(self, gy):
        keep = np.ones(gy.shape, gy.dtype)
        keep[..., : gy.shape[-1] // 2] = 2
        return gy * keep


def wrong_half_of_the_columns(x):
    return F.tanh(_Double()(x))
