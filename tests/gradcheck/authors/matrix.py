"""A function of positive definite matrices, which asks LAPACK."""

import numpy as np

import dezero.functions as F
from dezero import Function


class LogDet(Function):
    def forward(self, a):
        if a.ndim != 2:
            raise ValueError("expected a positive definite matrix, not a stack of them")
        return 2 * np.log(np.diag(np.linalg.cholesky(a))).sum()

    def backward(self, gy):
        (a,) = self.inputs
        return gy * F.transpose(Inverse()(a))


class Inverse(Function):
    def forward(self, a):
        if a.ndim != 2:
            raise ValueError("expected a square matrix, not a stack of them")
        return np.linalg.inv(a)

    def backward(self, gy):
        y = F.transpose(self.outputs[0]())
        return -F.matmul(F.matmul(y, gy), y)


class WrongInverse(Inverse):
    def backward(self, gy):
        y = self.outputs[0]()
        return -F.matmul(F.matmul(y, gy), y)
