"""Ops with one mistake in backward, as users make them; each is right where `right` is true."""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Function, as_variable


class Op(Function):
    """An op of somebody's; a subclass has one mistake where `right` is false."""

    right = True


# Element by element -------------------------------------------------------------------------------------


class Tanh(Op):
    def forward(self, x: Any) -> Any:
        return np.tanh(x)

    def backward(self, gy: Any) -> Any:
        y = F.tanh(self.inputs[0])
        return gy * (1 - (y * y if self.right else y))


class Gate(Op):
    """x sigmoid(x); the mistake: the second term of the product rule is missing."""

    def forward(self, x: Any) -> Any:
        return x / (1 + np.exp(-x))

    def backward(self, gy: Any) -> Any:
        x = self.inputs[0]
        y = F.sigmoid(x)
        return gy * (y + x * y * (1 - y) if self.right else y)


class Huber(Op):
    """The mistake: the gradient of the outer branch is left as that of the inner one."""

    def forward(self, x: Any) -> Any:
        return np.where(abs(x) < 1, x * x / 2, abs(x) - 0.5)

    def backward(self, gy: Any) -> Any:
        x = self.inputs[0]
        return gy * (F.clip(x, -1, 1) if self.right else x)


class Cut(Op):
    """tanh; the mistake: a factor of the gradient is an array, so the second derivative is wrong."""

    def forward(self, x: Any) -> Any:
        return np.tanh(x)

    def backward(self, gy: Any) -> Any:
        y = F.tanh(self.inputs[0])
        return gy * (1 - y * (y if self.right else y.data))


class Narrow(Op):
    """sin; the mistake: the gradient has been float32."""

    def forward(self, x: Any) -> Any:
        return np.sin(x)

    def backward(self, gy: Any) -> Any:
        gx = gy * F.cos(self.inputs[0])
        return gx if self.right else as_variable(gx.data.astype(np.float32))


class Raising(Op):
    """exp; the mistake: backward raises."""

    def forward(self, x: Any) -> Any:
        return np.exp(x)

    def backward(self, gy: Any) -> Any:
        if not self.right:
            raise NotImplementedError("exp: backward")
        return gy * F.exp(self.inputs[0])


class Opaque(Op):
    """tanh that takes floats alone, so differences judge; the mistake is that of Tanh."""

    def forward(self, x: Any) -> Any:
        return np.tanh(np.asarray(x, dtype=float))

    backward = Tanh.backward


class Angle(Op):
    """The mistake: the two inputs have each other's gradient."""

    def forward(self, y: Any, x: Any) -> Any:
        return np.arctan2(y, x)

    def backward(self, gy: Any) -> Any:
        y, x = self.inputs
        r = x * x + y * y
        gradients = gy * x / r, -gy * y / r
        return gradients if self.right else gradients[::-1]


# Sums and shapes ----------------------------------------------------------------------------------------


class Sum(Op):
    """Over the first axis; the mistake: the gradient is spread along the other, which squares let pass."""

    def forward(self, x: Any) -> Any:
        return x.sum(axis=0)

    def backward(self, gy: Any) -> Any:
        (x,) = self.inputs
        return F.broadcast_to(gy if self.right else F.reshape(gy, (-1, 1)), x.shape)


class Scale(Op):
    """x times a row; the mistake: the row's gradient is not summed over the rows of x."""

    def forward(self, x: Any, c: Any) -> Any:
        return x * c

    def backward(self, gy: Any) -> Any:
        x, c = self.inputs
        gc = gy * x
        return gy * c, F.sum_to(gc, c.shape) if self.right else gc


class LayerNorm(Op):
    """Of each row; the mistake: the gradient does not pass through the mean."""

    def forward(self, x: Any) -> Any:
        d = x - x.mean(axis=1, keepdims=True)
        return d / np.sqrt((d * d).mean(axis=1, keepdims=True) + 1e-5)

    def backward(self, gy: Any) -> Any:
        (x,) = self.inputs
        d = x - F.mean(x, axis=1, keepdims=True)
        v = F.mean(d * d, axis=1, keepdims=True) + 1e-5
        gd = (gy - d * F.mean(gy * d, axis=1, keepdims=True) / v) / v**0.5
        return gd - F.mean(gd, axis=1, keepdims=True) if self.right else gd


