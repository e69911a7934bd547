"""How arrays lie in memory, and a subject whose arrays do so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dezero.cuda import get_array_module
from gradcheck.subjects.subject import Around, Arrays, Subject

CONTIGUOUS = "contiguous"


def _fortran(x: Any) -> Any:
    return x.copy(order="F")


def _negative_strides(x: Any) -> Any:
    reverse = (slice(None, None, -1),) * x.ndim
    return x[reverse].copy()[reverse] if x.ndim else x.copy()


def _strided(x: Any) -> Any:
    """Every other element of a larger array whose gaps hold NaN, so that reading them shows."""
    if x.ndim == 0:
        return x.copy()
    gap = np.nan if x.dtype.kind == "f" else 0
    wide = get_array_module(x).full_like(x, gap, order="C", shape=tuple(2 * n for n in x.shape))
    view = wide[tuple(slice(None, None, 2) for _ in x.shape)]
    view[...] = x
    return view


def _read_only(x: Any) -> Any:
    """A copy; where arrays can be protected (not on a device), a protected one."""
    copy = x.copy()
    if isinstance(copy, np.ndarray):
        copy.flags.writeable = False
    return copy


def repeated(x: np.ndarray) -> np.ndarray:
    """`x` constant along its first axis longer than 1: an array that "broadcast" lays out with a stride of 0.

    >>> repeated(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    axis = next((n for n, size in enumerate(x.shape) if size > 1), None)
    return x.copy() if axis is None else np.repeat(x.take([0], axis), x.shape[axis], axis)


def _broadcast(x: Any) -> Any:
    """A view with a stride of 0 along the axes along which `x` is constant."""
    first = x.copy()
    for axis in range(x.ndim):
        if x.shape[axis] > 1 and (x == x.take([0], axis)).all():
            first = first.take([0], axis)
    return get_array_module(x).broadcast_to(first, x.shape) if first.shape != x.shape else first


def strided_backwards(x: Any) -> Any:
    """Every other element of a larger array, from its end: strided, with negative strides.

    >>> strided_backwards(np.arange(3.0)).strides, strided_backwards(np.arange(3.0)).tolist()
    ((-16,), [0.0, 1.0, 2.0])
    """
    reverse = (slice(None, None, -1),) * x.ndim
    return _strided(x[reverse])[reverse] if x.ndim else x.copy()


# Each gives the same values in another memory layout.
LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "contiguous": lambda x: x.copy(),
    "fortran": _fortran,
    "strided": _strided,
    "negative": _negative_strides,
    "broadcast": _broadcast,
    "readonly": _read_only,
}


@dataclass(frozen=True)
class LaidOut(Around):
    """Another subject, whose floats (inputs, cotangents and directions) are laid out in memory anew.

    The oracles' numbers are objects; how these lie in memory says nothing of the floats.
    """

    subject: Subject
    arrange: Callable[[Any], Any]

    def _call_with(self, call: Callable[..., Any], *given: Arrays) -> Any:
        return call(*map(self._arranged, given))

    def _arranged(self, arrays: Arrays) -> list[Any]:
        return [None if x is None else self.arrange(x) if x.dtype.kind == "f" else x for x in arrays]


def differs(layout: str, x: np.ndarray) -> bool:
    """Whether an array in this layout lies in memory in another way than a contiguous one.

    >>> differs("fortran", np.zeros((2, 3))), differs("fortran", np.zeros((1, 3)))
    (True, False)
    """
    flags = LAYOUTS[layout](x).flags
    return not (flags.c_contiguous and flags.writeable)
