"""The complex step: Im f(x + i h d) / h, a derivative without a difference or its cancellation.

    f(x + i h d) = f(x) + i h f'(x) d - h^2/2 f''(x) d^2 - i h^3/6 f'''(x) d^3 + ...

For analytic f only; h can be so small that truncation is nothing (Squire and Trapp, 1998).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

STEP = 2.0**-300  # its square vanishes beside 1, it does not underflow beside float64's numbers
SAFETY = 8.0  # times the changes seen when the step and the point change in their last digits


class ComplexStep(NamedTuple):
    """The derivative along a direction and an absolute error bound, of the shape of f's result."""

    value: Array
    bound: Array


def derivative(f: Callable[[Array], Any], x: Any, direction: Any = 1.0) -> ComplexStep:
    """The derivative at 0 of t -> f(x + t * direction), for `f` of complex arrays.

    The bound comes from repeating the step with another h and at the neighbours of x in its dtype:
    what changes is rounding, and what an uncertain last digit of x would cause. Raises TypeError if
    `f` returns real numbers (abs, max and comparisons drop the imaginary part), ValueError if x is
    not real.

    >>> d = derivative(np.exp, 1.0)
    >>> bool(abs(d.value - np.e) <= d.bound), bool(d.bound < 1e-13)
    (True, True)
    """
    position = np.asarray(x)
    if position.dtype.kind not in "fiu":
        raise ValueError(f"complex_step.derivative: x must be real, got {position.dtype}")
    position = position.astype(np.result_type(position, np.float64))
    along = np.broadcast_to(np.asarray(direction, dtype=position.dtype), position.shape)
    value = _step(f, position, along, STEP)
    repeated = [
        _step(f, position, along, STEP * 0.7),
        _step(f, np.nextafter(position, np.inf), along, STEP),
        _step(f, np.nextafter(position, -np.inf), along, STEP),
    ]
    change = np.max([np.abs(other - value) for other in repeated], axis=0)
    return ComplexStep(value, SAFETY * (change + np.finfo(value.dtype).eps * np.abs(value)))


def imaginary(result: Any) -> Array:
    """The imaginary part of what a function returned; TypeError if that is real."""
    result = np.asarray(result)
    if result.dtype.kind != "c":
        raise TypeError(
            "complex step: f must return complex numbers for complex arguments, "
            f"got {result.dtype}; where f is not analytic (abs, max), use finite differences"
        )
    return np.asarray(result.imag)


def _step(f: Callable[[Array], Any], x: Array, direction: Array, step: float) -> Array:
    return imaginary(f(x + 1j * (step * direction))) / step
