"""Inputs on which the outputs do not depend, though the graph has them: a bias before a batch normalization.

Their gradient is zero, and backward adds up terms that cancel: rounding is left, of which no digit is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero import Variable, cuda, using_config
from gradcheck.subjects.dezero import to_device

Arrays = Sequence[np.ndarray]
SHIFT = 0.125  # of each element, times a number that is at most 1


def idle(f: Callable[..., Any], arrays: Arrays, positions: Sequence[int], device: str) -> list[int]:
    """Those of the positions whose gradient is rounding, and whose change leaves the outputs as they are.

    Both are asked: a gradient that backward gives by mistake, or by mistake does not, is not excused.

    >>> import dezero.functions as F
    >>> shifted = lambda x, b: F.softmax(x + b)
    >>> idle(shifted, [np.array([[0.1, 0.7, 1.4]]), np.array([0.3])], [0, 1], "cpu")
    [1]
    """
    xs = [Variable(to_device(x.copy(), device)) for x in arrays]
    rng = np.random.default_rng(0)
    with using_config("enable_backprop", True), np.errstate(all="ignore"):
        ys = [y for y in _several(f(*xs)) if y.dtype.kind == "f"]
        for y in ys:
            y.grad = Variable(to_device(rng.uniform(0.5, 1.5, y.shape).astype(y.dtype), device))
            y.backward()
    sizes = [np.abs(cuda.as_numpy(x.grad)).max(initial=0.0) if x.grad is not None else 0.0 for x in xs]
    values = [cuda.as_numpy(y) for y in ys]
    rounding = max((float(np.finfo(y.dtype).eps) ** 0.75 for y in values), default=0.0)
    small = [n for n in positions if 0 < sizes[n] <= rounding * max(sizes)]
    return [n for n in small if _without_effect(f, arrays, n, values, device, rounding)]


def _without_effect(
    f: Callable[..., Any], arrays: Arrays, n: int, values: Arrays, device: str, rounding: float
) -> bool:
    shift = np.random.default_rng(n).uniform(-SHIFT, SHIFT, arrays[n].shape).astype(arrays[n].dtype)
    moved = [x + shift if i == n else x for i, x in enumerate(arrays)]
    with np.errstate(all="ignore"):
        ys = [y for y in _several(f(*[Variable(to_device(x, device)) for x in moved])) if y.dtype.kind == "f"]
    pairs = zip(values, map(cuda.as_numpy, ys), strict=True)
    return all(np.abs(a - b).max(initial=0.0) <= rounding * np.abs(a).max(initial=0.0) for a, b in pairs)


def _several(ys: Any) -> Sequence[Variable]:
    return ys if isinstance(ys, (tuple, list)) else [ys]
