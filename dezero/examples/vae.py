"""A variational autoencoder lays handwritten digits out in a plane (Kingma and Welling 2013)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero.config import no_grad
from dezero.core import Variable
from dezero.dataloaders import DataLoader
from dezero.datasets import Digits
from dezero.examples._shared import fit, make_parser, parse, save_picture
from dezero.models import Model
from dezero.optimizers import Adam

PIXELS, HIDDEN, LATENT, BATCH = 64, 128, 2, 50
GRID = 15  # the picture shows so many images down and across


class VAE(Model):
    """Images x (N, 64) to a normal distribution in the plane, and points z (N, 2) to images."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = L.Linear(HIDDEN)
        self.mean = L.Linear(LATENT)
        self.log_variance = L.Linear(LATENT)
        self.expand1 = L.Linear(HIDDEN)
        self.expand2 = L.Linear(PIXELS)

    def encode(self, x: Any) -> tuple[Variable, Variable]:
        """Mean and logarithm of the variance, (N, 2) each."""
        h = F.relu(self.hidden(x))
        return self.mean(h), self.log_variance(h)

    def decode(self, z: Any) -> Variable:
        """The logits of the pixels, (N, 64)."""
        return self.expand2(F.relu(self.expand1(z)))

    def forward(self, x: Any) -> Variable:
        """The loss: what the image costs given a point, and what the point costs."""
        mean, log_variance = self.encode(x)
        noise = np.random.randn(*mean.shape).astype(np.float32)  # noqa: NPY002  # from --seed
        z = mean + F.exp(log_variance / 2) * noise
        surplus = F.exp(log_variance) + mean**2 - 1 - log_variance  # twice KL(q || N(0, 1))
        return F.sigmoid_cross_entropy(self.decode(z), x) + F.sum(surplus) / (2 * len(x))


def reconstruction_error(model: VAE, x: np.ndarray) -> float:
    """The mean squared error of images that went through the plane and back."""
    with no_grad():
        mean, _ = model.encode(x)
        return float(((F.sigmoid(model.decode(mean)).data - x) ** 2).mean())


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train, draw the plane; returns the error on held-back digits, and that of the mean image."""
    args = parse(make_parser("vae", __doc__, epochs=100, quick_epochs=20), argv)
    model = VAE()
    fit(model, Adam(alpha=0.002), DataLoader(Digits(), BATCH), lambda x, t: model(x), "VAE", args.epochs)
    x = Digits(train=False).data.reshape(-1, PIXELS).astype(np.float32) / 16
    found = {"error": reconstruction_error(model, x), "mean image": float(x.var(axis=0).mean())}
    print(f"mean squared error of a held-back digit: {found['error']:.4f}; "
          f"of the mean image in its place {found['mean image']:.4f}")  # fmt: skip
    save_picture(args.out, lambda figure: _draw(figure, model), (10, 5))
    return found


def _draw(figure: Any, model: VAE) -> None:
    """Where the digits are in the plane, and what is drawn at each place of a grid."""
    left, right = figure.subplots(1, 2)
    digits = Digits(train=False)
    side = np.linspace(-2, 2, GRID, dtype=np.float32)
    grid = np.stack(np.meshgrid(side, side[::-1]), axis=-1).reshape(-1, LATENT)
    with no_grad():
        mean, _ = model.encode(digits.data.reshape(-1, PIXELS).astype(np.float32) / 16)
        images = F.sigmoid(model.decode(grid)).data.reshape(GRID, GRID, 8, 8)
    points = left.scatter(*mean.data.T, c=digits.label, cmap="tab10", s=10)
    figure.colorbar(points, ax=left, label="digit")
    right.imshow(images.swapaxes(1, 2).reshape(8 * GRID, 8 * GRID), cmap="gray", extent=(-2, 2, -2, 2))


if __name__ == "__main__":
    main()
