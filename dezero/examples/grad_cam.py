"""Where the CNN looks when it reads a digit: Grad-CAM (Selvaraju and others, arXiv:1610.02391)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import dezero.functions as F
from dezero.config import no_grad, test_mode
from dezero.core import Variable
from dezero.examples._shared import accuracy, make_parser, parse, save_picture, show_images
from dezero.examples.digits import SmallCNN, images, train_cnn

SHOWN = 20


def heat_maps(model: SmallCNN, x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How much each place speaks for the label: images (N, 1, 8, 8) to maps (N, 8, 8), 0 or more.

    The features of the last convolution, weighted by the mean gradient of the label's score by
    each channel; of the sum what is positive.
    """
    with test_mode():
        with no_grad():
            features = Variable(model.features(x).data)  # a leaf, which gets its gradient
        scores = model.classify(features)
        F.sum(scores[np.arange(len(x)), labels]).backward()
    assert features.grad is not None
    weights = features.grad.data.mean(axis=(2, 3), keepdims=True)
    coarse = np.maximum((weights * features.data).sum(axis=1), 0)
    return coarse.repeat(2, axis=1).repeat(2, axis=2)


def without(x: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Images with the pixels at `places` (N, 8, 8) turned to the mean image's."""
    return np.where(places[:, None], x.mean(axis=0), x)


def _quarter(maps: np.ndarray) -> np.ndarray:
    """The places of the quarter with the largest values, in each map."""
    order = (-maps.reshape(len(maps), -1)).argsort(axis=1, kind="stable").argsort(axis=1)
    return (order < maps[0].size // 4).reshape(maps.shape)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train the CNN, draw the maps; returns accuracies: whole, and without a quarter of the image.

    If the maps tell the truth, the image is harder to read without its hottest quarter than
    without its coldest.
    """
    args = parse(make_parser("grad_cam", __doc__, epochs=24, quick_epochs=5), argv)
    model = train_cnn(args.epochs)
    x, t = images(train=False)
    maps = heat_maps(model, x, t)
    found = {
        "whole": accuracy(model, x, t),
        "without hottest": accuracy(model, without(x, _quarter(maps)), t),
        "without coldest": accuracy(model, without(x, _quarter(-maps)), t),
    }
    for name, share in found.items():
        print(f"digits read, {name}: {share:.1%}")
    save_picture(args.out, lambda figure: _draw(figure, x[:SHOWN, 0], maps[:SHOWN]), (8, 2))
    return found


def _draw(figure: Any, x: np.ndarray, maps: np.ndarray) -> None:
    axes = show_images(figure, x, rows=2)
    for ax, heat in zip(axes.flat, maps, strict=True):
        ax.imshow(heat, cmap="jet", alpha=0.5, interpolation="bilinear")


if __name__ == "__main__":
    main()
