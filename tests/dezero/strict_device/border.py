"""Host and device: how the stand-in looks into its arrays, and what it refuses at the border."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tests.dezero.strict_device.counting import crossing

DTYPES = frozenset("?bBhHiIlLqQefdFD")  # _dtype.all_type_chars


class ImplicitTransferError(TypeError):
    """A device array met a host array, or was about to become one."""


class Held:
    """What a device holds; `_array` is never handed out."""

    __slots__ = ("__weakref__", "_array")
    made_as: ClassVar[type]  # the class of device arrays, which is defined later

    def __init_subclass__(cls) -> None:
        Held.made_as = cls


def supported(dtype: Any) -> np.dtype:
    """The dtype, if a device has it (_dtype.pyx: `get_dtype`)."""
    found = np.dtype(dtype)
    if found.char not in DTYPES:
        raise ValueError(f"Unsupported dtype {found}")
    return found


def held(array: Any) -> Any:
    """A NumPy array, or a scalar of it, as a device array."""
    made = object.__new__(Held.made_as)
    made._array = np.asarray(array)
    supported(made._array.dtype)
    return made


def on_device(result: Any) -> Any:
    """Arrays and NumPy's scalars as device arrays, also in tuples; shapes and dtypes as they are."""
    if isinstance(result, (np.ndarray, np.generic)):
        return held(result)
    if isinstance(result, (list, tuple)) and any(isinstance(r, np.ndarray) for r in result):
        return type(result)(map(on_device, result)) if type(result) is list else tuple(map(on_device, result))
    return result


def opened(x: Any) -> Any:
    """What NumPy is given for an argument: device arrays opened, host arrays refused.

    Scalars of NumPy are numbers, as for CuPy (_scalar.pyx: `CScalar`).
    """
    if isinstance(x, Held):
        return x._array
    if isinstance(x, (list, tuple)):
        return type(x)(map(opened, x))
    if isinstance(x, np.ndarray):
        raise ImplicitTransferError(f"Unsupported type {type(x)}: a host array met a device array")
    return x


def uploaded(x: Any, dtype: Any = None) -> np.ndarray:
    """The values of a new device array, from a host array, numbers or device arrays (core.pyx: `array`)."""
    if isinstance(x, Held):
        return x._array if dtype is None else x._array.astype(supported(dtype), copy=False)
    if isinstance(x, (list, tuple)) and any(isinstance(each, Held) for each in x):
        return np.stack([uploaded(each) for each in x]).astype(dtype)
    crossing("upload")
    values = np.array(x, dtype=dtype)
    supported(values.dtype)
    return values


def fetched(x: Held, kind: str) -> np.ndarray:
    """The values on the host: a copy, which waits for the device."""
    crossing(kind)
    return x._array.copy()
