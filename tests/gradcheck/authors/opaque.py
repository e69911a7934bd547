"""Forward runs in code that takes floats only."""

import math

import numpy as np

import dezero.functions as F
from dezero import Function

_erf = np.vectorize(math.erf, otypes=[float])


class Erf(Function):
    def forward(self, x):
        return _erf(np.asarray(x, np.float64)).astype(x.dtype)

    def backward(self, gy):
        (x,) = self.inputs
        return gy * F.exp(-(x**2)) * self.scale

    scale = 2 / math.sqrt(math.pi)


class WrongErf(Erf):
    scale = 1 / math.sqrt(math.pi)
