"""An MLP and a small convolutional network read handwritten digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero.config import no_grad, test_mode
from dezero.core import Variable
from dezero.dataloaders import DataLoader
from dezero.datasets import Digits
from dezero.examples._shared import (
    accuracy,
    fit,
    make_parser,
    parse,
    save_picture,
    show_images,
)
from dezero.models import MLP, Model
from dezero.optimizers import Adam

BATCH = 50


class SmallCNN(Model):
    """Three convolutions and two linear layers for images of 8x8 pixels, (N, 1, 8, 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = L.Conv2d(16, kernel_size=3, pad=1)
        self.conv2 = L.Conv2d(32, kernel_size=3, pad=1)
        self.conv3 = L.Conv2d(32, kernel_size=3, pad=1)
        self.norm1 = L.BatchNorm()
        self.norm2 = L.BatchNorm()
        self.norm3 = L.BatchNorm()
        self.fc1 = L.Linear(64)
        self.fc2 = L.Linear(10)

    def features(self, x: Any) -> Variable:
        """What the convolutions see, (N, 32, 4, 4)."""
        h = F.relu(self.norm1(self.conv1(x)))
        h = F.pooling(F.relu(self.norm2(self.conv2(h))), kernel_size=2, stride=2)
        return F.relu(self.norm3(self.conv3(h)))

    def classify(self, features: Any) -> Variable:
        """A score for each class, (N, 10)."""
        h = F.flatten(F.pooling(features, kernel_size=2, stride=2))
        return self.fc2(F.dropout(F.relu(self.fc1(h))))

    def forward(self, x: Any) -> Variable:
        return self.classify(self.features(x))


def images(train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Digits as float32 (N, 1, 8, 8) from 0 to 1, and their labels."""
    digits = Digits(train=train, transform=None)
    return digits.data.astype(np.float32) / 16, digits.label


def shifted(image: np.ndarray) -> np.ndarray:
    """An image (1, 8, 8) from 0 to 16, scaled to 1, moved by a pixel or so: more to learn from."""
    dy, dx = np.random.randint(-1, 2, size=2)  # noqa: NPY002  # from --seed, as the layers
    padded = np.zeros((1, 10, 10), np.float32)  # np.pad takes several times as long
    padded[:, 1:9, 1:9] = image / 16
    return padded[:, 1 + dy : 9 + dy, 1 + dx : 9 + dx]


def noisy(image: np.ndarray) -> np.ndarray:
    """An image as a vector of 64, scaled to 1, with noise: it is never seen twice, so not learnt by heart."""
    noise = np.random.normal(scale=0.15, size=64)  # noqa: NPY002  # from --seed, as the layers
    return (image.reshape(-1) / 16 + noise).astype(np.float32)


def train_mlp(epochs: int) -> Model:
    """A trained MLP, which takes images as vectors of 64."""
    model = MLP((200, 100, 10), activation=F.relu)
    _train(model, Digits(transform=noisy), "MLP", epochs)
    return model


def train_cnn(epochs: int) -> SmallCNN:
    """A trained SmallCNN."""
    model = SmallCNN()
    _train(model, Digits(transform=shifted), "CNN", epochs)
    return model


def _train(model: Model, digits: Digits, label: str, epochs: int) -> None:
    """By Adam; the last third of the epochs goes in small steps."""

    def loss(x: Any, t: Any) -> Variable:
        return F.softmax_cross_entropy(model(x), t)

    loader, last = DataLoader(digits, BATCH), epochs // 3
    fit(model, Adam(alpha=0.003), loader, loss, label, epochs - last)
    if last:
        fit(model, Adam(alpha=0.0003), loader, loss, f"{label}, small steps", last)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train both, print how many held-back digits they read, draw what the CNN misread."""
    args = parse(make_parser("digits", __doc__, epochs=24, quick_epochs=5), argv)
    x, t = images(train=False)
    mlp, cnn = train_mlp(args.epochs), train_cnn(args.epochs)
    found = {"mlp": accuracy(mlp, x.reshape(-1, 64), t), "cnn": accuracy(cnn, x, t)}
    print("of the held-back digits the MLP reads {mlp:.2%}, the CNN {cnn:.2%}".format(**found))
    save_picture(args.out, lambda figure: _draw(figure, cnn, x, t), (8, 3))
    return found


def _draw(figure: Any, model: Model, x: np.ndarray, t: np.ndarray) -> None:
    """The sixteen digits of which the model is least sure, those misread first."""
    with no_grad(), test_mode():
        probabilities = F.softmax(model(x)).data
    chosen = probabilities[np.arange(len(t)), t].argsort()[:16]
    axes = show_images(figure, x[chosen, 0], rows=2)
    for ax, i in zip(axes.flat, chosen, strict=True):
        read = probabilities[i].argmax()
        ax.set_title(f"{t[i]} read as {read}", fontsize=7, color="k" if read == t[i] else "r")


if __name__ == "__main__":
    main()
