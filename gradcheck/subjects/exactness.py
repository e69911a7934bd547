"""Which results of NumPy's functions are exact: where nothing was rounded, rounding has no say.

Branches hang on such numbers: a mask of zeros and ones, a count, a difference of equals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.system.floats import precision

Mask = Any  # a boolean array, or one boolean for all


def small_integers(x: Any) -> Mask:
    """Which elements are whole numbers so small that sums and products of a few are exact.

    >>> small_integers(np.array([3.0, 0.5, 2.0**40])).tolist()
    [True, False, False]
    """
    x = np.asarray(x)
    if x.dtype.kind != "f":
        return x.dtype.kind in "biu"
    return (x == np.rint(x)) & (np.abs(x) < 2.0 ** (precision(x.dtype) // 2))


def exact(name: str, operands: Sequence[Any], result: Any) -> Mask:
    """Which elements of the result of a ufunc, called on the operands, are known to be exact.

    >>> x = np.array([0.5, 0.1])
    >>> exact("multiply", [x, x], x * x).tolist(), exact("exp", [x - 0.5], np.exp(x - 0.5)).tolist()
    ([True, False], [True, False])
    """
    arrays = [np.asarray(x) for x in operands]
    if any(x.dtype.kind not in "biuf" for x in arrays):
        return False
    rule = _RULES.get(name)
    if rule is not None:
        return rule(*[x.astype(np.asarray(result).dtype) for x in arrays], result)
    at_zero = len(arrays) == 1 and small_integers(result)  # exp, cos, cosh have no other exact values
    return at_zero & (arrays[0] == 0)


def _sum(a: Any, b: Any, total: Any) -> Mask:
    """Knuth's TwoSum: the remainder is what rounding removed."""
    part = total - a
    return (a - (total - part)) + (b - part) == 0


def _product(a: Any, b: Any, product: Any) -> Mask:
    return _power_of_two(a) | _power_of_two(b) | (_short(a) & _short(b))


def _quotient(a: Any, b: Any, quotient: Any) -> Mask:
    return _power_of_two(b) | (_short(quotient) & _short(b) & (quotient * b == a))


def _root(x: Any, root: Any) -> Mask:
    return _short(root) & (root * root == x)


def _power(a: Any, b: Any, result: Any) -> Mask:
    return (
        (b == 1)
        | ((b == 2) & _short(a))
        | (small_integers(a) & small_integers(b) & (b >= 0) & small_integers(result))
    )


def _power_of_two(x: Any) -> Mask:
    return np.abs(np.frexp(x)[0]) == 0.5


def _short(x: Any) -> Mask:
    """Which elements have no more than half of the digits: products of two are exact."""
    digits = np.ldexp(np.frexp(x)[0], precision(x.dtype) // 2)
    return digits == np.rint(digits)


_RULES: dict[str, Callable[..., Mask]] = {
    "add": _sum,
    "subtract": lambda a, b, result: _sum(a, -b, result),
    "multiply": _product,
    "divide": _quotient,
    "true_divide": _quotient,
    "square": lambda x, result: _short(x),
    "reciprocal": lambda x, result: _power_of_two(x),
    "sqrt": _root,
    "power": _power,
    "float_power": _power,
}
