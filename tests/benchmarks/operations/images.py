"""Functions of images (N, C, H, W): convolutions, pooling, batch normalization, windows as columns."""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import dezero.functions as F
from tests.benchmarks.operations.operation import Operation, nn_function, torch_function
from tests.benchmarks.sizes import Size

K, PAD = 3, 1  # of the windows


def operations(size: Size) -> list[Operation]:
    N, C, H, W = size.images
    half = -(-N // 2), C, H, W
    return [
        *_convolutions(size.images), *_pooling(size.images), *_channels(size.images), *_windows(half),
    ]  # fmt: skip


def _convolutions(x: tuple[int, int, int, int]) -> list[Operation]:
    C = x[1]
    tensors = [x, (C, C, K, K), (C,)]
    convolve, transposed = nn_function("conv2d", padding=PAD), nn_function("conv_transpose2d", padding=PAD)
    return [
        Operation("conv2d", partial(F.conv2d, pad=PAD), convolve, tensors),
        Operation("conv2d_simple", partial(F.conv2d_simple, pad=PAD), convolve, tensors),
        Operation("conv2d, 1x1", F.conv2d, nn_function("conv2d"), [x, (C, C, 1, 1), (C,)]),
        Operation(
            "conv2d, stride 2",
            partial(F.conv2d, stride=2, pad=PAD),
            nn_function("conv2d", stride=2, padding=PAD),
            tensors,
        ),
        Operation("deconv2d", partial(F.deconv2d, pad=PAD), transposed, tensors),
    ]


def _pooling(x: tuple[int, int, int, int]) -> list[Operation]:
    largest = nn_function("max_pool2d", 2)
    return [
        Operation("pooling", lambda x: F.pooling(x, 2, 2), largest, [x]),
        Operation("pooling_simple", lambda x: F.pooling_simple(x, 2, 2), largest, [x]),
        Operation(
            "pooling, overlapping", lambda x: F.pooling(x, 3, 1, 1), nn_function("max_pool2d", 3, 1, 1), [x]
        ),
        Operation("pooling, 3x3 by 2", lambda x: F.pooling(x, K, 2), nn_function("max_pool2d", K, 2), [x]),
        Operation("average_pooling", lambda x: F.average_pooling(x, 2, 2), nn_function("avg_pool2d", 2), [x]),
        Operation(
            "average_pooling, overlapping",
            lambda x: F.average_pooling(x, K, 1, PAD),
            nn_function("avg_pool2d", K, 1, PAD),
            [x],
        ),
        Operation(
            "average_pooling, 3x3 by 2",
            lambda x: F.average_pooling(x, K, 2),
            nn_function("avg_pool2d", K, 2),
            [x],
        ),
    ]


def _channels(x: tuple[int, int, int, int]) -> list[Operation]:
    """What looks at the channels of each pixel, or at all pixels of each channel."""
    C, pixels = x[1], (0, 2, 3)
    return [
        Operation("softmax, channels", lambda x: F.softmax(x, axis=1), torch_function("softmax", 1), [x]),
        Operation(
            "log_softmax, channels",
            lambda x: F.log_softmax(x, axis=1),
            torch_function("log_softmax", 1),
            [x],
        ),
        Operation("sum, channels", lambda x: F.sum(x, axis=pixels), torch_function("sum", pixels), [x]),
        Operation("max, channels", lambda x: F.max(x, axis=pixels), torch_function("amax", pixels), [x]),
        Operation(
            "batch_norm",
            F.batch_norm,
            lambda torch, x, gamma, beta, mean, var: torch.nn.functional.batch_norm(
                x, mean, var, gamma, beta, training=True
            ),
            [x, (C,), (C,)],
            [lambda rng: np.zeros(C, "f"), lambda rng: np.ones(C, "f")],
        ),
    ]


def _windows(x: tuple[int, int, int, int]) -> list[Operation]:
    N, C, H, W = x
    windows = (N, C, K, K, H, W)
    places = {"kernel_size": K, "stride": 1, "pad": PAD, "to_matrix": False}

    def unfold(torch: Any, x: Any) -> Any:
        return torch.nn.functional.unfold(x, K, padding=PAD).reshape(windows)

    def fold(torch: Any, col: Any) -> Any:
        return torch.nn.functional.fold(col.reshape(N, C * K * K, H * W), (H, W), K, padding=PAD)

    into, back = partial(F.col2im, input_shape=x, **places), partial(F.col2im_array, img_shape=x, **places)
    return [
        Operation("im2col", partial(F.im2col, **places), unfold, [x]),
        Operation("im2col_array", partial(F.im2col_array, **places), unfold, [x], forward=True),
        Operation("col2im", into, fold, [windows]),
        Operation("col2im_array", back, fold, [windows], forward=True),
    ]
