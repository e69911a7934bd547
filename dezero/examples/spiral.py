"""A network with one hidden layer parts three spiral arms (the book's steps 48 to 50)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import dezero.functions as F
from dezero.config import no_grad
from dezero.dataloaders import DataLoader
from dezero.datasets import Spiral
from dezero.examples._shared import accuracy, fit, make_parser, parse, save_picture
from dezero.models import MLP, Model
from dezero.optimizers import SGD

HIDDEN, CLASSES, BATCH = 10, 3, 30


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train, print the accuracies, save a picture of the regions; returns the accuracies."""
    args = parse(make_parser("spiral", __doc__, epochs=300, quick_epochs=150), argv)
    train_set, test_set = Spiral(train=True), Spiral(train=False)
    model = MLP((HIDDEN, CLASSES))

    def loss(x: Any, t: Any) -> Any:
        return F.softmax_cross_entropy(model(x), t)

    losses = fit(model, SGD(lr=1.0), DataLoader(train_set, BATCH), loss, "spiral", args.epochs)
    found = {
        "train": accuracy(model, train_set.data, train_set.label),
        "test": accuracy(model, test_set.data, test_set.label),
    }
    print("accuracy: {train:.1%} of the points seen, {test:.1%} of others".format(**found))
    save_picture(args.out, lambda figure: _draw(figure, model, train_set, losses), (9, 4))
    return found


def _draw(figure: Any, model: Model, points: Spiral, losses: list[float]) -> None:
    """The loss over the epochs, and to which arm each place belongs."""
    left, right = figure.subplots(1, 2)
    left.plot(losses)
    left.set(xlabel="epoch", ylabel="loss")
    side = np.linspace(-1.1, 1.1, 200, dtype=np.float32)
    grid = np.stack(np.meshgrid(side, side), axis=-1)
    with no_grad():
        arm = model(grid.reshape(-1, 2)).data.argmax(axis=1).reshape(grid.shape[:2])
    right.pcolormesh(side, side, arm, cmap="Pastel1", shading="nearest")
    right.scatter(*points.data.T, c=points.label, cmap="Set1", s=8)
    right.set_aspect("equal")


if __name__ == "__main__":
    main()
