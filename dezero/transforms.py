"""What a dataset does to each example: first to a Pillow image, then to an array.

C channels, H height, W width: images as arrays are (C, H, W). Sizes of Pillow images are (W, H), as
Pillow and the book have them. Pillow is imported when a transform of images is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from dezero import cuda
from dezero.utils import pair

__all__ = [
    "AsType",
    "CenterCrop",
    "Compose",
    "Convert",
    "Flatten",
    "Normalize",
    "RandomHorizontalFlip",
    "Resize",
    "ToArray",
    "ToFloat",
    "ToInt",
    "ToPIL",
    "np",
    "pair",
]
if find_spec("PIL"):
    __all__ += ["Image"]  # noqa: F822  # by __getattr__

BILINEAR = 2  # Pillow's number for this filter


def _pillow(user: str) -> ModuleType:
    """Pillow's Image module.

    Raises:
        ImportError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            f"transforms.{user} needs Pillow, which is not installed; "
            "install dezero-gradcheck[images]"
        ) from error
    return Image


def __getattr__(name: str) -> Any:
    if name == "Image":  # shown by the book's module
        return _pillow("Image")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Compose:
    """One transform after another, the first first; none where there are none.

    >>> Compose([Flatten(), ToFloat(), Normalize(0.0, 255.0)])(np.full((1, 1, 2), 51, np.uint8))
    array([0.2, 0.2], dtype=float32)
    """

    def __init__(self, transforms: Iterable[Callable[[Any], Any]] | None = ()) -> None:
        self.transforms = list(transforms or ())

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img


# --------------------------------------------------------------------------------------------------
# Pillow images
# --------------------------------------------------------------------------------------------------


class Convert:
    """A Pillow image to another mode: one of Pillow's (`"RGB"`, `"L"` ...), or `"BGR"`."""

    def __init__(self, mode: str = "RGB") -> None:
        self.mode = mode

    def __call__(self, img: Any) -> Any:
        if self.mode != "BGR":
            return img.convert(self.mode)
        red, green, blue = img.convert("RGB").split()
        return _pillow("Convert").merge("RGB", (blue, green, red))


class Resize:
    """A Pillow image stretched to `size`.

    Args:
        size: (W, H), or one number for both.
        mode: one of Pillow's resampling filters.
    """

    def __init__(self, size: int | tuple[int, int], mode: int = BILINEAR) -> None:
        self.size = pair(size)
        self.mode = mode

    def __call__(self, img: Any) -> Any:
        return img.resize(self.size, self.mode)


class CenterCrop:
    """The middle of a Pillow image.

    Args:
        size: (W, H), or one number for both; what lies outside the image is black.
    """

    def __init__(self, size: int | tuple[int, int]) -> None:
        self.size = pair(size)

    def __call__(self, img: Any) -> Any:
        (width, height), (out_width, out_height) = img.size, self.size
        left, top = (width - out_width) // 2, (height - out_height) // 2
        return img.crop((left, top, left + out_width, top + out_height))


class ToArray:
    """A Pillow image as a (C, H, W) array of `dtype`, values unscaled; arrays stay as they are.

    Raises:
        TypeError: neither a Pillow image nor an array.
    """

    def __init__(self, dtype: Any = np.float32) -> None:
        self.dtype = dtype

    def __call__(self, img: Any) -> Any:
        if cuda.is_array(img):
            return img
        if not isinstance(img, _pillow("ToArray").Image):
            raise TypeError(f"ToArray: img must be a Pillow image or an array, got {type(img)}")
        array = np.asarray(img)
        return np.atleast_3d(array).transpose(2, 0, 1).astype(self.dtype)


class ToPIL:
    """A (C, H, W) array as a Pillow image: grey for one channel, RGB for three, RGBA for four.

    Raises:
        ValueError: not uint8, or not of 1, 3 or 4 channels.
    """

    def __call__(self, array: Any) -> Any:
        array = cuda.as_numpy(array)
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[0] not in (1, 3, 4):
            raise ValueError(
                "ToPIL: array must be uint8 of shape (C, H, W) with C 1, 3 or 4, "
                f"got {array.dtype} {array.shape}"
            )
        pixels = array[0] if array.shape[0] == 1 else array.transpose(1, 2, 0)
        return _pillow("ToPIL").fromarray(np.ascontiguousarray(pixels))


class RandomHorizontalFlip:
    """Mirror left and right, with probability `p`: a Pillow image, or the last axis of an array.

    Args:
        p: between 0 and 1.
        rng: what decides: a NumPy Generator, or a seed for one.
    """

    def __init__(self, p: float = 0.5, rng: np.random.Generator | int | None = None) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"RandomHorizontalFlip: p must be between 0 and 1, got {p}")
        self.p = p
        self.rng = np.random.default_rng(rng)

    def __call__(self, img: Any) -> Any:
        if self.rng.random() >= self.p:
            return img
        if cuda.is_array(img):
            return img[..., ::-1]
        return img.transpose(_pillow("RandomHorizontalFlip").Transpose.FLIP_LEFT_RIGHT)


# --------------------------------------------------------------------------------------------------
# Arrays
# --------------------------------------------------------------------------------------------------


class Normalize:
    """(array - mean) / std, in the array's float dtype (float32 for integers).

    Args:
        mean, std: one number for all, or one for each channel (the first axis).

    Raises:
        ValueError: neither one number nor as many as there are channels.

    >>> Normalize(mean=[1, 2], std=2)(np.array([[1.0, 3.0], [2.0, 4.0]]))
    array([[0., 1.],
           [0., 1.]])
    """

    def __init__(self, mean: Any = 0, std: Any = 1) -> None:
        self.mean = mean
        self.std = std

    def __call__(self, array: Any) -> Any:
        if array.dtype.kind != "f":
            array = array.astype(np.float32)
        mean = _per_channel("mean", self.mean, array)
        return (array - mean) / _per_channel("std", self.std, array)


def _per_channel(name: str, values: Any, array: Any) -> Any:
    """`values` in the dtype and on the device of `array`, shaped to meet its first axis."""
    if np.ndim(values) == 0:
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
    """The array as a vector."""

    def __call__(self, array: Any) -> Any:
        return array.flatten()


class AsType:
    """The array in another dtype."""

    def __init__(self, dtype: Any = np.float32) -> None:
        self.dtype = dtype

    def __call__(self, array: Any) -> Any:
        return array.astype(self.dtype)


ToFloat = AsType


class ToInt(AsType):
    """The array in an integer dtype, fractions cut off."""

    def __init__(self, dtype: Any = int) -> None:
        super().__init__(dtype)
