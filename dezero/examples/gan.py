"""Two networks that contest draw digits: one draws, the other tells drawn from real."""

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
from dezero.examples._progress import progress
from dezero.examples._shared import make_parser, parse, save_picture, show_images
from dezero.models import Model
from dezero.optimizers import Adam, Optimizer

NOISE, BATCH = 20, 50


class Generator(Model):
    """From noise (N, 20) to images (N, 1, 8, 8) with values from 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = L.Linear(64 * 2 * 2)
        self.norm1 = L.BatchNorm()
        self.deconv1 = L.Deconv2d(32, kernel_size=4, stride=2, pad=1)
        self.norm2 = L.BatchNorm()
        self.deconv2 = L.Deconv2d(1, kernel_size=4, stride=2, pad=1)

    def forward(self, z: Any) -> Variable:
        h = F.relu(self.norm1(self.fc(z))).reshape(-1, 64, 2, 2)
        h = F.relu(self.norm2(self.deconv1(h)))
        return F.sigmoid(self.deconv2(h))


class Discriminator(Model):
    """From images (N, 1, 8, 8) to logits (N, 1): above 0 where they seem real."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = L.Conv2d(32, kernel_size=4, stride=2, pad=1)
        self.conv2 = L.Conv2d(64, kernel_size=4, stride=2, pad=1)
        self.fc = L.Linear(1)

    def forward(self, x: Any) -> Variable:
        h = F.leaky_relu(self.conv1(x))
        h = F.leaky_relu(self.conv2(h))
        return self.fc(F.flatten(h))


def noise(count: int) -> np.ndarray:
    """Where the generator starts from, (count, 20)."""
    return np.random.randn(count, NOISE).astype(np.float32)  # noqa: NPY002  # from --seed


def contest(generator: Generator, discriminator: Discriminator, epochs: int) -> None:
    """Train both, by turns."""
    loader = DataLoader(Digits(transform=_scaled, split="all"), BATCH)
    draws = Adam(alpha=0.002, beta1=0.5).setup(generator)
    judges = Adam(alpha=0.001, beta1=0.5).setup(discriminator)
    with progress(epochs, "GAN") as advance:
        for _ in range(epochs):
            for real, _label in loader:
                judging = _judge(generator, discriminator, judges, real)
                drawing = _draw_better(generator, discriminator, draws, len(real))
            advance(f"losses {drawing:.3f} drawing, {judging:.3f} judging")


def _scaled(image: np.ndarray) -> np.ndarray:
    return image.astype(np.float32) / 16


def _judge(generator: Generator, discriminator: Discriminator, optimizer: Optimizer,
           real: np.ndarray) -> float:  # fmt: skip
    """One step of the discriminator. The graph does not reach the generator."""
    with no_grad():
        fake = generator(noise(len(real))).data
    loss = _loss(discriminator(real), 1) + _loss(discriminator(fake), 0)
    discriminator.cleargrads()
    loss.backward()
    optimizer.update()
    return float(loss.data)


def _draw_better(generator: Generator, discriminator: Discriminator, optimizer: Optimizer,
                 count: int) -> float:  # fmt: skip
    """One step of the generator, towards what the discriminator takes for real."""
    loss = _loss(discriminator(generator(noise(count))), 1)
    generator.cleargrads()
    loss.backward()
    optimizer.update()
    return float(loss.data)


def _loss(logits: Variable, label: int) -> Variable:
    return F.sigmoid_cross_entropy(logits, np.full(logits.shape, label))


def distance(images: np.ndarray) -> float:
    """How far the mean image of `images` is from that of the real digits, root mean square."""
    real = Digits(split="all").data / 16
    return float(np.sqrt(((images.mean(axis=0) - real.mean(axis=0)) ** 2).mean()))


def draw_digits(generator: Generator, count: int) -> np.ndarray:
    """Images that the generator makes, (count, 1, 8, 8)."""
    with no_grad(), test_mode():
        return generator(noise(count)).data


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Let them contest and show what the generator draws; returns `distance` before and after."""
    args = parse(make_parser("gan", __doc__, epochs=60, quick_epochs=5), argv)
    generator, discriminator = Generator(), Discriminator()
    generator(noise(BATCH))  # sets sizes and averages
    before = distance(draw_digits(generator, 500))
    contest(generator, discriminator, args.epochs)
    drawn = draw_digits(generator, 500)
    found = {"before": before, "after": distance(drawn), "variety": float(drawn.std(axis=0).mean())}
    print("distance of the mean image from the real one: {before:.3f}, then {after:.3f}; "
          "pixels vary by {variety:.3f}".format(**found))  # fmt: skip
    save_picture(args.out, lambda figure: show_images(figure, drawn[:40, 0], rows=4), (8, 3.4))
    return found


if __name__ == "__main__":
    main()
