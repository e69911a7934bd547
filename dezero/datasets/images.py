"""Image datasets that are downloaded: MNIST, CIFAR-10, CIFAR-100, and ImageNet's class names."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import ClassVar

import numpy as np

from dezero.datasets.base import ImageDataset, Transform
from dezero.datasets.formats import read_idx, read_records
from dezero.datasets.names import CIFAR10_CLASSES, CIFAR100_COARSE, CIFAR100_FINE
from dezero.transforms import Compose, Flatten, Normalize, ToFloat
from dezero.utils import forget_file, get_file
from dezero.utils.files import PathLike

__all__ = ["CIFAR10", "CIFAR100", "MNIST", "ImageNet"]

_to_unit_vector = Compose([Flatten(), ToFloat(), Normalize(0.0, 255.0)])
_to_unit_range = Compose([ToFloat(), Normalize(mean=0.5, std=0.5)])
CacheDir = PathLike | None
MOST_LABEL_BYTES = 1 << 20  # of the names of ImageNet's classes, which have 31 kB


class DownloadedImages(ImageDataset):
    """Images from files that are downloaded when they are first needed.

    Attributes:
        url: where the files are.
        sha256: for each file its checksum; None for a file of which none is known.
    """

    url: ClassVar[str]
    sha256: ClassVar[dict[str, str | None]]

    def __init__(
        self,
        train: bool,
        transform: Transform | None,
        target_transform: Transform | None,
        cache_dir: CacheDir,
    ) -> None:
        self.cache_dir = cache_dir
        super().__init__(train, transform, target_transform)

    def _file(self, name: str) -> str:
        """The path of a file, downloaded if need be."""
        return get_file(self.url + name, sha256=self.sha256[name], cache_dir=self.cache_dir)


class MNIST(DownloadedImages):
    """70,000 handwritten digits of 28x28 pixels (LeCun, Cortes and Burges), 11 MB.

    Args:
        train: the 60,000 training images, or the 10,000 test images.
        transform: by default a float32 vector of 784 values from 0 to 1; None for the image as it
            is, uint8 (1, 28, 28).
        target_transform: applied to the label, an int64 from 0 to 9.
        cache_dir: where the files are kept; by default DEZERO_CACHE or ~/.dezero.

    Raises:
        DownloadError: a file could not be had (see `dezero.utils.get_file`).
    """

    url = "https://ossci-datasets.s3.amazonaws.com/mnist/"
    sha256: ClassVar[dict[str, str | None]] = {
        "train-images-idx3-ubyte.gz": ("440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        "train-labels-idx1-ubyte.gz": ("3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        "t10k-images-idx3-ubyte.gz": ("8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        "t10k-labels-idx1-ubyte.gz": ("f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    }

    def __init__(
        self,
        train: bool = True,
        transform: Transform | None = _to_unit_vector,
        target_transform: Transform | None = None,
        *,
        cache_dir: CacheDir = None,
    ) -> None:
        super().__init__(train, transform, target_transform, cache_dir)

    def prepare(self) -> None:
        part, count = ("train", 60_000) if self.train else ("t10k", 10_000)
        images = read_idx(self._file(f"{part}-images-idx3-ubyte.gz"), most=count * 28 * 28)
        self.data = images[:, np.newaxis]
        labels = read_idx(self._file(f"{part}-labels-idx1-ubyte.gz"), most=count)
        self.label = labels.astype(np.int64)

    @staticmethod
    def labels() -> dict[int, str]:
        """The name of each class."""
        return {digit: str(digit) for digit in range(10)}


class CIFAR10(DownloadedImages):
    """60,000 colour photographs of 32x32 pixels in ten classes (Krizhevsky 2009), 170 MB.

    Args:
        train: the 50,000 training images, or the 10,000 test images.
        transform: by default float32 (3, 32, 32), (value - 0.5) / 0.5 as in the book; None for the
            image as it is, uint8.
        target_transform: applied to the label, an int64 from 0 to 9.
        cache_dir: where the file is kept; by default DEZERO_CACHE or ~/.dezero.

    Raises:
        DownloadError: the file could not be had (see `dezero.utils.get_file`).
    """

    url = "https://www.cs.toronto.edu/~kriz/"
    sha256: ClassVar[dict[str, str | None]] = {
        "cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    }

    def __init__(
        self,
        train: bool = True,
        transform: Transform | None = _to_unit_range,
        target_transform: Transform | None = None,
        *,
        cache_dir: CacheDir = None,
    ) -> None:
        super().__init__(train, transform, target_transform, cache_dir)

    def prepare(self) -> None:
        names = [f"data_batch_{i}.bin" for i in range(1, 6)] if self.train else ["test_batch.bin"]
        members = [f"cifar-10-batches-bin/{name}" for name in names]
        self.data, labels = read_records(self._file("cifar-10-binary.tar.gz"), members, 1)
        self.label = labels[:, 0].astype(np.int64)

    @staticmethod
    def labels() -> dict[int, str]:
        """The name of each class."""
        return dict(enumerate(CIFAR10_CLASSES))


class CIFAR100(DownloadedImages):
    """As CIFAR10, with 100 classes in 20 groups, 169 MB.

    Args:
        train, transform, target_transform, cache_dir: as for CIFAR10.
        label_type: "fine" for the class, "coarse" for the group.

    Raises:
        ValueError: `label_type` is neither.
        DownloadError: the file could not be had (see `dezero.utils.get_file`).
    """

    url = "https://www.cs.toronto.edu/~kriz/"
    sha256: ClassVar[dict[str, str | None]] = {
        "cifar-100-binary.tar.gz": ("58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec")
    }

    def __init__(
        self,
        train: bool = True,
        transform: Transform | None = _to_unit_range,
        target_transform: Transform | None = None,
        label_type: str = "fine",
        *,
        cache_dir: CacheDir = None,
    ) -> None:
        self.labels(label_type)  # complains before anything is downloaded
        self.label_type = label_type
        super().__init__(train, transform, target_transform, cache_dir)

    def prepare(self) -> None:
        members = ["cifar-100-binary/" + ("train.bin" if self.train else "test.bin")]
        self.data, labels = read_records(self._file("cifar-100-binary.tar.gz"), members, 2)
        self.label = labels[:, ("coarse", "fine").index(self.label_type)].astype(np.int64)

    @staticmethod
    def labels(label_type: str = "fine") -> dict[int, str]:
        """The name of each class ("fine") or group ("coarse")."""
        names = {"fine": CIFAR100_FINE, "coarse": CIFAR100_COARSE}
        if label_type not in names:
            raise ValueError(f"CIFAR100: label_type must be 'fine' or 'coarse', got {label_type!r}")
        return dict(enumerate(names[label_type]))


class ImageNet:
    """The names of ImageNet's classes. (The images need a registration.)"""

    url = (
        "https://gist.githubusercontent.com/yrevar/942d3a0ac09ec9e5eb3a/raw/"
        "238f720ff059c1f82f368259d1ca4ffa5dd8f9f5/imagenet1000_clsidx_to_labels.txt"
    )

    @classmethod
    def labels(cls, cache_dir: CacheDir = None) -> dict[int, str]:
        """The names of the 1,000 classes, from a file that is downloaded (31 kB).

        Raises:
            DownloadError: the file could not be had (see `dezero.utils.get_file`).
            ValueError: the file is not what it should be; it does not stay in the cache.
        """
        path = Path(get_file(cls.url, cache_dir=cache_dir))
        try:
            with path.open("rb") as stream:
                return _parse_labels(stream.read(MOST_LABEL_BYTES).decode("utf-8"))
        except ValueError as error:
            forget_file(path)
            raise ValueError(f"ImageNet.labels: {cls.url}: {error}; it was not kept") from error


def _parse_labels(text: str) -> dict[int, str]:
    """A dict of 1,000 names from a Python literal, which is parsed and not executed."""
    try:
        labels = ast.literal_eval(text.strip())
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"no Python literal: {error}") from error
    if not isinstance(labels, dict) or labels.keys() != set(range(1000)):
        raise ValueError("must map 0 to 999 to names")
    return labels
