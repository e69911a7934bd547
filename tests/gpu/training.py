"""Networks that learn digits from the same weights on any device, with nothing drawn at random there."""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero import Variable, cuda, no_grad, test_mode
from dezero.datasets import get_digits
from dezero.models import MLP, VGG16, Model, Sequential
from dezero.models.vgg import BLOCKS
from dezero.optimizers import MomentumSGD


class Rows(Model):
    """An LSTM that reads an image (N, H, W) row by row, and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = L.LSTM(50)
        self.last = L.Linear(10)

    def forward(self, x: Any) -> Variable:
        self.lstm.reset_state()
        for row in range(x.shape[1]):
            h = self.lstm(x[:, row])
        return self.last(h)


def small_cnn() -> Model:
    """Two convolutions with batch normalization, one pooling, for (N, 1, 8, 8)."""
    return Sequential(
        L.Conv2d(16, kernel_size=3, pad=1), L.BatchNorm(), F.relu,
        L.Conv2d(32, kernel_size=3, pad=1), L.BatchNorm(), F.relu,
        lambda x: F.pooling(x, 2, 2), F.flatten, L.Linear(10),
    )  # fmt: skip


class Undropped(VGG16):
    """VGG16 without dropout, whose random numbers would be others on each device.

    Args:
        hidden: the values of fc6 and fc7.
        thinner: the convolutions have so many times fewer channels.
    """

    def __init__(self, hidden: int = 4096, thinner: int = 1) -> None:
        super().__init__()
        for block, (channels, depth) in enumerate(BLOCKS, start=1):
            for i in range(1, depth + 1):
                setattr(self, f"conv{block}_{i}", L.Conv2d(channels // thinner, kernel_size=3, pad=1))
        self.fc6, self.fc7 = L.Linear(hidden), L.Linear(hidden)

    def forward(self, x: Any) -> Variable:
        with test_mode():
            return super().forward(x)


@dataclass(frozen=True)
class Network:
    """A network, the images that it learns, and how long.

    Attributes:
        shape: of the images, without N; digits are repeated in both directions to fill H and W.
        longest: the terms of the longest sum that it computes.
        gain: the weights are so much larger than dezero draws them.
        dtypes: in which it is trained.
    """

    name: str
    make: Callable[[], Any]
    shape: tuple[int, ...]
    batch: int
    steps: int
    longest: int
    gain: float = 1.0
    lr: float = 0.01
    dtypes: tuple[str, ...] = ("float32", "float64")

    def images(self) -> tuple[np.ndarray, np.ndarray]:
        """Images of float64 from 0 to 1 with noise below a grey level, so that no two pixels tie; labels."""
        images, labels = get_digits("train")
        images, t = images[: self.batch].reshape(-1, 1, 8, 8) / 16, labels[: self.batch]
        if len(self.shape) == 3:
            C, H, W = self.shape
            images = np.kron(images, np.ones((1, C, H // 8, W // 8)))
        noise = np.random.default_rng(0).random(images.shape)
        return (images + noise / 16).reshape(self.batch, *self.shape), t

    def begin(self, dtype: str) -> Any:
        """The network with its first weights, on the host."""
        np.random.seed(0)  # noqa: NPY002  # the generator that layers draw from
        model = self.make()
        with no_grad(), test_mode():
            model(self.images()[0].astype(np.float32))
        for path, param in model.named_params():
            factor = self.gain if path.endswith("W") else 1.0
            param.data = (param.data * factor).astype(dtype)
        return model


def trainer(network: Network, dtype: str, on_device: bool) -> Callable[[], Any]:
    """A function that does one step of training and gives the loss before it, an array where the data are."""
    model, (x, t) = network.begin(dtype), network.images()
    x = x.astype(dtype)
    if on_device:
        model.to_gpu()
        x, t = cuda.as_cupy(x), cuda.as_cupy(t)
    optimizer = MomentumSGD(network.lr).setup(model)

    def step() -> Any:
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        return loss.data

    return step


def networks(small: bool) -> list[Network]:
    """The four networks; VGG16 at 224 pixels, or at 32 with fewer channels and values."""
    # With larger steps at 224 pixels rounding grows from step to step: float32 and float64 part on any side.
    pixels, hidden, thinner, lr = (32, 64, 8, 1e-3) if small else (224, 4096, 1, 1e-5)
    digits, steps, images = (20, 4, 2) if small else (50, 10, 2)
    return [
        Network("MLP", lambda: MLP((100, 100, 10), F.relu), (64,), 100, 10, longest=100),
        Network("CNN", small_cnn, (1, 8, 8), digits, steps, longest=digits * 8 * 8),
        Network("LSTM", Rows, (8, 8), digits, steps, longest=50),
        Network(
            "VGG16", lambda: Undropped(hidden, thinner), (3, pixels, pixels), images, 3,
            longest=images * pixels**2, gain=math.sqrt(2), lr=lr, dtypes=("float32",),
        ),
    ]  # fmt: skip
