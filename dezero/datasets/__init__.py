"""Datasets: embedded (Digits), made (Spiral, SinCurve) and downloaded (MNIST, CIFAR, text)."""

from typing import Any

from dezero.datasets.base import Dataset, ImageDataset
from dezero.datasets.cache import load_cache_npz, save_cache_npz
from dezero.datasets.digits import Digits, get_digits
from dezero.datasets.images import CIFAR10, CIFAR100, MNIST, ImageNet
from dezero.datasets.synthetic import SinCurve, Spiral, get_spiral
from dezero.datasets.text import Shakespear, Shakespeare

# Names that the book's module shows because it uses them; some programs take them from there.
from dezero.transforms import Compose as Compose
from dezero.transforms import Flatten as Flatten
from dezero.transforms import Normalize as Normalize
from dezero.transforms import ToFloat as ToFloat
from dezero.utils import default_cache_dir
from dezero.utils import get_file as get_file

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "MNIST",
    "Dataset",
    "Digits",
    "ImageDataset",
    "ImageNet",
    "Shakespear",
    "Shakespeare",
    "SinCurve",
    "Spiral",
    "get_digits",
    "get_spiral",
    "load_cache_npz",
    "save_cache_npz",
]


def __getattr__(name: str) -> Any:
    if name == "cache_dir":  # as in `dezero.utils`
        return default_cache_dir()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
