"""Two outputs."""

import numpy as np

import dezero.functions as F
from dezero import Function


class Polar(Function):
    def forward(self, r, angle):
        return r * np.cos(angle), r * np.sin(angle)

    def backward(self, gx, gy):
        r, angle = self.inputs
        along, across = gx * F.cos(angle) + gy * F.sin(angle), self.turned(gx, gy, angle)
        return F.sum_to(along, r.shape), F.sum_to(r * across, angle.shape)

    def turned(self, gx, gy, angle):
        return gy * F.cos(angle) - gx * F.sin(angle)


class WrongPolar(Polar):
    def turned(self, gx, gy, angle):
        return gy * F.cos(angle)
