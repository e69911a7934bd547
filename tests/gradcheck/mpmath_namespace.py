"""The mathematics of formulas on arrays of mpmath's numbers: a truth that owes nothing to SymPy."""

from __future__ import annotations

import operator
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np

_NAMES = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "log1p", "expm1")
_COMPARISONS = {"less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge"}


def _chosen(condition: Any, a: Any, b: Any) -> Any:
    return mpmath.mpf(a if condition else b)


mpmath_namespace = SimpleNamespace(
    **{name: np.frompyfunc(getattr(mpmath, name), 1, 1) for name in _NAMES},
    **{name: np.frompyfunc(getattr(operator, short), 2, 1) for name, short in _COMPARISONS.items()},
    abs=np.abs,
    maximum=np.frompyfunc(lambda a, b: mpmath.mpf(max(a, b)), 2, 1),
    minimum=np.frompyfunc(lambda a, b: mpmath.mpf(min(a, b)), 2, 1),
    where=np.frompyfunc(_chosen, 3, 1),
    max=np.max,
    min=np.min,
    sum=np.sum,
    mean=np.mean,
)


def softmax(m: Any, x: Any) -> Any:
    """Of rows, as a formula for any namespace."""
    return m.exp(x) / m.sum(m.exp(x), axis=1, keepdims=True)
