"""Convolution, its transpose, and the gradient of either by the kernel.

All three are one trilinear form, sum over n, o, c, (oh, ow) and (i, j) of

    y[n, o, oh, ow] * W[o, c, i, j] * x[n, c, oh*SH + i - PH, ow*SW + j - PW],

seen from y (`conv2d`), from x (`deconv2d`) and from W (`Conv2DGradW`). So each is linear in its two
operands, and its derivatives are the other two: nothing more is needed for any order.

Letters: N images; C channels in and OC out; KH, KW kernel size; OH, OW output size.
"""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from dezero.arguments import pair
from dezero.core import Constant, Function, Variable, as_input, as_operand
from dezero.cuda import get_array_module
from dezero.functions import batched, blocked
from dezero.functions.columns import Pair, Size, check_images, im2col, output_size
from dezero.functions.linear_algebra import linear
from dezero.functions.reduction import sum
from dezero.utils.arrays import get_deconv_outsize

__all__ = [
    "Conv2DGradW",
    "Conv2d",
    "Deconv2d",
    "conv2d",
    "conv2d_simple",
    "deconv2d",
]


class Conv2d(Function):
    """y = W * x + b, with x (N, C, H, W), W (OC, C, KH, KW), b (OC,), y (N, OC, OH, OW)."""

    def __init__(self, stride: Size = 1, pad: Size = 0) -> None:
        self.stride = pair(stride, "conv2d: stride")
        self.pad = pair(pad, "conv2d: pad")

    def forward(self, x: Any, W: Any, b: Any = None) -> Any:
        _check(x, W, b, W.shape[:1], 1, "conv2d")
        size = output_size(x.shape[2:], W.shape[2:], self.stride, self.pad, "conv2d")
        return _plus(_formulas(x).convolved(x, W, size, self.stride, self.pad), b)

    def backward(self, gy: Variable) -> tuple[Variable | None, ...]:
        x, W, *b = self.inputs
        gx = gW = None
        if not isinstance(x, Constant):
            gx = deconv2d(gy, W, stride=self.stride, pad=self.pad, outsize=x.shape[2:])
        if not isinstance(W, Constant):
            gW = Conv2DGradW(self)(x, gy)
        return gx, gW, *(sum(gy, axis=(0, 2, 3)) for _ in b)


class Deconv2d(Function):
    """The transpose: x (N, C, H, W), W (C, OC, KH, KW), b (OC,) give (N, OC, *outsize)."""

    def __init__(self, stride: Size = 1, pad: Size = 0, outsize: Size | None = None) -> None:
        self.stride = pair(stride, "deconv2d: stride")
        self.pad = pair(pad, "deconv2d: pad")
        self.outsize = None if outsize is None else pair(outsize, "deconv2d: outsize")

    def forward(self, x: Any, W: Any, b: Any = None) -> Any:
        _check(x, W, b, W.shape[1:2], 0, "deconv2d")
        size = self._size(x.shape[2:], W.shape[2:])
        return _plus(_formulas(x).transposed(x, W, size, self.stride, self.pad), b)

    def _size(self, image_size: Pair, kernel_size: Pair) -> Pair:
        """The size of the output: one that a convolution would bring back to `image_size`."""
        outsize = self.outsize
        if outsize is None:
            sizes = map(get_deconv_outsize, image_size, kernel_size, self.stride, self.pad)
            outsize = pair(tuple(sizes))
        back = output_size(outsize, kernel_size, self.stride, self.pad, "deconv2d")
        if back != image_size:
            raise ValueError(
                f"deconv2d: outsize must be a size that convolution brings to {image_size}, "
                f"the size of x, but {outsize} comes to {back}"
            )
        return outsize

    def backward(self, gy: Variable) -> tuple[Variable | None, ...]:
        x, W, *b = self.inputs
        gx = gW = None
        if not isinstance(x, Constant):
            gx = conv2d(gy, W, stride=self.stride, pad=self.pad)
        if not isinstance(W, Constant):
            gW = Conv2DGradW(self)(gy, x)
        return gx, gW, *(sum(gy, axis=(0, 2, 3)) for _ in b)


