"""Results of formulas as arrays, and results of a backward as gradients."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Number
from types import GeneratorType
from typing import Any

import numpy as np

from dezero import cuda
from dezero.config import recording
from dezero.variable import Constant, Variable

__all__ = ["as_result", "is_integer", "is_real"]

_OBJECT = np.dtype(object)


def as_result(y: Any, inputs: Sequence[Variable]) -> Any:
    """The result `y` of a formula on the arrays of `inputs`, as an array.

    NumPy's reductions and its operations on 0-d arrays give scalars, or elements of object arrays.
    """
    if isinstance(y, np.generic):
        return np.asarray(y)
    if cuda.is_array(y):
        return y
    if any(x.data.dtype == object for x in inputs):
        array = np.empty((), dtype=object)
        array[()] = y
        return array
    return (cuda.get_array_module(inputs[0].data) if inputs else np).asarray(y)


def spread(gx: Any, x: Variable) -> Any:
    """`gx` as a gradient of `x`: a number fills the shape of x; an array stays as it is."""
    if not isinstance(gx, (Number, np.generic)):
        return gx
    array = cuda.filled(gx, x._data)
    return Constant(array) if recording.get() else array


def as_gradient(gx: Any, x: Variable, who: str) -> Variable | None:
    """The gradient `gx` that the backward `who` returned for its input `x`, as a Variable or None.

    Raises:
        TypeError: it is neither of these, nor a Variable, nor None.
        ValueError: the array has another shape than x, and is more than a number.
    """
    if gx is None or isinstance(gx, Variable):
        return gx
    if isinstance(gx, (Number, np.generic)) or getattr(gx, "ndim", None) == 0:
        return Constant(cuda.filled(gx, x.data))
    if not cuda.is_array(gx):
        raise TypeError(
            f'{who} must return a Variable, an array or a number for each input (None means "no gradient"), '
            f"got {type(gx)}{_instead(gx)}"
        )
    if gx.shape != x.shape:
        raise ValueError(
            f"{who} must return gradients of the shapes of its inputs, "
            f"got an array of {gx.shape} for an input of {x.shape}"
        )
    return Constant(gx.copy())  # the program may keep its array


def _instead(gx: Any) -> str:
    """What to do where a backward returned `gx`."""
    if isinstance(gx, (list, tuple, GeneratorType)):
        return "; return several gradients as one tuple: return gx0, gx1"
    if type(gx).__name__ in ("Variable", "Parameter"):
        return ", a Variable of another dezero; import one dezero only"
    return ""


def is_real(x: Any) -> bool:
    """Whether the elements of `x` are floats of NumPy: neither complex numbers nor objects."""
    return getattr(x, "dtype", _OBJECT).kind == "f"


def is_integer(x: Any) -> bool:
    """Whether the elements of `x` are integers or booleans of NumPy."""
    return getattr(x, "dtype", _OBJECT).kind in "biu"
