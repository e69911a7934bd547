"""How many digits the elementary functions of an array module have, measured against FLINT.

What rounding is allowed in a gradient supposes that an elementary function is off by `verdict.SAFETY` ULPs at
most; a test holds a device to it. What a spec declares in ULPs supposes the host's functions: a device whose
least accurate function is off by twice as much may be off twice as far, but not by more than these ULPs make.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from flint import arb

from dezero import cuda
from gradcheck.judging.verdict import SAFETY
from gradcheck.oracles.numbers import ulp
from gradcheck.oracles.numbers.conversion import exacts
from gradcheck.oracles.numbers.working import working

POINTS = 400
BITS = 160

Interval = tuple[float, float]

# NumPy's name: FLINT's, and for each argument an interval; every float dtype can hold the values.
FUNCTIONS: Mapping[str, tuple[str, *tuple[Interval, ...]]] = {
    "exp": ("exp", (-8.0, 8.0)),
    "expm1": ("expm1", (-8.0, 8.0)),
    "log": ("log", (0.001, 1000.0)),
    "log1p": ("log1p", (-0.9, 1000.0)),
    "sqrt": ("sqrt", (0.001, 1000.0)),
    "sin": ("sin", (-10.0, 10.0)),
    "cos": ("cos", (-10.0, 10.0)),
    "tan": ("tan", (-10.0, 10.0)),
    "arcsin": ("asin", (-1.0, 1.0)),
    "arccos": ("acos", (-1.0, 1.0)),
    "arctan": ("atan", (-10.0, 10.0)),
    "sinh": ("sinh", (-8.0, 8.0)),
    "cosh": ("cosh", (-8.0, 8.0)),
    "tanh": ("tanh", (-8.0, 8.0)),
    "arcsinh": ("asinh", (-10.0, 10.0)),
    "arccosh": ("acosh", (1.0, 10.0)),
    "arctanh": ("atanh", (-0.99, 0.99)),
    "power": ("__pow__", (0.1, 10.0), (-4.0, 4.0)),
}


def errors(module: Any, dtype: Any) -> dict[str, float]:
    """For each elementary function of `module` its largest error at some points, in ULPs of `dtype`.

    >>> found = errors(np, np.float64)
    >>> found["sqrt"] <= 0.5, max(found.values()) <= 4
    (True, True)
    """
    return {name: _error(module, name, np.dtype(dtype)) for name in FUNCTIONS}


@cache
def coarseness(device: str, dtype: Any) -> float:
    """By how much the least accurate elementary function of a device ("cpu", "gpu") is less accurate than the
    host's: at least 1.

    A function that is off by more than `SAFETY` ULPs counts as if it were off by those: CUDA's own are not.

    >>> coarseness("cpu", np.dtype("float32"))
    1.0
    """
    if device == "cpu":
        return 1.0
    there, here = (max(errors(m, dtype).values()) for m in (cuda.device_module(), np))
    return max(1.0, min(there, float(SAFETY)) / here)


def _error(module: Any, name: str, dtype: np.dtype[Any]) -> float:
    function, *intervals = FUNCTIONS[name]
    rng = np.random.default_rng(0)
    xs = [rng.uniform(low, high, POINTS).astype(dtype) for low, high in intervals]
    got = cuda.as_numpy(getattr(module, name)(*map(module.asarray, xs)))
    with working(BITS):
        truth = [getattr(arb, function)(*each) for each in zip(*map(exacts, xs), strict=True)]
        return float(ulp.distances(got, truth, dtype).max())