class Conv2DGradW(Function):
    """The gradient by the kernel: x (N, C, H, W) and gy (N, OC, OH, OW) give (OC, C, KH, KW).

    It takes kernel size, stride and pad from the Conv2d or Deconv2d whose gradient it is.
    """

    def __init__(self, conv2d: Conv2d | Deconv2d) -> None:
        self.kernel_size = pair(conv2d.inputs[1].shape[2:])
        self.stride = conv2d.stride
        self.pad = conv2d.pad

    def forward(self, x: Any, gy: Any) -> Any:
        return _formulas(x).kernel_gradient(x, gy, self.kernel_size, self.stride, self.pad)

    def backward(self, ggW: Variable) -> tuple[Variable, Variable]:
        x, gy = self.inputs
        gx = deconv2d(gy, ggW, stride=self.stride, pad=self.pad, outsize=x.shape[2:])
        return gx, conv2d(x, ggW, stride=self.stride, pad=self.pad)


def conv2d(x: Any, W: Any, b: Any = None, stride: Size = 1, pad: Size = 0) -> Variable:
    """Convolve images with a kernel (that is, correlate: the kernel is not flipped).

    Args:
        x: (N, C, H, W).
        W: (OC, C, KH, KW).
        b: (OC,) or None.
        stride, pad: one integer, or two for height and width. Outside of the image x is zero.

    Returns:
        (N, OC, OH, OW), where OH = (H + 2 PH - KH) // SH + 1.

    Raises:
        ValueError: the shapes do not fit together, or the kernel does not fit into the image.

    >>> import numpy as np
    >>> conv2d(np.arange(6.0).reshape(1, 1, 2, 3), np.ones((1, 1, 2, 2)))
    variable([[[[ 8. 12.]]]])
    """
    return Conv2d(stride, pad)(x, W) if b is None else Conv2d(stride, pad)(x, W, as_operand(b))


def deconv2d(
    x: Any,
    W: Any,
    b: Any = None,
    stride: Size = 1,
    pad: Size = 0,
    outsize: Size | None = None,
) -> Variable:
    """The transposed convolution: the adjoint of `conv2d` with the same W, stride and pad, plus b.

    Args:
        x: (N, C, H, W).
        W: (C, OC, KH, KW).
        b: (OC,) or None.
        stride, pad: one integer, or two for height and width.
        outsize: size of the output; it matters where a stride makes several sizes possible.
            None takes the smallest, (H - 1) * SH + KH - 2 PH.

    Returns:
        (N, OC, *outsize).

    Raises:
        ValueError: the shapes do not fit together.

    >>> import numpy as np
    >>> deconv2d(np.array([[[[1.0, 2.0]]]]), np.ones((1, 1, 1, 2)), stride=2)
    variable([[[[1. 1. 2. 2.]]]])
    """
    function = Deconv2d(stride, pad, outsize)
    return function(x, W) if b is None else function(x, W, as_operand(b))


def conv2d_simple(x: Any, W: Any, b: Any = None, stride: Size = 1, pad: Size = 0) -> Variable:
    """`conv2d`, made of im2col and linear."""
    x, W = as_input(x), as_input(W)
    b = None if b is None else as_input(b)
    _check(x, W, b, W.shape[:1], 1, "conv2d_simple")
    stride, pad = pair(stride, "conv2d_simple: stride"), pair(pad, "conv2d_simple: pad")
    window = W.shape[2:], stride, pad
    OH, OW = output_size(x.shape[2:], *window, "conv2d_simple")
    y = linear(im2col(x, *window), W.reshape(len(W), -1).T, b)
    return y.reshape(len(x), OH, OW, len(W)).transpose(0, 3, 1, 2)


def _check(x: Any, W: Any, b: Any, bias_shape: tuple[int, ...], axis: int, who: str) -> None:
    """Raises ValueError unless x is (N, C, H, W), W a kernel with C at `axis`, and b fits."""
    check_images(x, who)
    if W.ndim != 4 or W.shape[axis] != x.shape[1]:
        letters = "(OC, C, KH, KW)" if axis else "(C, OC, KH, KW)"
        raise ValueError(
            f"{who}: W must have shape {letters} with the C of x (N, C, H, W), "
            f"got x {x.shape} and W {W.shape}"
        )
    if 0 in W.shape:
        raise ValueError(f"{who}: W must not be empty, got shape {W.shape}")
    if b is not None and b.shape != bias_shape:
        raise ValueError(f"{who}: b must have shape {bias_shape}, as W is {W.shape}, got {b.shape}")


def _formulas(x: Any) -> ModuleType:
    """The three functions on arrays, as they are quickest where x is."""
    return blocked if get_array_module(x) is np else batched


def _plus(y: Any, b: Any) -> Any:
    """y + b for each channel, in place of y where its dtype allows."""
    if b is None:
        return y
    b = b[:, None, None]
    if b.dtype != y.dtype:
        return y + b
    y += b
    return y
