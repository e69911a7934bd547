"""Arrays of a dataset that took long to prepare, kept as npz files beside the downloads."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from dezero.utils import default_cache_dir, write_atomically


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


def load_cache_npz(
    filename: str, train: bool = False
) -> tuple[np.ndarray, np.ndarray] | tuple[None, None]:
    """The data and labels that `save_cache_npz` kept; None and None if it did not."""
    path = _cache_path(filename, train)
    if not os.path.exists(path):
        return None, None
    with np.load(path) as arrays:
        return arrays["data"], arrays["label"]


def _cache_path(filename: str, train: bool) -> str:
    name = filename.rpartition("/")[2]
    return os.path.join(default_cache_dir(), f"{name}.{'train' if train else 'test'}.npz")
