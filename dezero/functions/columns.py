"""Images as columns: every window that a kernel visits laid out in full, and the adjoint.

N images, C channels, H and W image size, KH and KW kernel size, OH and OW output size. Output
position (oh, ow) sees with its kernel element (i, j) the pixel (oh*SH + i - PH, ow*SW + j - PW),
which reads as zero outside the image. A *tap* is one kernel element (i, j) with the two rectangles
that it connects: where in the image its pixels are, and at which output positions. On the host all
goes over the taps, and no padded copy is made, except where the rows of the output are as long as the
image's: see `_unfold_runs`. On a device each tap would be a launch: there the windows are one strided
view of the padded image.
"""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dezero.arguments import pair, shape
from dezero.core import Function, Variable
from dezero.cuda import get_array_module, is_array
from dezero.refusal import described, raise_refused
from dezero.utils.arrays import conv_outsize

__all__ = [
    "Col2im",
    "Im2col",
    "col2im",
    "col2im_array",
    "im2col",
    "im2col_array",
]

Pair = tuple[int, int]
Size = int | tuple[int, ...]  # one integer, or two for height and width


class Tap(NamedTuple):
    """Kernel element (i, j); `image` and `output` index the last two axes of images and outputs."""

    i: int
    j: int
    image: Any
    output: Any


@lru_cache(maxsize=512)
def taps(image_size: Pair, kernel_size: Pair, size: Pair, stride: Pair, pad: Pair) -> tuple[Tap, ...]:
    """The taps of a kernel, in row-major order, for the first `size` (OH, OW) output positions."""
    rows, columns = map(spans, image_size, kernel_size, size, stride, pad)
    return tuple(
        Tap(i, j, (..., row, column), (..., oh, ow))
        for i, (row, oh) in enumerate(rows)
        for j, (column, ow) in enumerate(columns)
    )


