"""Helpers: arrays and shapes, graph pictures, the book's gradient check, downloads."""

from dezero.utils.arrays import (
    array_allclose,
    array_equal,
    get_conv_outsize,
    get_deconv_outsize,
    logsumexp,
    max_backward_shape,
    pair,
    reshape_sum_backward,
    sum_to,
)

__all__ = [
    "array_allclose",
    "array_equal",
    "get_conv_outsize",
    "get_deconv_outsize",
    "logsumexp",
    "max_backward_shape",
    "pair",
    "reshape_sum_backward",
    "sum_to",
]
