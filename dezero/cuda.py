"""Where arrays live: NumPy on the host, CuPy (or a stand-in for it) on a device.

CuPy is imported when it is first needed. An array's own type says which module computes on it, so a
function body asks `get_array_module(x)` and is written once for both.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

import numpy as np

_array_modules: dict[type, Any] = {np.ndarray: np}
_module_of_type: dict[type, Any] = {}  # get_array_module's answers, for numbers too
_device_module: Any = None


def register_array_module(module: Any) -> None:
    """Make `module.ndarray` a type that Variables hold and that `to_gpu` gives.

    `module` needs NumPy's interface and, as CuPy has it, `asnumpy`. CuPy is registered when it is
    first used; tests register a strict stand-in.
    """
    global _device_module
    _module_of_type.clear()
    _array_modules[module.ndarray] = module
    _device_module = module


def register_traced(operand_type: type, module: Any) -> None:
    """Make `module` compute on `operand_type`: no array, but what stands for one while it is traced."""
    _module_of_type[operand_type] = module


def unregister_array_module(module: Any) -> None:
    """Undo `register_array_module`."""
    global _device_module
    _module_of_type.clear()
    for array_type in [known for known, its in _array_modules.items() if its is module]:
        del _array_modules[array_type]
    if _device_module is module:
        _device_module = None


def _module_of(array_type: type) -> Any:
    """The array module of a type seen for the first time, or None for what is no array."""
    if array_type.__module__.partition(".")[0] == "cupy":
        cupy = sys.modules["cupy"]
        if cupy.ndarray not in _array_modules:
            register_array_module(cupy)
    for known, module in list(_array_modules.items()):
        if issubclass(array_type, known):
            _array_modules[array_type] = module
            return module
    return None


def is_array(x: object) -> bool:
    """Whether `x` is an array that a Variable can hold.

    >>> is_array(np.zeros(2)), is_array([0.0, 0.0])
    (True, False)
    """
    if type(x) in _array_modules:
        return True
    return not isinstance(x, (float, int, np.generic)) and _module_of(type(x)) is not None


def get_array_module(x: Any) -> Any:
    """`numpy` or `cupy`: the module that computes on `x` (an array or a Variable).

    Anything that is no array (a number, a list) belongs to NumPy.

    >>> get_array_module(np.zeros(2)).__name__
    'numpy'
    """
    module = _module_of_type.get(type(x))
    if module is None:
        if hasattr(x, "creator"):
            return get_array_module(x.data)
        module = _array_modules.get(type(x)) or _module_of(type(x)) or np
        _module_of_type[type(x)] = module
    return module


def device_module() -> ModuleType:
    """The device's array module: CuPy, if it is installed and sees a device.

    Raises:
        RuntimeError: no CuPy, or no device; the message says which.
    """
    if _device_module is None:
        try:
            cupy = importlib.import_module("cupy")
        except ImportError as error:
            raise RuntimeError(
                "cuda: CuPy is not installed, so arrays cannot go to a GPU; "
                "install dezero-gradcheck[gpu-cuda12] or [gpu-cuda13]"
            ) from error
        if not cupy.is_available():
            raise RuntimeError("cuda: CuPy is installed but sees no CUDA device on this machine")
        register_array_module(cupy)
    return _device_module


def is_available() -> bool:
    """Whether `to_gpu` would work here (the book's `gpu_enable`)."""
    try:
        device_module()
    except RuntimeError:
        return False
    return True


def as_numpy(x: Any) -> np.ndarray:
    """`x` (a Variable, an array or a number) as a NumPy array; a host array as it is.

    >>> as_numpy(1.5)
    array(1.5)
    """
    x = x.data if hasattr(x, "creator") else x
    module = get_array_module(x)
    return np.asarray(x) if module is np else module.asnumpy(x)


def as_cupy(x: Any) -> Any:
    """`x` (a Variable, an array of either side, or a number) as a device array.

    Raises:
        RuntimeError: there is no device, or no CuPy.
    """
    x = x.data if hasattr(x, "creator") else x
    return device_module().asarray(x)


def __getattr__(name: str) -> Any:
    """The book's names: whether there is a device, and CuPy under both of its names where there is."""
    if name == "gpu_enable":
        return is_available()
    if name in ("cupy", "cp") and is_available():
        return device_module()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
