"""Pooling: the largest, or the mean, of each window of each channel.

N images, C channels, H and W image size, KH and KW kernel size, OH and OW output size.
"""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

import math
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from dezero.arguments import pair
from dezero.core import Function, Variable, as_input
from dezero.cuda import get_array_module, place
from dezero.functions._masks import may_have_nan, spoil
from dezero.functions.columns import Pair, Size, check_images, im2col, output_size, spans, taps, windows
from dezero.functions.indexing import sum_at
from dezero.functions.reduction import max
from dezero.fusion import fused

__all__ = [
    "AveragePooling",
    "AveragePoolingGrad",
    "Pooling",
    "Pooling2DGrad",
    "Pooling2DWithIndexes",
    "average_pooling",
    "pooling",
    "pooling_simple",
]


class Pooling(Function):
    """The largest of each window. A tie goes to the first in row-major order.

    `indexes` holds, for each output, the number of the winning tap within the window: that of a NaN,
    if there is one (and no infinity before it), whose cotangent is NaN.
    """

    def __init__(self, kernel_size: Size, stride: Size = 1, pad: Size = 0) -> None:
        self.kernel_size = pair(kernel_size, "pooling: kernel_size")
        self.stride = pair(stride, "pooling: stride")
        self.pad = pair(pad, "pooling: pad")

    def forward(self, x: Any) -> Any:
        size = _output_size(x, self, "pooling")
        image = _repeat_edges(x, self.pad)
        windows = taps(image.shape[2:], self.kernel_size, size, self.stride, (0, 0))
        views = [image[tap.image] for tap in windows]
        y, self.indexes = (_first_of_objects if x.dtype == object else _first_largest)(*views)
        self.spoiled = may_have_nan(y)
        return y

    def backward(self, gy: Variable) -> Variable:
        if self.spoiled:
            gy = spoil(gy, self.outputs[0]().data)
        return Pooling2DGrad(self)(gy)

    def positions(self) -> Any:
        """Where in the flattened input each output comes from, (N, C, OH, OW)."""
        N, C, H, W = self.inputs[0].shape
        xp = get_array_module(self.indexes)
        size = self.indexes.shape[2:]
        table = _origins(xp, place(xp), (H, W), size, self.kernel_size, self.stride, self.pad)
        outputs = xp.arange(size[0] * size[1]).reshape(size)
        position = table.take(self.indexes.astype("intp") * (size[0] * size[1]) + outputs)
        position += xp.arange(0, N * C * H * W, H * W).reshape(N, C, 1, 1)
        return position


class Pooling2DGrad(Function):
    """The adjoint of taking what a Pooling took: each gy is added where its maximum came from."""

    def __init__(self, mpool2d: Pooling) -> None:
        self.mpool2d = mpool2d
        self.input_shape = mpool2d.inputs[0].shape

    def forward(self, gy: Any) -> Any:
        gx = sum_at(self.mpool2d.positions().reshape(-1), gy.reshape(-1), (prod(self.input_shape),))
        return gx.reshape(self.input_shape)

    def backward(self, ggx: Variable) -> Variable:
        return Pooling2DWithIndexes(self.mpool2d)(ggx)


class Pooling2DWithIndexes(Function):
    """Takes from x what a Pooling took from its input."""

    def __init__(self, mpool2d: Pooling) -> None:
        self.mpool2d = mpool2d

    def forward(self, x: Any) -> Any:
        return x.reshape(-1)[self.mpool2d.positions()]

    def backward(self, gy: Variable) -> Variable:
        return Pooling2DGrad(self.mpool2d)(gy)