def spans(size: int, kernel: int, outputs: int, stride: int, pad: int) -> list[tuple[slice, slice]]:
    """Along one axis, for each kernel element: the pixels inside the image, and who sees them."""
    found = []
    for i in range(kernel):
        start = min(max(0, -((i - pad) // stride)), outputs)  # the first o with o * stride + i - pad >= 0
        stop = max(start, min(outputs, -((i - pad - size) // stride)))
        first = start * stride + i - pad
        found.append((slice(first, first + (stop - start) * stride, stride), slice(start, stop)))
    return found


def output_size(image_size: Pair, kernel_size: Pair, stride: Pair, pad: Pair, who: str) -> Pair:
    """(OH, OW) of windows over an image.

    Raises:
        ValueError: a size, stride or pad is out of range, or the kernel is larger than the padded
            image; `who` names the function in the message.
    """
    if min(kernel_size) < 1 or min(stride) < 1 or min(pad) < 0:
        raise ValueError(
            f"{who}: kernel_size and stride must be at least 1 and pad at least 0, "
            f"got kernel_size={kernel_size}, stride={stride}, pad={pad}"
        )
    oh, ow = map(conv_outsize, image_size, kernel_size, stride, pad)
    if oh < 1 or ow < 1:
        raise ValueError(
            f"{who}: the kernel must fit into the padded image, "
            f"got kernel_size={kernel_size}, pad={pad} and images of {image_size}"
        )
    return oh, ow


def check_images(x: Any, who: str, name: str = "x") -> None:
    """Raises ValueError unless `x` is (N, C, H, W), TypeError if it is no array."""
    if not hasattr(x, "ndim"):
        raise TypeError(f"{who}: {name} must be an array, got {described(x)}")
    if x.ndim != 4:
        raise ValueError(f"{who}: {name} must have shape (N, C, H, W), got {x.shape}")


def unfold(x: Any, col: Any, stride: Pair, pad: Pair) -> None:
    """Copy images (N, C, H, W) into columns (N, C, KH, KW, OH, OW), with zeros for padding.

    The last two axes of the columns lie in one piece.
    """
    if stride == (1, 1) and col.shape[5] == x.shape[3]:
        _unfold_runs(x, col, pad)
        return
    size = col.shape[4:]
    for tap in taps(x.shape[2:], col.shape[2:4], size, stride, pad):
        outputs, (_, rows, columns) = col[:, :, tap.i, tap.j], tap.output
        outputs[tap.output] = x[tap.image]
        if (rows.start, rows.stop) != (0, size[0]):
            outputs[..., : rows.start, :] = outputs[..., rows.stop :, :] = 0
        if (columns.start, columns.stop) != (0, size[1]):
            outputs[..., : columns.start] = outputs[..., columns.stop :] = 0


def _unfold_runs(x: Any, col: Any, pad: Pair) -> None:
    """`unfold` where output rows are as long as the image's, and the stride is 1.

    In a flat image, with zeros before and after it, each tap is the whole image moved by i rows and j pixels.
    What comes by that from a neighbouring row is padding.
    """
    (N, C, KH, KW, OH, W), H, (PH, PW) = col.shape, x.shape[2], pad
    before = PH * W + PW
    flat = np.zeros((N, C, max(before + H * W, (OH + KH - 1) * W + KW - 1)), dtype=x.dtype)
    flat[:, :, before : before + H * W] = x.reshape(N, C, H * W)
    n, c, pixel = flat.strides
    moved = as_strided(flat, (N, C, KH, KW, OH * W), (n, c, W * pixel, pixel, pixel))
    col.reshape(moved.shape)[...] = moved
    for j in range(PW):
        col[:, :, :, j, :, : PW - j] = 0
    for j in range(PW + 1, KW):
        col[:, :, :, j, :, PW - j :] = 0


def fold(col: Any, x: Any, stride: Pair, pad: Pair) -> None:
    """Add columns to the images they came from: the adjoint of `unfold`."""
    for tap in taps(x.shape[2:], col.shape[2:4], col.shape[4:], stride, pad):
        pixels = x[tap.image]  # a view: `x[..] +=` would also write it to itself
        pixels += col[:, :, tap.i, tap.j][tap.output]


def windows(x: Any, kernel_size: Pair, size: Pair, stride: Pair, pad: Pair) -> Any:
    """Images (N, C, H, W) seen as (N, C, KH, KW, OH, OW): a view, of a padded copy if there is a pad.

    `size` is (OH, OW). No launch without a pad, two with it. Elements overlap: write none.
    """
    padded = _padded(x, pad)
    n, c, h, w = padded.strides
    strides = (n, c, h, w, h * stride[0], w * stride[1])
    view = get_array_module(x).lib.stride_tricks.as_strided
    return view(padded, (*x.shape[:2], *kernel_size, *size), strides)


def _padded(x: Any, pad: Pair) -> Any:
    """Images with zeros around."""
    if pad == (0, 0):
        return x
    (N, C, H, W), (PH, PW) = x.shape, pad
    padded = get_array_module(x).zeros((N, C, H + 2 * PH, W + 2 * PW), dtype=x.dtype)
    padded[:, :, PH : PH + H, PW : PW + W] = x
    return padded


class Im2col(Function):
    def __init__(self, kernel_size: Size, stride: Size, pad: Size, to_matrix: bool) -> None:
        self.kernel_size, self.stride, self.pad = _window(kernel_size, stride, pad, "im2col")
        self.to_matrix = to_matrix

    def forward(self, x: Any) -> Any:
        return _unfolded(x, self.kernel_size, self.stride, self.pad, self.to_matrix, "im2col", "x")

    def backward(self, gy: Variable) -> Variable:
        shape = self.inputs[0].shape
        return col2im(gy, shape, self.kernel_size, self.stride, self.pad, self.to_matrix)


class Col2im(Function):
    def __init__(
        self,
        input_shape: tuple[int, ...],
        kernel_size: Size,
        stride: Size,
        pad: Size,
        to_matrix: bool,
    ) -> None:
        self.input_shape = tuple(input_shape)
        self.kernel_size, self.stride, self.pad = _window(kernel_size, stride, pad, "col2im")
        self.to_matrix = to_matrix

    def forward(self, x: Any) -> Any:
        window = _window(self.kernel_size, self.stride, self.pad, "col2im")
        return _folded(x, self.input_shape, window, self.to_matrix, "col2im", "x", "input_shape")

    def backward(self, gy: Variable) -> Variable:
        return im2col(gy, self.kernel_size, self.stride, self.pad, self.to_matrix)


def im2col(x: Any, kernel_size: Size, stride: Size = 1, pad: Size = 0, to_matrix: bool = True) -> Variable:
    """The windows of images as the rows of a matrix, or in full.

    Args:
        x: (N, C, H, W).
        kernel_size, stride, pad: one integer, or two for height and width.
        to_matrix: (N*OH*OW, C*KH*KW) if true, else (N, C, KH, KW, OH, OW).

    Raises:
        ValueError: x has other than 4 axes, or no window fits.

    >>> import numpy as np
    >>> im2col(np.arange(6.0).reshape(1, 1, 2, 3), (2, 1))
    variable([[0. 3.]
              [1. 4.]
              [2. 5.]])
    """
    return Im2col(kernel_size, stride, pad, to_matrix)(x)


def col2im(
    x: Any,
    input_shape: tuple[int, ...],
    kernel_size: Size,
    stride: Size = 1,
    pad: Size = 0,
    to_matrix: bool = True,
) -> Variable:
    """The adjoint of `im2col`: windows added up into images of `input_shape` (N, C, H, W).

    Raises:
        ValueError: x is not what `im2col` of such images gives.

    >>> import numpy as np
    >>> col2im(np.ones((2, 2)), (1, 1, 1, 3), (1, 2))
    variable([[[[1. 2. 1.]]]])
    """
    input_shape = shape(input_shape, "col2im: input_shape")
    return Col2im(input_shape, kernel_size, stride, pad, to_matrix)(x)


def im2col_array(img: Any, kernel_size: Size, stride: Size, pad: Size, to_matrix: bool = True) -> Any:
    """`im2col` on an array."""
    try:
        return _unfolded(img, kernel_size, stride, pad, to_matrix, "im2col_array", "img")
    except Exception as error:
        raise_refused(error)


def _unfolded(
    img: Any, kernel_size: Size, stride: Size, pad: Size, to_matrix: bool, who: str, name: str
) -> Any:
    check_images(img, who, name)
    N, C, H, W = img.shape
    window = _window(kernel_size, stride, pad, who)
    (KH, KW), size = window[0], output_size((H, W), *window, who)
    axes = (0, 4, 5, 1, 2, 3) if to_matrix else (0, 1, 2, 3, 4, 5)
    if get_array_module(img) is np:
        col = np.empty((N, C, KH, KW, *size), dtype=img.dtype)
        unfold(img, col, *window[1:])
        col = col.transpose(axes)
    else:
        col = windows(img, (KH, KW), size, *window[1:]).transpose(axes).copy()
    return col.reshape(N * size[0] * size[1], C * KH * KW) if to_matrix else col


def _window(kernel_size: Size, stride: Size, pad: Size, who: str) -> tuple[Pair, Pair, Pair]:
    return (
        pair(kernel_size, f"{who}: kernel_size"),
        pair(stride, f"{who}: stride"),
        pair(pad, f"{who}: pad"),
    )


def col2im_array(
    col: Any,
    img_shape: tuple[int, ...],
    kernel_size: Size,
    stride: Size,
    pad: Size,
    to_matrix: bool = True,
) -> Any:
    """`col2im` on an array."""
    try:
        window = _window(kernel_size, stride, pad, "col2im_array")
        return _folded(col, img_shape, window, to_matrix, "col2im_array", "col", "img_shape")
    except Exception as error:
        raise_refused(error)


def _folded(
    col: Any,
    img_shape: Any,
    window: tuple[Pair, Pair, Pair],
    to_matrix: bool,
    who: str,
    name: str,
    shape_name: str,
) -> Any:
    """The sum of windows `col`, called `name`, in images of `img_shape`, called `shape_name`."""
    if not is_array(col):
        raise TypeError(f"{who}: {name} must be an array, got {described(col)}")
    sizes = shape(img_shape, f"{who}: {shape_name}")
    if len(sizes) != 4 or min(sizes) < 0:
        raise ValueError(f"{who}: {shape_name} must be (N, C, H, W), got {img_shape}")
    N, C, H, W = sizes
    (KH, KW), size = window[0], output_size((H, W), *window, who)
    positions = N * size[0] * size[1]
    wanted = (positions, C * KH * KW) if to_matrix else (N, C, KH, KW, *size)
    if col.shape != wanted:
        raise ValueError(
            f"{who}: {name}, columns of images {sizes}, must have shape {wanted}, got {col.shape}"
        )
    if to_matrix:
        col = col.reshape(N, *size, C, KH, KW).transpose(0, 3, 4, 5, 1, 2)
    img = get_array_module(col).zeros(sizes, dtype=col.dtype)
    fold(col, img, *window[1:])
    return img
