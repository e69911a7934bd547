"""softmax, log_softmax and logsumexp, along an axis.

Where one element dominates, the textbook derivatives cancel: softmax's y * (gy - sum(y * gy)) is
then a difference of nearly equal numbers, and so is log_softmax's gy - y * sum(gy). Here the terms
of that one element, the peak, are taken out of the sums beforehand, which changes nothing
mathematically. Elements with their own arithmetic (objects) have no peak: they are not compared.
"""

from __future__ import annotations

from typing import Any

from dezero.core import Variable, is_real, sum_array
from dezero.cuda import get_array_module
from dezero.functions.elementwise import exp, expm1
from dezero.functions.reduction import Axis, Reduction, Sum


class Softmax(Reduction):
    def __init__(self, axis: Axis = 1) -> None:
        super().__init__(axis, keepdims=True)

    def forward(self, x: Any) -> Any:
        e = get_array_module(x).exp(x - _largest(x, self.axis))
        return e / sum_array(e, self.axis, keepdims=True)

    def backward(self, gy: Variable) -> Variable:
        (x,), y = self.inputs, self.outputs[0]()
        gy = gy - Sum.of(gy * _peak(x.data, self.axis), axis=self.axis, keepdims=True)
        return y * (gy - Sum.of(y * gy, axis=self.axis, keepdims=True))


class LogSoftmax(Reduction):
    def __init__(self, axis: Axis = 1) -> None:
        super().__init__(axis, keepdims=True)

    def forward(self, x: Any) -> Any:
        shifted = x - _largest(x, self.axis)
        return shifted - _log_of_sum(shifted, self.axis)

    def backward(self, gy: Variable) -> Variable:
        (x,), y = self.inputs, self.outputs[0]()
        peak = _peak(x.data, self.axis)
        others = gy * ~peak
        sum_of_others = Sum.of(others, axis=self.axis, keepdims=True)
        total = Sum.of(gy, axis=self.axis, keepdims=True)
        return others - sum_of_others * peak - total * softmax_less_one_at(peak, x, y, self.axis)


class LogSumExp(Reduction):
    def forward(self, x: Any) -> Any:
        largest = _largest(x, self.axis)
        y = largest + _log_of_sum(x - largest, self.axis)
        return y if self.keepdims else get_array_module(x).squeeze(y, self.axis)

    def backward(self, gy: Variable) -> Variable:
        return self.spread(gy) * softmax(self.inputs[0], self.axis)


def _largest(x: Any, axis: Axis) -> Any:
    """What to subtract so that exp cannot overflow: nothing from objects and complex numbers."""
    return x.max(axis=axis, keepdims=True) if is_real(x) else 0


def _peak(x: Any, axis: Axis) -> Any:
    """Boolean, true at the largest element along `axis` where no other is as large."""
    if not is_real(x):
        return get_array_module(x).zeros_like(x, dtype=bool)
    largest = x == x.max(axis=axis, keepdims=True)
    return largest & (largest.sum(axis=axis, keepdims=True) == 1)


def _log_of_sum(shifted: Any, axis: Axis) -> Any:
    """log(sum(exp(shifted))), axis kept; where the largest is 0 and alone, accurate also near 0."""
    xp = get_array_module(shifted)
    e = xp.exp(shifted)
    if not is_real(shifted):
        return xp.log(sum_array(e, axis, keepdims=True))
    peak = _peak(shifted, axis)
    total = sum_array(e * ~peak, axis, keepdims=True)
    alone = peak.any(axis=axis, keepdims=True)
    return xp.where(alone, xp.log1p(total), xp.log(xp.maximum(total, 1)))


def softmax_less_one_at(here: Any, x: Variable, log_p: Variable, axis: Axis) -> Variable:
    """softmax(x), less 1 where `here` (boolean) holds: probabilities minus one-hot labels.

    Near 1 the digits of a probability less 1 are in its logarithm, `log_p` = log_softmax(x). Far from
    it they are not: the exponential of a logarithm of -40 is off by 40 ULP.
    """
    return softmax(x, axis) * ~here + expm1(log_p) * here


def softmax(x: Any, axis: Axis = 1) -> Variable:
    """exp(x) / sum(exp(x)) along `axis` (None: over all elements). It never overflows.

    >>> import numpy as np
    >>> softmax(np.array([[1000.0, 1000.0]]))
    variable([[0.5 0.5]])
    """
    return Softmax(axis)(x)


def softmax_simple(x: Any, axis: Axis = 1) -> Variable:
    """`softmax`, made of exp and sum; it overflows for large x."""
    y = exp(x)
    return y / y.sum(axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Axis = 1) -> Variable:
    """log(softmax(x)), computed without forming softmax(x)."""
    return LogSoftmax(axis)(x)


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """log(sum(exp(x))) over `axis`. It never overflows.

    >>> import numpy as np
    >>> logsumexp(np.array([1000.0, 0.0]))
    variable(1000.0)
    """
    return LogSumExp(axis, keepdims)(x)