class AveragePooling(Function):
    """The mean of each window, in which padding counts as zeros."""

    def __init__(self, kernel_size: Size, stride: Size = 1, pad: Size = 0) -> None:
        self.kernel_size = pair(kernel_size, "average_pooling: kernel_size")
        self.stride = pair(stride, "average_pooling: stride")
        self.pad = pair(pad, "average_pooling: pad")

    def forward(self, x: Any) -> Any:
        size = _output_size(x, self, "average_pooling")
        if get_array_module(x) is not np:  # 1 launch, 3 with a pad
            return windows(x, self.kernel_size, size, self.stride, self.pad).mean(axis=(2, 3))
        half = x.dtype.char == "e"  # float16 accumulates in float32, and integers in float64
        dtype = "f" if half else "d" if x.dtype.kind in "biu" else x.dtype
        mean = _sums_of_windows(x, dtype, self.kernel_size, size, self.stride, self.pad)
        mean /= self.kernel_size[0] * self.kernel_size[1]
        return mean.astype(x.dtype) if half else mean

    def backward(self, gy: Variable) -> Variable:
        return AveragePoolingGrad(self.inputs[0].shape, self.kernel_size, self.stride, self.pad)(gy)


class AveragePoolingGrad(Function):
    """The adjoint of AveragePooling: each gy spread evenly over its window."""

    def __init__(self, input_shape: tuple[int, ...], kernel_size: Pair, stride: Pair, pad: Pair) -> None:
        self.input_shape = input_shape
        self.kernel_size = kernel_size
        self.stride = stride
        self.pad = pad

    def forward(self, gy: Any) -> Any:
        share = gy / (self.kernel_size[0] * self.kernel_size[1])
        window = self.kernel_size, gy.shape[2:], self.stride, self.pad
        xp = get_array_module(gy)
        if xp is np:
            return _spread_over_windows(share, self.input_shape, *window)
        gx = xp.zeros(self.input_shape, dtype=share.dtype)
        for tap in taps(self.input_shape[2:], *window):  # a launch for each
            pixels = gx[tap.image]
            pixels += share[tap.output]
        return gx

    def backward(self, ggx: Variable) -> Variable:
        return AveragePooling(self.kernel_size, self.stride, self.pad)(ggx)


def _sums_of_windows(x: Any, dtype: Any, kernel: Pair, size: Pair, stride: Pair, pad: Pair) -> Any:
    """The sums of windows: their KH rows are added up first, then the KW columns of that."""
    rows, columns = map(spans, x.shape[2:], kernel, size, stride, pad)
    of_rows = np.zeros((*x.shape[:2], size[0], x.shape[3]), dtype)
    for pixels, outputs in rows:
        of_rows[:, :, outputs] += x[:, :, pixels]
    total = np.zeros((*x.shape[:2], *size), dtype)
    for pixels, outputs in columns:
        total[..., outputs] += of_rows[..., pixels]
    return total


def _spread_over_windows(
    y: Any, shape: tuple[int, ...], kernel: Pair, size: Pair, stride: Pair, pad: Pair
) -> Any:
    """The adjoint of `_sums_of_windows`: images of `shape`, in which each window holds its y once more."""
    rows, columns = map(spans, shape[2:], kernel, size, stride, pad)
    of_columns = np.zeros((*y.shape[:3], shape[3]), y.dtype)
    for pixels, outputs in columns:
        of_columns[..., pixels] += y[..., outputs]
    images = np.zeros(shape, y.dtype)
    for pixels, outputs in rows:
        images[:, :, pixels] += of_columns[:, :, outputs]
    return images


def pooling(x: Any, kernel_size: Size, stride: Size = 1, pad: Size = 0) -> Variable:
    """The largest of each window of each channel. Padding takes no part.

    The gradient goes to the largest; where several are, to the first in row-major order.

    Args:
        x: (N, C, H, W).
        kernel_size, stride, pad: one integer, or two for height and width; pad is smaller than
            the kernel.

    Returns:
        (N, C, OH, OW), where OH = (H + 2 PH - KH) // SH + 1.

    Raises:
        ValueError: x has other than 4 axes, or no window fits.

    >>> import numpy as np
    >>> pooling(np.arange(8.0).reshape(1, 1, 2, 4), kernel_size=2, stride=2)
    variable([[[[5. 7.]]]])
    """
    return Pooling(kernel_size, stride, pad)(x)


def average_pooling(x: Any, kernel_size: Size, stride: Size = 1, pad: Size = 0) -> Variable:
    """The mean of each window of each channel. Padding counts as zeros.

    Arguments, result and errors as of `pooling`.

    >>> import numpy as np
    >>> average_pooling(np.arange(8.0).reshape(1, 1, 2, 4), kernel_size=2, stride=2)
    variable([[[[2.5 4.5]]]])
    """
    return AveragePooling(kernel_size, stride, pad)(x)


