"""The neutral mathematics in which a formula is written once.

A formula takes a namespace `m` and arrays, and is interpreted by several namespaces:

>>> sigmoid = lambda m, x: 1 / (1 + m.exp(-x))
>>> float(sigmoid(numpy_namespace, np.array(0.5)))
0.6224593312018546
>>> print(sigmoid(mpmath_namespace, np.array(mpmath.mpf("0.5"), dtype=object)))
0.622459331201855
>>> print(sigmoid(sympy_namespace, np.array(sympy.Symbol("x", real=True), dtype=object)))
1/(1 + exp(-x))

Arguments are NumPy arrays: float or complex dtypes for `numpy_namespace`, dtype object with mpmath
or SymPy numbers for the others. Ordinary array work (arithmetic, `**`, `@`, reshape, transpose,
indexing) is NumPy's own; the namespace supplies what has no object loop. Only exp, log, sin, cos,
tan, sinh, cosh, tanh, sqrt, log1p, expm1, sum, mean and where are analytic, so only these have a
meaning for complex arguments.

At a tie `maximum`, `minimum`, `max` and `min` return the common value; which operand it came from
(hence the derivative) is open, and the symbolic oracle reports such a point as a kink.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy
from numpy.lib.array_utils import normalize_axis_tuple

from gradcheck.oracles.numbers.conversion import filled

Axis = int | tuple[int, ...] | None
Elementwise = Callable[..., Any]
Reduction = Callable[..., Any]


def _sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.sum(np.asarray(x), axis=axis, keepdims=keepdims)


def _mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.mean(np.asarray(x), axis=axis, keepdims=keepdims)


@dataclass(frozen=True)
class Namespace:
    """Elementwise functions, comparisons, `where` and reductions for one kind of number.

    `where(condition, a, b)` broadcasts like NumPy's and takes conditions made by `less`,
    `less_equal`, `greater`, `greater_equal`, or a boolean array. Reductions have the signature
    `(x, axis=None, keepdims=False)` with axis None, an int or a tuple of ints.
    """

    name: str
    exp: Elementwise
    log: Elementwise
    sin: Elementwise
    cos: Elementwise
    tan: Elementwise
    sinh: Elementwise
    cosh: Elementwise
    tanh: Elementwise
    sqrt: Elementwise
    log1p: Elementwise
    expm1: Elementwise
    abs: Elementwise
    maximum: Elementwise
    minimum: Elementwise
    less: Elementwise
    less_equal: Elementwise
    greater: Elementwise
    greater_equal: Elementwise
    where: Elementwise
    max: Reduction
    min: Reduction
    sum: Reduction = _sum
    mean: Reduction = _mean


def _elementwise(function: Callable[..., Any], arity: int = 1) -> Elementwise:
    """`function` of scalars, broadcast over object arrays."""
    return np.frompyfunc(function, arity, 1)


def _reduction(combine: Callable[..., Any]) -> Reduction:
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


def _sympy_where(condition: Any, a: Any, b: Any) -> Any:
    return sympy.Piecewise((a, sympy.sympify(condition)), (b, True))


numpy_namespace = Namespace(
    name="numpy",
    exp=np.exp,
    log=np.log,
    sin=np.sin,
    cos=np.cos,
    tan=np.tan,
    sinh=np.sinh,
    cosh=np.cosh,
    tanh=np.tanh,
    sqrt=np.sqrt,
    log1p=np.log1p,
    expm1=np.expm1,
    abs=np.abs,
    maximum=np.maximum,
    minimum=np.minimum,
    less=np.less,
    less_equal=np.less_equal,
    greater=np.greater,
    greater_equal=np.greater_equal,
    where=np.where,
    max=np.max,
    min=np.min,
)

mpmath_namespace = Namespace(
    name="mpmath",
    exp=_elementwise(mpmath.exp),
    log=_elementwise(mpmath.log),
    sin=_elementwise(mpmath.sin),
    cos=_elementwise(mpmath.cos),
    tan=_elementwise(mpmath.tan),
    sinh=_elementwise(mpmath.sinh),
    cosh=_elementwise(mpmath.cosh),
    tanh=_elementwise(mpmath.tanh),
    sqrt=_elementwise(mpmath.sqrt),
    log1p=_elementwise(mpmath.log1p),
    expm1=_elementwise(mpmath.expm1),
    abs=_elementwise(abs),
    maximum=_elementwise(lambda a, b: mpmath.mpf(max(a, b)), 2),
    minimum=_elementwise(lambda a, b: mpmath.mpf(min(a, b)), 2),
    less=_elementwise(operator.lt, 2),
    less_equal=_elementwise(operator.le, 2),
    greater=_elementwise(operator.gt, 2),
    greater_equal=_elementwise(operator.ge, 2),
    where=_elementwise(lambda condition, a, b: mpmath.mpf(a if condition else b), 3),
    max=_reduction(lambda *elements: max(elements)),
    min=_reduction(lambda *elements: min(elements)),
)

sympy_namespace = Namespace(
    name="sympy",
    exp=_elementwise(sympy.exp),
    log=_elementwise(sympy.log),
    sin=_elementwise(sympy.sin),
    cos=_elementwise(sympy.cos),
    tan=_elementwise(sympy.tan),
    sinh=_elementwise(sympy.sinh),
    cosh=_elementwise(sympy.cosh),
    tanh=_elementwise(sympy.tanh),
    sqrt=_elementwise(sympy.sqrt),
    log1p=_elementwise(lambda x: sympy.log(1 + x)),
    expm1=_elementwise(lambda x: sympy.exp(x) - 1),
    abs=_elementwise(sympy.Abs),
    maximum=_elementwise(sympy.Max, 2),
    minimum=_elementwise(sympy.Min, 2),
    less=_elementwise(sympy.Lt, 2),
    less_equal=_elementwise(sympy.Le, 2),
    greater=_elementwise(sympy.Gt, 2),
    greater_equal=_elementwise(sympy.Ge, 2),
    where=_elementwise(_sympy_where, 3),
    max=_reduction(sympy.Max),
    min=_reduction(sympy.Min),
)
