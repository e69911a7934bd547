"""What the examples share: their command line, training by epochs, and saving a picture."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from dezero.config import no_grad, test_mode
from dezero.core import Variable
from dezero.dataloaders import DataLoader
from dezero.examples._progress import progress
from dezero.models import Model
from dezero.optimizers import Optimizer
from dezero.utils import write_atomically

FORMATS = (".png", ".jpg", ".pdf", ".svg")
Loss = Callable[[Any, Any], Variable]


def make_parser(name: str, doc: str, epochs: int, quick_epochs: int) -> argparse.ArgumentParser:
    """The command line that every example has."""
    parser = argparse.ArgumentParser(
        prog=f"python -m dezero.examples.{name}", description=doc.partition("\n")[0]
    )
    parser.add_argument(
        "--epochs", type=int, help=f"how long to train (default {epochs}; quick {quick_epochs})"
    )
    parser.add_argument("--out", default=f"{name}.png", help="the picture (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="a short form, for a first look")
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default 0)")
    parser.set_defaults(full_epochs=epochs, quick_epochs=quick_epochs)
    return parser


def parse(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments, checked before any work is done; what is random starts from --seed."""
    args = parser.parse_args(argv)
    if args.epochs is None:
        args.epochs = args.quick_epochs if args.quick else args.full_epochs
    if args.epochs < 1:
        parser.error(f"--epochs must be at least 1, got {args.epochs}")
    if os.path.splitext(args.out)[1].lower() not in FORMATS:
        parser.error(f"--out must end in one of {', '.join(FORMATS)}, got {args.out!r}")
    if not os.path.isdir(os.path.dirname(args.out) or "."):
        parser.error(f"--out: there is no folder {os.path.dirname(args.out)!r}")
    if not find_spec("matplotlib"):
        print(
            "matplotlib is not installed, so no picture will be drawn; "
            "pip install 'dezero-gradcheck[examples]' brings it",
            file=sys.stderr,
        )
    dezero.seed(args.seed)  # layers and loaders draw from what this seeds
    return args


def fit(model: Model, optimizer: Optimizer, loader: DataLoader, loss: Loss, label: str,
        epochs: int) -> list[float]:  # fmt: skip
    """Train `model` by `loss(x, t)` and return the average loss of each epoch."""
    averages = []
    optimizer.setup(model)
    with progress(epochs, label) as advance:
        for _ in range(epochs):
            averages.append(_epoch(model, optimizer, loader, loss))
            advance(f"loss {averages[-1]:.4f}")
    return averages


def _epoch(model: Model, optimizer: Optimizer, loader: DataLoader, loss: Loss) -> float:
    total = 0.0
    for x, t in loader:
        y = loss(x, t)
        model.cleargrads()
        y.backward()
        optimizer.update()
        total += float(y.data) * len(x)
    return total / loader.data_size


def accuracy(model: Model, x: Any, t: Any) -> float:
    """The share of x that the model puts into its class t, in test mode."""
    with no_grad(), test_mode():
        return float(F.accuracy(model(x), t).data)


def save_picture(path: str, draw: Callable[[Any], None], size: tuple[float, float] = (6, 4)) -> None:
    """Call `draw` with a figure of matplotlib and save it, whole or not at all.

    Without matplotlib nothing happens: `parse` has said so.

    Args:
        path: its extension is the format.
        draw: draws into the figure.
        size: of the figure, in inches.
    """
    if not find_spec("matplotlib"):
        return
    from matplotlib.figure import Figure  # slow to import, and needed only here

    figure = Figure(figsize=size, layout="constrained")
    draw(figure)
    with write_atomically(path) as stream:
        figure.savefig(stream, format=os.path.splitext(path)[1][1:].lower())
    print(f"picture: {path}")


def show_images(figure: Any, images: np.ndarray, rows: int, **how: Any) -> Any:
    """Grey images (N, H, W) in a grid of `rows` rows; returns the axes."""
    axes = figure.subplots(rows, -(-len(images) // rows), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, image in zip(axes.flat, images, strict=False):  # the last row may be shorter
        ax.imshow(image, cmap="gray", **how)
    return axes
