"""A convolution of one axis: the second input is the shorter one."""

import numpy as np

from dezero import Function


class Convolve(Function):
    def forward(self, x, kernel):
        if x.ndim != 1 or kernel.ndim != 1 or len(kernel) > len(x):
            raise ValueError("expected a signal and a kernel that is no longer")
        return np.convolve(x, kernel, "valid")

    def backward(self, gy):
        x, kernel = self.inputs
        return ConvolveFull()(gy, kernel[::-1]), Convolve()(x, self.turned(gy))[::-1]

    def turned(self, gy):
        return gy[::-1]


class ConvolveFull(Function):
    def forward(self, x, kernel):
        if x.ndim != 1 or kernel.ndim != 1:
            raise ValueError("expected two signals")
        return np.convolve(x, kernel, "full")

    def backward(self, gy):
        x, kernel = self.inputs
        return correlate(gy, kernel), correlate(gy, x)


def correlate(a, b):
    """Each of the sums of a's window times b; as long as a is longer than b."""
    return Convolve()(a, b[::-1])


class WrongConvolve(Convolve):
    def turned(self, gy):
        return gy
