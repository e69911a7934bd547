"""Optimizers that use the gradient alone.

Each works in place on the parameter's own array and keeps its dtype. g is the gradient.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero import cuda
from dezero.core import Variable
from dezero.optimizers.base import Optimizer, PerParameter, gradient


def _mix(average: Any, rate: float, value: Any) -> None:
    """average := rate * average + (1 - rate) * value."""
    average *= rate
    average += (1 - rate) * value


def _scaled(lr: float, g: Any, square: Any, eps: float) -> Any:
    """lr * g / (sqrt(square) + eps), in one new array."""
    xp = cuda.get_array_module(square)
    step = xp.sqrt(square, out=xp.empty_like(square))
    step += max(eps, float(np.finfo(step.dtype).tiny))  # 1e-8 is zero in float16, and 0/0 is NaN
    xp.divide(g, step, out=step)
    step *= lr
    return step


class SGD(Optimizer):
    """Stochastic gradient descent: x := x - lr * g.

    >>> import numpy as np
    >>> from dezero import Parameter
    >>> x = Parameter(np.array(2.0))
    >>> optimizer = SGD(lr=0.25).setup([x])
    >>> (x * x).backward()
    >>> optimizer.update()
    >>> x
    variable(1.0)
    """

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__()
        self.lr = lr

    def update_one(self, param: Variable) -> None:
        param.data -= self.lr * gradient(param)


class MomentumSGD(Optimizer):
    """v := momentum * v - lr * g; x := x + v (Polyak 1964)."""

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__()
        self.lr = lr
        self.momentum = momentum
        self.vs = PerParameter()

    def update_one(self, param: Variable) -> None:
        v = self.vs[param]
        v *= self.momentum
        v -= self.lr * gradient(param)
        param.data += v


class Nesterov(MomentumSGD):
    """Momentum that looks ahead: v as in MomentumSGD; x := x + momentum * v - lr * g.

    Source: Bengio, Boulanger-Lewandowski and Pascanu 2012 (arXiv:1212.0901), section 3.5.
    """

    def update_one(self, param: Variable) -> None:
        descent = self.lr * gradient(param)
        v = self.vs[param]
        v *= self.momentum
        v -= descent
        param.data += self.momentum * v
        param.data -= descent


class AdaGrad(Optimizer):
    """h := h + g²; x := x - lr * g / (sqrt(h) + eps) (Duchi, Hazan and Singer 2011)."""

    def __init__(self, lr: float = 0.001, eps: float = 1e-8) -> None:
        super().__init__()
        self.lr = lr
        self.eps = eps
        self.hs = PerParameter()

    def update_one(self, param: Variable) -> None:
        g, h = gradient(param), self.hs[param]
        h += g * g
        param.data -= _scaled(self.lr, g, h, self.eps)


class RMSProp(Optimizer):
    """AdaGrad that forgets: h := decay * h + (1 - decay) * g² (Tieleman and Hinton 2012)."""

    def __init__(self, lr: float = 0.01, decay: float = 0.99, eps: float = 1e-8) -> None:
        super().__init__()
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.hs = PerParameter()

    def update_one(self, param: Variable) -> None:
        g, h = gradient(param), self.hs[param]
        _mix(h, self.decay, g * g)
        param.data -= _scaled(self.lr, g, h, self.eps)


class AdaDelta(Optimizer):
    """Steps in the parameter's own units, without a learning rate (Zeiler 2012, arXiv:1212.5701).

    Attributes:
        msg, msdx: for each parameter, the running means of squared gradients and squared steps.
    """

    def __init__(self, rho: float = 0.95, eps: float = 1e-6) -> None:
        super().__init__()
        self.rho = rho
        self.eps = eps
        self.msg = PerParameter()
        self.msdx = PerParameter()

    def update_one(self, param: Variable) -> None:
        g, msg, msdx = gradient(param), self.msg[param], self.msdx[param]
        xp = cuda.get_array_module(g)
        _mix(msg, self.rho, g * g)
        dx = xp.sqrt((msdx + self.eps) / (msg + self.eps)) * g
        _mix(msdx, self.rho, dx * dx)
        param.data -= dx


class Adam(Optimizer):
    """Running means of g and g², corrected for their start at zero (Kingma and Ba 2015).

    The correction is in `lr`, as in the paper's faster form, so that eps is added before it.

    Attributes:
        t: the number of updates.
        ms, vs: for each parameter, the running means of g and of g².
    """

    def __init__(
        self, alpha: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ) -> None:
        super().__init__()
        self.t = 0
        self.alpha = alpha
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        self.ms = PerParameter()
        self.vs = PerParameter()

    @property
    def lr(self) -> float:
        """The step size with the correction for update t (for the first, before there was one)."""
        t = max(self.t, 1)
        return self.alpha * math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)

    def update(self) -> None:
        self.t += 1
        super().update()

    def update_one(self, param: Variable) -> None:
        g, m, v = gradient(param), self.ms[param], self.vs[param]
        _mix(m, self.beta1, g)
        _mix(v, self.beta2, g * g)
        param.data -= _scaled(self.lr, m, v, self.eps)
