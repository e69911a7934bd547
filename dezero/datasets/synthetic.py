"""Datasets that are made: Spiral and SinCurve."""

from __future__ import annotations

import numpy as np

from dezero.arguments import flag
from dezero.datasets.base import Dataset

__all__ = ["SinCurve", "Spiral", "get_spiral"]

CLASSES = 3
POINTS = 100  # of each class


def get_spiral(train: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Three interleaved spiral arms of 100 points each, shuffled; always the same points.

    Returns:
        Points, float32 (300, 2), within the unit circle, and classes 0 to 2, int64 (300,).

    >>> x, t = get_spiral()
    >>> x.shape, t.shape, np.bincount(t)
    ((300, 2), (300,), array([100, 100, 100]))
    """
    flag(train, "get_spiral: train")
    # The book's seeds and its order of drawing, so that these are the book's points.
    rng = np.random.RandomState(1984 if train else 2020)
    radius = np.tile(np.arange(POINTS) / POINTS, CLASSES)
    t = np.repeat(np.arange(CLASSES), POINTS)
    theta = 4.0 * t + 4.0 * radius + 0.2 * rng.randn(CLASSES * POINTS)
    x = np.stack([radius * np.sin(theta), radius * np.cos(theta)], axis=1).astype(np.float32)
    order = rng.permutation(len(t))
    return x[order], t[order]


class Spiral(Dataset):
    """Points of three spiral arms; the label is the arm. See `get_spiral`."""

    def prepare(self) -> None:
        self.data, self.label = get_spiral(self.train)


class SinCurve(Dataset):
    """A wave of 1,000 values over one period, float64, to be predicted one value ahead.

    For training a sine with uniform noise of up to 0.05, always the same; for testing a cosine
    without noise. Example and label have shape (1,).

    >>> x, t = SinCurve(train=False)[0]
    >>> len(SinCurve()), x, t.round(6)
    (999, array([1.]), array([0.99998]))
    """

    def prepare(self) -> None:
        x = np.linspace(0, 2 * np.pi, 1000)
        noise = np.random.default_rng(1984).uniform(-0.05, 0.05, size=x.shape)
        y = (np.sin(x) + noise if self.train else np.cos(x))[:, np.newaxis]
        self.data, self.label = y[:-1], y[1:]
