"""A model, checked by a batch."""

import dezero.functions as F
import dezero.layers as L
from dezero import Function, Model


class Net(Model):
    def __init__(self):
        super().__init__()
        self.hidden = L.Linear(4)
        self.out = L.Linear(2)

    def forward(self, x):
        return self.out(self.activation(self.hidden(x)))

    def activation(self, x):
        return F.tanh(x)


class _Swish(Function):
    def forward(self, x):
        from dezero.cuda import get_array_module

        return x / (1 + get_array_module(x).exp(-x))

    def backward(self, gy):
        (x,) = self.inputs
        return gy * F.sigmoid(x)


class WrongNet(Net):
    def activation(self, x):
        return _Swish()(x)
