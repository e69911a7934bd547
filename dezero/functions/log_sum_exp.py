"""softmax, log_softmax and logsumexp, along an axis.

Where one element dominates, the textbook derivatives cancel: softmax's y * (gy - sum(y * gy)) is
then a difference of nearly equal numbers, and so is log_softmax's gy - y * sum(gy). Here the terms
of that one element, the peak, are taken out of the sums beforehand, which changes nothing
mathematically. Elements with their own arithmetic (objects) have no peak: they are not compared,
and the textbook's formulas serve them.

Floats of the host have the same formulas in `_softmax_rows`, which is quicker; those here serve all
numbers and devices, and Variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from dezero.core import Constant, Formula, SumTo, Variable, array_of, is_integer, is_real, sum_array
from dezero.cuda import get_array_module
from dezero.functions import _softmax_rows as rows
from dezero.functions._masks import keep
from dezero.functions._rows import have_rows, in_rows
from dezero.functions._softmax_rows import less
from dezero.functions.elementwise import Expm1, exp
from dezero.functions.reduction import Axis, Reduction, Sum, with_axes
from dezero.fusion import fused

__all__ = [
    "LogSoftmax",
    "LogSumExp",
    "Softmax",
    "log_softmax",
    "logsumexp",
    "softmax",
    "softmax_simple",
]


class Softmax(Reduction):
    def __init__(self, axis: Axis = 1) -> None:
        super().__init__(axis, keepdims=True)

    def forward(self, x: Any) -> Any:
        if have_rows(self.axis, x):
            return in_rows(rows.softmax, self.axis, x)[0]
        e = _exp_less(*_with_largest(x, self.axis))
        return e / sum_array(e, self.axis, keepdims=True)

    def cotangents(self, gys: Sequence[Any], x: Any) -> Sequence[Any]:
        return (_softmax_gradient(gys[0], x, self.output(x), self.axis),)


def _softmax_gradient(gy: Any, x: Any, y: Any, axis: Axis) -> Any:
    """The cotangent of x, whose softmax is y."""
    if have_rows(axis, y, gy):
        return in_rows(rows.softmax_gradient, axis, y, gy)[0]
    peak = _peak(x, axis)
    if peak is not None:
        gy = gy - Sum.of(keep(gy, peak), axis=axis, keepdims=True)
    return _product_less(y, gy, Sum.of(y * gy, axis=axis, keepdims=True))


class SoftmaxLessOneHot(Formula):
    """softmax of the rows x (N, C), less 1 at one label each (N,), times scale / N: cross entropy's gradient.

    Its own derivative is softmax's. Near 1 the digits of a probability less 1 are in its logarithm. Far
    from it they are not: the exponential of a logarithm of -40 is off by 40 ULP.

    Args:
        known: an array, and what `log_p_at` gave of it.
    """

    def __init__(self, labels: Any, known: tuple[Any, Any] = (None, None)) -> None:
        self.labels = labels
        self.known = known

    def forward(self, x: Any, scale: Any) -> Any:
        array, log_p = self.known
        return less_one_hot(x, scale, self.labels, *(log_p if x is array else log_p_at(x, self.labels)))

    def cotangents(self, gys: Sequence[Any], x: Any, scale: Any) -> Sequence[Any]:
        (gy,) = gys
        gx = scale / len(x) * _softmax_gradient(gy, x, Softmax.of(x, axis=1), axis=1)
        if isinstance(self.inputs[1], Constant):
            return gx, None
        by_scale = gy * SoftmaxLessOneHot.of(x, 1, labels=self.labels, known=self.known)
        return gx, SumTo.of(by_scale, shape=scale.shape)


def log_p_at(x: Any, labels: Any) -> Sequence[Any]:
    """log_softmax of the rows of an array x (N, C) at one label each, as a column (N, 1).

    Of rows of floats two arrays follow that save `less_one_hot` the exponentials.
    """
    if have_rows(1, x):
        *exponentials, log_p = in_rows(rows.log_p_of_labels, 1, x, labels[:, None], columns=2)
        return log_p, *exponentials
    x, largest = _with_largest(x, 1)
    shifted = less(x, largest)
    return (shifted[_at(labels)][:, None] - _log_of_sum(shifted, 1),)


def less_one_hot(x: Any, scale: Any, labels: Any, log_p: Any, *exponentials: Any) -> Any:
    """`SoftmaxLessOneHot` of arrays, from what `log_p_at` gave."""
    scale = scale / len(x)
    if exponentials:
        given = *exponentials, log_p, labels[:, None]
        return in_rows(partial(rows.less_one_at_labels, scale), 1, *given)[0]
    p = Softmax.of(x, axis=1)
    p[_at(labels)] = Expm1.of(log_p)[:, 0]
    return scale * p


def _at(labels: Any) -> tuple[Any, Any]:
    """The index of one element in each row."""
    return get_array_module(labels).arange(len(labels)), labels


class LogSoftmax(Reduction):
    # Of rows of floats: exponentials, their sums, and the sums of all but the largest.
    exponentials: Any = None

    def __init__(self, axis: Axis = 1) -> None:
        super().__init__(axis, keepdims=True)

    def forward(self, x: Any) -> Any:
        if have_rows(self.axis, x):
            y, *self.exponentials = in_rows(rows.log_softmax, self.axis, x, full=2, columns=2)
            return y
        self.exponentials = None
        x, largest = _with_largest(x, self.axis)
        if x.size == 0:
            return x.copy()
        shifted = less(x, largest)
        return shifted - _log_of_sum(shifted, self.axis)

    def cotangents(self, gys: Sequence[Any], x: Any) -> Sequence[Any]:
        (gy,), y = gys, self.output(x)
        if self.exponentials and have_rows(self.axis, y, gy):
            return in_rows(rows.log_softmax_gradient, self.axis, y, *self.exponentials, gy)
        peak, total = _peak(x, self.axis), Sum.of(gy, axis=self.axis, keepdims=True)
        if peak is None:
            return (gy - total * Softmax.of(x, axis=self.axis),)
        others = keep(gy, ~peak)
        sum_of_others = Sum.of(others, axis=self.axis, keepdims=True)
        gx = others - keep(sum_of_others, peak) - total * _less_one_at_peak(peak, x, y, self.axis)
        return (gx,)


class LogSumExp(Reduction):
    def forward(self, x: Any) -> Any:
        if have_rows(self.axis, x):
            (y,) = in_rows(rows.log_sum_exp, self.axis, x, full=0, columns=1)
        else:
            x, largest = _with_largest(x, self.axis)
            y = largest + _log_of_sum(less(x, largest), self.axis)
        return y if self.keepdims else get_array_module(x).squeeze(y, self.axis)

    def cotangents(self, gys: Sequence[Any], x: Any) -> Sequence[Any]:
        gy = self.spread(gys[0], x.shape)
        if have_rows(self.axis, x, gy):
            return in_rows(rows.log_sum_exp_gradient, self.axis, x, gy)
        return (gy * Softmax.of(x, axis=self.axis),)


def _with_largest(x: Any, axis: Axis) -> tuple[Any, Any]:
    """x, and what to subtract so that exp cannot overflow: nothing from objects and complex numbers.

    Integers come in float64: their own exponentials would be float16.
    """
    if is_integer(x):
        x = x.astype("d")
    return x, x.max(axis=axis, keepdims=True) if is_real(x) and x.size else 0


def _peak(x: Any, axis: Axis) -> Any:
    """Boolean, true at the largest element along `axis` where no other is as large; None of objects."""
    x = array_of(x)
    if not is_real(x) or x.size == 0:
        return None
    largest = x == x.max(axis=axis, keepdims=True)
    return _where_one(largest, largest.sum(axis=axis, keepdims=True))


def _log_of_sum(shifted: Any, axis: Axis) -> Any:
    """log(sum(exp(shifted))), axis kept, where the largest is 0: accurate also where the sum is near 1."""
    if not is_real(shifted):
        xp = get_array_module(shifted)
        return xp.log(sum_array(xp.exp(shifted), axis, keepdims=True))
    others, ties = _others_and_ties(shifted)
    total = sum_array(others, axis, keepdims=True)
    total += sum_array(ties, axis, keepdims=True) - 1
    return get_array_module(shifted).log1p(total)


def _less_one_at_peak(peak: Any, x: Any, log_p: Any, axis: Axis) -> Any:
    """softmax(x), less 1 at the peaks; `log_p` is log_softmax(x)."""
    return _one_of_two(Softmax.of(x, axis=axis), log_p, peak)


# Chains of operations between sums, each of which a device can fuse.


@fused("x", "x")
def _exp_less(x: Any, largest: Any) -> Any:
    return get_array_module(x).exp(less(x, largest))


@fused("x", "x", "x")
def _product_less(y: Any, gy: Any, mean: Any) -> Any:
    return y * (gy - mean)


@fused("b", "x")
def _where_one(largest: Any, count: Any) -> Any:
    return largest & (count == 1)


@fused("x")
def _others_and_ties(shifted: Any) -> tuple[Any, Any]:
    """exp(shifted) where that is not the largest, else 0; and 1 where it is, else 0."""
    e, largest = get_array_module(shifted).exp(shifted), shifted == 0
    return e * ~largest, largest.astype(e.dtype)


@fused("p", "x", "b")
def _one_of_two(p: Any, log_p: Any, here: Any) -> Any:
    return p * ~here + Expm1.of(log_p) * here


def softmax(x: Any, axis: Axis = 1) -> Variable:
    """exp(x) / sum(exp(x)) along `axis` (None: over all elements). It never overflows.

    >>> import numpy as np
    >>> softmax(np.array([[1000.0, 1000.0]]))
    variable([[0.5 0.5]])
    """
    return Softmax(axis)(with_axes(x, axis, "softmax"))


def softmax_simple(x: Any, axis: Axis = 1) -> Variable:
    """`softmax`, made of exp and sum; it overflows for large x."""
    y = exp(with_axes(x, axis, "softmax_simple"))
    return y / y.sum(axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Axis = 1) -> Variable:
    """log(softmax(x)), computed without forming softmax(x)."""
    return LogSoftmax(axis)(with_axes(x, axis, "log_softmax"))


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """log(sum(exp(x))) over `axis`. It never overflows.

    >>> import numpy as np
    >>> logsumexp(np.array([1000.0, 0.0]))
    variable(1000.0)
    """
    return LogSumExp(axis, keepdims)(with_axes(x, axis, "logsumexp"))
