"""Datasets: embedded (Digits), made (Spiral, SinCurve) and downloaded (MNIST, CIFAR, text)."""

# ruff: noqa: F403, F405  # each file names in its `__all__` what is shown here

import gzip  # like all that is no dataset here: the book's module shows it, star imports count on it
import os
import pickle
import tarfile
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from dezero import _installation as _installation
from dezero.datasets import base, cache, digits, images, synthetic, text
from dezero.datasets.base import *
from dezero.datasets.cache import *
from dezero.datasets.digits import *
from dezero.datasets.images import *
from dezero.datasets.synthetic import *
from dezero.datasets.text import *
from dezero.transforms import Compose, Flatten, Normalize, ToFloat
from dezero.utils import default_cache_dir, get_file

if not TYPE_CHECKING:  # type checkers go by the star imports: they add up no lists
    __all__ = [
        "Compose", "Flatten", "Normalize", "ToFloat", "cache_dir", "get_file", "gzip", "np", "os",
        "pickle", "tarfile", *base.__all__, *cache.__all__, *digits.__all__, *images.__all__,
        *synthetic.__all__, *text.__all__,
    ]  # fmt: skip
    if find_spec("matplotlib"):
        __all__ += ["plt"]


def __getattr__(name: str) -> Any:
    if name == "cache_dir":  # as in `dezero.utils`
        return default_cache_dir()
    if name == "plt":
        import matplotlib.pyplot as plt

        return plt
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
