"""An array module that plays a GPU and is stricter than NumPy: a stand-in where there is no device.

As on a device, arrays never turn into host arrays by themselves, operations mix them with nothing but
Python numbers, reductions give 0-d arrays and there are no objects. What a test computes with it would
also run on CuPy, as far as the interfaces agree.
"""

from __future__ import annotations

import operator
from types import ModuleType
from typing import Any

import numpy as np


class ImplicitTransferError(TypeError):
    """A device array met a host array, or was about to become one."""


class DeviceArray:
    """A NumPy array that can be reached only through this module's functions."""

    __array_ufunc__ = None  # NumPy's operators leave `host + device` to the methods here, which refuse

    def __init__(self, array: np.ndarray) -> None:
        if array.dtype == object:
            raise ImplicitTransferError("a device holds no objects")
        self._array = array

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise ImplicitTransferError("a device array does not become a host array; use asnumpy")

    def __repr__(self) -> str:
        return f"device {self._array!r}"

    def __len__(self) -> int:
        return len(self._array)

    def __bool__(self) -> bool:
        return bool(self._array)

    def __int__(self) -> int:
        return int(self._array)

    def __float__(self) -> float:
        return float(self._array)

    def __getitem__(self, index: Any) -> DeviceArray:
        return _device(self._array[_index(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self._array[_index(index)] = _operand(value)

    @property
    def T(self) -> DeviceArray:  # noqa: N802  # NumPy's name
        return _device(self._array.T)

    @property
    def base(self) -> Any:
        return self._array.base


def _operand(x: Any) -> Any:
    """What NumPy is given for `x`: device arrays opened, host arrays refused."""
    if isinstance(x, DeviceArray):
        return x._array
    if isinstance(x, (list, tuple)):
        return type(x)(map(_operand, x))
    if isinstance(x, (np.ndarray, np.generic)):
        raise ImplicitTransferError(f"a host array met a device array: {x!r}")
    return x


def _index(x: Any) -> Any:
    """As `_operand`; a host's integer is an index like any other."""
    if isinstance(x, tuple):
        return tuple(map(_index, x))
    return int(x) if isinstance(x, np.integer) else _operand(x)


def _device(result: Any) -> Any:
    """Arrays and NumPy's scalars on the device; anything else (shapes, dtypes) as it is."""
    if isinstance(result, (np.ndarray, np.generic)):
        return DeviceArray(np.asarray(result))
    if isinstance(result, (list, tuple)) and any(isinstance(r, np.ndarray) for r in result):
        return tuple(map(_device, result))
    return result


def _lifted(function: Any) -> Any:
    """`function` of NumPy, on device arrays."""

    def on_device(*args: Any, **kwargs: Any) -> Any:
        return _device(function(*map(_operand, args), **{k: _operand(v) for k, v in kwargs.items()}))

    return on_device


def _method(name: str) -> Any:
    return lambda self, *args, **kwargs: _lifted(getattr(self._array, name))(*args, **kwargs)


for _name in ["all", "any", "argmax", "astype", "copy", "fill", "flatten", "item", "max", "mean", "min", "nonzero"]:
    setattr(DeviceArray, _name, _method(_name))
for _name in ["clip", "ravel", "reshape", "squeeze", "sum", "swapaxes", "take", "transpose", "var", "view"]:
    setattr(DeviceArray, _name, _method(_name))
for _name in ["imag", "real"]:
    setattr(DeviceArray, _name, property(lambda self, name=_name: _device(getattr(self._array, name))))
for _name in ["dtype", "flags", "itemsize", "ndim", "shape", "size", "strides"]:
    setattr(DeviceArray, _name, property(operator.attrgetter(f"_array.{_name}")))

_BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "matmul"]
_COMPARISON = ["lt", "le", "gt", "ge", "eq", "ne"]
for _name in [*_BINARY, *_COMPARISON]:
    _function = _lifted(getattr(operator, f"__{_name}__"))
    setattr(DeviceArray, f"__{_name}__", lambda self, other, f=_function: f(self, other))
    setattr(DeviceArray, f"__r{_name}__", lambda self, other, f=_function: f(other, self))
for _name in ["iadd", "isub", "imul", "itruediv", "iand"]:
    _function = _lifted(getattr(operator, _name))
    setattr(DeviceArray, f"__{_name}__", lambda self, other, f=_function: f(self, other))
for _name in ["neg", "pos", "abs", "invert"]:
    _function = _lifted(getattr(operator, f"__{_name}__"))
    setattr(DeviceArray, f"__{_name}__", lambda self, f=_function: f(self))


class _Ufunc:
    """A ufunc of NumPy, with its methods (`add.at`)."""

    def __init__(self, ufunc: np.ufunc) -> None:
        self._ufunc = ufunc
        self.at = _lifted(ufunc.at)
        self.reduce = _lifted(ufunc.reduce)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _lifted(self._ufunc)(*args, **kwargs)


class _Namespace:
    """The functions of a module of NumPy, each on device arrays."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        if isinstance(value, np.ufunc):
            return _Ufunc(value)
        if isinstance(value, ModuleType):  # linalg, random
            return _Namespace(value)
        return _lifted(value) if callable(value) and not isinstance(value, type) else value


class _Random:
    """A generator of the device's own, which draws float32 and float64."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng()

    def seed(self, value: int) -> None:
        self._rng = np.random.default_rng(value)

    def standard_normal(self, size: Any = None, dtype: Any = float) -> DeviceArray:
        return _device(self._rng.standard_normal(size, dtype))

    def random_sample(self, size: Any = None, dtype: Any = float) -> DeviceArray:
        return _device(self._rng.random(size, dtype))


class StrictDevice(_Namespace):
    """The array module."""

    __name__ = "strict_device"
    ndarray = DeviceArray

    def __init__(self) -> None:
        super().__init__(np)
        self.random = _Random()

    @staticmethod
    def asarray(x: Any, dtype: Any = None) -> DeviceArray:
        """The one way in: a host array, a number or a device array, on the device."""
        return DeviceArray(np.array(x._array if isinstance(x, DeviceArray) else x, dtype=dtype))

    @staticmethod
    def asnumpy(x: DeviceArray) -> np.ndarray:
        """The one way out."""
        return x._array.copy()


del _name, _function
