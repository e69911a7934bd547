"""Batch normalization.

x has shape (N, C) or (N, C, H, W). A statistic of a channel is a mean over all axes but C; it has the shape
(C,), or (1, C, 1, 1), and so broadcasts against x. The formulas below run on arrays, and on Variables where
backward is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.arguments import number
from dezero.core import Config, Elementwise, Formula, Variable, array_of, kept
from dezero.functions._masks import has_bits
from dezero.functions.elementwise import Sqrt
from dezero.fusion import fused

__all__ = [
    "BatchNorm",
    "batch_norm",
    "batch_nrom",
]


class ChannelMean(Elementwise):
    """The mean of x0 * x1 in each channel."""

    def forward(self, x0: Any, x1: Any) -> Any:
        if x0.dtype != x1.dtype or not has_bits(x0):  # CuPy's einsum would copy both operands
            dtype = np.result_type(x0.dtype, x1.dtype)
            return _mean(_widened(x0) * x1).astype(dtype, copy=False)
        total = np.einsum("nc,nc->c" if x0.ndim == 2 else "nchw,nchw->c", x0, x1)
        return _spread(total / _count(x0), x0)

    vjps = (
        lambda gy, y, x0, x1: gy / _count(x1) * x1,
        lambda gy, y, x0, x1: gy / _count(x0) * x0,
    )


class BatchNorm(Formula):
    """y = gamma * (x - mean) / sqrt(var + eps) + beta in each channel.

    In training mode mean and var are those of x, and the running averages are updated; in test mode
    they are the running averages.

    Attributes:
        avg_mean, avg_var: the running averages, arrays (C,), updated in place.
        decay: how much of the old average stays at each update.
        eps: added to the variance.
        mean, inv_std: what the last call subtracted, and 1 / sqrt(var + eps), shaped to broadcast.
    """

    def __init__(self, mean: Any, var: Any, decay: float, eps: float) -> None:
        self.avg_mean = mean
        self.avg_var = var
        self.decay = number(decay, "batch_norm: decay", low=0.0, high=1.0)
        self.eps = number(eps, "batch_norm: eps", low=0.0)

    def forward(self, x: Any, gamma: Any, beta: Any) -> Any:
        _check(x, gamma=gamma, beta=beta, mean=self.avg_mean, var=self.avg_var)
        x, gamma, beta = _promoted(x, gamma, beta)
        self.train = Config.train
        self.mean = _mean(x) if self.train else _spread(kept(self.avg_mean), x)
        centred = x - self.mean
        var = ChannelMean.of(centred, centred) if self.train else _spread(self.avg_var, x)
        self.inv_std = _inverse_std(var, self.eps)
        if self.train:
            self._update(var, _count(x))
        _scale_and_shift(centred, _spread(gamma, x), self.inv_std, _spread(beta, x))
        return centred

    def _update(self, var: Any, m: int) -> None:
        """Move the running averages towards this batch, m values with an unbiased variance."""
        if var.dtype.kind != self.avg_var.dtype.kind:
            return  # complex numbers and objects, which trace the computation, are no statistics
        kept, new = self.decay, 1 - self.decay
        _mix(self.avg_mean, _gathered(self.mean), kept, new)
        _mix(self.avg_var, _gathered(var), kept, new * (m / max(m - 1, 1)))

    def cotangents(self, gys: Sequence[Any], x: Any, gamma: Any, beta: Any) -> Sequence[Any]:
        gy, x, gamma, beta = _promoted(*gys, x, gamma, beta)
        centred, inv_std = self._normalizers(x)
        mean_gy, mean_product = _mean(gy), ChannelMean.of(gy, centred)
        count = _count(x)
        ggamma, gbeta = _gathered(mean_product * inv_std * count), _gathered(mean_gy * count)
        gamma = _spread(gamma, x)
        if self.train:
            gx = _through_moments(gy, centred, mean_gy, mean_product, gamma, inv_std)
        else:
            gx = gy * (gamma * inv_std)
        return gx, ggamma, gbeta

    def _normalizers(self, x: Any) -> tuple[Any, Any]:
        """x - mean and inv_std; where the batch's own moments are recorded, as functions of x."""
        if not (self.train and isinstance(x, Variable)):
            return x - self.mean, self.inv_std
        centred = x - _mean(x)
        return centred, _inverse_std(ChannelMean.of(centred, centred), self.eps)


@fused("p", 2e-5)
def _inverse_std(var: Any, eps: float) -> Any:
    return 1 / Sqrt.of(var + eps)


