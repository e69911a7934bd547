"""Weights in npz files."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from dezero import cuda
from dezero.core import Parameter
from dezero.utils import write_atomically


def save(params: Mapping[str, Parameter], path: str | PathLike[str]) -> None:
    """Write the arrays of `params` under their names; the file is there whole or not at all.

    Raises:
        ValueError: a parameter has no data yet.
    """
    unsized = [name for name, param in params.items() if param.data is None]
    if unsized:
        raise ValueError(
            f"save_weights: {', '.join(unsized)} have no size yet; call the layer on an input first"
        )
    arrays: dict[str, Any] = {name: cuda.as_numpy(param.data) for name, param in params.items()}
    with write_atomically(Path(path)) as stream:
        np.savez_compressed(stream, **arrays)


def load(params: Mapping[str, Parameter], path: str | PathLike[str]) -> None:
    """Set `params` to the arrays of a file: all of them or, if anything is wrong, none.

    They keep their dtype and device; a parameter that has no size yet takes what the file holds, on
    the device if it was moved there by `to_gpu`.

    Raises:
        ValueError: the file holds other names or shapes, or is no npz file.
        OSError: the file cannot be read.
    """
    arrays = _read(path)
    _compare_names(set(params), set(arrays), path)
    for name, param in params.items():
        if param.data is not None and param.shape != arrays[name].shape:
            raise ValueError(
                f"load_weights: {name} has shape {param.shape}, but {arrays[name].shape} in {path}"
            )
    for name, param in params.items():
        if param.data is None:
            param.data = cuda.as_cupy(arrays[name]) if param.wanted_on_device else arrays[name]
        else:
            xp = cuda.get_array_module(param)
            param.data = xp.asarray(arrays[name].astype(param.dtype, copy=False))


def _read(path: str | PathLike[str]) -> dict[str, np.ndarray]:
    try:
        # The stream is closed also where np.load refuses it, and `with` refuses a lone npy array.
        with open(path, "rb") as stream, np.load(stream) as archive:
            return dict(archive)
    except (BadZipFile, zlib.error, ValueError, EOFError, TypeError) as error:
        raise ValueError(f"load_weights: {path} is no npz file of weights: {error}") from error


def _compare_names(wanted: set[str], found: set[str], path: str | PathLike[str]) -> None:
    if wanted != found:
        raise ValueError(
            f"load_weights: {path} holds the weights of another model: "
            f"missing {sorted(wanted - found)}, unknown {sorted(found - wanted)}"
        )
