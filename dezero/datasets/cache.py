"""Arrays of a dataset that took long to prepare, kept as npz files next to the downloads."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from dezero.utils import default_cache_dir, write_atomically

__all__ = ["load_cache_npz", "save_cache_npz"]

NAMES = ("data", "label")
BYTES = 4 << 30  # of both arrays: what a file may announce, and have taken


def save_cache_npz(data: Any, label: Any, filename: str, train: bool = False) -> str | None:
    """Keep the arrays of one part of a dataset. What is kept already stays as it is.

    Args:
        data, label: arrays.
        filename: a name, or an address of which the last part is the name.
        train: which part this is.

    Returns:
        The path of the new file, or None if there was one.
    """
    path = _cache_path(filename, train)
    if os.path.exists(path):
        return None
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with write_atomically(path) as stream:
        np.savez_compressed(stream, data=data, label=label)
    return path


def load_cache_npz(filename: str, train: bool = False) -> tuple[np.ndarray, np.ndarray] | tuple[None, None]:
    """The data and labels that `save_cache_npz` kept; None and None if it did not.

    Raises:
        ValueError: the file is damaged, holds something else, or more than BYTES.
    """
    from dezero.utils.npz import open_npz  # slow to import

    path = _cache_path(filename, train)
    if not os.path.exists(path):
        return None, None
    try:
        with open_npz(path, len(NAMES)) as archive:
            if set(archive.members) != set(NAMES):
                raise ValueError(f"it must hold {NAMES}")
            headers = [archive.header(name) for name in NAMES]
            if any(header.dtype is None for header in headers):
                raise ValueError("it must hold numbers")
            if sum(header.nbytes for header in headers) > BYTES:
                raise ValueError(f"it must hold {BYTES} bytes at most")
            data, label = (archive.read(*each) for each in zip(NAMES, headers, strict=True))
            return data, label
    except ValueError as error:
        raise ValueError(f"load_cache_npz: {path} is no file of data and labels: {error}") from error


def _cache_path(filename: str, train: bool) -> str:
    name = filename.rpartition("/")[2]
    return os.path.join(default_cache_dir(), f"{name}.{'train' if train else 'test'}.npz")
