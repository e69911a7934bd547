"""Ops of a user's, as `gradcheck check FILE.py:NAME` finds them: the file that tests of their pages write."""

OPS = """
import numpy as np
from dezero import Function, Parameter
from dezero import functions as F
from dezero.layers import Layer
from gradcheck.specs import Arg, Spec


class Gelu(Function):
    def forward(self, x):
        return x / (1 + np.exp(-1.702 * x))

    def backward(self, gy):
        (x,) = self.inputs
        s = F.sigmoid(1.702 * x)
        return gy * s * (1 + 1.702 * x * F.sigmoid(-1.702 * x))


def gelu(x):
    return Gelu()(x)


class Square(Function):
    def forward(self, x):
        return x * x

    def backward(self, gy):
        (x,) = self.inputs
        return gy * x


class AddBias(Function):
    def forward(self, x, b):
        return x + b

    def backward(self, gy):
        return gy, gy


def add_bias(x, b):
    return AddBias()(x, b)


class Dense(Layer):
    def __init__(self):
        super().__init__()
        self.W = Parameter(np.array([[0.5, -1.0], [0.25, 2.0], [-0.75, 1.5]]), name="W")

    def forward(self, x):
        return F.tanh(F.matmul(x, self.W))


softlog = Spec("softlog", "mine", lambda x: F.log(1 + x * x), (Arg("x"),), lambda m, x: m.log(1 + x * x))


class Raises(Function):
    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        raise ValueError("shapes do not match")
"""
