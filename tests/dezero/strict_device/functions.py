"""CuPy's functions: NumPy's with CuPy's parameters, and those that do otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.dezero.strict_device import cuda, fusion, indexing
from tests.dezero.strict_device.array import matmul
from tests.dezero.strict_device.border import Held, held, on_device, opened, uploaded
from tests.dezero.strict_device.counting import crossing
from tests.dezero.strict_device.fusion import Traced, traced
from tests.dezero.strict_device.interface import accepts
from tests.dezero.strict_device.launches import launch, launch_unless_view

# What they return has a size that depends on values, so the host waits for it.
_SIZED = {
    "nonzero", "argwhere", "flatnonzero", "unique", "extract", "compress", "bincount", "put", "choose",
    "union1d", "intersect1d",
}  # fmt: skip
_TRUTHS = {"allclose", "array_equal", "array_equiv"}  # 0-d arrays, where NumPy has bools


def asarray(
    a: Any, dtype: Any = None, order: Any = None, *, copy: bool | None = None, blocking: bool = False
) -> Any:
    """What is on the device already is not copied."""
    same = isinstance(a, Held) and (dtype is None or a._array.dtype == np.dtype(dtype)) and not copy
    return a if same else held(uploaded(a, dtype))


def array(
    obj: Any,
    dtype: Any = None,
    copy: bool = True,
    order: str = "K",
    subok: bool = False,
    ndmin: int = 0,
    *,
    blocking: bool = False,
) -> Any:
    return held(np.array(uploaded(obj, dtype), copy=copy or None, ndmin=ndmin))


def asnumpy(
    a: Any, stream: Any = None, order: str = "C", out: Any = None, *, blocking: bool = True
) -> np.ndarray:
    """The one way out."""
    return a.get(order=order, out=out) if isinstance(a, Held) else np.asarray(a)


def from_dlpack(array: Any, *, device: Any = None, copy: Any = None) -> Any:
    """On the same memory: only of what is on the device."""
    if isinstance(array, Held):
        return held(array._array.view())
    if array.__dlpack_device__()[0] == 1:
        raise BufferError("from_dlpack: the array is on the host")
    return held(np.from_dlpack(_Capsule(array.__dlpack__(max_version=(1, 0)))))


class _Capsule:
    """Memory that says it is the host's, as in truth it is."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **settings: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        return condition.nonzero()
    launch("where")
    with np.errstate(all="ignore"):
        return held(np.where(opened(condition).astype(bool), opened(x), opened(y)))


def take(a: Held, indices: Any, axis: int | None = None, out: Any = None) -> Any:
    launch("take")
    return held(indexing.take(a._array, indices, axis))


def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> Any:
    launch("full")
    value = fill_value._array if isinstance(fill_value, Held) else fill_value
    return held(np.full(shape, value, dtype))


def broadcast_to(array: Held, shape: Any) -> Any:
    return held(np.broadcast_to(opened(array), shape))


def astype(a: Any, dtype: Any, *, copy: bool = True) -> Any:
    return a.astype(dtype, copy=copy)


def copy(a: Held, order: str = "K") -> Any:
    launch("copy")
    return held(opened(a).copy(order))


def scatter_add(a: Held, slices: Any, value: Any) -> None:
    """cupyx's name for add.at."""
    indexing.scatter(a, slices, value, "add")


def get_array_module(*args: Any) -> Any:
    """The module, where an argument is on the device, else NumPy."""
    from tests.dezero.strict_device.module import DEVICE

    return DEVICE if any(isinstance(x, (Held, Traced)) for x in args) else np


def show_config(*, _full: bool = False) -> None:
    print(f"Device 0 Name                : {cuda.CARD}")


def is_available() -> bool:
    return True


def _method(name: str) -> Callable[..., Any]:
    """Functions that are the array's own methods."""
    return lambda a, *args, **settings: getattr(_array(a, name), name)(*args, **settings)


def _array(a: Any, name: str) -> Any:
    if not isinstance(a, Held):
        opened(a)  # refuses a host array
        raise TypeError(f"{name}: a device array is needed, got {type(a)}")
    return a


OWN: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        asarray, array, asnumpy, from_dlpack, where, take, full, broadcast_to, astype, copy, matmul,
        get_array_module, show_config, is_available,
    )
} | {
    name: _method(name)
    for name in (
        "sum", "prod", "max", "min", "mean", "var", "std", "any", "all", "argmax", "argmin", "clip",
        "squeeze", "reshape", "transpose", "ravel", "swapaxes", "nonzero", "repeat", "dot",
    )
} | {
    "amax": _method("max"), "amin": _method("min"), "asanyarray": asarray, "fuse": fusion.fuse,
    "get_default_memory_pool": cuda.get_default_memory_pool,
}  # fmt: skip


def function(module: str, name: str, numpys: Any) -> Callable[..., Any]:
    """CuPy's function of this name: its parameters are checked before it does what it does."""
    check = accepts(module, name)
    compute = (OWN.get(name) if module == "cupy" else None) or _lifted(name, numpys)

    def on_the_device(*args: Any, **settings: Any) -> Any:
        check(*args, **settings)
        if any(isinstance(x, Traced) for x in args):
            return _fused(name, compute, args, settings)
        return compute(*args, **settings)

    on_the_device.__name__ = name
    return on_the_device


def _fused(name: str, compute: Callable[..., Any], args: tuple[Any, ...], settings: dict[str, Any]) -> Any:
    if name not in fusion.FUSIBLE:
        raise TypeError(f"cupy.fuse: {name} cannot be fused")
    return traced(compute, args, settings)


def _lifted(name: str, numpys: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function, on device arrays."""

    def compute(*args: Any, **settings: Any) -> Any:
        if name in _SIZED:
            crossing(name)
        out = settings.pop("out", None)
        with np.errstate(all="ignore"):
            found = numpys(*map(opened, args), **{key: opened(x) for key, x in settings.items()})
        if out is not None:
            out._array[...] = found
            launch(name)
            return out
        result = held(np.asarray(found)) if name in _TRUTHS else on_device(found)
        launch_unless_view(name, result, *args)
        return result

    return compute
