"""Transforms of Pillow images. Their sizes are (W, H), as Pillow and the book have them.

Pillow is imported when a transform is called.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from dezero import cuda
from dezero.arguments import generator, integer, number, number_dtype, pair
from dezero.refusal import described, naming
from dezero.transforms.arrays import array_of_numbers

__all__ = ["CenterCrop", "Convert", "RandomHorizontalFlip", "Resize", "ToArray", "ToPIL"]

BILINEAR = 2  # Pillow's number for this filter
LARGEST = 2**26  # pixels that a picture is stretched or cut to: Pillow would take the memory for any number


def pillow(user: str) -> ModuleType:
    """Pillow's Image module.

    Raises:
        ImportError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            f"transforms.{user} needs Pillow, which is not installed; install dezero-gradcheck[images]"
        ) from error
    return Image


def _image(img: Any, who: str) -> Any:
    """Raises TypeError unless `img` is a Pillow image."""
    if not isinstance(img, pillow(who).Image):
        raise TypeError(f"{who}: img must be a Pillow image, got {described(img)}")
    return img


def _size(size: Any, who: str) -> tuple[int, int]:
    """(W, H), or one number for both, of a picture that memory holds."""
    width, height = pair(size, who, least=1)
    if width * height > LARGEST:
        raise ValueError(f"{who} must have at most {LARGEST} pixels, got {described(size)}")
    return width, height


class Convert:
    """A Pillow image to another mode: one of Pillow's (`"RGB"`, `"L"` ...), or `"BGR"`.

    Raises:
        TypeError: the mode is no text, or what is to be converted no Pillow image.
        ValueError: Pillow has no such mode, or no way to it.
    """

    def __init__(self, mode: str = "RGB") -> None:
        if not isinstance(mode, str):
            raise TypeError(f"Convert: mode must be the name of a mode of Pillow, got {described(mode)}")
        self.mode = mode

    def __call__(self, img: Any) -> Any:
        _image(img, "Convert")
        if self.mode != "BGR":
            with naming("Convert", img=img, mode=self.mode):
                return img.convert(self.mode)
        red, green, blue = img.convert("RGB").split()
        return pillow("Convert").merge("RGB", (blue, green, red))


class Resize:
    """A Pillow image stretched to `size`.

    Args:
        size: (W, H), or one number for both.
        mode: one of Pillow's resampling filters.

    Raises:
        ValueError: a size is no integer of 1 or more, or there is no such filter.
        TypeError: what is to be stretched is no Pillow image.
    """

    def __init__(self, size: int | tuple[int, int], mode: int = BILINEAR) -> None:
        self.size = _size(size, "Resize: size")
        self.mode = integer(mode, "Resize: mode", least=0)

    def __call__(self, img: Any) -> Any:
        _image(img, "Resize")
        with naming("Resize", img=img, size=self.size, mode=self.mode):
            return img.resize(self.size, self.mode)


class CenterCrop:
    """The middle of a Pillow image.

    Args:
        size: (W, H), or one number for both; what lies outside the image is black.

    Raises:
        ValueError: a size is no integer of 1 or more.
        TypeError: what is to be cut is no Pillow image.
    """

    def __init__(self, size: int | tuple[int, int]) -> None:
        self.size = _size(size, "CenterCrop: size")

    def __call__(self, img: Any) -> Any:
        (width, height), (out_width, out_height) = _image(img, "CenterCrop").size, self.size
        left, top = (width - out_width) // 2, (height - out_height) // 2
        with naming("CenterCrop", img=img, size=self.size):
            return img.crop((left, top, left + out_width, top + out_height))


class ToArray:
    """A Pillow image as a (C, H, W) array of `dtype`, values unscaled; arrays stay as they are.

    Raises:
        TypeError: neither a Pillow image nor an array; `dtype` is no dtype of numbers.
    """

    def __init__(self, dtype: Any = np.float32) -> None:
        self.dtype = number_dtype(dtype, "ToArray: dtype")

    def __call__(self, img: Any) -> Any:
        if cuda.is_array(img):
            return img
        if not isinstance(img, pillow("ToArray").Image):
            raise TypeError(f"ToArray: img must be a Pillow image or an array, got {described(img)}")
        array = np.asarray(img)
        return np.atleast_3d(array).transpose(2, 0, 1).astype(self.dtype)


class ToPIL:
    """A (C, H, W) array as a Pillow image: grey for one channel, RGB for three, RGBA for four.

    Raises:
        TypeError: no array of numbers.
        ValueError: not uint8, or not of 1, 3 or 4 channels.
    """

    def __call__(self, array: Any) -> Any:
        array = cuda.as_numpy(array_of_numbers(array, "ToPIL"))
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[0] not in (1, 3, 4):
            raise ValueError(
                "ToPIL: array must be uint8 of shape (C, H, W) with C 1, 3 or 4, "
                f"got {array.dtype} {array.shape}"
            )
        pixels = array[0] if array.shape[0] == 1 else array.transpose(1, 2, 0)
        return pillow("ToPIL").fromarray(np.ascontiguousarray(pixels))


class RandomHorizontalFlip:
    """Mirror left and right, with probability `p`: a Pillow image, or the last axis of an array.

    Args:
        p: between 0 and 1.
        rng: what decides: a NumPy Generator, or a seed for one.

    Raises:
        TypeError, ValueError: an argument is otherwise; what is to be mirrored has no width.
    """

    def __init__(self, p: float = 0.5, rng: np.random.Generator | int | None = None) -> None:
        self.p = number(p, "RandomHorizontalFlip: p", low=0.0, high=1.0)
        self.rng = generator(rng, "RandomHorizontalFlip: rng")

    def __call__(self, img: Any) -> Any:
        if not cuda.is_array(img):
            _image(img, "RandomHorizontalFlip")
        elif img.ndim == 0:
            raise ValueError("RandomHorizontalFlip: img must have an axis or more, got shape ()")
        if self.rng.random() >= self.p:
            return img
        if cuda.is_array(img):
            return img[..., ::-1]
        return img.transpose(pillow("RandomHorizontalFlip").Transpose.FLIP_LEFT_RIGHT)