def pooling_simple(x: Any, kernel_size: Size, stride: Size = 1, pad: Size = 0) -> Variable:
    """`pooling`, made of im2col and max; elements that tie share the gradient."""
    x = as_input(x)
    names = (f"pooling_simple: {name}" for name in ("kernel_size", "stride", "pad"))
    function = Pooling(*map(pair, (kernel_size, stride, pad), names))
    OH, OW = _output_size(x, function, "pooling_simple")
    KH, KW = function.kernel_size
    col = im2col(_repeat_edges(x, function.pad), (KH, KW), stride)
    y = max(col.reshape(-1, KH * KW), axis=1)
    return y.reshape(len(x), OH, OW, x.shape[1]).transpose(0, 3, 1, 2)


def _output_size(x: Any, function: Pooling | AveragePooling, who: str) -> Pair:
    """(OH, OW). Raises ValueError unless x is (N, C, H, W) and every window meets the image."""
    check_images(x, who)
    kernel_size, pad = function.kernel_size, function.pad
    if pad[0] >= kernel_size[0] or pad[1] >= kernel_size[1]:
        raise ValueError(
            f"{who}: pad must be smaller than the kernel, got pad={pad}, kernel_size={kernel_size}"
        )
    return output_size(x.shape[2:], kernel_size, function.stride, pad, who)


def _repeat_edges(x: Any, pad: Pair) -> Any:
    """Images (an array or a Variable) padded with copies of their borders.

    A window that reaches over a border holds the pixel at the border too, so its maximum stays.
    """
    if pad == (0, 0):
        return x
    xp = get_array_module(x)
    rows, columns = (
        xp.arange(-p, size + p).clip(0, size - 1) for p, size in zip(pad, x.shape[2:], strict=True)
    )
    return x[:, :, rows[:, None], columns]


@fused("x", "x", "x", "x")
def _first_largest(*views: Any) -> tuple[Any, Any]:
    """The elementwise maximum of arrays, and the number of the first that holds it, or else of the last.

    A NaN is larger than all numbers. For k > 1 arrays 4 k - 3 launches on a device, or 1 where it is fused.
    """
    xp = get_array_module(views[0])
    y = xp.maximum(views[0], views[1]) if len(views) > 1 else views[0].copy()
    for view in views[2:]:
        xp.maximum(y, view, out=y)
    # What is NaN is not less than infinity: the comparisons below find it where y is NaN.
    largest = xp.where(y == y, y, math.inf) if may_have_nan(y) else y
    missing = views[0] < largest
    index = (missing if len(views) > 1 else missing & False).astype(np.min_scalar_type(len(views)))
    for view in views[1:-1]:
        missing &= view < largest
        index += missing
    return y, index


def _first_of_objects(*views: Any) -> tuple[Any, Any]:
    """`_first_largest` by means of > alone: it may be that an object cannot tell what it equals."""
    y = views[0].copy()
    index = np.zeros(y.shape, dtype=np.intp)
    for number, view in enumerate(views):
        larger = _is_larger(view, y).astype(bool)
        y[larger] = view[larger]
        index[larger] = number
    return y, index


_is_larger = np.frompyfunc(lambda a, b: a is not b and a > b, 2, 1)


@lru_cache(maxsize=64)
def _origins(
    xp: Any, place: tuple[int, ...], image: Pair, output: Pair, kernel: Pair, stride: Pair, pad: Pair
) -> Any:
    """For each tap and output position the pixel it reads, numbered within the channel: flat.

    Kept for each `place`, so that no step of a training makes it again.
    """
    rows, columns = (
        (xp.arange(k)[:, None] + xp.arange(o) * s - p).clip(0, size - 1)
        for size, o, k, s, p in zip(image, output, kernel, stride, pad, strict=True)
    )
    return (rows[:, None, :, None] * image[1] + columns[None, :, None, :]).reshape(-1)
