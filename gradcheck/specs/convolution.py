"""Rows of convolution, its transpose, and images as columns: sums of shifted slices.

N images, C channels in and OC out, H and W image size, KH and KW kernel size, SH and SW stride, PH
and PW padding. Kernel element (i, j) meets the pixels of `_slices(...)` of the padded image.
"""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from dezero.utils import pair
from gradcheck.specs import image_recipes
from gradcheck.specs.parts import Arg, Variant
from gradcheck.specs.shorthand import row, shaped, without
from gradcheck.specs.spec import Exemption, Formula, Spec

Size = int | tuple[int, int]
Taps = Iterator[tuple[int, int, tuple[Any, ...]]]

X = Arg("x", shape=(2, 1, 3, 3))
B = Arg("b", shape=(2,))
NO_SCALARS = without("0-d", "images have four axes, kernels too")


def padded(x: Any, pad: Size) -> Any:
    """Images (N, C, H, W) with zeros around them."""
    PH, PW = pair(pad)
    return np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))


def output_size(x: Any, kernel_size: Size, stride: Size) -> list[int]:
    """(OH, OW) of windows that stay inside (padded) images."""
    sizes = zip(x.shape[2:], pair(kernel_size), pair(stride), strict=True)
    return [(size - k) // s + 1 for size, k, s in sizes]


def _slices(kernel_size: Size, stride: Size, size: tuple[int, ...] | list[int]) -> Taps:
    """Kernel element (i, j), and the pixels it meets at the OH x OW output positions."""
    (KH, KW), (SH, SW), (OH, OW) = pair(kernel_size), pair(stride), size
    for i, j in product(range(KH), range(KW)):
        yield i, j, (..., slice(i, i + SH * OH, SH), slice(j, j + SW * OW, SW))


def _mix(matrix: Any, x: Any) -> Any:
    """Channels (N, C, H, W) mixed by a matrix (OC, C)."""
    return np.moveaxis(np.tensordot(matrix, x, axes=(1, 1)), 0, 1)


def _conv2d(m: Any, x: Any, W: Any, b: Any = None, stride: Size = 1, pad: Size = 0) -> Any:
    x, kernel_size = padded(x, pad), W.shape[2:]
    size = output_size(x, kernel_size, stride)
    y = sum(_mix(W[:, :, i, j], x[at]) for i, j, at in _slices(kernel_size, stride, size))
    return y if b is None else y + b[:, None, None]


def _placed(parts: Any, shape: tuple[int, ...], pad: Size) -> Any:
    """The sum of (slices, array) pairs, placed into padded images that come to `shape`."""
    (PH, PW), (N, C, H, W), parts = pair(pad), shape, list(parts)
    total = np.zeros((N, C, H + 2 * PH, W + 2 * PW), dtype=parts[0][1].dtype)
    for at, part in parts:
        total[at] = total[at] + part
    return total[:, :, PH : PH + H, PW : PW + W]


def _deconv2d(
    m: Any,
    x: Any,
    W: Any,
    b: Any = None,
    stride: Size = 1,
    pad: Size = 0,
    outsize: tuple[int, int] | None = None,
) -> Any:
    kernel_size, size = W.shape[2:], x.shape[2:]
    smallest = zip(size, kernel_size, pair(stride), pair(pad), strict=True)
    outsize = outsize or tuple((n - 1) * s + k - 2 * p for n, k, s, p in smallest)
    parts = ((at, _mix(W[:, :, i, j].T, x)) for i, j, at in _slices(kernel_size, stride, size))
    y = _placed(parts, (len(x), W.shape[1], *outsize), pad)
    return y if b is None else y + b[:, None, None]


def _im2col(
    m: Any, x: Any, kernel_size: Size, stride: Size = 1, pad: Size = 0, to_matrix: bool = True
) -> Any:
    x = padded(x, pad)
    size = output_size(x, kernel_size, stride)
    taps = np.stack([x[at] for _, _, at in _slices(kernel_size, stride, size)])
    col = taps.reshape(*pair(kernel_size), *taps.shape[1:]).transpose(2, 3, 0, 1, 4, 5)
    if not to_matrix:
        return col
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(len(x) * size[0] * size[1], -1)


def _col2im(
    m: Any,
    x: Any,
    input_shape: tuple[int, ...],
    kernel_size: Size,
    stride: Size = 1,
    pad: Size = 0,
    to_matrix: bool = True,
) -> Any:
    (KH, KW), (N, C, H, W), (PH, PW) = pair(kernel_size), input_shape, pair(pad)
    size = output_size(np.empty((N, C, H + 2 * PH, W + 2 * PW)), kernel_size, stride)
    if to_matrix:
        x = x.reshape(N, *size, C, KH, KW).transpose(0, 3, 4, 5, 1, 2)
    parts = ((at, x[:, :, i, j]) for i, j, at in _slices(kernel_size, stride, size))
    return _placed(parts, input_shape, pad)


CONVOLUTIONS = (
    shaped((2, 1, 3, 3), (2, 1, 2, 2), (2,)),
    Variant({"stride": (2, 1), "pad": (1, 0)}, ((1, 2, 3, 3), (1, 2, 2, 3), (1,))),
    Variant({"stride": 2, "pad": (0, 1)}, ((1, 1, 4, 3), (2, 1, 3, 2))),
    Variant({"stride": (1, 3)}, ((1, 1, 2, 6), (2, 1, 1, 2), (2,))),
    Variant({"pad": 2}, ((1, 1, 1, 2), (1, 1, 3, 3))),
    shaped((2, 2, 2, 2), (2, 2, 1, 1)),
    shaped((1, 2, 3, 2), (1, 2, 3, 2), (1,)),
)
DECONVOLUTIONS = (
    shaped((2, 2, 2, 2), (2, 1, 2, 2), (1,)),
    Variant({"stride": (2, 1), "pad": (1, 0)}, ((1, 1, 3, 2), (1, 2, 3, 2), (2,))),
    Variant({"stride": 2, "pad": 1, "outsize": (4, 3)}, ((1, 1, 2, 2), (1, 2, 3, 3))),
    Variant({"stride": (3, 1)}, ((1, 1, 2, 3), (1, 1, 1, 2), (1,))),
    shaped((2, 2, 2, 2), (2, 2, 1, 1)),
)
COLUMNS = (
    Variant({"kernel_size": 2}, ((2, 1, 3, 3),)),
    Variant({"kernel_size": (1, 2), "stride": (2, 1), "pad": (1, 0)}, ((1, 2, 3, 4),)),
    Variant({"kernel_size": (3, 2), "stride": 2, "pad": 1, "to_matrix": False}, ((1, 2, 2, 3),)),
)
IMAGES = (
    Variant({"input_shape": (1, 1, 3, 3), "kernel_size": 2}, ((4, 4),)),
    Variant({"input_shape": (1, 1, 4, 3), "kernel_size": (2, 1), "stride": (1, 2), "pad": (0, 1)}, ((9, 2),)),
    Variant(
        {"input_shape": (2, 1, 2, 3), "kernel_size": (2, 3), "stride": 2, "pad": 1, "to_matrix": False},
        ((2, 1, 2, 3, 2, 2),),
    ),
)


def _row(
    name: str, classes: str, formula: Formula, *args: Arg, omits: Any = NO_SCALARS, **fields: Any
) -> Spec:
    recipe = getattr(image_recipes, name.removesuffix("_simple"))
    return row("convolution", name, classes, formula, *args, recipe=recipe, omits=omits, **fields)


SPECS: tuple[Spec, ...] = (
    *(
        _row(
            name,
            classes,
            _conv2d,
            X,
            Arg("W", shape=(2, 1, 2, 2)),
            B,
            variants=CONVOLUTIONS,
            vanishes=3,
            display=((1, 1, 1, 3), (1, 1, 1, 2), (1,)),
        )
        for name, classes in (("conv2d", "Conv2d Conv2DGradW"), ("conv2d_simple", ""))
    ),
    _row(
        "deconv2d",
        "Deconv2d Conv2DGradW",
        _deconv2d,
        Arg("x"),
        Arg("W"),
        Arg("b"),
        variants=DECONVOLUTIONS,
        vanishes=3,
        display=((1, 1, 1, 2), (1, 1, 1, 2), (1,)),
    ),
    _row("im2col", "Im2col", _im2col, Arg("x"), variants=COLUMNS, vanishes=2, display=((1, 1, 2, 2),)),
    _row(
        "col2im",
        "Col2im",
        _col2im,
        Arg("x"),
        variants=IMAGES,
        omits=without("0-d", "columns have two axes, or six"),
        vanishes=2,
        display=((4, 4),),
    ),
)

EXEMPT = (
    Exemption("im2col_array", "im2col without a graph: arrays in, arrays out"),
    Exemption("col2im_array", "col2im without a graph: arrays in, arrays out"),
)
