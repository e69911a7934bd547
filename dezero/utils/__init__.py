"""Helpers: arrays and shapes, graph pictures, the book's gradient check, downloads."""

from typing import Any

from dezero.arguments import pair
from dezero.core import Variable as Variable  # shown by the book's module, which uses them
from dezero.core import as_variable as as_variable
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
    "array_allclose",
    "array_equal",
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
    "numerical_grad",
    "pair",
    "plot_dot_graph",
    "reshape_sum_backward",
    "show_progress",
    "sum_to",
    "write_atomically",
]


def __getattr__(name: str) -> Any:
    if name == "cache_dir":  # the book's name; read when asked for, as the environment may change
        return default_cache_dir()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
