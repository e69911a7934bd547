"""From a call of `gradcheck.check` to a case."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero import Function, Variable, cuda
from dezero.layers import Layer
from gradcheck.cases.case import Case
from gradcheck.cases.parameters import held_fixed, parametrized
from gradcheck.errors import InputError
from gradcheck.oracles.numbers.flint_lock import flint_lock
from gradcheck.subjects import foreign
from gradcheck.subjects.on_device import DTYPES, on_device
from gradcheck.subjects.signatures import argument_names
from gradcheck.system.floats import precision


@flint_lock()  # a check in another thread may hold its own Variables in the same layer
def build_case(
    f: Callable[..., Any], inputs: Sequence[Any], order: int, seed: int, device: str | None = None
) -> Case:
    """The case that a call of `check` stands for.

    Raises:
        InputError: as `check`.
    """
    if not callable(f):
        raise InputError(f"check: f must be a function of dezero Variables, got {type(f).__name__}")
    other = foreign.class_of(f)
    if other is not None:
        raise InputError(f"check: f is no function of this dezero: {foreign.advice(other)}")
    if isinstance(f, type) and not issubclass(f, Function):
        raise InputError(
            f"check: f is the class {f.__name__}, which is no dezero Function; pass an instance, or a "
            "function that calls one"
        )
    if not inputs:
        raise InputError("check: no inputs; call check(f, x, ...) with the point to differentiate at")
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 1:
        raise InputError(f"check: order must be an integer of at least 1, got {order!r}")
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"check: seed must be an integer of at least 0, got {seed!r}")
    where = _device(inputs, device)
    arrays = [_array(x, i) for i, x in enumerate(inputs)]
    _can_lie(arrays, where)
    op, call = _name(f), f"{_written_name(f)}, {_written(arrays)}"
    called, names = _callable_of(f), argument_names(_signed(f), len(arrays))
    if isinstance(f, Layer):
        called, parameters = parametrized(f, arrays, names, where)
        arrays += parameters
        names = getattr(called, "argument_names", names)
        op += "".join(f", {name} held fixed" for name in held_fixed(called))
    active = [x.dtype.kind == "f" for x in arrays]
    return Case(
        id=op,
        op=op,
        f=called,
        inputs=arrays,
        names=names,
        active=active,
        order=int(order),
        seed=int(seed),
        dtype=common_dtype(arrays),
        device=where,
        reproduce=f"gradcheck.check({call}, order={order}, seed={seed}{_on_device(where)})",
    )


def _device(inputs: Sequence[Any], wanted: str | None) -> str:
    """The device of the case: the one asked for, else that of the arrays; numbers have none."""
    if wanted not in (None, "cpu", "gpu"):
        raise InputError(f"check: device must be 'cpu', 'gpu' or None, got {wanted!r}")
    sides = [_side(x) for x in inputs]
    known = {side for side in sides if side}
    if wanted is None and len(known) == 2:
        first = sorted((sides.index(side), side) for side in ("cpu", "gpu"))
        where = " and ".join(f"input {n} lies on the {side}" for n, side in first)
        raise InputError(f"check: {where}; move one of them, or say where with device='cpu' or device='gpu'")
    device = wanted or next(iter(known), "cpu")
    if device == "gpu":
        try:
            cuda.device_module()
        except RuntimeError as error:
            raise InputError(f"check: device='gpu': {error}") from error
    return device


def _side(x: Any) -> str | None:
    """The device of an array or Variable; None for anything else."""
    x = x.data if isinstance(x, Variable) else x
    return None if not cuda.is_array(x) else "gpu" if on_device(x) else "cpu"


def _can_lie(arrays: Sequence[np.ndarray], device: str) -> None:
    for i, x in enumerate(arrays):
        if device == "gpu" and x.dtype.char not in DTYPES:
            raise InputError(f"check: input {i} has dtype {x.dtype}, which no GPU computes with")


def _on_device(device: str) -> str:
    """The argument that asks for a device, where it is not the host."""
    return "" if device == "cpu" else f", device={device!r}"


def common_dtype(arrays: Sequence[np.ndarray]) -> Any:
    """The float dtype of least precision among `arrays`, float64 where there is none.

    >>> common_dtype([np.zeros(2, np.float32), np.zeros(2), np.arange(2)])
    dtype('float32')
    """
    floats = [x.dtype for x in arrays if x.dtype.kind == "f"]
    return min(floats, key=precision, default=np.dtype(np.float64))


WRITTEN_OUT = 12  # with at most so many elements the line that reproduces a finding contains the inputs


def _written(arrays: Sequence[np.ndarray]) -> str:
    """The inputs as Python, exactly, where that is short.

    >>> _written([np.array([0.1, 2.0], np.float32)])
    "np.array([0.10000000149011612, 2.0], dtype='float32')"
    """
    if sum(x.size for x in arrays) > WRITTEN_OUT:
        return "*inputs"
    return ", ".join(f"np.array({x.tolist()!r}, dtype='{x.dtype}')" for x in arrays)


def _array(x: Any, position: int) -> np.ndarray:
    """A copy of an input on the host."""
    if x is None or (isinstance(x, Variable) and x.data is None):
        raise InputError(f"check: input {position} is None; give an array or a number")
    try:
        array = np.array(cuda.as_numpy(x))
    except (TypeError, ValueError) as error:
        raise InputError(f"check: input {position} is not an array of numbers: {error}") from error
    if array.dtype.kind == "c":
        raise InputError(
            f"check: input {position} is complex; derivatives here are of real functions: "
            "pass the real and the imaginary part as two inputs"
        )
    if array.dtype.kind not in "fiub":
        raise InputError(
            f"check: input {position} must hold real numbers, got dtype {array.dtype} from {type(x).__name__}"
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = tuple(int(n) for n in np.argwhere(~np.isfinite(array))[0])
        raise InputError(
            f"check: input {position} holds {array[bad]} at {bad}; there is no derivative there: "
            "choose a point with finite values"
        )
    return array


def _callable_of(f: Callable[..., Any]) -> Callable[..., Any]:
    if isinstance(f, type) and issubclass(f, Function):
        return lambda *xs: f()(*xs)
    return f


def _signed(f: Callable[..., Any]) -> Callable[..., Any]:
    """The callable whose parameters are the inputs."""
    own = isinstance(f, (Function, Layer)) or (isinstance(f, type) and issubclass(f, Function))
    return f.forward if own else f  # type: ignore[attr-defined]  # these have one


def _name(f: Callable[..., Any]) -> str:
    f = f.func if isinstance(f, functools.partial) else f
    name = getattr(f, "__qualname__", None) or type(f).__name__
    if "<lambda>" in name:
        return "f"
    owner = getattr(f, "__self__", None)
    method = isinstance(owner, (Function, Layer)) or (inspect.ismethod(f) and not isinstance(owner, type))
    own = name.replace("<locals>.", "").rpartition(".")[2]
    return f"{type(owner).__name__}.{own}" if method else own


def _written_name(f: Callable[..., Any]) -> str:
    """As a program may write it: what has no name of its own is f, or a layer."""
    if isinstance(f, Layer):
        return "layer"
    return _name(f) if isinstance(f, type) or (inspect.isroutine(f) and not inspect.ismethod(f)) else "f"
