"""Losses: the mean over a batch of N, and accuracy.

The cross entropies of logits neither lose digits nor overflow, however sure the model is, nor do
their derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core import (
    Constant,
    Elementwise,
    Formula,
    Function,
    Variable,
    as_input,
    as_operand,
    is_integer,
    is_real,
    kept,
    sum_array,
    sum_to,
)
from dezero.cuda import get_array_module
from dezero.functions._masks import all_finite, keep
from dezero.functions.activation import Sigmoid, Softplus, have_exp
from dezero.functions.choices import clip
from dezero.functions.elementwise import Log, Log1p, log, magnitude
from dezero.functions.indexing import GetItem
from dezero.functions.log_sum_exp import SoftmaxLessOneHot, less_one_hot, log_p_at, softmax
from dezero.functions.reduction import sum
from dezero.fusion import fused_elementwise
from dezero.refusal import raise_refused

__all__ = [
    "MeanSquaredError",
    "SoftmaxCrossEntropy",
    "accuracy",
    "binary_cross_entropy",
    "mean_squared_error",
    "mean_squared_error_simple",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "softmax_cross_entropy_simple",
]


class MeanSquaredError(Function):
    def forward(self, x0: Any, x1: Any) -> Any:
        diff = x0 - x1 if x0.dtype.kind == "f" else _difference(x0, x1)
        return sum_array(diff * diff) / _batch(diff)

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        x0, x1 = self.inputs
        diff = _difference(x0, x1)
        gdiff = gy * 2 / _batch(diff) * diff
        return sum_to(gdiff, x0.shape), sum_to(-gdiff, x1.shape)


class SoftmaxCrossEntropy(Formula):
    def forward(self, x: Any, t: Any) -> Any:
        xp = get_array_module(x)
        self.labels = kept(t) if xp is np else t.astype("i8")  # the caller's may change before backward
        self.known = None if xp is np else _known(self.labels, x)
        self.log_p = log_p_at(x, self.labels)
        y = self.log_p[0] if self.known is None else self.log_p[0] * self.known
        return -sum_array(y) / len(x)

    def cotangents(self, gys: Sequence[Any], x: Any, t: Any) -> Sequence[Any]:
        gy = gys[0] if self.known is None else gys[0] * self.known
        if isinstance(x, Variable):
            return SoftmaxLessOneHot.of(x, gy, labels=self.labels, known=(x._data, self.log_p)), None
        return less_one_hot(x, gy, self.labels, *self.log_p), None


def _known(t: Any, x: Any) -> Any:
    """For each row of the device array x 1, or NaN where its label is no class: a device raises nothing."""
    is_class = t.view("u8") < x.shape[1]  # a negative one is huge there
    return get_array_module(x).where(is_class, 1.0, math.nan).astype(x.dtype)[:, None]


@fused_elementwise("x", "p", forward=True)
class SigmoidCrossEntropy(Elementwise):
    """-t log(s) - (1 - t) log(1 - s) where s = sigmoid(x)."""

    def forward(self, x: Any, t: Any) -> Any:
        if not (is_real(x) and is_real(t)):
            return t * Softplus.of(-x) + (1 - t) * Softplus.of(x)
        xp = get_array_module(x)  # both softplus have a logarithm in common; the rest is linear
        against = (x > 0) - t
        linear = against * (x if all_finite(x) else keep(x, against != 0))
        return xp.log1p(xp.exp(-magnitude(x, xp))) + linear

    vjps = (
        lambda gy, y, x, t: gy * _less_label(x, t),
        lambda gy, y, x, t: -gy * x,
    )


def _less_label(x: Any, t: Any) -> Any:
    """sigmoid(x) - t, which does not cancel where t is 0 or 1."""
    if have_exp(x) and is_real(t):
        e = np.exp(x)
        difference = (1 - t) * e
        difference -= t
        e += 1
        difference /= e
        return difference
    return (1 - t) * Sigmoid.of(x) - t * Sigmoid.of(-x)


@fused_elementwise("p", "p", forward=True)
class BinaryCrossEntropy(Elementwise):
    """-t log(p) - (1 - t) log(1 - p)."""

    def forward(self, p: Any, t: Any) -> Any:
        return -(t * Log.of(p) + (1 - t) * Log1p.of(-p))

    vjps = (
        lambda gy, y, p, t: gy * ((1 - t) / (1 - p) - t / p),
        lambda gy, y, p, t: -gy * Logit.of(p),
    )


@fused_elementwise("p", forward=True)
class Logit(Elementwise):
    """log(p) - log(1 - p), which cancels around p = 1/2 and is there log1p((2 p - 1) / (1 - p))."""

    def forward(self, p: Any) -> Any:
        xp = get_array_module(p)
        apart = xp.log(p) - xp.log1p(-p)
        if not is_real(p):
            return apart
        around = xp.abs(p - 0.5) < 0.25
        middle = xp.where(around, p, 0.5)
        return xp.where(around, xp.log1p((2 * middle - 1) / (1 - middle)), apart)

    vjps = (lambda gy, y, p: gy / (p * (1 - p)),)


def _difference(x0: Any, x1: Any) -> Any:
    """x0 - x1, of integers in float64: unsigned ones would wrap around, and so would squares."""
    if x0.dtype.kind in "biu" and x1.dtype.kind in "biu":
        return x0 - 1.0 * x1
    return x0 - x1


def _batch(x: Any) -> int:
    """N: the size of the first axis; 1 for a scalar (elements of object arrays have no shape)."""
    size = next(iter(getattr(x, "shape", ())), 1)
    if not size:
        raise_refused(ValueError(f"there must be something to average, got shape {x.shape}"))
    return size


def mean_squared_error(x0: Any, x1: Any) -> Variable:
    """sum((x0 - x1)**2) / N, broadcast, where N is the first size of x0 - x1 (1 for a scalar).

    Integers are computed in float64.

    Raises:
        ValueError: the shapes do not broadcast, or there is nothing to average.

    >>> import numpy as np
    >>> mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    variable(2.0)
    """
    return MeanSquaredError()(_targets(x0), _targets(x1))


def mean_squared_error_simple(x0: Any, x1: Any) -> Variable:
    """`mean_squared_error`, made of arithmetic and sum."""
    diff = _difference(_targets(x0), _targets(x1))
    return sum(diff * diff) / _batch(diff)


def softmax_cross_entropy(x: Any, t: Any) -> Variable:
    """The mean of -log(softmax(x)) at the labels.

    x: logits (N, C). t: labels (N,) or (N, 1), integers from 0 to C - 1; with logits on a device they may
    lie on the host, where they are checked and moved from. Labels that lie on the device are not waited
    for: one that is no class makes the loss NaN, and the gradient of its row.

    Raises:
        ValueError: shapes, dtype or values are otherwise.

    >>> import numpy as np
    >>> softmax_cross_entropy(np.zeros((2, 4)), np.array([0, 3])).data.round(4)
    np.float64(1.3863)
    """
    x, t = as_input(x), _labels(t)
    _check_labels(x, t, "softmax_cross_entropy")
    if get_array_module(t) is np:
        _check_classes(x, t, "softmax_cross_entropy")
    return SoftmaxCrossEntropy()(x, _labels_on_device_of(x, t))


def softmax_cross_entropy_simple(x: Any, t: Any) -> Variable:
    """`softmax_cross_entropy`, made of softmax, clip and log: saturates where they do.

    Labels on a device are waited for: one that is no class is a ValueError there too.
    """
    x, t = as_input(x), _labels(t)
    _check_labels(x, t, "softmax_cross_entropy_simple")
    _check_classes(x, t, "softmax_cross_entropy_simple")
    p = clip(softmax(x), 1e-15, 1.0)
    rows, labels = get_array_module(x).arange(len(x)), kept(_labels_on_device_of(x, t).data)
    return -sum(GetItem((rows, labels))(log(p))) / len(x)


def sigmoid_cross_entropy(x: Any, t: Any) -> Variable:
    """The mean over N of the sum of -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)).

    x: logits (N, ...). t: labels in [0, 1] of as many elements.

    Raises:
        ValueError: x is empty, or t has another number of elements.

    >>> import numpy as np
    >>> sigmoid_cross_entropy(np.array([-1000.0, 1000.0]), np.array([0, 1]))
    variable(0.0)
    """
    x, t = _paired(x, t, "sigmoid_cross_entropy", "x")
    return sum(SigmoidCrossEntropy()(x, t)) / _batch(x)


def binary_cross_entropy(p: Any, t: Any) -> Variable:
    """The mean over N of the sum of -t log(p) - (1 - t) log(1 - p).

    p: probabilities (N, ...). t: labels in [0, 1] of as many elements. p = 0 and p = 1 count as the
    numbers of its dtype next to them; the loss of logits is `sigmoid_cross_entropy`.

    Raises:
        ValueError: p is empty, or t has another number of elements.
    """
    p, t = _paired(p, t, "binary_cross_entropy", "p")
    if p.dtype.kind == "f":
        info = np.finfo(p.dtype)
        p = clip(p, info.tiny.item(), (1 - info.epsneg).item())
    return sum(BinaryCrossEntropy()(p, t)) / _batch(p)


def accuracy(y: Any, t: Any) -> Variable:
    """The share of rows of y (N, C) whose largest element is at the label. Not differentiable.

    It stays where y is: nothing waits for a device before the number is read. The labels t may lie on
    the host.

    Raises:
        TypeError: they hold no real numbers.
        ValueError: y has other axes or is empty, or t has not one label for each row.

    >>> import numpy as np
    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    variable(0.5)
    """
    y, t = as_input(y), as_input(t)
    if y.ndim != 2 or t.size != len(y) or y.size == 0:
        raise ValueError(
            "accuracy: y must have shape (N, C), not be empty, and t one label for each row, "
            f"got {y.shape}, {t.shape}"
        )
    if y.dtype.kind not in "biuf" or t.dtype.kind not in "biuf":
        raise TypeError(f"accuracy: y and t must hold real numbers, got {y.dtype} and {t.dtype}")
    hits = y.data.argmax(axis=1) == _labels_on_device_of(y, t).data.reshape(-1)
    return Variable(get_array_module(hits).asarray(hits.mean()))


def _labels(t: Any) -> Variable:
    """Labels as a Variable; a column of them (N, 1) as (N,)."""
    t = as_input(t)
    return Constant(t.data.reshape(-1)) if t.ndim == 2 and t.shape[1] == 1 else t


def _check_labels(x: Variable, t: Variable, name: str) -> None:
    if x.ndim != 2 or x.size == 0 or t.shape != x.shape[:1] or t.dtype.kind not in "iu":
        raise ValueError(
            f"{name}: x must be logits (N, C), not empty, and t integer labels (N,), "
            f"got x {x.dtype}{list(x.shape)} and t {t.dtype}{list(t.shape)}"
        )


def _check_classes(x: Variable, t: Variable, name: str) -> None:
    if t.size and not (t.data.min() >= 0 and t.data.max() < x.shape[1]):
        raise ValueError(
            f"{name}: labels t must be in [0, {x.shape[1]}), got {t.data.min()} to {t.data.max()}"
        )


def _labels_on_device_of(x: Variable, t: Variable) -> Variable:
    """The labels t, from the host to where x is."""
    xp = get_array_module(x)
    return t if xp is np or get_array_module(t) is not np else Constant(xp.asarray(t.data))


def _targets(t: Any) -> Variable:
    """`t` as an operand that stays as it is until backward, whatever the caller does to an array."""
    return as_operand(t if isinstance(t, Variable) else kept(t))


def _paired(x: Any, t: Any, who: str, name: str) -> tuple[Variable, Variable]:
    """x, and t in its shape and dtype; `name` is that of x."""
    x, t = as_input(x), _targets(t)
    if x.size == 0:
        raise ValueError(f"{who}: {name} must not be empty, got shape {x.shape}")
    if t.size != x.size:
        raise ValueError(f"{who}: t must have as many elements as {name} {x.shape}, got {t.shape}")
    if is_integer(x):
        x = x * 1.0
    if t.dtype != x.dtype and is_integer(t):
        t = Constant(t.data.astype(x.dtype))
    return x, t if t.shape == x.shape else t.reshape(x.shape)
