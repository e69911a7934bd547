"""What does not depend on the operands: gradients that came as numbers or arrays, settings that are kept."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np

from dezero import cuda
from dezero.config import recording
from dezero.variable import Constant, Variable


def spread(gx: Any, x: Variable) -> Any:
    """`gx` as a gradient of `x`: a number fills its shape. Anything else as it is."""
    if not isinstance(gx, (Number, np.generic)):
        return gx
    array = cuda.filled(gx, x._data)
    return Constant(array) if recording.get() else array


def as_gradient(gx: Any, x: Variable, who: str) -> Variable | None:
    """What `who`, a backward, returned for its input `x`: as it is, or a Constant of a number or an array.

    Raises:
        TypeError: it is neither of these, nor a Variable, nor None.
        ValueError: the array has another shape than x, and is more than a number.
    """
    if gx is None or isinstance(gx, Variable):
        return gx
    if isinstance(gx, (Number, np.generic)) or getattr(gx, "ndim", None) == 0:
        return Constant(cuda.filled(gx, x.data))
    if not cuda.is_array(gx):
        raise TypeError(f"{who} must return a Variable, an array, a number or None per input, got {type(gx)}")
    if gx.shape != x.shape:
        raise ValueError(
            f"{who} must return gradients of the shapes of its inputs, "
            f"got an array of {gx.shape} for an input of {x.shape}"
        )
    return Constant(gx.copy())  # whoever made it may keep it


def kept(given: Any) -> Any:
    """A setting that backward needs too, such that nobody can change it between forward and backward.

    A copy of an array where calls are recorded; anything else as it is. On the host the copy is read-only:
    who gets it next keeps it as it is.

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
