"""What a dataset does to each example: first to a Pillow image, then to an array."""

# ruff: noqa: F403, F405  # each file names in its `__all__` what is shown here

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from dezero import _installation as _installation
from dezero.arguments import function, pair
from dezero.refusal import naming
from dezero.transforms import arrays, images
from dezero.transforms.arrays import *
from dezero.transforms.images import *

if not TYPE_CHECKING:  # type checkers go by the star imports: they add up no lists
    __all__ = ["Compose", "np", "pair", *arrays.__all__, *images.__all__]
    if find_spec("PIL"):
        __all__ += ["Image"]


def __getattr__(name: str) -> Any:
    if name == "Image":  # shown by the book's module
        return images.pillow("Image")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Compose:
    """One transform after another, the first first; none where there are none.

    Raises:
        TypeError: one of them cannot be called.

    >>> Compose([Flatten(), ToFloat(), Normalize(0.0, 255.0)])(np.full((1, 1, 2), 51, np.uint8))
    array([0.2, 0.2], dtype=float32)
    """

    def __init__(self, transforms: Iterable[Callable[[Any], Any]] | None = ()) -> None:
        given = () if transforms is None else transforms
        with naming("Compose", transforms=transforms):
            self.transforms = [function(transform, "Compose: each of transforms") for transform in given]

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img
