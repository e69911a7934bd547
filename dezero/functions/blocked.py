"""Convolution on the host, where what counts is to stay in the cache, and to let BLAS multiply.

The columns of a whole batch would be KH*KW times as large as the images. So they are made block by block:
some images at a time, or of a large image some rows of the output. `dezero.functions.batched` has the same
three functions for a device.

Letters: N images; C channels in and OC out; KH, KW kernel size; OH, OW output size.
"""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np

from dezero.functions.columns import Pair, fold, unfold

# So many elements stay in the cache. A product should have some size, too, to be worth the calls around it.
BLOCK_ELEMENTS = 1 << 18
BLOCK_POSITIONS = 512


def convolved(x: Any, W: Any, size: Pair, stride: Pair, pad: Pair) -> Any:
    """x (N, C, H, W) by W (OC, C, KH, KW): (N, OC, *size)."""
    y = np.empty((len(x), len(W), *size), dtype=np.result_type(x.dtype, W.dtype))
    kernel = W.reshape(len(W), -1)
    for block, col in _columns(x, W.shape[2:], size, stride, pad):
        part = y[block.images, :, block.rows]
        if len(part) == 1:  # its rows lie in one piece: BLAS writes them
            np.matmul(kernel, col, out=part.reshape(len(W), -1))
        else:
            part[...] = (kernel @ col).reshape(len(W), len(part), *part.shape[2:]).swapaxes(0, 1)
    return y


def transposed(x: Any, W: Any, size: Pair, stride: Pair, pad: Pair) -> Any:
    """The adjoint: x (N, C, OH, OW) by W (C, OC, KH, KW) give (N, OC, *size).

    With stride 1 it is the convolution with the kernel flipped. Else, and where x has many more channels
    than the result, fewer columns come of the product, and are added up.
    """
    (C, OC, KH, KW), (PH, PW) = W.shape, pad
    if stride == (1, 1) and PH < KH and PW < KW and C <= 3 * OC:
        flipped = W.swapaxes(0, 1)[:, :, ::-1, ::-1]
        return convolved(x, flipped, size, stride, (KH - 1 - PH, KW - 1 - PW))
    y = np.zeros((len(x), OC, *size), dtype=np.result_type(x.dtype, W.dtype))
    kernel = W.reshape(C, -1).T
    for block in _blocks(len(x), size[0], W.shape[1:], x.shape[2:], stride, pad):
        part = x[block.images, :, block.rows]
        col = (kernel @ _by_channel(part)).reshape(*W.shape[1:], len(part), *part.shape[2:])
        fold(_by_image(col), y[block.images, :, block.seen], stride, block.pad)
    return y


def kernel_gradient(x: Any, gy: Any, kernel_size: Pair, stride: Pair, pad: Pair) -> Any:
    """The gradient by the kernel: x (N, C, H, W) and gy (N, OC, OH, OW) give (OC, C, KH, KW).

    It is added up transposed: BLAS is quicker at a product of many rows by few columns than at its transpose.
    """
    OC, C = gy.shape[1], x.shape[1]
    gW = np.empty((OC, C, *kernel_size), dtype=np.result_type(x.dtype, gy.dtype))
    total = np.zeros((C * prod(kernel_size), OC), dtype=gW.dtype)
    for block, col in _columns(x, kernel_size, gy.shape[2:], stride, pad):
        total += col @ _by_channel(gy[block.images, :, block.rows]).T
    gW.reshape(OC, -1)[...] = total.T
    return gW


class Block(NamedTuple):
    """Some images, some `rows` of their outputs, the rows of the images that these see, and their pad."""

    images: slice
    rows: slice
    seen: slice
    pad: Pair


def _blocks(N: int, H: int, kernel: tuple[int, ...], size: Pair, stride: Pair, pad: Pair) -> Iterator[Block]:
    """N images of height H with outputs of `size`, seen by a kernel (C, KH, KW)."""
    (OH, OW), KH, SH, PH = size, kernel[1], stride[0], pad[0]
    positions = max(BLOCK_ELEMENTS // prod(kernel), BLOCK_POSITIONS)
    step = max(positions // (OH * OW), 1)
    parts = -(-OH * OW // positions)
    height = -(-OH // parts)
    for first in range(0, N, step):
        for top in range(0, OH, height):
            bottom = min(top + height, OH)
            start = max(top * SH - PH, 0)
            seen = slice(start, max(start, min((bottom - 1) * SH - PH + KH, H)))
            above = start - (top * SH - PH)
            yield Block(slice(first, first + step), slice(top, bottom), seen, (above, pad[1]))


def _columns(x: Any, kernel_size: Pair, size: Pair, stride: Pair, pad: Pair) -> Iterator[tuple[Block, Any]]:
    """Blocks and the columns of each, (C*KH*KW, images * rows * OW). Each overwrites the one before."""
    C = x.shape[1]
    memory = np.empty(0, dtype=x.dtype)
    for block in _blocks(len(x), x.shape[2], (C, *kernel_size), size, stride, pad):
        part = x[block.images, :, block.seen]
        if (*kernel_size, *stride, *pad) == (1, 1, 1, 1, 0, 0):  # the images are their own columns
            yield block, _by_channel(part)
            continue
        shape = C, *kernel_size, len(part), block.rows.stop - block.rows.start, size[1]
        if memory.size < prod(shape):
            memory = np.empty(prod(shape), dtype=x.dtype)
        col = memory[: prod(shape)].reshape(shape)
        unfold(part, _by_image(col), stride, block.pad)
        yield block, col.reshape(C * prod(kernel_size), -1)


def _by_channel(x: Any) -> Any:
    """(N, C, H, W) as (C, N*H*W)."""
    return x.swapaxes(0, 1).reshape(x.shape[1], -1)


def _by_image(col: Any) -> Any:
    """Columns (C, KH, KW, N, OH, OW) seen as (N, C, KH, KW, OH, OW)."""
    return col.transpose(3, 0, 1, 2, 4, 5)
