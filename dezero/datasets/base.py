"""Dataset: examples by index, each passed through its transforms when asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.arguments import function, generator, integer
from dezero.refusal import naming

__all__ = ["Dataset", "ImageDataset"]

Transform = Callable[[Any], Any]


def _identity(x: Any) -> Any:
    return x


class Dataset:
    """A sequence of (example, label) pairs.

    A subclass gives `prepare`, which sets `data` and `label`: sequences of equal length, or None
    for `label` where there are no labels.

    Args:
        train: the training part, or the held-back test part.
        transform: applied to each example when it is read; None for nothing.
        target_transform: the same for labels.

    Raises:
        TypeError: a transform cannot be called.

    >>> class Squares(Dataset):
    ...     def prepare(self):
    ...         self.data, self.label = [1, 2, 3], [1, 4, 9]
    >>> Squares(transform=float)[2]
    (3.0, 9)
    """

    data: Any
    label: Any

    def __init__(
        self,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        self.train = train
        self.transform = self._checked(transform, "transform")
        self.target_transform = self._checked(target_transform, "target_transform")
        self.data = None
        self.label = None
        self.prepare()

    def _checked(self, transform: Transform | None, name: str) -> Transform:
        if transform is None:
            return _identity
        return function(transform, f"{type(self).__name__}: {name}")

    def prepare(self) -> None:
        """Set `data` and `label`."""
        raise NotImplementedError(f"{type(self).__name__}.prepare is not written")

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        """Example and label at `index`, transformed; the label is None where there are none.

        Raises:
            TypeError: `index` is no integer.
            IndexError: there is no such example.
        """
        if not isinstance(index, (int, np.integer)):
            name = type(self).__name__
            raise TypeError(f"{name}[index]: index must be an integer, got {index!r}")
        x = self.transform(self.data[index])
        return x, None if self.label is None else self.target_transform(self.label[index])

    def __len__(self) -> int:
        return len(self.data)


class ImageDataset(Dataset):
    """A Dataset whose `data` is an array of images, (N, C, H, W)."""

    def mosaic(self, row: int = 10, col: int = 10, rng: Any = None) -> np.ndarray:
        """`row` by `col` images drawn at random as one picture, (H, W) or (H, W, C).

        Args:
            row, col: how many images down and across.
            rng: a NumPy Generator, or a seed for one.

        Raises:
            TypeError, ValueError: row or col is no integer of 1 or more, or rng none of these.
        """
        row, col = integer(row, "mosaic: row", least=1), integer(col, "mosaic: col", least=1)
        count, channels, height, width = self.data.shape
        random = generator(rng, "mosaic: rng")
        with naming("mosaic", row=row, col=col):
            chosen = random.integers(count, size=row * col)
        tiles = self.data[chosen].reshape(row, col, channels, height, width)
        picture = tiles.transpose(0, 3, 1, 4, 2).reshape(row * height, col * width, channels)
        return picture[..., 0] if channels == 1 else picture

    def show(self, row: int = 10, col: int = 10) -> None:
        """Show a mosaic of images in a matplotlib window."""
        from matplotlib import pyplot  # slow to import, and needed only here

        pyplot.imshow(self.mosaic(row, col), cmap="gray", interpolation="nearest")
        pyplot.axis("off")
        pyplot.show()
