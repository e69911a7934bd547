"""Transforms of arrays. Images are (C, H, W): channels, height, width."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero import cuda
from dezero.arguments import number_dtype
from dezero.refusal import described

__all__ = ["AsType", "Flatten", "Normalize", "ToFloat", "ToInt"]


def array_of_numbers(array: Any, who: str) -> Any:
    """Raises TypeError unless `array` is an array of numbers."""
    if not cuda.is_array(array) or array.dtype.kind not in "biufc":
        raise TypeError(f"{who}: array must be an array of numbers, got {described(array)}")
    return array


class Normalize:
    """(array - mean) / std, in the array's float dtype (float32 for integers).

    Args:
        mean, std: one number for all, or one for each channel (the first axis).

    Raises:
        TypeError: what is to be normalized is no array of numbers; mean or std is no number or numbers.
        ValueError: neither one number nor as many as there are channels.

    >>> Normalize(mean=[1, 2], std=2)(np.array([[1.0, 3.0], [2.0, 4.0]]))
    array([[0., 1.],
           [0., 1.]])
    """

    def __init__(self, mean: Any = 0, std: Any = 1) -> None:
        self.mean = _numbers("mean", mean)
        self.std = _numbers("std", std)

    def __call__(self, array: Any) -> Any:
        if array_of_numbers(array, "Normalize").dtype.kind == "c":
            raise TypeError(f"Normalize: array must hold real numbers, got {described(array)}")
        if array.dtype.kind != "f":
            array = array.astype(np.float32)
        mean = _per_channel("mean", self.mean, array)
        return (array - mean) / _per_channel("std", self.std, array)


def _numbers(name: str, values: Any) -> Any:
    """Raises TypeError unless `values` is a real number, or a sequence or an array of them."""
    try:
        given = values if cuda.is_array(values) else np.asarray(values)
        if given.dtype.kind not in "biuf":
            raise TypeError(f"dtype {given.dtype}")
    except Exception as error:
        raise TypeError(
            f"Normalize: {name} must be one number, or one for each channel, got {described(values)}: {error}"
        ) from error
    return values


def _per_channel(name: str, values: Any, array: Any) -> Any:
    """`values` in the dtype and on the device of `array`, shaped to meet its first axis."""
    if np.ndim(values) == 0 or array.ndim == 0:
        if np.ndim(values):
            raise ValueError(f"Normalize: array must have channels, as {name} has, got shape ()")
        return cuda.get_array_module(array).asarray(values, dtype=array.dtype)
    channels = array.shape[0]
    if np.shape(values) not in ((1,), (channels,)):
        raise ValueError(
            f"Normalize: {name} must be one number or {channels}, one for each channel of an array "
            f"of shape {array.shape}, got {values!r}"
        )
    values = cuda.get_array_module(array).asarray(values, dtype=array.dtype)
    return values.reshape(-1, *[1] * (array.ndim - 1))


class Flatten:
    """The array as a vector.

    Raises:
        TypeError: no array of numbers.
    """

    def __call__(self, array: Any) -> Any:
        return array_of_numbers(array, "Flatten").flatten()


class AsType:
    """The array in another dtype.

    Raises:
        TypeError: no array of numbers, or no dtype of numbers; complex numbers for real ones.
        ValueError: integers are asked for, and a number is NaN or infinite.
    """

    def __init__(self, dtype: Any = np.float32) -> None:
        self.dtype = number_dtype(dtype, f"{type(self).__name__}: dtype")

    def __call__(self, array: Any) -> Any:
        who, kind = type(self).__name__, np.dtype(self.dtype).kind
        if array_of_numbers(array, who).dtype.kind == "c" and kind != "c":
            raise TypeError(f"{who}: array must hold real numbers for {self.dtype}, got {described(array)}")
        if kind in "iu" and array.dtype.kind == "f" and not bool(np.isfinite(array).all()):
            raise ValueError(f"{who}: array must be finite to become {self.dtype}, got NaN or infinity")
        return array.astype(self.dtype)


ToFloat = AsType


class ToInt(AsType):
    """The array in an integer dtype, fractions cut off."""

    def __init__(self, dtype: Any = int) -> None:
        super().__init__(dtype)
