"""Small things about arrays and shapes that several modules need."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero import arguments, core, cuda
from dezero.core import as_input
from dezero.refusal import naming

__all__ = [
    "array_allclose", "array_equal", "get_conv_outsize", "get_deconv_outsize", "logsumexp",
    "max_backward_shape", "reshape_sum_backward", "sum_to",
]  # fmt: skip


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

    Raises:
        TypeError, ValueError: they are not what a sum can be given, or gy not what it gives.

    >>> reshape_sum_backward(np.ones((2, 4)), (2, 3, 4), axis=-2, keepdims=False).shape
    (2, 1, 4)
    """
    sizes = arguments.shape(x_shape, "reshape_sum_backward: x_shape")
    arguments.flag(keepdims, "reshape_sum_backward: keepdims")
    axes = arguments.axes(_listed(axis), len(sizes), "reshape_sum_backward: axis")
    if axes is None or keepdims or not sizes:
        return gy
    with naming("reshape_sum_backward", gy=gy, x_shape=x_shape, axis=axis):
        return gy.reshape(tuple(1 if a in axes else size for a, size in enumerate(sizes)))


def max_backward_shape(x: Any, axis: int | Sequence[int] | None) -> list[int]:
    """The shape of a maximum of `x` over `axis` with the reduced axes kept.

    Raises:
        TypeError, ValueError: x is no array, or has no such axis.

    >>> max_backward_shape(np.zeros((2, 3, 4)), (0, -1))
    [1, 3, 1]
    """
    with naming("max_backward_shape", x=x, axis=axis):
        shape = as_input(x).shape
    axes = arguments.axes(_listed(axis), len(shape), "max_backward_shape: axis")
    if axes is None:
        axes = tuple(range(len(shape)))
    return [1 if a in axes else size for a, size in enumerate(shape)]


def logsumexp(x: Any, axis: int | tuple[int, ...] | None = 1) -> Any:
    """log(sum(exp(x))) of a float array over `axis`, which is kept with size 1.

    The maximum is taken out first, so that nothing overflows.

    >>> logsumexp(np.array([[1000.0, 1000.0]]))
    array([[1000.69314718]])
    """
    xp = cuda.get_array_module(x)
    with naming("logsumexp", x=x, axis=axis):
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
    with naming("array_equal", a=a, b=b):
        return bool(np.array_equal(cuda.as_numpy(a), cuda.as_numpy(b)))


def array_allclose(a: Any, b: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
    """Whether two arrays or Variables are equal to within `atol + rtol * abs(b)` everywhere.

    >>> array_allclose(np.array(1.0), np.array(1.00001))
    True
    """
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not (isinstance(tolerance, float) and tolerance == math.inf):
            arguments.number(tolerance, f"array_allclose: {name}", low=0.0)
    with naming("array_allclose", a=a, b=b):
        return bool(np.allclose(cuda.as_numpy(a), cuda.as_numpy(b), rtol=rtol, atol=atol))


def get_conv_outsize(input_size: int, kernel_size: int, stride: int, pad: int) -> int:
    """The size, along one axis, of what a convolution gives.

    Raises:
        TypeError, ValueError: they are no integers, or stride is less than 1.

    >>> get_conv_outsize(input_size=7, kernel_size=3, stride=2, pad=1)
    4
    """
    return conv_outsize(
        arguments.integer(input_size, "get_conv_outsize: input_size"),
        arguments.integer(kernel_size, "get_conv_outsize: kernel_size"),
        arguments.integer(stride, "get_conv_outsize: stride", least=1),
        arguments.integer(pad, "get_conv_outsize: pad"),
    )


def conv_outsize(input_size: int, kernel_size: int, stride: int, pad: int) -> int:
    """`get_conv_outsize` of integers that were looked at already."""
    return (input_size + 2 * pad - kernel_size) // stride + 1


def get_deconv_outsize(size: int, k: int, s: int, p: int) -> int:
    """The size, along one axis, of what a transposed convolution gives: kernel k, stride s, pad p.

    Raises:
        TypeError: they are no integers.

    >>> get_deconv_outsize(size=4, k=3, s=2, p=1)
    7
    """
    given = {"size": size, "k": k, "s": s, "p": p}
    size, k, s, p = (arguments.integer(x, f"get_deconv_outsize: {name}") for name, x in given.items())
    return s * (size - 1) + k - 2 * p


def _listed(axis: Any) -> Any:
    """A list of axes as a tuple; anything else as it is."""
    return tuple(axis) if isinstance(axis, list) else axis
