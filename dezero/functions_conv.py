"""The convolution and pooling functions under the name of the book's module."""

# ruff: noqa: F403  # each file names in its `__all__` what is shown here

from typing import TYPE_CHECKING

import numpy as np

from dezero import cuda
from dezero.core import Function, as_variable, broadcast_to
from dezero.functions import columns, convolution
from dezero.functions.columns import *
from dezero.functions.convolution import *
from dezero.functions.linear_algebra import linear
from dezero.functions.pooling import *
from dezero.functions.pooling import __all__ as _pooling
from dezero.utils import get_conv_outsize, get_deconv_outsize, pair

if not TYPE_CHECKING:  # type checkers go by the star imports: they add up no lists
    __all__ = [
        "Function", "as_variable", "broadcast_to", "cuda", "get_conv_outsize", "get_deconv_outsize", "linear",
        "np", "pair", *columns.__all__, *convolution.__all__, *_pooling,
    ]  # fmt: skip
