"""How many digits the elementary functions of an array module have, measured against FLINT.

What rounding is allowed in a gradient supposes that an elementary function is off by `verdict.SAFETY` ULPs at
most. That NumPy's vectorised ones keep to that, and a device's, is measured here: it is no part of a
tolerance, so that a function with fewer digits is not excused by being measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from flint import arb

from dezero import cuda
from gradcheck import ulp
from gradcheck.oracles.arithmetic import exacts, working

POINTS = 400
BITS = 160

# NumPy's name: FLINT's name, and an interval of arguments whose values every float dtype can hold.
FUNCTIONS: Mapping[str, tuple[str, float, float]] = {
    "exp": ("exp", -8.0, 8.0),
    "expm1": ("expm1", -8.0, 8.0),
    "log": ("log", 0.001, 1000.0),
    "log1p": ("log1p", -0.9, 1000.0),
    "sqrt": ("sqrt", 0.001, 1000.0),
    "sin": ("sin", -10.0, 10.0),
    "cos": ("cos", -10.0, 10.0),
    "tan": ("tan", -10.0, 10.0),
    "arcsin": ("asin", -1.0, 1.0),
    "arccos": ("acos", -1.0, 1.0),
    "arctan": ("atan", -10.0, 10.0),
    "sinh": ("sinh", -8.0, 8.0),
    "cosh": ("cosh", -8.0, 8.0),
    "tanh": ("tanh", -8.0, 8.0),
    "arcsinh": ("asinh", -10.0, 10.0),
    "arccosh": ("acosh", 1.0, 10.0),
    "arctanh": ("atanh", -0.99, 0.99),
}


def errors(module: Any, dtype: Any) -> dict[str, float]:
    """For each elementary function of `module` its largest error at some points, in ULPs of `dtype`.

    >>> found = errors(np, np.float64)
    >>> found["sqrt"] <= 0.5, max(found.values()) <= 4
    (True, True)
    """
    return {name: _error(module, name, np.dtype(dtype)) for name in FUNCTIONS}


def _error(module: Any, name: str, dtype: np.dtype[Any]) -> float:
    function, low, high = FUNCTIONS[name]
    x = np.random.default_rng(0).uniform(low, high, POINTS).astype(dtype)
    got = cuda.as_numpy(getattr(module, name)(module.asarray(x)))
    with working(BITS):
        truth = [getattr(arb, function)(v) for v in exacts(x)]
        return float(ulp.distances(got, truth, dtype).max())
