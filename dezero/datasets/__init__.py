"""Datasets: embedded (Digits), made (Spiral, SinCurve) and downloaded (MNIST, CIFAR, text)."""

# ruff: noqa: F403, F405  # each file says in its `__all__` what it shows

import gzip  # like all that is no dataset here: the book's module shows it, star imports count on it
import os
import pickle
import tarfile
from importlib.util import find_spec
from typing import Any

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

__all__ = [
    "Compose", "Flatten", "Normalize", "ToFloat", "cache_dir", "get_file", "gzip", "np", "os", "pickle",
    "tarfile",
]  # fmt: skip
__all__ += base.__all__
__all__ += cache.__all__
__all__ += digits.__all__
__all__ += images.__all__
__all__ += synthetic.__all__
__all__ += text.__all__
if find_spec("matplotlib"):
    __all__ += ["plt"]


def __getattr__(name: str) -> Any:
    if name == "cache_dir":  # as in `dezero.utils`
        return default_cache_dir()
    if name == "plt":
        import matplotlib.pyplot as plt

        return plt
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
