"""Datasets: embedded (Digits), made (Spiral, SinCurve) and downloaded (MNIST, CIFAR, text)."""

from dezero.datasets.base import Dataset, ImageDataset
from dezero.datasets.digits import Digits, get_digits
from dezero.datasets.images import CIFAR10, CIFAR100, MNIST, ImageNet
from dezero.datasets.synthetic import SinCurve, Spiral, get_spiral
from dezero.datasets.text import Shakespear, Shakespeare

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
]
