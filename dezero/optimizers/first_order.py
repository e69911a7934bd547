"""Optimizers that use the gradient alone.

Each works in place on the parameter's own array and keeps its dtype. g is the gradient. It is made with
rates that are finite numbers of 0 or more (lr, alpha, eps) and shares from 0 to 1 (momentum, decay, rho,
beta1, beta2), else there is a TypeError or ValueError; the attributes may be set to others later.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.arguments import number
from dezero.core import Variable
from dezero.cuda import get_array_module
from dezero.fusion import fused
from dezero.optimizers.base import Optimizer, PerParameter, gradient

__all__ = ["SGD", "AdaDelta", "AdaGrad", "Adam", "MomentumSGD", "Nesterov", "RMSProp"]

# The updates are formulas of a parameter x, its gradient g and its state; on a device each can be fused
# (`dezero.fusion`). `kept` is how much of a running mean stays, `new` the rest: 1 - kept.


@fused("x", "x", 0.01)
def _sgd(x: Any, g: Any, lr: float) -> None:
    x -= lr * g


@fused("x", "x", "x", 0.9, 0.01)
def _momentum(x: Any, g: Any, v: Any, momentum: float, lr: float) -> None:
    v *= momentum
    v -= lr * g
    x += v


@fused("x", "x", "x", 0.9, 0.01)
def _nesterov(x: Any, g: Any, v: Any, momentum: float, lr: float) -> None:
    descent = lr * g
    v *= momentum
    v -= descent
    x += momentum * v
    x -= descent


@fused("x", "x", "p", 0.001, 1e-7)
def _adagrad(x: Any, g: Any, h: Any, lr: float, eps: float) -> None:
    h += g * g
    _descend(x, g, h, lr, eps)


@fused("x", "x", "p", 0.99, 0.01, 0.01, 1e-7)
def _rmsprop(x: Any, g: Any, h: Any, kept: float, new: float, lr: float, eps: float) -> None:
    _mix(h, kept, new, g * g)
    _descend(x, g, h, lr, eps)


@fused("x", "x", "p", "p", 0.95, 0.05, 1e-6)
def _adadelta(x: Any, g: Any, msg: Any, msdx: Any, kept: float, new: float, eps: float) -> None:
    _mix(msg, kept, new, g * g)
    dx = get_array_module(msg).sqrt((msdx + eps) / (msg + eps)) * g
    _mix(msdx, kept, new, dx * dx)
    x -= dx


@fused("x", "x", "x", "p", 0.9, 0.1, 0.999, 0.001, 0.001, 1e-7)
def _adam(
    x: Any, g: Any, m: Any, v: Any,
    kept1: float, new1: float, kept2: float, new2: float, lr: float, eps: float,
) -> None:  # fmt: skip
    _mix(m, kept1, new1, g)
    _mix(v, kept2, new2, g * g)
    _descend(x, m, v, lr, eps)


def _mix(average: Any, kept: float, new: float, value: Any) -> None:
    """average := kept * average + new * value."""
    average *= kept
    average += new * value


def _descend(x: Any, g: Any, square: Any, lr: float, eps: float) -> None:
    """x := x - lr * g / (sqrt(square) + eps)."""
    xp = get_array_module(square)
    step = xp.sqrt(square)
    step += eps
    step = xp.divide(g, step, out=step if step.ndim else None)  # of a 0-d array it is a scalar
    step *= lr
    x -= step


BLOCK = 1 << 17  # elements of a few arrays that stay in the cache


def _in_blocks(update: Callable[..., None], arrays: tuple[Any, ...], *rates: float) -> None:
    """Run an update of the elements of arrays, on the host some at a time.

    What it computes on the way then stays in the cache, and takes no memory of the parameter's size.
    """
    x = arrays[0]
    alike = all(array.shape == x.shape and array.flags.c_contiguous for array in arrays)
    if x.size <= BLOCK or not alike or get_array_module(x) is not np:
        update(*arrays, *rates)
        return
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, x.size, BLOCK):
        update(*[array[start : start + BLOCK] for array in flat], *rates)


def _rate(optimizer: Optimizer, x: Any, name: str) -> Any:
    return number(x, f"{type(optimizer).__name__}: {name}", low=0.0)


def _share(optimizer: Optimizer, x: Any, name: str) -> Any:
    return number(x, f"{type(optimizer).__name__}: {name}", low=0.0, high=1.0)


def _at_least_tiny(eps: float, x: Any) -> float:
    """eps as the dtype of x has it: 1e-8 is zero in float16, and 0/0 is NaN."""
    return max(eps, float(np.finfo(x.dtype).tiny))


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
        self.lr = _rate(self, lr, "lr")

    def update_one(self, param: Variable) -> None:
        _in_blocks(_sgd, (param.data, gradient(param)), self.lr)


class MomentumSGD(Optimizer):
    """v := momentum * v - lr * g; x := x + v (Polyak 1964)."""

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__()
        self.lr = _rate(self, lr, "lr")
        self.momentum = _share(self, momentum, "momentum")
        self.vs = PerParameter()

    def update_one(self, param: Variable) -> None:
        arrays = param.data, gradient(param), self.vs[param]
        _in_blocks(_momentum, arrays, self.momentum, self.lr)


class Nesterov(MomentumSGD):
    """Momentum that looks ahead: v as in MomentumSGD; x := x + momentum * v - lr * g.

    Source: Bengio, Boulanger-Lewandowski and Pascanu 2012 (arXiv:1212.0901), section 3.5.
    """

    def update_one(self, param: Variable) -> None:
        arrays = param.data, gradient(param), self.vs[param]
        _in_blocks(_nesterov, arrays, self.momentum, self.lr)


class AdaGrad(Optimizer):
    """h := h + g²; x := x - lr * g / (sqrt(h) + eps) (Duchi, Hazan and Singer 2011)."""

    def __init__(self, lr: float = 0.001, eps: float = 1e-8) -> None:
        super().__init__()
        self.lr = _rate(self, lr, "lr")
        self.eps = _rate(self, eps, "eps")
        self.hs = PerParameter()

    def update_one(self, param: Variable) -> None:
        x, eps = param.data, _at_least_tiny(self.eps, param.data)
        _in_blocks(_adagrad, (x, gradient(param), self.hs[param]), self.lr, eps)


class RMSProp(Optimizer):
    """AdaGrad that forgets: h := decay * h + (1 - decay) * g² (Tieleman and Hinton 2012)."""

    def __init__(self, lr: float = 0.01, decay: float = 0.99, eps: float = 1e-8) -> None:
        super().__init__()
        self.lr = _rate(self, lr, "lr")
        self.decay = _share(self, decay, "decay")
        self.eps = _rate(self, eps, "eps")
        self.hs = PerParameter()

    def update_one(self, param: Variable) -> None:
        x, eps = param.data, _at_least_tiny(self.eps, param.data)
        arrays = x, gradient(param), self.hs[param]
        _in_blocks(_rmsprop, arrays, self.decay, 1 - self.decay, self.lr, eps)


class AdaDelta(Optimizer):
    """Steps in the parameter's own units, without a learning rate (Zeiler 2012, arXiv:1212.5701).

    Attributes:
        msg, msdx: for each parameter, the running means of squared gradients and squared steps.
    """

    def __init__(self, rho: float = 0.95, eps: float = 1e-6) -> None:
        super().__init__()
        self.rho = _share(self, rho, "rho")
        self.eps = _rate(self, eps, "eps")
        self.msg = PerParameter()
        self.msdx = PerParameter()

    def update_one(self, param: Variable) -> None:
        arrays = param.data, gradient(param), self.msg[param], self.msdx[param]
        _in_blocks(_adadelta, arrays, self.rho, 1 - self.rho, self.eps)


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
        self.alpha = _rate(self, alpha, "alpha")
        self.beta1 = _share(self, beta1, "beta1")
        self.beta2 = _share(self, beta2, "beta2")
        if beta1 == 1:
            raise ValueError("Adam: beta1 must be less than 1, as 1 - beta1 divides, got 1")
        self.eps = _rate(self, eps, "eps")
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
        x, arrays = param.data, (param.data, gradient(param), self.ms[param], self.vs[param])
        rates = self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2, self.lr
        _in_blocks(_adam, arrays, *rates, _at_least_tiny(self.eps, x))
