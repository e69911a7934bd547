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
from dezero.arguments import function, generator, integer, number, number_dtype, pair
from dezero.refusal import described, naming

__all__ = [
    "AsType", "CenterCrop", "Compose", "Convert", "Flatten", "Normalize", "RandomHorizontalFlip", "Resize",
    "ToArray", "ToFloat", "ToInt", "ToPIL", "np", "pair",
]  # fmt: skip
if find_spec("PIL"):
    __all__ += ["Image"]  # noqa: F822  # by __getattr__

BILINEAR = 2  # Pillow's number for this filter
LARGEST = 2**26  # pixels that a picture is stretched or cut to: Pillow would take the memory for any number


def _pillow(user: str) -> ModuleType:
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


def __getattr__(name: str) -> Any:
    if name == "Image":  # shown by the book's module
        return _pillow("Image")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _image(img: Any, who: str) -> Any:
    """Raises TypeError unless `img` is a Pillow image."""
    if not isinstance(img, _pillow(who).Image):
        raise TypeError(f"{who}: img must be a Pillow image, got {described(img)}")
    return img


def _size(size: Any, who: str) -> tuple[int, int]:
    """(W, H), or one number for both, of a picture that memory holds."""
    width, height = pair(size, who, least=1)
    if width * height > LARGEST:
        raise ValueError(f"{who} must have at most {LARGEST} pixels, got {described(size)}")
    return width, height


def _array(array: Any, who: str) -> Any:
    """Raises TypeError unless `array` is an array of numbers."""
    if not cuda.is_array(array) or array.dtype.kind not in "biufc":
        raise TypeError(f"{who}: array must be an array of numbers, got {described(array)}")
    return array


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


# --------------------------------------------------------------------------------------------------
# Pillow images
# --------------------------------------------------------------------------------------------------


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
        return _pillow("Convert").merge("RGB", (blue, green, red))


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
        if not isinstance(img, _pillow("ToArray").Image):
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
        array = cuda.as_numpy(_array(array, "ToPIL"))
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
        return img.transpose(_pillow("RandomHorizontalFlip").Transpose.FLIP_LEFT_RIGHT)


# --------------------------------------------------------------------------------------------------
# Arrays
# --------------------------------------------------------------------------------------------------


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
        if _array(array, "Normalize").dtype.kind == "c":
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
        return _array(array, "Flatten").flatten()


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
        if _array(array, who).dtype.kind == "c" and kind != "c":
            raise TypeError(f"{who}: array must hold real numbers for {self.dtype}, got {described(array)}")
        if kind in "iu" and array.dtype.kind == "f" and not bool(np.isfinite(array).all()):
            raise ValueError(f"{who}: array must be finite to become {self.dtype}, got NaN or infinity")
        return array.astype(self.dtype)


ToFloat = AsType


class ToInt(AsType):
    """The array in an integer dtype, fractions cut off."""

    def __init__(self, dtype: Any = int) -> None:
        super().__init__(dtype)
