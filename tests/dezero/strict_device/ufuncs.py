"""CuPy's ufuncs: their loops decide dtypes, and the results are C-contiguous.

After _kernel.pyx: `ufunc.__call__`, `_Ops.guess_routine`, `_check_should_use_weak_scalar`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.dezero.strict_device.border import Held, ImplicitTransferError, held, opened
from tests.dezero.strict_device.fusion import Traced, traced
from tests.dezero.strict_device.indexing import scatter
from tests.dezero.strict_device.interface import INTERFACE
from tests.dezero.strict_device.launches import launch

_KINDS = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 2}
_NUMBERS = (int, float, complex)  # weak: they take the dtype of an array; a bool is not


class Ufunc:
    """A ufunc of the device."""

    def __init__(self, name: str, entry: dict[str, Any]) -> None:
        self.__name__ = name
        self.name, self.nin, self.nout = entry["name"], entry["nin"], entry["nout"]
        self.types, self._refused, self._scatter = entry["loops"], entry["refused"], entry["scatter"]
        self._known: dict[Any, tuple[str, str]] = {}  # the types of operands -> the loop
        self._compute = getattr(np, name)

    def __repr__(self) -> str:
        return f"<ufunc '{self.name}'>"

    def __call__(
        self, *args: Any, out: Any = None, dtype: Any = None, casting: str = "same_kind", **rest: Any
    ) -> Any:
        if rest:
            raise TypeError(f"Wrong arguments {rest}")
        if not self.nin <= len(args) <= self.nin + self.nout:
            raise TypeError(
                f"Wrong number of arguments for {self.name!r}. It must be either {self.nin} or "
                f"{self.nin + self.nout} (with outputs), but given {len(args)}."
            )
        if Traced in map(type, args):
            return traced(self, args, {"out": out, "dtype": dtype, "casting": casting})
        inputs, outs = args[: self.nin], args[self.nin :] or _listed(out)
        loop = self._loop(inputs, dtype)
        launch(self.__name__)
        return self._stored(self._computed(inputs, loop), outs, loop, casting)

    def _loop(self, inputs: tuple[Any, ...], dtype: Any) -> tuple[str, str]:
        key = dtype, *map(_typed, inputs)
        if key not in self._known:
            self._known[key] = self._chosen(inputs, dtype)
        return self._known[key]

    def _chosen(self, inputs: tuple[Any, ...], dtype: Any) -> tuple[str, str]:
        if dtype is None:
            types, weak = zip(*map(_typed, inputs), strict=True)
            found = _guess(self.types, types, weak)
        else:
            found = _giving(self.types, np.dtype(dtype).char, self.nout)
        if found is None or found in self._refused:
            given = [getattr(x, "dtype", type(x).__name__) for x in inputs]
            raise TypeError(f"Wrong type ({dtype or given}) of arguments for {self.name}")
        ins, outs = found.split("->")
        return ins, outs

    def _computed(self, inputs: tuple[Any, ...], loop: tuple[str, str]) -> list[np.ndarray]:
        arrays = map(_of_type, map(opened, inputs), loop[0])
        with np.errstate(all="ignore"):  # a device raises no alarms
            found = self._compute(*arrays)
        results = found if isinstance(found, tuple) else (found,)
        return [_of_type(np.asarray(r, order="C"), char) for r, char in zip(results, loop[1], strict=True)]

    def _stored(self, results: Any, outs: Any, loop: tuple[str, str], casting: str) -> Any:
        stored = [
            held(result) if out is None else _written(result, out, casting)
            for result, out in zip(results, outs or (None,) * self.nout, strict=True)
        ]
        return stored[0] if self.nout == 1 else tuple(stored)

    def at(self, a: Any, indices: Any, b: Any = None) -> None:
        """In place at `indices`; repeated ones in an order that is not defined."""
        if self._scatter is None:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        scatter(a, indices, b, self._scatter)

    def reduce(
        self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False
    ) -> Any:
        """As CuPy has it: of add and multiply."""
        methods = {"cupy_add": "sum", "cupy_multiply": "prod"}
        if self.name not in methods:
            raise NotImplementedError(f"`{self.name}.reduce` is not supported yet")
        return getattr(array, methods[self.name])(axis, dtype, out, keepdims)

    def outer(self, a: Any, b: Any, **settings: Any) -> Any:
        """Of all pairs of elements."""
        return self(a.reshape(a.shape + (1,) * b.ndim), b.reshape((1,) * a.ndim + b.shape), **settings)


def _of_type(x: Any, char: str) -> np.ndarray:
    array = np.asarray(x).astype(char, copy=False)
    return _flushed(array) if char == "f" else array


def _flushed(x: np.ndarray) -> np.ndarray:
    """compiler.py: kernels are compiled with -ftz=true, for which a float32 below the normal ones is 0."""
    small = (np.abs(x) < np.finfo(x.dtype).tiny) & (x != 0)
    return np.where(small, np.copysign(np.float32(0), x), x) if small.any() else x


def _listed(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) or out is None else (out,)


def _written(result: np.ndarray, out: Any, casting: str) -> Any:
    """_kernel.pyx: `_get_out_args_from_optionals`."""
    if not isinstance(out, Held):
        raise TypeError(f"return arrays must be device arrays, got {type(out)}")
    if out._array.shape != result.shape:
        raise ValueError("Out shape is mismatched")
    if not np.can_cast(result.dtype, out._array.dtype, casting):
        raise TypeError(
            f"output (typecode {result.dtype.char!r}) could not be coerced to provided output "
            f"parameter (typecode {out._array.dtype.char!r}) according to the casting rule {casting!r}"
        )
    np.copyto(out._array, result, casting="unsafe")
    return out


def _typed(x: Any) -> tuple[np.dtype, Any]:
    """The dtype of an operand, and the type of a Python number that adapts itself, or False."""
    if isinstance(x, (Held, np.generic)):
        return x.dtype, False
    if type(x) is bool:
        return np.dtype(bool), False
    if type(x) in _NUMBERS:
        return np.min_scalar_type(2**63) if type(x) is int and x >= 2**63 else np.dtype(type(x)), type(x)
    raise ImplicitTransferError(f"Unsupported type {type(x)}")


def _guess(loops: Sequence[str], types: tuple[np.dtype, ...], weak: tuple[Any, ...]) -> str | None:
    """The first loop that the operands can be cast to safely."""
    if not _numbers_adapt(types, weak):
        weak = (False,) * len(types)
    for loop in loops:
        if all(map(_fits, types, weak, loop)):
            return loop
    return None


def _numbers_adapt(types: tuple[np.dtype, ...], weak: tuple[Any, ...]) -> bool:
    """Whether there are both, and no number is of a higher kind than the arrays."""
    arrays = [_KINDS[t.kind] for t, w in zip(types, weak, strict=True) if not w]
    numbers = [_KINDS[t.kind] for t, w in zip(types, weak, strict=True) if w]
    return bool(arrays) and bool(numbers) and max(arrays) >= max(numbers)


def _fits(dtype: np.dtype, weak: Any, char: str) -> bool:
    if np.can_cast(dtype, char):
        return True
    return bool(weak) and np.result_type(weak(0), np.dtype(char)) == np.dtype(char)


def _giving(loops: Sequence[str], char: str, nout: int) -> str | None:
    """The first loop whose results have this dtype."""
    return next((loop for loop in loops if loop.endswith("->" + char * nout)), None)


UFUNCS = {
    name: Ufunc(name, entry)
    for name, entry in INTERFACE["modules"]["cupy"]["ufuncs"].items()
    if isinstance(getattr(np, name, None), np.ufunc)
}
