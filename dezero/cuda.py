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

from dezero import above

__all__ = [
    "Variable",  # noqa: F822  # by __getattr__
    "array_types",
    "as_cupy",
    "as_numpy",
    "device_in_use",
    "device_module",
    "get_array_module",
    "gpu_enable",  # noqa: F822  # by __getattr__
    "is_array",
    "is_available",
    "np",
    "place",
    "register_array_module",
    "register_traced",
    "seed",
    "unregister_array_module",
]

_array_modules: dict[type, Any] = {np.ndarray: np}
_module_of_type: dict[type, Any] = {}  # get_array_module's answers, for numbers too
_device_module: Any = None
_seed: int | None = None  # the last one given to `seed`, for a device that is used later


def register_array_module(module: Any) -> None:
    """Make `module.ndarray` a type that Variables hold and that `to_gpu` gives.

    `module` needs NumPy's interface and, as CuPy has it, `asnumpy`. CuPy is registered when it is
    first used; tests register a strict stand-in.
    """
    global _device_module
    _module_of_type.clear()
    _array_modules[module.ndarray] = module
    _device_module = module
    if _seed is not None:
        module.random.seed(_seed)


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
    """The array module of a type seen for the first time; None for anything but an array."""
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


def array_types() -> tuple[type, ...]:
    """The types of arrays that a Variable can hold here: NumPy's, and the device's where there is one.

    >>> np.ndarray in array_types()
    True
    """
    is_available()  # registers CuPy
    return tuple(_array_modules)


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


def filled(number: Any, like: Any) -> Any:
    """An array full of `number`, of the shape and the device of the array `like`, and of its dtype if it can.

    >>> filled(0.5, np.array([1.0, 2.0], np.float32))
    array([0.5, 0.5], dtype=float32)
    """
    fits = like.dtype.kind in "cO" or (like.dtype.kind == "f" and not np.iscomplexobj(number))
    dtype = like.dtype if fits else getattr(number, "dtype", None) or np.asarray(number).dtype
    return get_array_module(like).full(like.shape, number, dtype)


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


def device_in_use() -> Any:
    """The device's array module where one is in use, else None. It looks for no device."""
    return _device_module


def is_available() -> bool:
    """Whether `to_gpu` would work here (the book's `gpu_enable`)."""
    try:
        device_module()
    except RuntimeError:
        return False
    return True


def seed(value: int) -> None:
    """Seed what dezero draws from: NumPy's global generator, and the device's (CuPy's) global one.

    A device that is first used later is seeded then; nothing is imported for it. `numpy.random.seed`
    alone does not reach a device: CuPy's generator starts from the system's noise, so that weights and
    dropout made there differ from run to run. Host and device draw different numbers from one seed.
    Of several devices CuPy seeds the current one.

    Args:
        value: an integer from 0 to 2**32 - 1.

    Raises:
        TypeError: it is no integer.
        ValueError: it is out of range.

    >>> seed(0)
    >>> first = np.random.rand()
    >>> seed(0)
    >>> first == np.random.rand()
    True
    """
    global _seed
    if not isinstance(value, (int, np.integer)) or isinstance(value, np.timedelta64):
        raise TypeError(f"seed: value must be an integer, got {value!r}")
    if not 0 <= value < 2**32:
        raise ValueError(f"seed: value must be from 0 to 2**32 - 1, got {value}")
    _seed = int(value)
    np.random.seed(_seed)  # noqa: NPY002  # the book's programs draw from the global generator
    if _device_module is not None:
        _device_module.random.seed(_seed)
    elif "cupy" in sys.modules:
        is_available()  # registers CuPy where it sees a device, which seeds it


def place(xp: Any) -> tuple[int, ...]:
    """Where the module `xp` computes at present: on a device the card and the queue of its work.

    An array that is kept for later calls is kept for a place: elsewhere it may not be there, or not yet.

    >>> place(np)
    ()
    """
    if not hasattr(xp, "cuda"):  # NumPy, and what stands in for CuPy without its streams
        return ()
    return xp.cuda.Device().id, xp.cuda.get_current_stream().ptr


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
    if name == "Variable":
        return above.functions.Variable
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