class LayerNormCut(LayerNorm):
    """The mistake: the variance is an array on the way back, so the second derivative is wrong."""

    def backward(self, gy: Any) -> Any:
        (x,) = self.inputs
        d = x - F.mean(x, axis=1, keepdims=True)
        v = F.mean(d * d, axis=1, keepdims=True) + 1e-5
        v = v if self.right else as_variable(v.data)
        gd = (gy - d * F.mean(gy * d, axis=1, keepdims=True) / v) / v**0.5
        return gd - F.mean(gd, axis=1, keepdims=True)


class BatchNorm(Op):
    """Of rows, with a factor and a term; the mistake: mean and variance are taken for constants."""

    def forward(self, x: Any, gamma: Any, beta: Any) -> Any:
        d = x - x.mean(axis=0)
        return d / np.sqrt((d * d).mean(axis=0) + 1e-5) * gamma + beta

    def backward(self, gy: Any) -> Any:
        x, gamma, _ = self.inputs
        d = x - F.mean(x, axis=0)
        s = (F.mean(d * d, axis=0) + 1e-5) ** 0.5
        z, gx = d / s, gy * gamma / s
        if self.right:
            gx = gx - F.mean(gx, axis=0) - z * F.mean(gx * z, axis=0)
        return gx, F.sum(gy * z, axis=0), F.sum(gy, axis=0)


class Softmax(Op):
    """Of each row; the mistake: the effect of an element on the others is left out."""

    def forward(self, x: Any) -> Any:
        y = np.exp(x - x.max(axis=1, keepdims=True))
        return y / y.sum(axis=1, keepdims=True)

    def backward(self, gy: Any) -> Any:
        y = F.softmax(self.inputs[0])
        return y * (gy - F.sum(gy * y, axis=1, keepdims=True)) if self.right else gy * y * (1 - y)


# Products -----------------------------------------------------------------------------------------------


class Matmul(Op):
    """The mistake: one gradient is not transposed, which squares let pass."""

    def forward(self, x: Any, W: Any) -> Any:
        return x @ W

    def backward(self, gy: Any) -> Any:
        x, W = self.inputs
        return gy @ W.T, (x.T if self.right else x) @ gy


class Loops(Matmul):
    """Matmul, element by element in Python."""

    def forward(self, x: Any, W: Any) -> Any:
        y = np.zeros_like(x)
        for i in range(len(x)):
            for j in range(W.shape[1]):
                for k in range(len(W)):
                    y[i, j] += x[i, k] * W[k, j]
        return y


class Convolution(F.Conv2d, Op):
    """The mistake: the kernel is turned round on the way back to the images."""

    def backward(self, gy: Any) -> Any:
        gx, gW = super().backward(gy)
        kernel = self.inputs[1][:, :, ::-1, ::-1]
        return gx if self.right else F.deconv2d(gy, kernel), gW


# Losses -------------------------------------------------------------------------------------------------


class CrossEntropy(Op):
    """Softmax cross entropy with labels 0, 1, ...; the mistake: the gradient is not that of a mean."""

    def forward(self, x: Any) -> Any:
        rows = np.arange(len(x))
        log_z = np.log(np.exp(x).sum(axis=1))
        return (log_z - x[rows, rows % x.shape[1]]).sum() / len(x)

    def backward(self, gy: Any) -> Any:
        (x,) = self.inputs
        N, C = x.shape
        one_hot = np.eye(C, dtype=x.dtype)[np.arange(N) % C]
        return self._weighed(gy * (F.softmax(x) - one_hot), N)

    def _weighed(self, gx: Any, N: int) -> Any:
        return gx / N if self.right else gx


class CrossEntropyOfRows(CrossEntropy):
    """The mistake: one row has twice its gradient."""

    def _weighed(self, gx: Any, N: int) -> Any:
        weights = np.full((N, 1), 1 / N)
        weights[3] *= 1 if self.right else 2
        return gx * weights
