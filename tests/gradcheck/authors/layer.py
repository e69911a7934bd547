"""A layer; the wrong one is right by its input, and wrong by a parameter."""

import numpy as np

import dezero.functions as F
from dezero import Function, Layer, Parameter


class Scale(Layer):
    def __init__(self):
        super().__init__()
        self.gain = Parameter(np.ones(1), name="gain")
        self.shift = Parameter(np.zeros(1), name="shift")

    def forward(self, x):
        return F.tanh(x) * self.gain + self.shift


class _Halved(Function):
    def forward(self, x):
        return x * 1

    def backward(self, gy):
        return gy * 0.5


class WrongScale(Scale):
    def forward(self, x):
        return F.tanh(x) * self.gain + _Halved()(self.shift)
