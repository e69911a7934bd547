"""Digits: 1,797 real handwritten digits that come with the package."""

from __future__ import annotations

import importlib.resources

import numpy as np

from dezero.datasets.base import ImageDataset, Transform
from dezero.transforms import Compose, Flatten, Normalize, ToFloat

__all__ = ["Digits", "get_digits"]

SPLITS = ("train", "test", "all")
TEST_SIZE = 360
_to_unit_vector = Compose([Flatten(), ToFloat(), Normalize(0.0, 16.0)])


def get_digits(split: str = "all") -> tuple[np.ndarray, np.ndarray]:
    """Images, uint8 (N, 1, 8, 8) with values 0 to 16, and labels, int64 (N,).

    The optical recognition test set of the UCI Machine Learning Repository, by E. Alpaydin and
    C. Kaynak, CC BY 4.0: see dezero/data/ATTRIBUTION.txt.

    Args:
        split: "all" 1,797, the 360 held back for "test", or the 1,437 others to "train". The test
            part is that of scikit-learn's `train_test_split(test_size=360, random_state=0)`.

    Raises:
        ValueError: `split` is none of these.

    >>> images, labels = get_digits("test")
    >>> images.shape, images.dtype, labels[:5]
    ((360, 1, 8, 8), dtype('uint8'), array([4, 5, 6, 9, 4]))
    """
    if split not in SPLITS:
        raise ValueError(f"get_digits: split must be one of {SPLITS}, got {split!r}")
    file = importlib.resources.files("dezero") / "data" / "digits.npz"
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"].astype(np.int64)
    chosen = _members(split, len(labels))
    return images[chosen], labels[chosen]


def _members(split: str, count: int) -> np.ndarray:
    """Indices of a split, ascending."""
    # RandomState's streams are frozen, so this permutation is the same for every NumPy.
    order = np.random.RandomState(0).permutation(count)
    parts = {"test": order[:TEST_SIZE], "train": order[TEST_SIZE:], "all": order}
    return np.sort(parts[split])


class Digits(ImageDataset):
    """1,797 real handwritten digits, 8x8 pixels, offline.

    Args:
        train: the 1,437 training images, or the 360 held back for testing.
        transform: by default a float32 vector of 64 values from 0 to 1; None for the image as it
            is, uint8 (1, 8, 8) with values 0 to 16.
        target_transform: applied to the label, an int64 from 0 to 9.
        split: "train", "test" or "all" instead of `train`.

    >>> len(Digits()), len(Digits(train=False)), len(Digits(split="all"))
    (1437, 360, 1797)
    """

    def __init__(
        self,
        train: bool = True,
        transform: Transform | None = _to_unit_vector,
        target_transform: Transform | None = None,
        *,
        split: str | None = None,
    ) -> None:
        self.split = split or ("train" if train else "test")
        super().__init__(self.split != "test", transform, target_transform)

    def prepare(self) -> None:
        self.data, self.label = get_digits(self.split)

    @staticmethod
    def labels() -> dict[int, str]:
        """The name of each class."""
        return {digit: str(digit) for digit in range(10)}
