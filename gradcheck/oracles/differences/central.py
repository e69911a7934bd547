"""Central differences with a fixed step, as gradient checking is taught."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

STEP = 1e-4  # the step of many a numerical gradient


def central(g: Callable[[Any], Any], x: Any = 0.0, step: float = STEP) -> Any:
    """(g(x + h) - g(x - h)) / 2h, for the 2h that the floats really are apart.

    `g` takes one number, the place on a line, and returns a number or an array: several derivatives at
    once. It may also be elementwise; then `x` is an array, and so is the result.

    >>> import numpy as np
    >>> abs(central(np.sin, 1.0) - np.cos(1.0)) < 1e-8
    np.True_
    >>> central(lambda t: (np.array([1.0, 2.0]) + t * np.array([3.0, 0.0])) ** 2).round(6)
    array([6., 0.])
    """
    ahead, back = x + step, x - step
    return (g(ahead) - g(back)) / (ahead - back)
