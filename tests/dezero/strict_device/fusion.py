"""`cupy.fuse`: what a fused function may do with its arguments. Here it is then computed step by step.

A fused function is traced once for given dtypes: its arguments have no values, no shape and no
elements; they have operators and may be given to ufuncs and to a few functions
(_fusion_interface.py: `_ArrayProxy`; fusion.pyx: `Fusion`).
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.dezero.strict_device.border import Held
from tests.dezero.strict_device.interface import INTERFACE
from tests.dezero.strict_device.launches import as_one

FUSIBLE = {
    "all", "amax", "amin", "angle", "any", "around", "clip", "copy", "imag", "max", "min", "nanprod",
    "nansum", "prod", "real", "sum", "where",
}  # fmt: skip  # the functions that ask `_is_fusing`
_OPERATORS = frozenset(INTERFACE["classes"]["cupy._core._fusion_interface._ArrayProxy"])


class Traced:
    """An argument of a fused function, or what was computed of it."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, content: Any) -> None:
        self._content = content

    @property
    def dtype(self) -> np.dtype:
        return getattr(self._content, "dtype", np.dtype(type(self._content)))

    @property
    def ndim(self) -> int:
        return getattr(self._content, "ndim", 0)

    @property
    def shape(self) -> Any:
        raise NotImplementedError("`shape` is not supported, currently.")

    def astype(self, dtype: Any) -> Traced:
        return Traced(self._content.astype(dtype))

    def __bool__(self) -> bool:
        raise TypeError("Cannot convert to Python scalar in cupy.fuse")

    __int__ = __float__ = __complex__ = __bool__  # type: ignore[assignment]

    def __setitem__(self, index: Any, value: Any) -> None:
        if index is not Ellipsis and index != slice(None):
            raise ValueError("The fusion supports `[...]` or `[:]`.")
        self._content[...] = _content(value)


def _content(x: Any) -> Any:
    return x._content if isinstance(x, Traced) else x


def _made(result: Any) -> Traced:
    """What was made of numbers alone is no number that adapts itself (fusion.pyx: `make_fusion_var`)."""
    return Traced(np.asarray(result)[()] if isinstance(result, (int, float, complex)) else result)


def _operated(name: str) -> Callable[..., Traced]:
    function = getattr(operator, name)
    return lambda self, *others: _made(function(self._content, *map(_content, others)))


def _reflected(name: str) -> Callable[[Traced, Any], Traced]:
    function = getattr(operator, name)
    return lambda self, other: _made(function(_content(other), self._content))


def _in_place(name: str) -> Callable[[Traced, Any], Traced]:
    def operated(self: Traced, other: Any) -> Traced:
        self._content = getattr(operator, name)(self._content, _content(other))
        return self

    return operated


def _method(name: str) -> Callable[..., Traced]:
    return lambda self, *args, **settings: Traced(getattr(self._content, name)(*args, **settings))


for _name in (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "lshift", "rshift",
    "lt", "le", "gt", "ge", "eq", "ne", "neg", "invert",
):  # fmt: skip
    setattr(Traced, f"__{_name}__", _operated(f"__{_name}__"))
    if f"__r{_name}__" in _OPERATORS:
        setattr(Traced, f"__r{_name}__", _reflected(f"__{_name}__"))
    if f"__i{_name}__" in _OPERATORS:
        setattr(Traced, f"__i{_name}__", _in_place(f"__i{_name}__"))
for _name in ("sum", "prod", "max", "min", "all", "any", "copy"):
    setattr(Traced, _name, _method(_name))
del _name


def traced(function: Callable[..., Any], args: tuple[Any, ...], settings: dict[str, Any]) -> Traced:
    """A ufunc, or another function that can be fused, of traced arguments."""
    results = function(*map(_content, args), **{k: _content(v) for k, v in settings.items()})
    return tuple(map(Traced, results)) if isinstance(results, tuple) else Traced(results)


class Fusion:
    """A fused function.

    Attributes:
        new_fusion: CuPy's other way, to which it changes where elements do not do; here that is an error.
    """

    new_fusion = None

    def __init__(self, function: Callable[..., Any], kernel_name: str | None = None) -> None:
        self.func, self.name = function, kernel_name or function.__name__
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any) -> Any:
        if any(isinstance(x, Traced) for x in args) or not any(isinstance(x, Held) for x in args):
            return self.func(*args)
        for x in args:
            if x is not None and not isinstance(x, (Held, np.generic, int, float, complex)):
                raise TypeError(f"Invalid argument type for {self.name!r}: {type(x)}")
        with as_one(self.name):
            return _results(self.func(*(x if x is None else Traced(x) for x in args)))


def _results(found: Any) -> Any:
    if isinstance(found, tuple):
        return tuple(map(_content, found))
    return _content(found)


def fuse(*args: Any, **settings: Any) -> Any:
    """The decorator, with or without `kernel_name`."""
    if len(args) == 1 and not settings and callable(args[0]):
        return Fusion(args[0])
    return lambda function: Fusion(function, *args, **settings)