@fused("x", "x", "p", "x")
def _scale_and_shift(centred: Any, gamma: Any, inv_std: Any, beta: Any) -> None:
    centred *= gamma * inv_std
    centred += beta


@fused("x", "x", 0.9, 0.1)
def _mix(average: Any, value: Any, kept: float, new: float) -> None:
    average *= kept
    average += new * value


@fused("x", "x", "x", "x", "x", "p")
def _through_moments(gy: Any, centred: Any, mean_gy: Any, mean_product: Any, gamma: Any, inv_std: Any) -> Any:
    """(gy - mean_gy - centred * mean_product * inv_std**2) * gamma * inv_std, in place of centred."""
    centred *= mean_product * -(inv_std * inv_std)
    centred += gy
    centred -= mean_gy
    centred *= gamma * inv_std
    return centred


def batch_norm(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, decay: float = 0.9, eps: float = 2e-5
) -> Variable:
    """Normalize each channel to mean beta and standard deviation gamma.

    In training mode (`Config.train`) each channel's mean and variance over the batch are used, and
    the running averages `mean` and `var` are moved towards them, in place and outside of the graph:
    they become decay * old + (1 - decay) * batch, with the unbiased variance. In test mode the
    running averages are used, and stay.

    Args:
        x: (N, C) or (N, C, H, W).
        gamma, beta: (C,).
        mean, var: (C,), the running averages; arrays, or Variables, whose arrays are taken.
        decay: how much of the old average stays.
        eps: added to the variance.

    Returns:
        An array of the shape of x.

    Raises:
        ValueError: the shapes are otherwise, x is empty, decay is not from 0 to 1, or eps negative.
        TypeError: `mean` or `var` holds integers, or an argument is of another type.

    >>> import numpy as np
    >>> mean, var = np.zeros(1), np.ones(1)
    >>> batch_norm(np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1), mean, var, eps=0.0)
    variable([[-1.]
              [ 1.]])
    >>> mean, var
    (array([0.2]), array([1.1]))
    """
    return BatchNorm(array_of(mean), array_of(var), decay, eps)(x, gamma, beta)


batch_nrom = batch_norm  # as the book spells it


def _check(x: Any, **statistics: Any) -> None:
    """Raises ValueError unless x is (N, C) or (N, C, H, W), not empty, and the rest (C,).

    Running averages of integers could not be moved: TypeError.
    """
    if x.ndim not in (2, 4) or x.size == 0:
        raise ValueError(
            f"batch_norm: x must have shape (N, C) or (N, C, H, W) and not be empty, got {x.shape}"
        )
    for name, array in statistics.items():
        if array.shape != (x.shape[1],):
            raise ValueError(
                f"batch_norm: {name} must have shape ({x.shape[1]},), as x is {x.shape}, got {array.shape}"
            )
        if name in ("mean", "var") and array.dtype.kind in "biu":
            raise TypeError(f"batch_norm: {name} must hold floats, got {array.dtype}")


def _promoted(*arrays: Any) -> list[Any]:
    """The arrays in a dtype that holds them all: one may then be computed in another's place.

    Variables stay as they are: nothing is computed in place of them.
    """
    if isinstance(arrays[0], Variable):
        return list(arrays)
    dtypes = {array.dtype for array in arrays}
    if len(dtypes) == 1:
        return list(arrays)
    dtype = np.result_type(*dtypes)
    return [array.astype(dtype, copy=False) for array in arrays]


def _mean(x: Any) -> Any:
    keepdims = x.ndim == 4
    axes = (0, 2, 3) if keepdims else (0,)
    if has_bits(x):  # what `mean` does, in half of its time where elements are few
        return np.add.reduce(x, axis=axes, keepdims=keepdims) / _count(x)
    return x.mean(axis=axes, keepdims=keepdims)


def _count(x: Any) -> int:
    """How many elements a channel has."""
    return x.size // x.shape[1]


def _spread(a: Any, x: Any) -> Any:
    """(C,) shaped to broadcast against x."""
    return a if x.ndim == 2 else a.reshape((1, -1, 1, 1))


def _gathered(a: Any) -> Any:
    """What `_spread` shaped, as (C,) again."""
    return a if a.ndim == 1 else a.reshape((a.size,))


def _widened(x: Any) -> Any:
    """x, or a wider copy if it is float16, whose squares overflow."""
    return x.astype("f") if x.dtype.char == "e" else x
