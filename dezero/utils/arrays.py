"""Small things about arrays and shapes that several modules need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from dezero import core, cuda


def sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    """The array `x` summed over the axes along which `shape` is broadcast to give `x.shape`.

    Raises:
        ValueError: `shape` does not broadcast to `x.shape`.

    >>> sum_to(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    """
    return core.sum_to(x, shape).data


def reshape_sum_backward(
    gy: Any, x_shape: Sequence[int], axis: int | Sequence[int] | None, keepdims: bool
) -> Any:
    """The cotangent of a sum over `axis`, with the summed axes put back as axes of size 1.

    Args:
        gy: cotangent of the sum, a Variable or an array.
        x_shape: shape of what was summed.
        axis, keepdims: as given to the sum.

    >>> reshape_sum_backward(np.ones((2, 4)), (2, 3, 4), axis=-2, keepdims=False).shape
    (2, 1, 4)
    """
    if axis is None or keepdims or not x_shape:
        return gy
    axes = normalize_axis_tuple(axis, len(x_shape))
    return gy.reshape(tuple(1 if a in axes else size for a, size in enumerate(x_shape)))


def max_backward_shape(x: Any, axis: int | Sequence[int] | None) -> list[int]:
    """The shape of a maximum of `x` over `axis` with the reduced axes kept.

    >>> max_backward_shape(np.zeros((2, 3, 4)), (0, -1))
    [1, 3, 1]
    """
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    return [1 if a in axes else size for a, size in enumerate(x.shape)]


def logsumexp(x: Any, axis: int | tuple[int, ...] | None = 1) -> Any:
    """log(sum(exp(x))) of a float array over `axis`, which is kept with size 1.

    The maximum is taken out first, so that nothing overflows.

    >>> logsumexp(np.array([[1000.0, 1000.0]]))
    array([[1000.69314718]])
    """
    xp = cuda.get_array_module(x)
    m = x.max(axis=axis, keepdims=True)
    # Where all are -inf, or one is +inf, x - m would be NaN.
    shift = xp.where(xp.isfinite(m), m, xp.zeros_like(m))
    with np.errstate(divide="ignore"):  # log(0) = -inf is the answer for a row of -inf
        return xp.log(xp.exp(x - shift).sum(axis=axis, keepdims=True)) + shift


def array_equal(a: Any, b: Any) -> bool:
    """Whether two arrays or Variables, on whichever device, have the same shape and elements.

    >>> array_equal(np.array([1, 2]), np.array([1, 3]))
    False
    """
    return bool(np.array_equal(cuda.as_numpy(a), cuda.as_numpy(b)))


def array_allclose(a: Any, b: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
    """Whether two arrays or Variables are equal to within `atol + rtol * abs(b)` everywhere.

    >>> array_allclose(np.array(1.0), np.array(1.00001))
    True
    """
    return bool(np.allclose(cuda.as_numpy(a), cuda.as_numpy(b), rtol=rtol, atol=atol))


def get_conv_outsize(input_size: int, kernel_size: int, stride: int, pad: int) -> int:
    """The size, along one axis, of what a convolution gives.

    >>> get_conv_outsize(input_size=7, kernel_size=3, stride=2, pad=1)
    4
    """
    return (input_size + 2 * pad - kernel_size) // stride + 1


def get_deconv_outsize(size: int, k: int, s: int, p: int) -> int:
    """The size, along one axis, of what a transposed convolution gives: kernel k, stride s, pad p.

    >>> get_deconv_outsize(size=4, k=3, s=2, p=1)
    7
    """
    return s * (size - 1) + k - 2 * p
