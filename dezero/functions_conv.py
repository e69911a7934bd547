"""The convolution and pooling functions under the name of the book's module."""

import numpy as np

from dezero import cuda
from dezero.core import Function, as_variable, broadcast_to
from dezero.functions.columns import Col2im, Im2col, col2im, col2im_array, im2col, im2col_array
from dezero.functions.convolution import (
    Conv2d,
    Conv2DGradW,
    Deconv2d,
    conv2d,
    conv2d_simple,
    deconv2d,
)
from dezero.functions.linear_algebra import linear
from dezero.functions.pooling import (
    AveragePooling,
    Pooling,
    Pooling2DGrad,
    Pooling2DWithIndexes,
    average_pooling,
    pooling,
    pooling_simple,
)
from dezero.utils import get_conv_outsize, get_deconv_outsize, pair

__all__ = [
    "AveragePooling",
    "Col2im",
    "Conv2DGradW",
    "Conv2d",
    "Deconv2d",
    "Function",
    "Im2col",
    "Pooling",
    "Pooling2DGrad",
    "Pooling2DWithIndexes",
    "as_variable",
    "average_pooling",
    "broadcast_to",
    "col2im",
    "col2im_array",
    "conv2d",
    "conv2d_simple",
    "cuda",
    "deconv2d",
    "get_conv_outsize",
    "get_deconv_outsize",
    "im2col",
    "im2col_array",
    "linear",
    "np",
    "pair",
    "pooling",
    "pooling_simple",
]
