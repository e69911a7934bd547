"""Datasets: embedded (Digits), made (Spiral, SinCurve) and downloaded (MNIST, CIFAR, text)."""

from dezero.datasets.base import Dataset, ImageDataset
from dezero.datasets.digits import Digits, get_digits

__all__ = ["Dataset", "Digits", "ImageDataset", "get_digits"]
