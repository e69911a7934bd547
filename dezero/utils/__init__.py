"""Helpers: arrays and shapes, graph pictures, the book's gradient check, downloads."""

import os  # like np, cuda and Variable: the book's module shows it, star imports count on it
from importlib import import_module
from typing import Any

import numpy as np

from dezero import _installation as _installation
from dezero import cuda
from dezero.arguments import pair
from dezero.core import Variable, as_variable
from dezero.utils.arrays import (
    array_allclose,
    array_equal,
    get_conv_outsize,
    get_deconv_outsize,
    logsumexp,
    max_backward_shape,
    reshape_sum_backward,
    sum_to,
)
from dezero.utils.downloads import (
    ChecksumError,
    DownloadError,
    forget_file,
    get_file,
    show_progress,
)
from dezero.utils.files import default_cache_dir, write_atomically
from dezero.utils.gradient_check import gradient_check, numerical_grad
from dezero.utils.graph import dot_svg, functions_behind, get_dot_graph, plot_dot_graph

__all__ = [
    "ChecksumError",
    "DownloadError",
    "Variable",
    "array_allclose",
    "array_equal",
    "as_variable",
    "cache_dir",
    "cuda",
    "default_cache_dir",
    "dot_svg",
    "forget_file",
    "functions_behind",
    "get_conv_outsize",
    "get_deconv_outsize",
    "get_dot_graph",
    "get_file",
    "gradient_check",
    "logsumexp",
    "max_backward_shape",
    "np",
    "numerical_grad",
    "os",
    "pair",
    "plot_dot_graph",
    "reshape_sum_backward",
    "show_progress",
    "subprocess",
    "sum_to",
    "urllib",
    "write_atomically",
]


def __getattr__(name: str) -> Any:
    if name == "cache_dir":  # the book's name; read when asked for, as the environment may change
        return default_cache_dir()
    if name == "subprocess":  # as above, but not quick to import
        return import_module(name)
    if name == "urllib":
        import urllib.request

        return urllib
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
