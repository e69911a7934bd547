"""The class of device arrays: operators, conversions, methods. After core.pyx: `_ndarray_base`."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.dezero.strict_device import indexing
from tests.dezero.strict_device.border import (
    Held,
    ImplicitTransferError,
    fetched,
    held,
    on_device,
    opened,
    supported,
    uploaded,
)
from tests.dezero.strict_device.counting import crossing
from tests.dezero.strict_device.interface import method_accepts
from tests.dezero.strict_device.launches import launch, launch_unless_view
from tests.dezero.strict_device.ufuncs import UFUNCS

CUDA = 2  # the device type of DLPack


class ndarray(Held):  # noqa: N801  # CuPy's name
    """An array that only the device's functions reach."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # as CuPy's
    __array_priority__ = 100

    def __init__(
        self, shape: Any, dtype: Any = float, memptr: None = None, strides: None = None, order: str = "C"
    ) -> None:
        self._array = np.empty(shape, supported(dtype), order)  # type: ignore[call-overload]

    # What Python asks for

    def __array__(self, dtype: Any = None) -> Any:
        raise ImplicitTransferError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    def __bool__(self) -> bool:
        return bool(fetched(self, "bool"))

    def __int__(self) -> int:
        return int(fetched(self, "int"))

    def __float__(self) -> float:
        return float(fetched(self, "float"))

    def __complex__(self) -> complex:
        return complex(fetched(self, "complex"))

    def __repr__(self) -> str:
        return repr(fetched(self, "print"))

    def __str__(self) -> str:
        return str(fetched(self, "print"))

    def __format__(self, form: str) -> str:
        return format(fetched(self, "print"), form)

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Iterator[Any]:
        if not self._array.ndim:
            raise TypeError("iteration over a 0-d array")
        return (indexing.row(self, i) for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        found = held(indexing.read(self._array, index))
        launch_unless_view("getitem", found, self)
        return found

    def __setitem__(self, index: Any, value: Any) -> None:
        launch("setitem")
        indexing.write(self, index, value)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def __reduce__(self) -> Any:
        return made, (fetched(self, "get"),)

    # What NumPy and other libraries ask for

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any) -> Any:
        mine = UFUNCS.get(ufunc.__name__)
        if method != "__call__" or (mine is None and ufunc is not np.matmul):
            return NotImplemented
        out = settings.pop("out", ())
        if not all(isinstance(x, (Held, np.ndarray, np.generic, int, float, complex)) for x in inputs + out):
            return NotImplemented
        if out:
            (settings["out"],) = out
        return (matmul if mine is None else mine)(*inputs, **settings)

    def __array_function__(self, func: Any, types: Any, args: Any, settings: Any) -> Any:
        from tests.dezero.strict_device.module import DEVICE

        try:
            home = functools.reduce(getattr, func.__module__.split(".")[1:], DEVICE)
            mine = getattr(home, func.__name__)
        except AttributeError:
            return NotImplemented
        if not all(issubclass(each, (Held, np.ndarray)) for each in types):
            return NotImplemented
        return mine(*args, **settings)

    def __dlpack__(
        self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
    ) -> Any:
        return self._array.__dlpack__(max_version=max_version)

    def __dlpack_device__(self) -> tuple[int, int]:
        return CUDA, 0

    # Attributes

    @property
    def shape(self) -> tuple[int, ...]:
        return self._array.shape

    @shape.setter
    def shape(self, shape: Any) -> None:
        self._array = self._array.reshape(shape, copy=False)

    @property
    def base(self) -> Any:
        return None if self._array.base is None else held(self._array.base)

    # Methods of CuPy's own

    def get(self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True) -> np.ndarray:
        values = np.array(fetched(self, "get"), order=order)  # type: ignore[call-overload]
        if out is None:
            return values
        out[...] = values
        return out

    def set(self, arr: np.ndarray, stream: Any = None) -> None:
        if not isinstance(arr, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
        if (arr.dtype, arr.shape) != (self._array.dtype, self._array.shape):
            raise TypeError(f"{arr.dtype} array cannot be set to {self._array.dtype} array")
        crossing("upload")
        self._array[...] = arr

    def item(self) -> Any:
        if self._array.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return fetched(self, "item").item()

    def tolist(self) -> Any:
        return fetched(self, "tolist").tolist()

    def tobytes(self, order: str = "C") -> bytes:
        return fetched(self, "tobytes").tobytes(order)  # type: ignore[arg-type]

    def copy(self, order: str = "C") -> Any:
        launch("copy")
        return held(self._array.copy(order))  # type: ignore[arg-type]

    def astype(
        self, dtype: Any, order: str = "K", casting: Any = None, subok: Any = None, copy: bool = True
    ) -> Any:
        if casting is not None or subok is not None:
            raise TypeError("casting and subok are not supported yet")
        if not copy and self._array.dtype == np.dtype(dtype):
            return self
        launch("astype")
        with np.errstate(all="ignore"):
            return held(self._array.astype(supported(dtype), order))  # type: ignore[call-overload]

    def fill(self, value: Any) -> None:
        if isinstance(value, np.ndarray) and value.ndim:
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        launch("fill")
        self._array.fill(value._array if isinstance(value, Held) else value)

    def take(self, indices: Any, axis: int | None = None, out: Any = None) -> Any:
        launch("take")
        return held(indexing.take(self._array, indices, axis))

    def view(self, dtype: Any = None, type: Any = None) -> Any:
        return held(self._array.view() if dtype is None else self._array.view(supported(dtype)))

    def sum(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        """In another order than NumPy's, as a device has one of its own."""
        launch("sum")
        with np.errstate(all="ignore"):
            flipped = np.sum(np.flip(self._array), axis, dtype, keepdims=keepdims)
        return _stored(np.flip(np.asarray(flipped)).copy(), out)

    def dot(self, b: Any, out: Any = None) -> Any:
        return held(np.dot(self._array, opened(b)))

    def nonzero(self) -> tuple[Any, ...]:
        crossing("nonzero")
        return tuple(map(held, np.nonzero(self._array)))


def _stored(result: Any, out: Any) -> Any:
    """What NumPy computed, as a device array or in `out`."""
    if out is None:
        return on_device(result)
    out._array[...] = result
    return out


def made(values: np.ndarray) -> Any:
    """A device array of host values: what a pickle calls."""
    return held(uploaded(values))


def matmul(a: Any, b: Any, out: Any = None) -> Any:
    """The matrix product of two device arrays."""
    shared = max(a.ndim, b.ndim) > 2 and a.shape[:-2] != b.shape[:-2] and max(_batch(a), _batch(b)) > 1
    launch("matmul", 4 if shared else 1)
    with np.errstate(all="ignore"):
        return _stored(np.asarray(np.matmul(opened(a), opened(b)), order="C"), out)


def _batch(a: Any) -> int:
    """How many matrices."""
    return int(np.prod(a.shape[:-2]))


def _numpys(name: str) -> Callable[..., Any]:
    """A method that is NumPy's, with CuPy's parameters."""

    def method(self: Held, *args: Any, **settings: Any) -> Any:
        method_accepts("cupy.ndarray", name)(*args, **settings)
        out = settings.pop("out", None)
        with np.errstate(all="ignore"):
            keywords = {key: opened(x) for key, x in settings.items()}
            found = _stored(getattr(self._array, name)(*map(opened, args), **keywords), out)
        launch_unless_view(name, found, self)
        return found

    method.__name__ = name
    return method


def _operator(name: str, ufunc: str, reflected: bool = False) -> Callable[[Any, Any], Any]:
    def operated(self: Any, other: Any) -> Any:
        if _defers(other):
            return NotImplemented
        function = matmul if ufunc == "matmul" else UFUNCS[ufunc]
        pair = (other, self) if reflected else (self, other)
        if isinstance(other, (Held, np.ndarray, np.generic, int, float, complex)):
            return function(*pair)
        return getattr(np, ufunc)(*pair)  # the other's own __array_ufunc__ is asked

    operated.__name__ = name
    return operated


def _equality(name: str, ufunc: str, whatever: bool) -> Callable[[Any, Any], Any]:
    """core.pyx: `__richcmp__`. What compares by identity, as a Variable does, equals no element."""
    compare = _operator(name, ufunc)

    def compared(self: Any, other: Any) -> Any:
        if other is None or (type(other).__eq__ is object.__eq__ and type(other).__ne__ is object.__ne__):
            return held(np.full(self.shape, whatever))
        return compare(self, other)

    return compared


def _defers(other: Any) -> bool:
    """core.pyx: `_should_use_rop`."""
    if hasattr(other, "__array_ufunc__"):
        return other.__array_ufunc__ is None
    return getattr(other, "__array_priority__", 0) > ndarray.__array_priority__


def _in_place(name: str, ufunc: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: UFUNCS[ufunc](self, other, out=self)


def _unary(name: str, ufunc: str) -> Callable[[Any], Any]:
    return lambda self: UFUNCS[ufunc](self)


_ARITHMETIC = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide",
    "floordiv": "floor_divide", "mod": "remainder", "pow": "power", "lshift": "left_shift",
    "rshift": "right_shift", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "divmod": "divmod",
}  # fmt: skip
_COMPARISONS = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}
_EQUALITIES = {"eq": ("equal", False), "ne": ("not_equal", True)}
_UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}
for _name, _ufunc in (_ARITHMETIC | {"matmul": "matmul"}).items():
    setattr(ndarray, f"__{_name}__", _operator(_name, _ufunc))
    setattr(ndarray, f"__r{_name}__", _operator(_name, _ufunc, reflected=True))
    if _name not in ("divmod", "matmul"):
        setattr(ndarray, f"__i{_name}__", _in_place(_name, _ufunc))
for _name, _ufunc in _COMPARISONS.items():
    setattr(ndarray, f"__{_name}__", _operator(_name, _ufunc))
for _name, _two in _EQUALITIES.items():
    setattr(ndarray, f"__{_name}__", _equality(_name, *_two))
for _name, _ufunc in _UNARY.items():
    setattr(ndarray, f"__{_name}__", _unary(_name, _ufunc))
for _name in (
    "all", "any", "argmax", "argmin", "argsort", "clip", "conj", "conjugate", "cumprod", "cumsum", "diagonal",
    "flatten", "max", "mean", "min", "prod", "ravel", "repeat", "reshape", "round", "sort", "squeeze", "std",
    "swapaxes", "trace", "transpose", "var",
):  # fmt: skip
    setattr(ndarray, _name, _numpys(_name))
for _name in ("T", "mT", "real", "imag"):
    setattr(ndarray, _name, property(lambda self, _name=_name: held(getattr(self._array, _name))))
for _name in ("dtype", "flags", "itemsize", "nbytes", "ndim", "size", "strides"):
    setattr(ndarray, _name, property(operator.attrgetter(f"_array.{_name}")))
del _name, _ufunc, _two
