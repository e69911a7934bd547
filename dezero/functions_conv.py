"""The convolution and pooling functions under the name of the book's module."""

from dezero.core import Function as Function
from dezero.core import as_variable as as_variable
from dezero.core import broadcast_to as broadcast_to
from dezero.functions.columns import Col2im, Im2col, col2im, col2im_array, im2col, im2col_array
from dezero.functions.convolution import (
    Conv2d,
    Conv2DGradW,
    Deconv2d,
    conv2d,
    conv2d_simple,
    deconv2d,
)
from dezero.functions.linear_algebra import linear as linear
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
    "Im2col",
    "Pooling",
    "Pooling2DGrad",
    "Pooling2DWithIndexes",
    "average_pooling",
    "col2im",
    "col2im_array",
    "conv2d",
    "conv2d_simple",
    "deconv2d",
    "get_conv_outsize",
    "get_deconv_outsize",
    "im2col",
    "im2col_array",
    "pair",
    "pooling",
    "pooling_simple",
]
