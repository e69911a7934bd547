"""The neutral mathematics in which a formula is written once, on arrays of SymPy's expressions.

A formula takes a namespace `m` and arrays. It runs with `sympy_namespace` on arrays of symbols, and with
NumPy itself on floats:

>>> sigmoid = lambda m, x: 1 / (1 + m.exp(-x))
>>> print(sigmoid(sympy_namespace, np.array(sympy.Symbol("x", real=True), dtype=object)))
1/(1 + exp(-x))
>>> float(sigmoid(np, np.array(0.5)))
0.6224593312018546

Ordinary array work (arithmetic, `**`, `@`, reshape, transpose, indexing) is NumPy's own; the namespace has
what has no loop over objects, under NumPy's names: exp, log, sin, cos, tan, sinh, cosh, tanh, sqrt, log1p,
expm1, abs, maximum, minimum, less, less_equal, greater, greater_equal, where, and the reductions max, min,
sum and mean, with arguments `axis` and `keepdims`.

At a tie `maximum`, `minimum`, `max` and `min` return the common value; which operand it came from (hence the
derivative) is open, and the symbolic oracle gives no number there.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import sympy
from numpy.lib.array_utils import normalize_axis_tuple

from gradcheck.oracles.numbers.conversion import filled

Axis = int | tuple[int, ...] | None


def _reduction(combine: Callable[..., Any]) -> Callable[..., Any]:
    """`combine(*elements)` applied along axes of an object array."""

    def reduction(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
        x = np.asarray(x, dtype=object)
        every = tuple(range(x.ndim))
        axes = normalize_axis_tuple(every if axis is None else axis, x.ndim)
        kept = [i for i in every if i not in axes]
        rows = x.transpose(*kept, *axes).reshape(*(x.shape[i] for i in kept), -1)
        shape = rows.shape[:-1]
        result = filled(shape, [combine(*rows[index]) for index in np.ndindex(shape)])
        return np.expand_dims(result, axes) if keepdims else result

    return reduction


def _where(condition: Any, a: Any, b: Any) -> Any:
    return sympy.Piecewise((a, sympy.sympify(condition)), (b, True))


_SAME = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt")
_ONE = {name: getattr(sympy, name) for name in _SAME}
_ONE |= {"abs": sympy.Abs, "log1p": lambda x: sympy.log(1 + x), "expm1": lambda x: sympy.exp(x) - 1}
_TWO = {"maximum": sympy.Max, "minimum": sympy.Min, "less": sympy.Lt, "less_equal": sympy.Le}
_TWO |= {"greater": sympy.Gt, "greater_equal": sympy.Ge}

sympy_namespace = SimpleNamespace(
    **{name: np.frompyfunc(function, 1, 1) for name, function in _ONE.items()},
    **{name: np.frompyfunc(function, 2, 1) for name, function in _TWO.items()},
    where=np.frompyfunc(_where, 3, 1),
    max=_reduction(sympy.Max),
    min=_reduction(sympy.Min),
    sum=lambda x, axis=None, keepdims=False: np.sum(np.asarray(x), axis=axis, keepdims=keepdims),
    mean=lambda x, axis=None, keepdims=False: np.mean(np.asarray(x), axis=axis, keepdims=keepdims),
)
