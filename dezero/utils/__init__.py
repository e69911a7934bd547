"""Helpers: arrays and shapes, graph pictures, the book's gradient check, downloads."""

# ruff: noqa: F403, F405  # each file names in its `__all__` what is shown here

import os  # like np, cuda and Variable: the book's module shows it, star imports count on it
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from dezero import _installation as _installation
from dezero import cuda
from dezero.arguments import pair
from dezero.core import Variable, as_variable
from dezero.utils import arrays, downloads, files, graph
from dezero.utils import gradient_check as _gradient_check  # a function has this name too
from dezero.utils import notebook as notebook  # what `_repr_html_` calls; not for star imports
from dezero.utils.arrays import *
from dezero.utils.downloads import *
from dezero.utils.files import *
from dezero.utils.gradient_check import *
from dezero.utils.graph import *

if not TYPE_CHECKING:  # type checkers go by the star imports: they add up no lists
    __all__ = [
        "Variable", "as_variable", "cache_dir", "cuda", "np", "os", "pair", "subprocess", "urllib",
        *arrays.__all__, *downloads.__all__, *files.__all__, *_gradient_check.__all__, *graph.__all__,
    ]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "cache_dir":  # the book's name; read when asked for, as the environment may change
        return default_cache_dir()
    if name == "subprocess":  # as above, but not quick to import
        return import_module(name)
    if name == "urllib":
        import urllib.request

        return urllib
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
