"""The protocols by which NumPy, Python and others deal with a Variable as with an array.

| protocol | a Variable |
|---|---|
| operators and ufuncs of NumPy | `array + x` and `np.sin(x)` are dezero's functions: recorded. A ufunc that dezero has not is a TypeError, so that no graph is cut unseen |
| `array += x` and its like | as in the book, the name gets the Variable `array + x`; the array stays as it was. Assigned to `x.data`, the data of that Variable are taken |
| `np.sum(x)` and other functions that dezero has | are dezero's functions: recorded |
| `np.asarray(x)`, other functions of NumPy | see the data, without a copy; nothing is recorded |
| `<`, `<=`, `>`, `>=`, `np.isnan` ... | compare the data: plain arrays, as they have no derivative |
| `==`, `hash` | the identity, as for any object: Variables are keys of dicts, and found in lists. For values, `x.data == y.data`. `array == x` is a TypeError; of CuPy's arrays it is False for each element, which CuPy decides alone |
| `len`, iteration, `in` | as of the data, along the first axis; rows are recorded |
| `bool`, `int`, `float`; as an index | of the one element (of any shape); a 0-d integer |
| DLPack | shares the memory of the data, both ways |
| pickle, copy, deepcopy | data, gradient and name; the copy is a leaf, without the graph |
| `_repr_html_` | what a notebook shows: properties, values (of many the corners), the graph |
| `_repr_svg_` | the graph alone, where HTML is not shown |
"""  # noqa: E501  # a table's rows are lines

from __future__ import annotations

from collections.abc import Iterator
from operator import index
from typing import Any

import numpy as np

from dezero import above, cuda

CPU = 1  # the device type of DLPack

_SAME_NAME = [
    np.add, np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.exp, np.expm1, np.log, np.log1p,
    np.sqrt, np.square, np.reciprocal, np.sign, np.power, np.maximum, np.minimum, np.matmul,
]  # fmt: skip
_RECORDED = {ufunc: ufunc.__name__ for ufunc in _SAME_NAME} | {
    np.subtract: "sub",
    np.multiply: "mul",
    np.divide: "div",
    np.negative: "neg",
    np.absolute: "abs",
}
_PREDICATES = {
    np.less, np.less_equal, np.greater, np.greater_equal,
    np.isnan, np.isinf, np.isfinite, np.signbit,
}  # fmt: skip


_FUNCTIONS = {
    np.sum, np.mean, np.max, np.min, np.transpose, np.reshape, np.squeeze, np.expand_dims,
    np.broadcast_to, np.concatenate, np.stack, np.where, np.clip, np.dot,
}  # fmt: skip


class ArrayProtocols:
    """What Variable inherits: see the table above. Its subclass has the attribute `data`."""

    __slots__ = ()
    __array_priority__ = 200  # for those who do not look at __array_ufunc__

    data: Any

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if self.data is None:
            raise TypeError("np.asarray: this Variable has no data yet")
        return np.array(self.data, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any) -> Any:
        if ufunc in _PREDICATES:
            return getattr(ufunc, method)(*map(_plain, inputs), **settings)
        name = f"np.{ufunc.__name__}"
        if ufunc in (np.equal, np.not_equal):
            raise TypeError(f"{name}: Variables are compared by identity; for their values compare `x.data`")
        if ufunc not in _RECORDED:
            raise TypeError(
                f"{name}: dezero has no such function, so it could not be differentiated; "
                f"apply it to `x.data` if that is meant"
            )
        if _is_in_place(inputs, settings):
            settings = {}
        if method != "__call__" or settings:
            given = "." + method if method != "__call__" else f"({', '.join(settings)}=...)"
            raise TypeError(
                f"{name}{given}: of a Variable only {name}(...) without settings is recorded; "
                f"see dezero.functions, or take `x.data`"
            )
        return getattr(above.functions, _RECORDED[ufunc])(*inputs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in _FUNCTIONS:
            try:
                return getattr(above.functions, func.__name__)(*args, **kwargs)
            except TypeError as error:
                error.add_note(f"np.{func.__name__} of a Variable is dezero.functions.{func.__name__}")
                raise
        return func(*_plain_within(args), **{key: _plain_within(x) for key, x in kwargs.items()})

    # No __eq__: a class that has one loses its hash, and `x in parameters` its meaning.

    def __lt__(self, other: Any) -> Any:
        return self.data < _plain(other)

    def __le__(self, other: Any) -> Any:
        return self.data <= _plain(other)

    def __gt__(self, other: Any) -> Any:
        return self.data > _plain(other)

    def __ge__(self, other: Any) -> Any:
        return self.data >= _plain(other)

    def __contains__(self, value: Any) -> bool:
        return bool((self.data == _plain(value)).any())

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Any]:
        if self.data.ndim == 0:
            raise TypeError("iteration over a Variable of shape (), which has no rows")
        return (above.functions.get_item(self, i) for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.data)

    def __int__(self) -> int:
        return int(self.data.item())

    def __float__(self) -> float:
        return float(self.data.item())

    def __index__(self) -> int:
        return index(cuda.as_numpy(self.data))  # CuPy's arrays are no index by themselves

    def __dlpack__(self, **settings: Any) -> Any:
        return self.data.__dlpack__(**settings)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.data.__dlpack_device__()

    def __getstate__(self) -> Any:
        """What pickle and copy take along: everything but the link to the graph."""
        state: Any = super().__getstate__()
        attributes, slots = state  # a pair, as there are slots
        kept = {name: x for name, x in (attributes or {}).items() if name != "output_index"}
        return kept, slots | {"creator": None}


def _plain(x: Any) -> Any:
    return x.data if isinstance(x, ArrayProtocols) else x


def _is_in_place(inputs: tuple[Any, ...], settings: dict[str, Any]) -> bool:
    """Whether NumPy was asked for `array += x`, which it turns into a call with `out` (of `@=` with axes)."""
    (out,) = settings.get("out", (None,))
    return type(out) is np.ndarray and out is inputs[0] and settings.keys() <= {"out", "axes"}


def _plain_within(x: Any) -> Any:
    """x with the data of each Variable in it, in lists and tuples too."""
    return type(x)(map(_plain_within, x)) if type(x) in (list, tuple) else _plain(x)


def from_dlpack(x: Any) -> Any:
    """A Variable on the memory of `x`, an array of any library that speaks DLPack.

    Nothing is copied, so what is written to one is seen in the other (NumPy marks as read-only what
    the other library does not give to write to).

    Raises:
        TypeError: `x` does not speak DLPack.
        RuntimeError: it is on a device, and there is no CuPy to look at it.

    >>> from_dlpack(np.arange(3.0))
    variable([0. 1. 2.])
    """
    if not hasattr(x, "__dlpack_device__"):
        raise TypeError(f"from_dlpack: x must have __dlpack__ and __dlpack_device__, got {type(x)}")
    on_host = x.__dlpack_device__()[0] == CPU
    xp: Any = np if on_host else cuda.device_module()
    return above.functions.Variable(xp.from_dlpack(x))
