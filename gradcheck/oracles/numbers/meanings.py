"""What NumPy's functions mean that object arrays lack, or define differently from floats.

Each is a function of Elements, or of plain constants among them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from flint import arb

from gradcheck.oracles.numbers.element import Element, is_defined, same_infinity, sign_between
from gradcheck.oracles.numbers.working import current


def isnan(x: Any) -> bool:
    """Of an Element that has no value a guess, which is noted: it may be infinite, or just not known."""
    if not isinstance(x, Element):
        return math.isnan(x)
    unknown = not is_defined(x)
    current().note_undefined(unknown)
    return unknown


def isinf(x: Any) -> bool:
    return not isnan(x) and not isfinite(x)


def isfinite(x: Any) -> bool:
    """Of an Element whose ball is infinitely wide a guess, which is noted."""
    if not isinstance(x, Element):
        return math.isfinite(x)
    value = x.constant()
    current().note_undefined(not value.is_finite() and not value.is_exact())
    return bool(value.is_finite())


def signbit(x: Any) -> bool:
    """A zero has none: balls know no -0."""
    return bool(x < 0) if isinstance(x, Element) else math.copysign(1, x) < 0


def sign(x: Any) -> Any:
    found = order(x, 0)
    return x if found is None else found


def maximum(a: Any, b: Any) -> Any:
    found = order(a, b)
    return _the_nan(a, b) if found is None else a if found >= 0 else b


def minimum(a: Any, b: Any) -> Any:
    found = order(a, b)
    return _the_nan(a, b) if found is None else a if found <= 0 else b


def order(a: Any, b: Any) -> int | None:
    """The sign of a - b; None where either is undefined, without a note: NaN goes through."""
    if not isinstance(a, Element) and not isinstance(b, Element):
        return None if a != a or b != b else (a > b) - (a < b)
    sign = sign_between(a, b)
    return 0 if sign is None and same_infinity(a, b) else sign


def _the_nan(a: Any, b: Any) -> Any:
    return a if _is_nan(a) else b


def fmax(a: Any, b: Any) -> Any:
    return b if isnan(a) else a if isnan(b) else maximum(a, b)


def fmin(a: Any, b: Any) -> Any:
    return b if isnan(a) else a if isnan(b) else minimum(a, b)


def clip(x: Any, lower: Any, upper: Any) -> Any:
    return minimum(maximum(x, lower), upper)


def heaviside(x: Any, at_zero: Any) -> Any:
    found = order(x, 0)
    return x if found is None else at_zero if found == 0 else int(found > 0)


def copysign(x: Any, y: Any) -> Any:
    return -abs(x) if signbit(y) else abs(x)


def logaddexp(a: Any, b: Any) -> Any:
    """By the larger exponential. Which that is decides nothing: either way it is the same number."""
    large, small = (a, b) if _middle(a) >= _middle(b) else (b, a)
    if _middle(small) == -math.inf:
        return large
    return large + np.log1p(np.exp(small - large))


def logaddexp2(a: Any, b: Any) -> Any:
    large, small = (a, b) if _middle(a) >= _middle(b) else (b, a)
    return large if _middle(small) == -math.inf else large + np.log2(1 + np.exp2(small - large))


def float_power(x: Any, exponent: Any) -> Any:
    return x**exponent


def ldexp(x: Any, exponent: Any) -> Any:
    return x * arb(2) ** int(exponent)


def replaced(x: Any, nan: Any, posinf: Any, neginf: Any) -> Any:
    """np.nan_to_num of an element; an infinity for which nothing is given stays one."""
    if isnan(x):
        return nan
    if isfinite(x):
        return x
    given = posinf if x > 0 else neginf
    return x if given is None else given


def _is_nan(x: Any) -> bool:
    """The same without a note."""
    return not is_defined(x) if isinstance(x, Element) else bool(x != x)


def _middle(x: Any) -> Any:
    return x.constant().mid() if isinstance(x, Element) else x


def _of_arrays(function: Any) -> Any:
    """The function as a ufunc, of which any axes can be reduced."""
    return np.frompyfunc(function, function.__code__.co_argcount, 1, identity=None)


_UFUNCS = {
    getattr(np, function.__name__): _of_arrays(function)
    for function in (
        *(isnan, isinf, isfinite, signbit, sign, maximum, minimum, fmax, fmin),
        *(heaviside, copysign, logaddexp, logaddexp2, float_power, ldexp),
    )
}
_UFUNCS[np._core.umath.clip] = _of_arrays(clip)  # type: ignore[attr-defined]  # np.clip calls it
_LOGICAL = {np.logical_not, np.logical_and, np.logical_or, np.logical_xor}
_PREDICATES = {np.isnan, np.isinf, np.isfinite, np.signbit}
_replaced, _truth = _of_arrays(replaced), np.frompyfunc(bool, 1, 1)


def call(ufunc: Any, method: str, operands: list[Any], settings: dict[str, Any]) -> Any:
    """A ufunc's method of object arrays, with the meaning that it has of floats."""
    if ufunc in _LOGICAL:
        operands = [booleans(x) for x in operands]
    result = getattr(_UFUNCS.get(ufunc, ufunc), method)(*operands, **settings)
    return np.asarray(result, dtype=bool)[()] if ufunc in _PREDICATES else result


def booleans(x: Any) -> Any:
    """An object array as one of booleans; anything else as it is."""
    if not isinstance(x, np.ndarray) or x.dtype != object:
        return x
    return np.asarray(_truth(x), dtype=bool)


def integers(x: np.ndarray) -> np.ndarray:
    """The integers of elements, towards zero, as NumPy casts floats."""
    return np.frompyfunc(lambda v: int(v.__trunc__()), 1, 1)(x)


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    result = _replaced(x, nan, posinf, neginf)
    if copy:
        return result
    x[...] = result
    return x
