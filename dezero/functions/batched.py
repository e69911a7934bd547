"""Convolution on a device, where launches and passes over memory are what costs.

The columns of a whole batch are one copy of a strided view (none where a kernel of 1x1 leaves nothing
to copy), and a product for each image writes y as it lies, without a transposing copy. CuPy takes such
products in one call, which also writes the addresses of its three operands: 4 launches, 1 for one image.

Letters: N images; C channels in and OC out; KH, KW kernel size; OH, OW output size, P = OH*OW.
"""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from math import prod
from typing import Any

from dezero.cuda import get_array_module
from dezero.functions.columns import Pair, fold, windows


def convolved(x: Any, W: Any, size: Pair, stride: Pair, pad: Pair) -> Any:
    """x (N, C, H, W) by W (OC, C, KH, KW): (N, OC, *size).

    Launches: the products, 1 for the columns, 2 for a pad; over the taps they would be KH*KW + 4.
    """
    N, OC, rows = len(x), len(W), prod(W.shape[1:])
    col = windows(x, W.shape[2:], size, stride, pad).reshape(N, rows, size[0] * size[1])
    return (W.reshape(OC, rows) @ col).reshape(N, OC, *size)


def transposed(x: Any, W: Any, size: Pair, stride: Pair, pad: Pair) -> Any:
    """The adjoint: x (N, C, OH, OW) by W (C, OC, KH, KW) give (N, OC, *size).

    With stride 1 it is the convolution with the kernel flipped, one launch more than that. Else the
    columns are products, and are added up tap by tap: KH*KW launches more than the products.
    """
    (KH, KW), (PH, PW) = W.shape[2:], pad
    if stride == (1, 1) and PH < KH and PW < KW:
        flipped = W.swapaxes(0, 1)[:, :, ::-1, ::-1]
        return convolved(x, flipped, size, stride, (KH - 1 - PH, KW - 1 - PW))
    N, C, OH, OW = x.shape
    col = W.reshape(C, prod(W.shape[1:])).T @ x.reshape(N, C, OH * OW)
    y = get_array_module(x).zeros((N, W.shape[1], *size), dtype=col.dtype)
    fold(col.reshape(N, *W.shape[1:], OH, OW), y, stride, pad)
    return y


def kernel_gradient(x: Any, gy: Any, kernel_size: Pair, stride: Pair, pad: Pair) -> Any:
    """The gradient by the kernel: x (N, C, H, W) and gy (N, OC, OH, OW) give (OC, C, KH, KW).

    One product over all images and positions, for which gy is copied. A product for each image would
    not copy it, but write N gradients and add them up: more to move where C*KH*KW > P.
    """
    (N, OC, *size), C = gy.shape, x.shape[1]
    rows, positions = C * prod(kernel_size), N * prod(size)
    col = windows(x, kernel_size, (size[0], size[1]), stride, pad).transpose(1, 2, 3, 0, 4, 5)
    gW = gy.swapaxes(0, 1).reshape(OC, positions) @ col.reshape(rows, positions).T
    return gW.reshape(OC, C, *kernel_size)
