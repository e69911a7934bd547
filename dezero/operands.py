"""Operands of a call as Variables: arrays and numbers become Constants, anything else is an error."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np

from dezero import cuda
from dezero.config import recording
from dezero.refusal import arguments_of, name_of, raise_refused
from dezero.variable import Constant, Variable, array_of

__all__ = ["as_array", "as_input", "as_operand", "as_variable", "describe", "kept"]

_OBJECT = np.dtype(object)


def as_array(x: Any, array_module: Any = np) -> Any:
    """`x` as an array: arrays as they are, a scalar as a 0-d array of `array_module`.

    An integer that 64 bits do not hold is a float64: as an object of Python its powers might never end.

    >>> as_array(np.float32(1.5)).dtype, as_array(2**64).dtype
    (dtype('float32'), dtype('float64'))
    """
    if type(x) is int and not -(2**63) <= x < 2**64:
        beyond = abs(x) > sys.float_info.max
        x = float(x) if not beyond else math.inf if x > 0 else -math.inf
    return x if cuda.is_array(x) else array_module.asarray(x)


def as_variable(obj: Any) -> Variable:
    """`obj` as a Variable: Variables as they are, arrays and numbers wrapped.

    Raises:
        TypeError: `obj` is none of these.

    >>> as_variable(2.0)
    variable(2.0)
    """
    if isinstance(obj, Variable):
        return obj
    try:
        return Variable(as_array(obj) if isinstance(obj, (Number, np.generic)) else obj)
    except TypeError as error:
        raise_refused(error)


def as_input(obj: Any) -> Variable:
    """`obj` as a Variable with data, which a function can be called with.

    Raises:
        TypeError: `obj` is neither a Variable nor an array nor a number, or it has no data yet.
    """
    x = as_variable(obj)
    if x._data is None:
        raise_refused(TypeError("Variable: an operand must have data, got None"))
    return x


def as_operand(obj: Any) -> Variable:
    """`obj` as an operand: a Variable as it is, a Constant of anything else.

    Raises:
        TypeError: `obj` is neither a Variable nor an array nor a number, or it has no data yet.
    """
    if isinstance(obj, Variable) and obj._data is not None:
        return obj
    return Constant(as_input(obj).data)


def as_operands(operands: tuple[Any, ...], func: Any) -> tuple[Variable, ...]:
    """The operands of `func` as Variables: arrays and numbers become Constants.

    A number takes the dtype and the device of the first array.
    """
    for x in operands:
        if not isinstance(x, Variable):
            break
    else:
        return operands
    arrays = [array_of(x) for x in operands]
    like = next((array for array in arrays if cuda.is_array(array)), None)
    return tuple([x if isinstance(x, Variable) else _as_constant(x, like, func) for x in operands])


def _as_constant(x: Any, like: Any, func: Any) -> Constant:
    if cuda.is_array(x):
        return Constant(x)
    if not isinstance(x, (Number, np.number, np.bool_)):
        raise TypeError(
            f"{type(func).__name__}: an operand must be a Variable, an array or a number, got {type(x)}"
        )
    if like is None:
        return Constant(as_array(x))
    xp, dtype = cuda.get_array_module(like), _scalar_dtype(x, like.dtype)
    # A device fills a new array faster than it is sent one.
    return Constant(np.asarray(x, dtype) if xp is np else xp.full((), x, dtype))


def _scalar_dtype(x: Any, dtype: np.dtype) -> np.dtype:
    """The dtype that the scalar `x` takes with an array of `dtype`: float32 stays float32."""
    if getattr(x, "dtype", None) == _OBJECT:
        return _OBJECT
    if dtype.kind in "fcO" and not isinstance(x, (complex, np.complexfloating)):
        return dtype
    return np.result_type(dtype, x.item() if isinstance(x, np.generic) else x)


def refuse_mixture(operands: tuple[Any, ...], func: Any, cause: Exception | None = None) -> None:
    """Raises TypeError if the arrays of a call lie on the host and on a device.

    CuPy refuses most mixtures itself, but takes an array of shape () for a number.
    """
    modules = {cuda.get_array_module(x) for x in operands if isinstance(x, Variable)}
    if cause is None and len(modules) == 1:
        return
    given = ((name, array_of(x)) for name, x in arguments_of(func, operands))
    parts = ((name, x) for name, value in given for x in (value if type(value) is tuple else (value,)))
    arrays = [(name, x) for name, x in parts if cuda.is_array(x)]
    if len({cuda.get_array_module(x) for _, x in arrays}) > 1:
        places = ", ".join(
            f"{name} {x.dtype}{list(x.shape)} on the {'host' if type(x) is np.ndarray else 'device'}"
            for name, x in arrays
        )
        raise TypeError(
            f"{name_of(func)}: all arrays must lie on one side, got {places}; move them with to_gpu or to_cpu"
        ) from cause


def describe(inputs: Sequence[Variable]) -> str:
    """Dtypes and shapes for an error message."""
    return ", ".join("None" if x.data is None else f"{x.dtype}{list(x.shape)}" for x in inputs)


def kept(given: Any) -> Any:
    """A setting that backward needs too: a copy of an array, where calls are recorded.

    The program may change its own array before backward. On the host the copy is read-only, and is not
    copied again. Anything else stays as it is.

    >>> index = np.array([0, 2])
    >>> mine = kept(index)
    >>> index[0] = 1
    >>> mine, kept(mine) is mine
    (array([0, 2]), True)
    """
    if not cuda.is_array(given) or not recording.get():
        return given
    if not isinstance(given, np.ndarray):
        return given.copy()
    if given.flags.writeable or given.base is not None:
        given = np.asarray(given).copy()
        given.setflags(write=False)
    return given
