"""Datasets: embedded (Digits), made (Spiral, SinCurve) and downloaded (MNIST, CIFAR, text)."""

import gzip  # like all that is no dataset here: the book's module shows it, star imports count on it
import os
import pickle
import tarfile
from importlib.util import find_spec
from typing import Any

import numpy as np

from dezero import _installation as _installation
from dezero.datasets.base import Dataset, ImageDataset
from dezero.datasets.cache import load_cache_npz, save_cache_npz
from dezero.datasets.digits import Digits, get_digits
from dezero.datasets.images import CIFAR10, CIFAR100, MNIST, ImageNet
from dezero.datasets.synthetic import SinCurve, Spiral, get_spiral
from dezero.datasets.text import Shakespear, Shakespeare
from dezero.transforms import Compose, Flatten, Normalize, ToFloat
from dezero.utils import default_cache_dir, get_file

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "MNIST",
    "Compose",
    "Dataset",
    "Digits",
    "Flatten",
    "ImageDataset",
    "ImageNet",
    "Normalize",
    "Shakespear",
    "Shakespeare",
    "SinCurve",
    "Spiral",
    "ToFloat",
    "cache_dir",
    "get_digits",
    "get_file",
    "get_spiral",
    "gzip",
    "load_cache_npz",
    "np",
    "os",
    "pickle",
    "save_cache_npz",
    "tarfile",
]
if find_spec("matplotlib"):
    __all__ += ["plt"]


def __getattr__(name: str) -> Any:
    if name == "cache_dir":  # as in `dezero.utils`
        return default_cache_dir()
    if name == "plt":
        import matplotlib.pyplot as plt

        return plt
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
