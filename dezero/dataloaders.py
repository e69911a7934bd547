"""Batches from datasets."""

from __future__ import annotations

import math
from importlib.util import find_spec
from typing import Any, Self

import numpy as np

from dezero import cuda
from dezero.arguments import flag, generator, integer
from dezero.datasets.base import Dataset
from dezero.refusal import described, naming

__all__ = ["DataLoader", "SeqDataLoader", "cuda", "math", "np", "pil_available"]
pil_available = find_spec("PIL") is not None  # shown by the book's module, as Pillow's Image is
if pil_available:
    __all__ += ["Image"]  # noqa: F822  # by __getattr__


def __getattr__(name: str) -> Any:
    if name == "Image" and pil_available:
        from PIL import Image

        return Image
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class DataLoader:
    """An iterator over batches (x, t) of a dataset; the last one of an epoch may be smaller.

    A `for` loop runs one epoch: it starts at the first batch, also when an earlier loop was left
    early.

    Args:
        dataset: has a length, and gives (example, label) by index.
        batch_size: examples in a batch.
        shuffle: draw a new order for each epoch.
        gpu: give device arrays.
        rng: what shuffles: a NumPy Generator, or a seed for one. None takes NumPy's global state,
            which `numpy.random.seed` sets, as in the book.

    Raises:
        ValueError: `batch_size` is no positive integer; the examples of a batch differ in shape.
        TypeError: `dataset` has no length or items, or gives no pairs; another argument has another type.

    >>> from dezero.datasets import Digits
    >>> loader = DataLoader(Digits(), batch_size=100, rng=0)
    >>> [len(x) for x, t in loader][-3:]
    [100, 100, 37]
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int,
        shuffle: bool = True,
        gpu: bool = False,
        *,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        who = type(self).__name__
        try:
            self.batch_size = integer(batch_size, f"{who}: batch_size", least=1)
        except TypeError as error:
            raise ValueError(str(error)) from error  # as for an integer that is no size
        if not (hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")):
            raise TypeError(f"{who}: dataset must have a length and items, got {described(dataset)}")
        self.dataset = dataset
        self.shuffle = flag(shuffle, f"{who}: shuffle")
        with naming(who, dataset=dataset):
            self.data_size = len(dataset)
        self.max_iter = -(-self.data_size // self.batch_size)
        self.gpu = flag(gpu, f"{who}: gpu")
        self.rng = None if rng is None else generator(rng, f"{who}: rng")
        self.reset()

    def reset(self) -> None:
        """Start a new epoch, in a new order if shuffling."""
        self.iteration = 0
        if not self.shuffle:
            self.index = np.arange(self.data_size)
        elif self.rng is not None:
            self.index = self.rng.permutation(self.data_size)
        else:
            # The book's programs make their shuffling repeatable with numpy.random.seed.
            self.index = np.random.permutation(self.data_size)  # noqa: NPY002  # its global seed

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        return self.max_iter

    def __iter__(self) -> Self:
        if self.iteration:
            self.reset()
        return self

    def __next__(self) -> tuple[Any, Any]:
        if self.iteration >= self.max_iter:
            self.reset()
            raise StopIteration
        examples = [self.dataset[i] for i in self._batch_index()]
        self.iteration += 1
        for example in examples:
            if not isinstance(example, (tuple, list)) or len(example) != 2:
                raise TypeError(
                    f"{type(self).__name__}: dataset must give pairs (example, label), "
                    f"got {described(example)}"
                )
        xs, ts = zip(*examples, strict=True)
        return self._batch(xs, "examples"), None if ts[0] is None else self._batch(ts, "labels")

    def next(self) -> tuple[Any, Any]:
        """The next batch."""
        return self.__next__()

    def _batch_index(self) -> np.ndarray:
        """Which examples make up the next batch."""
        start = self.iteration * self.batch_size
        return self.index[start : start + self.batch_size]

    def _batch(self, items: tuple[Any, ...], name: str) -> Any:
        """Items as one array on the side that was asked for."""
        xp = cuda.get_array_module(items[0])
        try:
            batch = np.array(items) if xp is np else xp.stack(items)
        except ValueError as error:
            shapes = ", ".join(sorted({str(np.shape(item)) for item in items}))
            raise ValueError(
                f"{type(self).__name__}: {name} of the dataset must have equal shapes, got {shapes}"
            ) from error
        return cuda.as_cupy(batch) if self.gpu else cuda.as_numpy(batch)

    def to_cpu(self) -> None:
        """Give host arrays from now on."""
        self.gpu = False

    def to_gpu(self) -> None:
        """Give device arrays from now on."""
        self.gpu = True


class SeqDataLoader(DataLoader):
    """Batches for sequences: row i of successive batches is one run through the data, in order.

    The rows start at equal distances, data_size // batch_size apart, and wrap around at the end.

    Raises:
        ValueError: `batch_size` is no positive integer, or more than there are data.

    >>> class Counting(Dataset):
    ...     def prepare(self):
    ...         self.data = self.label = np.arange(6)
    >>> [x.tolist() for x, t in SeqDataLoader(Counting(), batch_size=2)]
    [[0, 3], [1, 4], [2, 5]]
    """

    def __init__(self, dataset: Dataset, batch_size: int, gpu: bool = False) -> None:
        super().__init__(dataset, batch_size, shuffle=False, gpu=gpu)
        if batch_size > self.data_size:
            raise ValueError(
                f"SeqDataLoader: batch_size must be at most the length of the dataset, "
                f"{self.data_size}, got {batch_size}"
            )

    def _batch_index(self) -> np.ndarray:
        distance = self.data_size // self.batch_size
        return (np.arange(self.batch_size) * distance + self.iteration) % self.data_size
